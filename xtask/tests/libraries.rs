//! The shared libraries: each exports exactly the symbols of its list, in their version nodes, under its own name.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use object::{
    Endianness,
    elf::{self, FileHeader64},
    read::elf::{Dyn, ElfFile64, FileHeader, SectionTable, Sym},
};
use xtask::{
    api::{
        self,
        forward::PREFIX,
        layout::{LIBRARIES, Library, MINOR},
        symbols::{Symbols, private_node},
    },
    dist, root,
};

/// Links the libraries from an archive that has every symbol and does nothing, so that only the link step is on trial.
#[test]
fn linking_gives_every_symbol_its_node() {
    let Some(prefix) = Scratch::new() else { return };
    let api = api::load(&root()).unwrap();
    let archive = prefix.archive();
    let work = prefix.path().join("work");
    dist::lay_out(&root(), &api, &archive, &work, prefix.path()).unwrap();
    let main = Elf::read(prefix.path(), &LIBRARIES[0]);
    assert_eq!(main.public(), listed(&LIBRARIES[0], None));
    for library in &LIBRARIES[1..] {
        let small = Elf::read(prefix.path(), library);
        let names: BTreeSet<_> =
            api::forward::functions(&api, library).iter().map(|function| function.name.clone()).collect();
        assert_eq!(small.public(), listed(library, Some(&names)));
        assert_eq!(small.parents, parents(library));
        assert!(small.needed.iter().any(|name| name == "libvirt.so.0"), "{:?}", small.needed);
        for name in names {
            assert_eq!(main.exports.get(&format!("{PREFIX}{name}")), Some(&private_node()));
        }
    }
}

#[test]
fn nothing_is_linked_twice() {
    let Some(prefix) = Scratch::new() else { return };
    let api = api::load(&root()).unwrap();
    let archive = prefix.archive();
    let work = prefix.path().join("work");
    let times = || -> Vec<_> {
        dist::lay_out(&root(), &api, &archive, &work, prefix.path()).unwrap();
        let names = LIBRARIES.iter().map(|library| work.join(format!("{}.so.0.{MINOR}", library.name)));
        names.map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect()
    };
    assert_eq!(times(), times());
}

/// The real libraries, built from this tree.
#[test]
fn the_built_libraries_export_what_the_code_has() {
    let Some(prefix) = Scratch::new() else { return };
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["dist", "--debug", "--prefix"])
        .arg(prefix.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let api = api::load(&root()).unwrap();
    for library in LIBRARIES {
        let elf = Elf::read(prefix.path(), library);
        let functions = api.functions().map(|(layout, item)| (layout, &item.name));
        let names: BTreeSet<_> = functions
            .chain(api.variables().map(|(layout, item)| (layout, &item.name)))
            .filter(|(layout, _)| layout.library == library.name)
            .map(|(_, name)| name.clone())
            .collect();
        assert_eq!(elf.public(), listed(library, Some(&names)), "{}", library.name);
        assert_eq!(elf.soname, format!("{}.so.0", library.name));
        let parents = parents(library);
        assert_eq!(elf.parents, parents, "{}", library.name);
        for needed in &elf.needed {
            let known = ["libvirt.so.0", "libgcc_s.so.1", "libc.so.6", "libm.so.6", "ld-linux"];
            assert!(known.iter().any(|name| needed.starts_with(name)), "{} needs {needed}", library.name);
        }
    }
}

#[test]
fn every_symbol_has_an_entry_point() {
    let gaps = api::gaps(&root(), &api::load(&root()).unwrap()).unwrap();
    assert!(gaps.missing.is_empty() && gaps.unlisted.is_empty(), "{gaps:?}");
}

#[test]
fn every_entry_point_is_listed() {
    let gaps = api::gaps(&root(), &api::load(&root()).unwrap()).unwrap();
    assert!(gaps.unlisted.is_empty(), "{:?}", gaps.unlisted);
}

/// A list as symbol and node; only the given names if there are some.
fn listed(library: &Library, only: Option<&BTreeSet<String>>) -> BTreeMap<String, String> {
    let symbols = Symbols::read(&root(), library).unwrap();
    let wanted = |name: &str| only.is_none_or(|only| only.contains(name));
    let rows = symbols.iter().filter(|(_, symbol)| wanted(&symbol.name));
    rows.map(|(node, symbol)| (symbol.name.clone(), node.name.clone())).collect()
}

/// The version nodes of a list with their parents.
fn parents(library: &Library) -> BTreeMap<String, Option<String>> {
    let nodes = Symbols::read(&root(), library).unwrap().nodes;
    nodes.into_iter().map(|node| (node.name, node.parent)).collect()
}

