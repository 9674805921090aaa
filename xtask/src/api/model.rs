//! The model of the C interface: plain values, C spelling.

use std::collections::HashMap;

use super::layout::HeaderLayout;

/// All headers, in the order of [`super::layout::HEADERS`].
#[derive(Debug)]
pub struct Api {
    pub headers: Vec<Header>,
}

/// One header and what it declares, in source order.
#[derive(Debug)]
pub struct Header {
    pub layout: &'static HeaderLayout,
    pub items: Vec<Item>,
}

#[derive(Debug, Clone)]
pub enum Item {
    Enum(Enum),
    Struct(Struct),
    Typedef(Typedef),
    Callback(Callback),
    Macro(Macro),
    Variable(Variable),
    Function(Function),
}

/// A comment without its `Since`, which stands beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doc {
    pub lines: Vec<String>,
    pub since: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Enum {
    pub name: String,
    pub doc: Doc,
    pub members: Vec<Member>,
    /// Members that only `VIR_ENUM_SENTINELS` shows.
    pub sentinels: Vec<Member>,
}

#[derive(Debug, Clone)]
pub struct Member {
    pub name: String,
    pub doc: Doc,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Number(i64),
    /// `1 << n`
    Bit(u32),
    /// The same as another constant.
    Alias(String),
}

#[derive(Debug, Clone)]
pub struct Struct {
    pub name: String,
    /// What follows `struct` in C.
    pub tag: String,
    pub doc: Doc,
    /// None for an opaque one.
    pub fields: Vec<Field>,
    /// The tag and the fields are those of another structure.
    pub alias: bool,
}

#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub doc: Doc,
    pub kind: FieldKind,
}

#[derive(Debug, Clone)]
pub enum FieldKind {
    Plain(String),
    Array { element: String, length: String },
    Union(Vec<Field>),
}

#[derive(Debug, Clone)]
pub struct Typedef {
    pub name: String,
    pub doc: Doc,
    pub target: String,
}

#[derive(Debug, Clone)]
pub struct Callback {
    pub name: String,
    pub doc: Doc,
    pub ret: String,
    pub args: Vec<Arg>,
}

#[derive(Debug, Clone)]
pub struct Arg {
    pub name: String,
    pub kind: String,
}

#[derive(Debug, Clone)]
pub struct Macro {
    pub name: String,
    pub doc: Doc,
    /// Names of the parameters, for a macro that looks like a function.
    pub params: Option<Vec<String>>,
    pub body: Body,
}

#[derive(Debug, Clone)]
pub enum Body {
    Text(String),
    Raw(String),
}

#[derive(Debug, Clone)]
pub struct Variable {
    pub name: String,
    pub doc: Doc,
    pub kind: String,
}

#[derive(Debug, Clone)]
pub struct Function {
    pub name: String,
    pub doc: Doc,
    pub ret: String,
    pub args: Vec<Arg>,
}

impl Api {
    /// Every function, with the header it stands in.
    pub fn functions(&self) -> impl Iterator<Item = (&'static HeaderLayout, &Function)> {
        self.headers.iter().flat_map(|header| {
            header.items.iter().filter_map(|item| match item {
                Item::Function(function) => Some((header.layout, function)),
                _ => None,
            })
        })
    }

    /// Every variable, with the header it stands in.
    pub fn variables(&self) -> impl Iterator<Item = (&'static HeaderLayout, &Variable)> {
        self.headers.iter().flat_map(|header| {
            header.items.iter().filter_map(|item| match item {
                Item::Variable(variable) => Some((header.layout, variable)),
                _ => None,
            })
        })
    }

    /// The number behind a member, aliases followed.
    pub fn number(&self, value: &Value) -> Option<i64> {
        match value {
            Value::Number(number) => Some(*number),
            Value::Bit(bit) => Some(1 << bit),
            Value::Alias(name) => {
                let members = self.headers.iter().flat_map(|header| &header.items);
                let mut members = members
                    .filter_map(|item| match item {
                        Item::Enum(item) => Some(item),
                        _ => None,
                    })
                    .flat_map(|item| item.members.iter().chain(&item.sentinels));
                self.number(&members.find(|member| member.name == *name)?.value)
            }
        }
    }

    /// Finishes what needs all files: an alias of a structure becomes a structure, `X *` becomes `XPtr` where C has that name.
    pub(super) fn resolve(&mut self) {
        let mut structs = HashMap::new();
        let mut pointers = HashMap::new();
        for item in self.headers.iter().flat_map(|header| &header.items) {
            match item {
                Item::Struct(item) => drop(structs.insert(item.name.clone(), item.clone())),
                Item::Typedef(item) if item.target.ends_with(" *") => {
                    pointers.insert(item.target.clone(), item.name.clone());
                }
                _ => {}
            }
        }
        let rename = |kind: &mut String| {
            for (pointer, name) in &pointers {
                if let Some(rest) = kind.strip_prefix(pointer.as_str()) {
                    *kind = if rest.is_empty() { name.clone() } else { format!("{name} {rest}") };
                    return;
                }
            }
        };
        for item in self.headers.iter_mut().flat_map(|header| &mut header.items) {
            match item {
                Item::Typedef(typedef) => {
                    if let Some(target) = structs.get(&typedef.target) {
                        *item = Item::Struct(Struct {
                            name: typedef.name.clone(),
                            doc: typedef.doc.clone(),
                            alias: true,
                            ..target.clone()
                        });
                    }
                }
                Item::Struct(item) => {
                    for field in &mut item.fields {
                        if let FieldKind::Plain(kind) = &mut field.kind {
                            rename(kind);
                        }
                    }
                }
                Item::Callback(Callback { ret, args, .. }) | Item::Function(Function { ret, args, .. }) => {
                    rename(ret);
                    args.iter_mut().for_each(|arg| rename(&mut arg.kind));
                }
                Item::Variable(variable) => rename(&mut variable.kind),
                Item::Enum(_) | Item::Macro(_) => {}
            }
        }
    }
}
