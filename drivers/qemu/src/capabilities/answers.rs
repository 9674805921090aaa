//! A conversation with a monitor as a table of commands and replies, wherever it was held.

use std::fmt::Write;

use ferrovirt_core::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::qmp::{Client, Command, QmpError};

/// Commands that are still to be asked.
#[derive(Debug, Default)]
pub struct Plan(Vec<Question>);

#[derive(Debug, Clone)]
struct Question {
    command: &'static str,
    arguments: Option<Box<RawValue>>,
}

impl Plan {
    pub(super) fn ask<C: Command>(&mut self, command: &C) {
        let arguments = C::HAS_ARGUMENTS.then(|| {
            serde_json::value::to_raw_value(command).expect("commands are plain structs with string keys")
        });
        let arguments = arguments.filter(|arguments| arguments.get() != "{}");
        let question = Question { command: C::NAME, arguments };
        // The second process is asked part of what the first one is.
        let known = self.0.iter().any(|q| q.key() == question.key());
        if !known {
            self.0.push(question);
        }
    }
}

impl Question {
    fn key(&self) -> (&str, &str) {
        (self.command, self.arguments.as_ref().map_or("", |arguments| arguments.get()))
    }
}

/// What a binary has answered.
#[derive(Debug, Default)]
pub struct Answers(Vec<Answer>);

#[derive(Debug)]
struct Answer {
    command: String,
    arguments: Value,
    /// `None` where QEMU has refused, which for most questions means that it has not got the thing.
    reply: Option<Box<RawValue>>,
}

/// A message of a recorded conversation: a command, or the reply to the command before it.
#[derive(Deserialize, Serialize)]
struct Recorded {
    #[serde(skip_serializing_if = "Option::is_none")]
    execute: Option<String>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    arguments: Value,
    #[serde(default, rename = "return", skip_serializing_if = "Option::is_none")]
    reply: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    error: Value,
}

impl Answers {
    /// Asks everything in the plan, one question after the other: QEMU answers them so anyway, and programs that play
    /// recorded answers hear no more than one at a time.
    pub(super) async fn collect(&mut self, client: &Client, plan: Plan) -> Result<()> {
        for question in plan.0 {
            let reply = client.submit_untyped(question.command, question.arguments.as_deref());
            let reply = match reply.await {
                Ok(reply) => Some(reply),
                Err(QmpError::Command { desc, .. }) => {
                    tracing::debug!(command = question.command, desc, "refused");
                    None
                }
                Err(e) => return Err(e.into()),
            };
            let arguments = question
                .arguments
                .map_or(Value::Null, |raw| serde_json::from_str(raw.get()).expect("it was made from JSON"));
            self.0.push(Answer { command: question.command.into(), arguments, reply });
        }
        Ok(())
    }

    fn find<C: Command>(&self, command: &C) -> Option<&Answer> {
        let arguments = serde_json::to_value(command).expect("commands are plain structs with string keys");
        let empty = |value: &Value| value.as_object().is_none_or(|object| object.is_empty());
        self.0.iter().find(|answer| {
            answer.command == C::NAME
                && (answer.arguments == arguments || (empty(&answer.arguments) && empty(&arguments)))
        })
    }

    /// Whether a command was asked at all.
    pub(super) fn has<C: Command>(&self, command: &C) -> bool {
        self.find(command).is_some()
    }

    /// The reply as QEMU wrote it.
    pub(super) fn raw<C: Command>(&self, command: &C) -> Option<&RawValue> {
        self.find(command)?.reply.as_deref()
    }

    /// The reply; `None` where QEMU refused, was not asked, or says something that can't be read.
    pub(super) fn get<C: Command>(&self, command: &C) -> Option<C::Reply> {
        serde_json::from_str(self.raw(command)?.get())
            .inspect_err(|error| tracing::warn!(command = C::NAME, %error, "unexpected reply in a probe"))
            .ok()
    }

    /// The reply to a command that no QEMU refuses.
    pub(super) fn need<C: Command>(&self, command: &C) -> Result<C::Reply> {
        self.get(command).ok_or_else(|| Error::internal(format!("QEMU does not answer '{}'", C::NAME)))
    }

    /// Reads a recorded conversation: JSON documents, each command before its reply. Every `qmp_capabilities`
    /// starts another process's.
    pub fn from_recording(text: &str) -> Result<Vec<Self>> {
        let broken = |why: String| Error::invalid_arg(format!("this is not a recorded conversation: {why}"));
        let mut sessions: Vec<Self> = Vec::new();
        let mut command: Option<Recorded> = None;
        for message in serde_json::Deserializer::from_str(text).into_iter::<Recorded>() {
            let message = message.map_err(|e| broken(e.to_string()))?;
            match (message.execute.as_deref(), command.take()) {
                (Some(name), None) => {
                    if name == crate::qmp::QmpCapabilities::NAME {
                        sessions.push(Self::default());
                    }
                    command = Some(message);
                }
                (None, Some(asked)) => {
                    let session = sessions.last_mut().ok_or_else(|| broken("it has no beginning".into()))?;
                    session.0.push(Answer {
                        command: asked.execute.unwrap_or_default(),
                        arguments: asked.arguments,
                        reply: message.reply,
                    });
                }
                _ => return Err(broken("commands and replies do not take turns".into())),
            }
        }
        Ok(sessions)
    }

    /// Writes conversations down so that [`Answers::from_recording`] reads them.
    pub fn to_recording(sessions: &[Self]) -> String {
        let mut text = String::new();
        for session in sessions {
            let hello = Answer {
                command: crate::qmp::QmpCapabilities::NAME.into(),
                arguments: Value::Null,
                reply: Some(RawValue::from_string("{}".into()).expect("an empty object is JSON")),
            };
            for answer in std::iter::once(&hello).chain(&session.0) {
                let refused = serde_json::json!({"class": "GenericError", "desc": "refused"});
                let command = serde_json::json!({"execute": answer.command, "arguments": answer.arguments});
                let reply = Recorded {
                    execute: None,
                    arguments: Value::Null,
                    reply: answer.reply.clone(),
                    error: if answer.reply.is_none() { refused } else { Value::Null },
                };
                let reply = serde_json::to_string(&reply).expect("plain structs");
                writeln!(text, "{command}\n{reply}").expect("writing to a String can't fail");
            }
        }
        text
    }
}