/// A folder that goes away with the test.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Option<Self> {
        if Command::new("cc").arg("--version").output().is_err() {
            eprintln!("SKIPPED: no cc here to link with");
            return None;
        }
        Some(Self(tempfile::tempdir().unwrap()))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// A static library with every symbol of every list.
    fn archive(&self) -> PathBuf {
        let mut source = String::new();
        for library in LIBRARIES {
            for (_, symbol) in Symbols::read(&root(), library).unwrap().iter() {
                let line = if symbol.data { "void *X;" } else { "void X(void) {}" };
                writeln!(source, "{}", line.replace('X', &symbol.name)).unwrap();
            }
        }
        let (code, object) = (self.path().join("all.c"), self.path().join("all.o"));
        fs::write(&code, source).unwrap();
        let archive = self.path().join("liball.a");
        succeed(
            Command::new("cc").args(["-c", "-fPIC", "-ffunction-sections"]).arg(&code).arg("-o").arg(&object),
        );
        succeed(Command::new("ar").arg("rcs").arg(&archive).arg(&object));
        archive
    }
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
}

/// What the dynamic linker sees of a library.
struct Elf {
    soname: String,
    needed: Vec<String>,
    /// Exported symbols with their nodes.
    exports: BTreeMap<String, String>,
    /// Public version nodes with their parents.
    parents: BTreeMap<String, Option<String>>,
}

impl Elf {
    fn read(prefix: &Path, library: &Library) -> Self {
        let data = fs::read(prefix.join(format!("lib/{}.so.0", library.name))).unwrap();
        let file = ElfFile64::<Endianness>::parse(&*data).unwrap();
        let header: &FileHeader64<Endianness> = file.elf_header();
        let endian = header.endian().unwrap();
        let sections = header.sections(endian, &*data).unwrap();
        let (soname, needed) = names(endian, &data, &sections);
        Self {
            soname,
            needed,
            exports: exports(endian, &data, &sections),
            parents: nodes(endian, &data, &sections),
        }
    }

    /// The exports that programs may use.
    fn public(&self) -> BTreeMap<String, String> {
        let private = private_node();
        self.exports
            .iter()
            .filter(|(_, node)| **node != private)
            .map(|(name, node)| (name.clone(), node.clone()))
            .collect()
    }
}

type Sections<'a> = SectionTable<'a, FileHeader64<Endianness>>;

fn names(endian: Endianness, data: &[u8], sections: &Sections<'_>) -> (String, Vec<String>) {
    let (entries, strings) = sections.dynamic(endian, data).unwrap().unwrap();
    let strings = sections.strings(endian, data, strings).unwrap();
    let of = |tag| {
        let entries = entries.iter().filter(move |entry| entry.tag32(endian) == Some(tag));
        entries.map(|entry| text(entry.string(endian, strings).unwrap())).collect::<Vec<_>>()
    };
    (of(elf::DT_SONAME).remove(0), of(elf::DT_NEEDED))
}

fn exports(endian: Endianness, data: &[u8], sections: &Sections<'_>) -> BTreeMap<String, String> {
    let symbols = sections.symbols(endian, data, elf::SHT_DYNSYM).unwrap();
    let versions = sections.versions(endian, data).unwrap().unwrap();
    let mut exports = BTreeMap::new();
    for (index, symbol) in symbols.enumerate() {
        if symbol.is_undefined(endian)
            || symbol.st_bind() == elf::STB_LOCAL
            || symbol.st_shndx(endian) == elf::SHN_ABS
        {
            continue;
        }
        let name = text(symbol.name(endian, symbols.strings()).unwrap());
        let version = versions.version(versions.version_index(endian, index)).unwrap();
        let node = version.map(|version| text(version.name())).unwrap_or_default();
        assert!(!node.is_empty(), "{name} is exported without a version");
        exports.insert(name, node);
    }
    exports
}

fn nodes(endian: Endianness, data: &[u8], sections: &Sections<'_>) -> BTreeMap<String, Option<String>> {
    let (mut definitions, strings) = sections.gnu_verdef(endian, data).unwrap().unwrap();
    let strings = sections.strings(endian, data, strings).unwrap();
    let mut nodes = BTreeMap::new();
    while let Some((definition, mut names)) = definitions.next().unwrap() {
        // The first definition is the library itself.
        if definition.vd_flags.get(endian) & elf::VER_FLG_BASE != 0 {
            continue;
        }
        let mut next = || names.next().unwrap().map(|name| text(name.name(endian, strings).unwrap()));
        let name = next().unwrap();
        let parent = next();
        if name != private_node() {
            nodes.insert(name, parent);
        }
    }
    nodes
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
