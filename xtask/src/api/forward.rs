//! The small libraries: C that only jumps into `libvirt.so.0`, so that a process has one copy of everything.
//!
//! `libvirt.so.0` exports the bodies under private names; an optimizing compiler makes each function here one jump.

use super::{
    header::prototype,
    layout::Library,
    model::{Api, Function},
};

/// What stands before a function's name inside `libvirt.so.0`.
pub const PREFIX: &str = "ferrovirt_";

/// The functions of a library, as far as the code has them.
pub fn functions<'a>(api: &'a Api, library: &Library) -> Vec<&'a Function> {
    api.functions()
        .filter(|(header, _)| header.library == library.name)
        .map(|(_, function)| function)
        .collect()
}

/// The C source of a small library.
pub fn write(api: &Api, library: &Library) -> String {
    let mut text = format!("#include <libvirt/{}.h>\n", library.name);
    for function in functions(api, library) {
        let inner = Function { name: format!("{PREFIX}{}", function.name), ..function.clone() };
        let names: Vec<_> = function.args.iter().map(|arg| arg.name.as_str()).collect();
        let back = if function.ret == "void" { "" } else { "return " };
        text += &format!(
            "\n{};\n{} {{\n    {back}{}({});\n}}\n",
            prototype(&inner),
            prototype(function),
            inner.name,
            names.join(", ")
        );
    }
    text
}
