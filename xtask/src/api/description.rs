//! Writes the API description, `libvirt-api.xml` and its siblings: what the generators of bindings read.

use std::{collections::HashMap, fmt::Write as _};

use super::{
    layout::{HeaderLayout, Library, RELEASE},
    model::{
        Api, Arg, Body, Callback, Doc, Enum, Field, FieldKind, Function, Header, Item, Macro, Struct, Value,
    },
};

/// The description of one library.
pub fn write(api: &Api, library: &Library) -> String {
    let mut headers: Vec<_> =
        api.headers.iter().filter(|header| header.layout.library == library.name).collect();
    headers.sort_by_key(|header| header.layout.name);
    let mut xml = Xml(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<api name='{}'>\n  <files>\n",
        library.name
    ));
    headers.iter().for_each(|header| write_exports(&mut xml, header));
    xml.put(format_args!("  </files>\n  <symbols>\n"));
    let mut entries: Vec<_> = headers
        .iter()
        .flat_map(|header| header.items.iter().flat_map(|item| entries(header.layout, item)))
        .collect();
    entries.sort_by_key(|entry| (entry.rank(), entry.name()));
    let numbers = Numbers::new(api);
    entries.iter().for_each(|entry| entry.write(&mut xml, &numbers));
    xml.put(format_args!("  </symbols>\n</api>\n"));
    xml.0
}

fn write_exports(xml: &mut Xml, header: &Header) {
    let layout = header.layout;
    let mut entries: Vec<_> = header.items.iter().flat_map(|item| entries(layout, item)).collect();
    entries.sort_by_key(|entry| (entry.rank(), entry.name()));
    xml.put(format_args!("    <file name='{}'>\n", layout.name));
    xml.put(format_args!("     <summary>{}</summary>\n", escape(layout.summary)));
    xml.put(format_args!("     <description>Declares {}.</description>\n", escape(layout.summary)));
    for entry in entries {
        xml.put(format_args!("     <exports symbol='{}' type='{}'/>\n", entry.name(), entry.export()));
    }
    xml.put(format_args!("    </file>\n"));
}

/// A symbol of the description; an enumeration is several.
struct Entry<'a> {
    layout: &'static HeaderLayout,
    part: Part<'a>,
}

enum Part<'a> {
    Item(&'a Item),
    Member(&'a Enum, &'a super::model::Member),
}

fn entries<'a>(layout: &'static HeaderLayout, item: &'a Item) -> Vec<Entry<'a>> {
    if let Item::Function(function) = item
        && is_later(function)
    {
        return Vec::new();
    }
    let mut entries = vec![Entry { layout, part: Part::Item(item) }];
    if let Item::Enum(item) = item {
        let members = item.members.iter().chain(&item.sentinels);
        entries.extend(members.map(|member| Entry { layout, part: Part::Member(item, member) }));
    }
    entries
}

/// Whether the release that we say to be has no such function. Bindings of that release would not know what to do with it.
fn is_later(function: &Function) -> bool {
    let numbers = |text: &str| text.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>();
    function.doc.since.as_deref().is_some_and(|since| numbers(since) > numbers(RELEASE))
}

