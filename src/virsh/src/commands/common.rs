//! What commands about objects of every kind have in common.

use super::events::{EventWait, report};
use crate::args::Args;
use crate::failure::{OrSay, Outcome, fail};
use crate::output::extra;
use crate::shell::Shell;
use crate::transfer::read_document;
use ferrovirt::event::Event;
use ferrovirt::{Connection, Listener};
use serde_json::Value;
use std::sync::Arc;

/// Makes an object of the XML in the option `file`; `failed` and the file's name are said where that fails.
pub fn from_file<T>(
    shell: &Shell,
    args: &Args,
    failed: &str,
    make: impl FnOnce(&Connection, &str) -> ferrovirt::Result<T>,
) -> Outcome<T> {
    let file = args.need("file")?;
    let text = read_document(file)?;
    make(&shell.connection()?, &text).or_say(|| format!("{failed} {file}"))
}

/// Something is done to the object that an option names: what is said where that works, and where it does not.
pub fn done(
    shell: &mut Shell,
    result: ferrovirt::Result<()>,
    failed: impl FnOnce() -> String,
    done: impl FnOnce() -> String,
) -> Outcome {
    result.or_say(failed)?;
    extra!(shell, "{}\n", done());
    Ok(())
}

/// `autostart` for objects other than domains.
pub fn autostart(
    shell: &mut Shell,
    args: &Args,
    noun: &str,
    name: &str,
    set: impl FnOnce(bool) -> ferrovirt::Result<()>,
) -> Outcome {
    let on = !args.flag("disable");
    let verb = if on { "mark" } else { "unmark" };
    let lower = noun.to_lowercase();
    let failed = || format!("failed to {verb} {lower} {name} as autostarted");
    done(shell, set(on), failed, || format!("{noun} {name} {verb}ed as autostarted"))
}

/// The events of a kind of object.
pub struct ObjectEvents {
    /// In the order of their numbers.
    pub names: &'static [&'static str],
    /// What the object is called.
    pub noun: &'static str,
    /// The words for life cycle events.
    pub lifecycle: &'static [&'static str],
}

/// What an event says: the object, and the words behind it (none but for those with details).
pub struct Told {
    pub object: String,
    pub details: Option<String>,
}

impl ObjectEvents {
    pub fn lifecycle_word(&self, event: i32) -> String {
        let word = usize::try_from(event).ok().and_then(|at| self.lifecycle.get(at));
        (*word.unwrap_or(&"unknown")).to_owned()
    }

    /// Waits for events as `net-event` and its kin do.
    pub fn wait(
        &'static self,
        shell: &mut Shell,
        args: &Args,
        register: impl FnOnce(&mut Shell, &Connection, i32, Listener) -> Outcome<i32>,
        told: impl Fn(&Event) -> Option<Told> + Send + Sync + 'static,
    ) -> Outcome {
        if args.flag("list") {
            let lines: String = self.names.iter().map(|name| format!("{name}\n")).collect();
            shell.out.document(format_args!("{lines}"), serde_json::json!(self.names));
            return Ok(());
        }
        let Some(name) = args.text("event")? else { fail!("either --list or --event <type> is required") };
        let Some(kind) = self.names.iter().position(|known| *known == name) else {
            fail!("unknown event type {name}")
        };
        let timeout = args.timeout()?;
        let connection = shell.connection()?;
        let wait = EventWait::begin(args.flag("loop"))?;
        let (sink, stamped) = (wait.sink(), args.flag("timestamp"));
        let show = move |_: &Connection, event: &Event| {
            if let Some(told) = told(event) {
                let (line, json) = self.line(self.names[kind], told);
                sink.tell_stamped(stamped, line, json);
            }
        };
        let listener = Listener { callback: Arc::new(show), function: None };
        let id = register(shell, &connection, kind as i32, listener)?;
        let outcome = report(shell, wait, timeout);
        connection.deregister_event(id)?;
        outcome
    }

    fn line(&self, name: &str, told: Told) -> (String, Value) {
        let details = told.details.as_ref().map(|details| format!(": {details}")).unwrap_or_default();
        let line = format!("event '{name}' for {} {}{details}", self.noun, told.object);
        let json = serde_json::json!({ "event": name, "object": told.object, "details": told.details });
        (line, json)
    }
}

/// By name, upper and lower case alike.
pub fn sort_by_name<T>(objects: &mut [T], name: impl Fn(&T) -> String) {
    objects.sort_by_key(|object| name(object).to_lowercase());
}
