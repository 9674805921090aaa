//! The monitor's own description of its commands, events and types, small enough to keep and quick to ask.

use std::collections::{BTreeMap, HashMap};

use ferrovirt_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// QEMU's QAPI schema.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    entities: Vec<Entity>,
    /// Commands and events by name; types have no names in what QEMU tells.
    named: BTreeMap<Box<str>, u32>,
}

/// A command, event or type. Numbers refer to other entities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entity {
    #[serde(default, skip_serializing_if = "Features::is_empty")]
    features: Features,
    kind: Kind,
}

type Features = Vec<Box<str>>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Command { argument: u32, reply: u32 },
    Event { argument: u32 },
    Object { members: Vec<Member>, variants: Vec<(Box<str>, u32)> },
    Alternate { members: Vec<u32> },
    Enum { values: Vec<(Box<str>, Features)> },
    Array { element: u32 },
    Builtin { json_type: Box<str> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Member {
    name: Box<str>,
    r#type: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    optional: bool,
    #[serde(default, skip_serializing_if = "Features::is_empty")]
    features: Features,
}

/// Longer chains of arrays and alternates than this are not QEMU's.
const MAX_DEPTH: usize = 32;

impl Schema {
    /// Reads the reply to `query-qmp-schema`.
    pub fn parse(reply: &str) -> Result<Self> {
        let failed = |e: String| Error::internal(format!("QEMU's schema can't be read: {e}"));
        let told: Vec<Told<'_>> = serde_json::from_str(reply).map_err(|e| failed(e.to_string()))?;
        let numbers: HashMap<&str, u32> =
            told.iter().zip(0..).map(|(entity, n)| (entity.name(), n)).collect();
        let number = |name: &str| {
            numbers
                .get(name)
                .copied()
                .ok_or_else(|| failed(format!("it refers to '{name}', which it has not")))
        };
        let mut schema = Self::default();
        for (entity, n) in told.iter().zip(0..) {
            schema.entities.push(entity.resolve(&number)?);
            if matches!(schema.entities[n as usize].kind, Kind::Command { .. } | Kind::Event { .. }) {
                schema.named.insert(entity.name().into(), n);
            }
        }
        Ok(schema)
    }

    /// Whether there is a command of this name.
    pub fn has_command(&self, name: &str) -> bool {
        self.entity(name).is_some_and(|entity| matches!(entity.kind, Kind::Command { .. }))
    }

    /// The commands, in the order of their names.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        self.named.iter().filter(|(name, _)| self.has_command(name)).map(|(name, _)| &**name)
    }

    /// Whether there is what a path leads to: a command or event, and after a slash each
    ///
    /// - `arg-type`, `ret-type`: what the command or event takes, what the command returns;
    /// - `name`: a member of the object; `*name`: one that may be left out;
    /// - `+name`: what the object has besides when the member that tells its variants apart is `name`;
    /// - `^name`: a value of the enumeration, and `^name/$feature` a feature of that value;
    /// - `$name`: a feature of the command, event, type or member so far;
    /// - `!name`: the JSON type (`string`, `int`, …) of the built-in type so far.
    ///
    /// Arrays stand for their elements and alternates for any of their types. A space before a name says that
    /// its first character is not one of the signs above.
    pub fn has(&self, path: &str) -> bool {
        self.find(path).is_some()
    }

    /// The values of the enumeration that a path leads to; empty where it leads to none.
    pub fn enum_values(&self, path: &str) -> Vec<&str> {
        match self.find(path).map(|found| self.flattened(found)).as_deref() {
            Some([Entity { kind: Kind::Enum { values }, .. }]) => {
                values.iter().map(|(name, _)| &**name).collect()
            }
            _ => Vec::new(),
        }
    }

    fn entity(&self, name: &str) -> Option<&Entity> {
        self.at(*self.named.get(name)?)
    }

    fn at(&self, number: u32) -> Option<&Entity> {
        self.entities.get(number as usize)
    }

    /// The entity at the end of a path; that before it where the path ends in a yes-or-no question.
    fn find(&self, path: &str) -> Option<&Entity> {
        let mut steps = path.split('/');
        let entity = self.entity(steps.next()?)?;
        let steps: Vec<Step<'_>> = steps.map(Step::parse).collect();
        self.walk(entity, &[], &steps)
    }

    fn walk<'a>(
        &'a self,
        entity: &'a Entity,
        features: &'a [Box<str>],
        steps: &[Step<'_>],
    ) -> Option<&'a Entity> {
        let Some((step, rest)) = steps.split_first() else {
            return Some(entity);
        };
        let mut candidates = self.flattened(entity).into_iter();
        candidates.find_map(|entity| self.step(entity, features, *step, rest))
    }

    fn step<'a>(
        &'a self,
        entity: &'a Entity,
        features: &'a [Box<str>],
        step: Step<'_>,
        rest: &[Step<'_>],
    ) -> Option<&'a Entity> {
        match (step, &entity.kind) {
            (Step::Feature(name), _) => {
                let known = entity.features.iter().chain(features).any(|feature| **feature == *name);
                (known && rest.is_empty()).then_some(entity)
            }
            (Step::Member("arg-type"), Kind::Command { argument, .. } | Kind::Event { argument }) => {
                self.walk(self.at(*argument)?, &[], rest)
            }
            (Step::Member("ret-type"), Kind::Command { reply, .. }) => self.walk(self.at(*reply)?, &[], rest),
            (Step::Member(name) | Step::Optional(name), Kind::Object { members, .. }) => {
                let member = members.iter().find(|member| *member.name == *name)?;
                let right = member.optional || matches!(step, Step::Member(_));
                if right { self.walk(self.at(member.r#type)?, &member.features, rest) } else { None }
            }
            (Step::Variant(name), Kind::Object { variants, .. }) => {
                let (_, number) = variants.iter().find(|(case, _)| **case == *name)?;
                self.walk(self.at(*number)?, &[], rest)
            }
            (Step::Value(name), Kind::Enum { values }) => {
                let (_, features) = values.iter().find(|(value, _)| **value == *name)?;
                match rest {
                    [] => Some(entity),
                    [Step::Feature(wanted)] => features.iter().any(|f| **f == **wanted).then_some(entity),
                    _ => None,
                }
            }
            (Step::Builtin(name), Kind::Builtin { json_type }) => {
                (**json_type == *name && rest.is_empty()).then_some(entity)
            }
            _ => None,
        }
    }

    /// The entity itself, or what an array or alternate stands for.
    fn flattened<'a>(&'a self, entity: &'a Entity) -> Vec<&'a Entity> {
        let mut found = Vec::new();
        self.flatten_into(entity, MAX_DEPTH, &mut found);
        found
    }

    fn flatten_into<'a>(&'a self, entity: &'a Entity, depth: usize, found: &mut Vec<&'a Entity>) {
        let inner: &[u32] = match &entity.kind {
            Kind::Array { element } => std::slice::from_ref(element),
            Kind::Alternate { members } => members,
            _ => return found.push(entity),
        };
        for number in inner.iter().take(if depth == 0 { 0 } else { inner.len() }) {
            if let Some(entity) = self.at(*number) {
                self.flatten_into(entity, depth - 1, found);
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    Optional(&'a str),
    Variant(&'a str),
    Value(&'a str),
    Feature(&'a str),
    Builtin(&'a str),
}

impl<'a> Step<'a> {
    fn parse(text: &'a str) -> Self {
        let Some(sign) = text.chars().next() else {
            return Self::Member(text);
        };
        let name = &text[sign.len_utf8()..];
        match sign {
            ' ' => Self::Member(name),
            '*' => Self::Optional(name),
            '+' => Self::Variant(name),
            '^' => Self::Value(name),
            '$' => Self::Feature(name),
            '!' => Self::Builtin(name),
            _ => Self::Member(text),
        }
    }
}

/// An entity as QEMU tells it, with names for references.
#[derive(Deserialize)]
#[serde(tag = "meta-type", rename_all = "kebab-case")]
enum Told<'a> {
    #[serde(rename_all = "kebab-case")]
    Command {
        name: &'a str,
        arg_type: &'a str,
        ret_type: &'a str,
        #[serde(default)]
        features: Features,
    },
    #[serde(rename_all = "kebab-case")]
    Event {
        name: &'a str,
        arg_type: &'a str,
        #[serde(default)]
        features: Features,
    },
    Object {
        name: &'a str,
        members: Vec<ToldMember<'a>>,
        #[serde(default)]
        variants: Vec<ToldVariant<'a>>,
        #[serde(default)]
        features: Features,
    },
    Alternate {
        name: &'a str,
        members: Vec<ToldAlternative<'a>>,
        #[serde(default)]
        features: Features,
    },
    Enum {
        name: &'a str,
        /// From QEMU 6.2 on, with the values' features.
        members: Option<Vec<ToldValue>>,
        /// What older ones have.
        #[serde(default)]
        values: Vec<Box<str>>,
        #[serde(default)]
        features: Features,
    },
    #[serde(rename_all = "kebab-case")]
    Array { name: &'a str, element_type: &'a str },
    #[serde(rename_all = "kebab-case")]
    Builtin { name: &'a str, json_type: Box<str> },
}

#[derive(Deserialize)]
struct ToldMember<'a> {
    name: Box<str>,
    r#type: &'a str,
    /// There, and null, where the member may be left out.
    #[serde(default, deserialize_with = "is_there")]
    default: bool,
    #[serde(default)]
    features: Features,
}

#[derive(Deserialize)]
struct ToldVariant<'a> {
    case: Box<str>,
    r#type: &'a str,
}

#[derive(Deserialize)]
struct ToldAlternative<'a> {
    r#type: &'a str,
}

#[derive(Deserialize)]
struct ToldValue {
    name: Box<str>,
    #[serde(default)]
    features: Features,
}

fn is_there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl Told<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Command { name, .. }
            | Self::Event { name, .. }
            | Self::Object { name, .. }
            | Self::Alternate { name, .. }
            | Self::Enum { name, .. }
            | Self::Array { name, .. }
            | Self::Builtin { name, .. } => name,
        }
    }

    fn resolve(&self, number: &impl Fn(&str) -> Result<u32>) -> Result<Entity> {
        let (kind, features) = match self {
            Self::Command { arg_type, ret_type, features, .. } => {
                (Kind::Command { argument: number(arg_type)?, reply: number(ret_type)? }, features.clone())
            }
            Self::Event { arg_type, features, .. } => {
                (Kind::Event { argument: number(arg_type)? }, features.clone())
            }
            Self::Object { members, variants, features, .. } => {
                let members = members.iter().map(|member| {
                    Ok(Member {
                        name: member.name.clone(),
                        r#type: number(member.r#type)?,
                        optional: member.default,
                        features: member.features.clone(),
                    })
                });
                let variants = variants.iter().map(|v| Ok((v.case.clone(), number(v.r#type)?)));
                let members = members.collect::<Result<_>>()?;
                (Kind::Object { members, variants: variants.collect::<Result<_>>()? }, features.clone())
            }
            Self::Alternate { members, features, .. } => {
                let members = members.iter().map(|member| number(member.r#type));
                (Kind::Alternate { members: members.collect::<Result<_>>()? }, features.clone())
            }
            Self::Enum { members, values, features, .. } => {
                let values = match members {
                    Some(members) => members.iter().map(|m| (m.name.clone(), m.features.clone())).collect(),
                    None => values.iter().map(|name| (name.clone(), Features::new())).collect(),
                };
                (Kind::Enum { values }, features.clone())
            }
            Self::Array { element_type, .. } => {
                (Kind::Array { element: number(element_type)? }, Features::new())
            }
            Self::Builtin { json_type, .. } => {
                (Kind::Builtin { json_type: json_type.clone() }, Features::new())
            }
        };
        Ok(Entity { features, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"[
        {"name": "add", "meta-type": "command", "arg-type": "1", "ret-type": "9", "features": ["json"]},
        {"name": "GONE", "meta-type": "event", "arg-type": "9"},
        {"name": "1", "meta-type": "object", "tag": "driver", "variants": [{"case": "file", "type": "2"}], "members": [
            {"name": "driver", "type": "3"},
            {"name": "size", "type": "int", "default": null, "features": ["deprecated"]},
            {"name": "parts", "type": "[5]"}]},
        {"name": "2", "meta-type": "object", "features": ["fdset"], "members": [{"name": "aio", "type": "4"}]},
        {"name": "3", "meta-type": "enum", "members": [{"name": "file"}, {"name": "nbd", "features": ["old"]}], "values": ["file"]},
        {"name": "4", "meta-type": "enum", "values": ["native"]},
        {"name": "[5]", "meta-type": "array", "element-type": "5"},
        {"name": "5", "meta-type": "alternate", "members": [{"type": "str"}, {"type": "2"}]},
        {"name": "9", "meta-type": "object", "members": []},
        {"name": "int", "meta-type": "builtin", "json-type": "int"},
        {"name": "str", "meta-type": "builtin", "json-type": "string"}]"#;

    #[test]
    fn paths_lead_where_they_say() {
        let schema = Schema::parse(SMALL).expect("read");
        for path in [
            "add",
            "GONE",
            "add/$json",
            "add/arg-type",
            "add/ret-type",
            "GONE/arg-type",
            "add/arg-type/driver",
            "add/arg-type/ driver",
            "add/arg-type/*size",
            "add/arg-type/size/!int",
            "add/arg-type/size/$deprecated",
            "add/arg-type/driver/^file",
            "add/arg-type/driver/^nbd/$old",
            "add/arg-type/+file",
            "add/arg-type/+file/$fdset",
            "add/arg-type/+file/aio/^native",
            "add/arg-type/parts/!string",
            "add/arg-type/parts/aio/^native",
        ] {
            assert!(schema.has(path), "{path}");
        }
        for path in [
            "",
            "sub",
            "1",
            "add/$xml",
            "GONE/ret-type",
            "add/arg-type/*driver",
            "add/arg-type/file",
            "add/arg-type/size/!string",
            "add/arg-type/driver/^file/$old",
            "add/arg-type/driver/^file/more",
            "add/arg-type/+nbd",
            "add/arg-type/+file/aio/^threads",
            "add/arg-type/driver/$old",
            "add/$json/arg-type",
        ] {
            assert!(!schema.has(path), "{path}");
        }
        assert_eq!(schema.enum_values("add/arg-type/driver"), ["file", "nbd"]);
        assert_eq!(schema.enum_values("add/arg-type/size"), [""; 0]);
        assert_eq!(schema.commands().collect::<Vec<_>>(), ["add"]);
        assert!(!schema.has_command("GONE"));
    }

    #[test]
    fn circles_and_loose_ends_do_no_harm() {
        let circle = r#"[{"name": "a", "meta-type": "command", "arg-type": "[x]", "ret-type": "[x]"},
            {"name": "[x]", "meta-type": "array", "element-type": "[x]"}]"#;
        assert!(!Schema::parse(circle).expect("read").has("a/arg-type/b"));
        let loose = r#"[{"name": "a", "meta-type": "command", "arg-type": "x", "ret-type": "x"}]"#;
        assert!(Schema::parse(loose).is_err());
        assert!(Schema::parse("{}").is_err());
    }
}
