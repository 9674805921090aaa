//! Writes the C program: a function that makes the call, and a row of the table, for each public function.

use super::description::{Argument, Function};
use super::values;
use std::fmt::Write;

/// Not called: what they do can't be looked at from a call.
const LEFT_OUT: &[(&str, &str)] = &[
    ("virEventRunDefaultImpl", "waits for events, of which there are none"),
    ("virAdmConnectOpen", "asks a daemon, which may run or not"),
];

pub fn program(functions: &[Function]) -> String {
    let mut text = "#include \"runtime.h\"\n\n".to_owned();
    let mut rows = String::new();
    let called = functions.iter().filter(|function| !LEFT_OUT.iter().any(|(name, _)| *name == function.name));
    for (at, function) in called.enumerate() {
        write_call(&mut text, at, function);
        let count = function.arguments.len();
        put(&mut rows, format_args!("    {{\"{}\", make_{at}, {count}, arguments_{at}}},\n", function.name));
    }
    put(&mut text, format_args!("static const struct call calls[] = {{\n{rows}}};\n\n#include \"main.h\"\n"));
    text
}

fn write_call(text: &mut String, at: usize, function: &Function) {
    let mut kinds = String::new();
    put(text, format_args!("static void\nmake_{at}(const int *v)\n{{\n"));
    for (place, argument) in function.arguments.iter().enumerate() {
        let value = values::of(function, argument, place);
        put(text, format_args!("    {} = {};\n", declaration(argument, place), value.expression));
        put(&mut kinds, format_args!("{{\"{}\", {}}}, ", argument.name, value.variants));
    }
    let names: Vec<_> = (0..function.arguments.len()).map(|place| format!("a{place}")).collect();
    let call = format!("{}({})", function.name, names.join(", "));
    let teller = match function.returns.as_str() {
        "void" => None,
        "char *" | "const char *" => Some("tell_text"),
        pointer if pointer.ends_with('*') || pointer.ends_with("Ptr") || pointer.ends_with("Func") => {
            Some("tell_object")
        }
        _ => Some("tell_number"),
    };
    match teller {
        Some(teller) => put(text, format_args!("    {teller}({call});\n}}\n\n")),
        None => put(text, format_args!("    {call};\n    tell_nothing();\n}}\n\n")),
    }
    put(text, format_args!("static const struct argument arguments_{at}[] = {{{kinds}{{0}}}};\n\n"));
}

/// `char ** const` and the like: the constness of the place is dropped.
fn declaration(argument: &Argument, place: usize) -> String {
    let kind = argument.kind.strip_suffix(" const").unwrap_or(&argument.kind);
    format!("{kind} a{place}")
}

fn put(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("a string takes everything");
}
