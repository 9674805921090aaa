//! The `.pc` files, with the variables that the bindings' build scripts ask for.

use std::fmt::Write as _;

use super::layout::{LIBRARIES, Library, MAIN, RELEASE};

/// The text of a library's `.pc` file for an installation at `prefix`.
pub fn write(library: &Library, prefix: &str) -> String {
    let mut text = format!(
        "prefix={prefix}\nexec_prefix=${{prefix}}\nlibdir=${{prefix}}/lib\nincludedir=${{prefix}}/include\ndatarootdir=${{prefix}}/share\n\n"
    );
    // The main file names the others' descriptions too: build scripts older than those files look there.
    let described = LIBRARIES
        .iter()
        .filter(|other| other.name == library.name || (library.name == MAIN && other.requires == Some(MAIN)));
    for other in described {
        let variable = format!("{}_api", other.name.replace('-', "_"));
        writeln!(text, "{variable}=${{datarootdir}}/libvirt/api/{}-api.xml", other.name)
            .expect("a string takes everything");
    }
    let requires = library.requires.map(|name| format!("Requires: {name}\n")).unwrap_or_default();
    let Library { name, flag, description, .. } = library;
    text + &format!(
        "\nName: {name}\nVersion: {RELEASE}\nDescription: {description}\n{requires}Libs: -L${{libdir}} {flag}\nCflags: -I${{includedir}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_file_names_three_descriptions() {
        let text = write(&LIBRARIES[0], "/opt");
        for variable in ["libvirt_api=", "libvirt_qemu_api=", "libvirt_lxc_api="] {
            assert!(text.contains(variable), "{text}");
        }
        assert!(!text.contains("libvirt_admin_api") && text.contains("Libs: -L${libdir} -lvirt\n"), "{text}");
        assert!(write(&LIBRARIES[1], "/opt").contains("Requires: libvirt\n"));
    }
}