impl<'a> Entry<'a> {
    fn name(&self) -> &'a str {
        match self.part {
            Part::Member(_, member) => &member.name,
            Part::Item(item) => match item {
                Item::Enum(Enum { name, .. })
                | Item::Struct(Struct { name, .. })
                | Item::Typedef(super::model::Typedef { name, .. })
                | Item::Callback(Callback { name, .. })
                | Item::Macro(Macro { name, .. })
                | Item::Variable(super::model::Variable { name, .. })
                | Item::Function(Function { name, .. }) => name,
            },
        }
    }

    /// Macros, constants, types, variables, functions: the order that readers of the file are used to.
    fn rank(&self) -> u8 {
        match self.part {
            Part::Item(Item::Macro(_)) => 0,
            Part::Member(..) => 1,
            Part::Item(Item::Enum(_) | Item::Struct(_) | Item::Typedef(_)) => 2,
            Part::Item(Item::Variable(_)) => 3,
            Part::Item(Item::Callback(_) | Item::Function(_)) => 4,
        }
    }

    fn export(&self) -> &'static str {
        match self.part {
            Part::Member(..) => "enum",
            Part::Item(item) => match item {
                Item::Macro(_) => "macro",
                Item::Struct(item) if item.fields.is_empty() => "struct",
                Item::Enum(_) | Item::Struct(_) | Item::Typedef(_) => "typedef",
                Item::Variable(_) => "variable",
                Item::Callback(_) | Item::Function(_) => "function",
            },
        }
    }

    fn write(&self, xml: &mut Xml, numbers: &Numbers<'_>) {
        let file = self.layout.name;
        match self.part {
            Part::Member(item, member) => numbers.write_member(xml, file, item, member),
            Part::Item(item) => match item {
                Item::Macro(item) => write_macro(xml, file, item),
                Item::Enum(item) => write_typedef(xml, file, &item.name, "enum", &item.doc),
                Item::Struct(item) => write_struct(xml, file, item),
                Item::Typedef(item) => write_typedef(xml, file, &item.name, &item.target, &item.doc),
                Item::Variable(item) => {
                    xml.put(format_args!(
                        "    <variable name='{}' file='{file}' type='{}'",
                        item.name, item.kind
                    ));
                    xml.close(&item.doc, "variable");
                }
                Item::Callback(item) => {
                    write_call(xml, file, file, "functype", &item.name, &item.doc, &item.ret, &item.args)
                }
                Item::Function(item) => {
                    let module = self.layout.module.unwrap_or(file);
                    write_call(xml, file, module, "function", &item.name, &item.doc, &item.ret, &item.args);
                }
            },
        }
    }
}

/// Numbers of all constants, for those that equal another.
struct Numbers<'a> {
    values: HashMap<&'a str, &'a Value>,
}

impl<'a> Numbers<'a> {
    fn new(api: &'a Api) -> Self {
        let items = api.headers.iter().flat_map(|header| &header.items);
        let values = items
            .filter_map(|item| match item {
                Item::Enum(item) => Some(item),
                _ => None,
            })
            .flat_map(|item| item.members.iter().chain(&item.sentinels))
            .map(|member| (member.name.as_str(), &member.value));
        Self { values: values.collect() }
    }

    fn write_member(&self, xml: &mut Xml, file: &str, item: &Enum, member: &super::model::Member) {
        let value = match &member.value {
            Value::Number(number) => spell_number(*number),
            Value::Bit(bit) => {
                format!("value='{0}' value_hex='0x{0:x}' value_bitshift='{bit}'", 1_i64 << bit)
            }
            Value::Alias(name) if self.values.contains_key(name.as_str()) => format!("value='{name}'"),
            Value::Alias(name) => unreachable!("{name} compiles, so it is declared"),
        };
        xml.put(format_args!("    <enum name='{}' file='{file}' {value} type='{}'", member.name, item.name));
        xml.version(&member.doc);
        xml.info(&member.doc);
        xml.put(format_args!("/>\n"));
    }
}

fn spell_number(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("value='{number}' value_hex='{sign}0x{:x}'", number.unsigned_abs())
}

fn write_macro(xml: &mut Xml, file: &str, item: &Macro) {
    xml.put(format_args!("    <macro name='{}' file='{file}'", item.name));
    if let Some(params) = &item.params {
        xml.put(format_args!(" params='{}'", params.join(",")));
    }
    match &item.body {
        Body::Text(body) => xml.put(format_args!(" string='{}'", escape(body))),
        Body::Raw(body) => xml.put(format_args!(" raw='{}'", escape(body))),
    }
    xml.close(&item.doc, "macro");
}

fn write_typedef(xml: &mut Xml, file: &str, name: &str, target: &str, doc: &Doc) {
    xml.put(format_args!("    <typedef name='{name}' file='{file}' type='{target}'"));
    xml.close(doc, "typedef");
}

