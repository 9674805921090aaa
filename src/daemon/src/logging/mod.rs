//! Where the daemon's log goes and what gets into it, in libvirt's terms: a level, filters by subject, outputs. All of
//! it can be changed while the daemon runs.

mod output;

use ferrovirt_core::{Error, ErrorDomain, Result};
use output::Output;
use parking_lot::RwLock;
use std::fmt::Write;
use std::sync::Arc;
use tracing::field::{Field, Visit};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// How much something matters: 1 debugging, 2 information, 3 warnings, 4 errors.
pub type Priority = u32;

const WARNING: Priority = 3;

fn priority(level: Level) -> Priority {
    match level {
        Level::ERROR => 4,
        Level::WARN => 3,
        Level::INFO => 2,
        Level::DEBUG | Level::TRACE => 1,
    }
}

/// The daemon's log. Cloning shares it.
#[derive(Clone)]
pub struct Logging(Arc<RwLock<Settings>>);

struct Settings {
    level: Priority,
    filters: Vec<Filter>,
    outputs: Vec<Output>,
    /// What there is where no outputs are given.
    default_output: &'static str,
}

/// From which priority on a subject is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Filter {
    priority: Priority,
    /// The beginning of a subject, or with asterisks a pattern of it.
    subject: String,
}

impl Filter {
    fn parse(text: &str) -> Result<Self> {
        let bad = || {
            let detail = format!("'{text}' is no log filter: it must look like '1:qemu', with 1 to 4");
            Error::invalid_arg(detail).domain(ErrorDomain::None)
        };
        let (priority, subject) = text.split_once(':').ok_or_else(bad)?;
        let priority = parse_priority(priority).ok_or_else(bad)?;
        // A plus asks for a backtrace, which there is none of.
        let subject = subject.trim_start_matches('+').to_owned();
        if subject.is_empty() { Err(bad()) } else { Ok(Self { priority, subject }) }
    }

    fn matches(&self, subject: &str) -> bool {
        if self.subject.contains('*') {
            return matches_pattern(&self.subject, subject);
        }
        let rest = subject.strip_prefix(&*self.subject);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    fn text(&self) -> String {
        format!("{}:{}", self.priority, self.subject)
    }
}

fn parse_priority(text: &str) -> Option<Priority> {
    text.parse().ok().filter(|priority| (1..=4).contains(priority))
}

/// An asterisk stands for any text.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<_> = parts.collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// What a part of the code is called in filters: `qemu.start`, `network.life`, `rpc`, `daemon`.
fn subject(target: &str) -> String {
    let name = target.strip_prefix("ferrovirt_").unwrap_or(target);
    name.strip_prefix("driver_").unwrap_or(name).replace("::", ".")
}

impl Logging {
    /// Has everything in this process log there. `level` is what holds without filters.
    pub fn start(name: &'static str, level: Option<Priority>, filters: &str, outputs: &str) -> Result<Self> {
        let under_systemd = std::env::var_os("JOURNAL_STREAM").is_some();
        let settings = Settings {
            level: level.unwrap_or(WARNING),
            filters: Vec::new(),
            outputs: Vec::new(),
            default_output: if under_systemd { "journald" } else { "stderr" },
        };
        let logging = Self(Arc::new(RwLock::new(settings)));
        output::set_program(name);
        logging.set_filters(filters)?;
        logging.set_outputs(outputs)?;
        let subscriber = tracing_subscriber::registry().with(logging.clone());
        if tracing::subscriber::set_global_default(subscriber).is_err() {
            // In tests several daemons share a process; the first one logs.
            tracing::debug!("another log is in place already");
        }
        Ok(logging)
    }

    pub fn set_level(&self, level: Priority) {
        self.0.write().level = level;
        tracing::callsite::rebuild_interest_cache();
    }

    /// The filters, each as it can be given.
    pub fn filters(&self) -> Vec<String> {
        self.0.read().filters.iter().map(Filter::text).collect()
    }

    /// Sets all filters, which blanks separate.
    pub fn set_filters(&self, text: &str) -> Result<()> {
        let filters = text.split_whitespace().map(Filter::parse).collect::<Result<_>>()?;
        self.0.write().filters = filters;
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }

    /// The outputs, each as it can be given.
    pub fn outputs(&self) -> Vec<String> {
        self.0.read().outputs.iter().map(Output::text).collect()
    }

    /// Sets all outputs, which blanks separate; none is the default one.
    pub fn set_outputs(&self, text: &str) -> Result<()> {
        let (level, default) = {
            let settings = self.0.read();
            (settings.level, settings.default_output)
        };
        let default = format!("{level}:{default}");
        let text = if text.trim().is_empty() { &default } else { text };
        let outputs: Vec<_> = text.split_whitespace().map(Output::parse).collect::<Result<_>>()?;
        self.0.write().outputs = outputs;
        Ok(())
    }

    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let settings = self.0.read();
        let subject = subject(metadata.target());
        let filter = settings.filters.iter().find(|filter| filter.matches(&subject));
        // What is not ours is only of interest to who asks for it.
        let ours = metadata.target().starts_with("ferrovirt") || metadata.target().starts_with("libvirt");
        let level = if ours { settings.level } else { settings.level.max(WARNING) };
        priority(*metadata.level()) >= filter.map_or(level, |filter| filter.priority)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Logging {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let metadata = event.metadata();
        let priority = priority(*metadata.level());
        let line = format!("{} : {}{}", subject(metadata.target()), text.message, text.fields);
        for output in self.0.read().outputs.iter().filter(|output| priority >= output.priority) {
            output.write(priority, &line);
        }
    }
}

/// The words of an event and its fields.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message.push_str(value),
            name => {
                let _ = write!(self.fields, " {name}={value}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_named_as_the_code_is() {
        assert_eq!(subject("ferrovirt_driver_qemu::start"), "qemu.start");
        assert_eq!(subject("ferrovirt_rpc::server"), "rpc.server");
    }

    #[test]
    fn a_filter_is_a_beginning_or_a_pattern() {
        let hits = |filter, subject| Filter::parse(filter).unwrap().matches(subject);
        assert!(hits("1:qemu", "qemu.start") && hits("1:qemu", "qemu"));
        assert!(!hits("1:qemu", "qemux"));
        assert!(hits("1:*start", "qemu.start") && hits("1:q*s*t", "qemu.start"));
        assert!(!hits("1:*stop", "qemu.start"));
        for wrong in ["qemu", "5:qemu", "0:qemu", "1:", "x:qemu"] {
            assert!(Filter::parse(wrong).is_err(), "{wrong}");
        }
    }
}
