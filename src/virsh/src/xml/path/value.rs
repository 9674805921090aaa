//! The four kinds of value that XPath computes with.

use super::Item;
use super::parse::{Arithmetic, Comparison};

#[derive(Clone)]
pub enum Value<'a, 'i> {
    Items(Vec<Item<'a, 'i>>),
    Number(f64),
    Text(String),
    Truth(bool),
}

impl Value<'_, '_> {
    pub fn truth(&self) -> bool {
        match self {
            Self::Items(items) => !items.is_empty(),
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Text(text) => !text.is_empty(),
            Self::Truth(truth) => *truth,
        }
    }

    pub fn string(&self) -> String {
        match self {
            Self::Items(items) => items.first().map(Item::string).unwrap_or_default(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Truth(truth) => truth.to_string(),
        }
    }

    pub fn number(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Truth(truth) => f64::from(u8::from(*truth)),
            other => to_number(&other.string()),
        }
    }
}

pub fn to_number(text: &str) -> f64 {
    text.trim().parse().unwrap_or(f64::NAN)
}

/// Two sets compare as true where any of their members do.
pub fn compare(one: &Value<'_, '_>, how: Comparison, other: &Value<'_, '_>) -> bool {
    match (one, other) {
        (Value::Items(items), Value::Truth(_)) | (Value::Truth(_), Value::Items(items)) => {
            let set = Value::Truth(!items.is_empty());
            let (left, right) = if matches!(one, Value::Items(_)) { (&set, other) } else { (one, &set) };
            plain(left, how, right)
        }
        (Value::Items(items), _) => items.iter().any(|item| compare(&Value::Text(item.string()), how, other)),
        (_, Value::Items(items)) => items.iter().any(|item| plain(one, how, &Value::Text(item.string()))),
        _ => plain(one, how, other),
    }
}

fn plain(one: &Value<'_, '_>, how: Comparison, other: &Value<'_, '_>) -> bool {
    let equal = || match (one, other) {
        (Value::Truth(_), _) | (_, Value::Truth(_)) => one.truth() == other.truth(),
        (Value::Number(_), _) | (_, Value::Number(_)) => one.number() == other.number(),
        _ => one.string() == other.string(),
    };
    let (left, right) = (one.number(), other.number());
    match how {
        Comparison::Equal => equal(),
        Comparison::Different => !equal(),
        Comparison::Less => left < right,
        Comparison::AtMost => left <= right,
        Comparison::More => left > right,
        Comparison::AtLeast => left >= right,
    }
}

pub fn arithmetic<'a, 'i>(left: f64, how: Arithmetic, right: f64) -> Value<'a, 'i> {
    Value::Number(match how {
        Arithmetic::Plus => left + right,
        Arithmetic::Minus => left - right,
        Arithmetic::Times => left * right,
        Arithmetic::Divided => left / right,
        Arithmetic::Modulo => left % right,
    })
}