fn write_struct(xml: &mut Xml, file: &str, item: &Struct) {
    xml.put(format_args!("    <struct name='{}' file='{file}' type='struct {}'", item.name, item.tag));
    xml.version(&item.doc);
    if item.fields.is_empty() {
        return xml.put(format_args!("/>\n"));
    }
    xml.put(format_args!(">\n"));
    item.fields.iter().for_each(|field| write_field(xml, field, "      "));
    xml.put(format_args!("    </struct>\n"));
}

fn write_field(xml: &mut Xml, field: &Field, indent: &str) {
    let Field { name, doc, kind } = field;
    let spelled = match kind {
        FieldKind::Plain(kind) => kind.clone(),
        FieldKind::Array { element, length } => format!("{element} {name}[{length}]"),
        FieldKind::Union(_) => "union".to_owned(),
    };
    xml.put(format_args!("{indent}<field name='{name}' type='{spelled}'"));
    xml.info(doc);
    let FieldKind::Union(members) = kind else { return xml.put(format_args!("/>\n")) };
    xml.put(format_args!(">\n{indent}  <union>\n"));
    members.iter().for_each(|member| write_field(xml, member, &format!("{indent}    ")));
    xml.put(format_args!("{indent}  </union>\n{indent}</field>\n"));
}

#[expect(
    clippy::too_many_arguments,
    reason = "one element with all its attributes; a struct would only repeat them"
)]
fn write_call(
    xml: &mut Xml,
    file: &str,
    module: &str,
    element: &str,
    name: &str,
    doc: &Doc,
    ret: &str,
    args: &[Arg],
) {
    let parts = CallDoc::new(doc);
    xml.put(format_args!("    <{element} name='{name}' file='{file}' module='{module}'"));
    xml.version(doc);
    xml.put(format_args!(">\n"));
    if !parts.info.is_empty() {
        xml.put(format_args!("      <info>{}</info>\n", escape(&parts.info)));
    }
    let info = |text: &str| if text.is_empty() { String::new() } else { format!(" info='{}'", escape(text)) };
    xml.put(format_args!("      <return type='{ret}'{}/>\n", info(&parts.returns)));
    for arg in args {
        let meaning = parts.args.get(arg.name.as_str()).copied().unwrap_or_default();
        xml.put(format_args!("      <arg name='{}' type='{}'{}/>\n", arg.name, arg.kind, info(meaning)));
    }
    xml.put(format_args!("    </{element}>\n"));
}

/// The comment of a function in parts: a line `Returns ...` and lines `- name: meaning` have a place of their own.
struct CallDoc<'a> {
    info: String,
    returns: String,
    args: HashMap<&'a str, &'a str>,
}

impl<'a> CallDoc<'a> {
    fn new(doc: &'a Doc) -> Self {
        let mut parts = Self { info: String::new(), returns: String::new(), args: HashMap::new() };
        let mut info = Vec::new();
        for line in &doc.lines {
            let arg =
                line.strip_prefix("- ").or(line.strip_prefix('@')).and_then(|line| line.split_once(": "));
            if let Some((name, meaning)) = arg {
                parts.args.insert(name, meaning);
            } else if let Some(returns) = line.strip_prefix("Returns ") {
                parts.returns = returns.to_owned();
            } else {
                info.push(line.as_str());
            }
        }
        parts.info = info.join("\n").trim().to_owned();
        parts
    }
}

struct Xml(String);

impl Xml {
    fn put(&mut self, arguments: std::fmt::Arguments<'_>) {
        self.0.write_fmt(arguments).expect("a string takes everything");
    }

    fn version(&mut self, doc: &Doc) {
        if let Some(since) = &doc.since {
            self.put(format_args!(" version='{since}'"));
        }
    }

    fn info(&mut self, doc: &Doc) {
        if !doc.lines.is_empty() {
            self.put(format_args!(" info='{}'", escape(&doc.lines.join(" "))));
        }
    }

    /// Ends an element whose comment is an `<info>` inside it.
    fn close(&mut self, doc: &Doc, element: &str) {
        self.version(doc);
        if doc.lines.is_empty() {
            return self.put(format_args!("/>\n"));
        }
        let info = escape(&doc.lines.join("\n"));
        self.put(format_args!(">\n      <info>{info}</info>\n    </{element}>\n"));
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&apos;")
}
