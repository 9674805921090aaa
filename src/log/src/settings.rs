//! The settings in force, and their change while the program runs.

use crate::filter::{Filter, parse_filters};
use crate::level::Level;
use crate::output::{Destination, Message, Output, Sink, parse_outputs};
use crate::subscriber::Subscriber;
use ferrovirt_core::Result;
use parking_lot::RwLock;
use std::sync::{LazyLock, Once};
use tracing_subscriber::layer::SubscriberExt;

/// One per process: messages come from every thread and every connection.
static IN_FORCE: LazyLock<RwLock<Settings>> = LazyLock::new(RwLock::default);

struct Settings {
    level: Level,
    filters: Vec<Filter>,
    /// None at all is standard error.
    sinks: Vec<Sink>,
    fallback: Sink,
}

impl Default for Settings {
    fn default() -> Self {
        let output = Output { level: Level::Debug, destination: Destination::Stderr };
        let fallback = Sink::open(output).expect("standard error needs no opening");
        Self { level: Level::Warning, filters: Vec::new(), sinks: Vec::new(), fallback }
    }
}

impl Settings {
    fn level_of(&self, category: &str) -> Level {
        self.filters.iter().find(|filter| filter.matches(category)).map_or(self.level, |filter| filter.level)
    }
}

/// The level of what no filter matches.
pub fn level() -> Level {
    IN_FORCE.read().level
}

pub fn set_level(level: Level) {
    IN_FORCE.write().level = level;
    forget_interest();
}

/// The filters in force, in libvirt's spelling of them.
pub fn filters() -> Vec<Filter> {
    IN_FORCE.read().filters.clone()
}

/// Replaces all filters. On an error nothing changes.
pub fn set_filters(text: &str) -> Result<()> {
    let filters = parse_filters(text)?;
    IN_FORCE.write().filters = filters;
    forget_interest();
    Ok(())
}

/// The outputs in force; none means standard error.
pub fn outputs() -> Vec<Output> {
    IN_FORCE.read().sinks.iter().map(|sink| sink.output.clone()).collect()
}

/// Whether somebody chose where messages go.
pub fn has_outputs() -> bool {
    !IN_FORCE.read().sinks.is_empty()
}

/// Opens new outputs in place of the present ones. On an error nothing changes.
pub fn set_outputs(text: &str) -> Result<()> {
    let sinks = parse_outputs(text)?.into_iter().map(Sink::open).collect::<Result<_>>()?;
    IN_FORCE.write().sinks = sinks;
    Ok(())
}

/// From here on messages of the whole process go by the settings. A program that has a subscriber keeps its own.
pub fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Subscriber);
        // An error tells that the program reads our messages by itself.
        _ = tracing::subscriber::set_global_default(subscriber);
    });
}

/// The settings that a user gives by environment variables; an empty one is as good as none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// `LIBVIRT_DEBUG`
    pub level: Option<String>,
    /// `LIBVIRT_LOG_FILTERS`
    pub filters: Option<String>,
    /// `LIBVIRT_LOG_OUTPUTS`
    pub outputs: Option<String>,
}

impl Variables {
    pub fn from_environment() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        Self {
            level: variable("LIBVIRT_DEBUG"),
            filters: variable("LIBVIRT_LOG_FILTERS"),
            outputs: variable("LIBVIRT_LOG_OUTPUTS"),
        }
    }

    /// Puts them in force up to the first that is wrong.
    pub fn apply(&self) -> Result<()> {
        if let Some(level) = &self.level {
            set_level(level.parse()?);
        }
        if let Some(filters) = &self.filters {
            set_filters(filters)?;
        }
        self.outputs.as_deref().map_or(Ok(()), set_outputs)
    }
}

/// Logs by what the environment says, and not at all where it says nothing.
pub fn start_from_environment() -> Result<()> {
    let variables = Variables::from_environment();
    if variables == Variables::default() {
        return Ok(());
    }
    start();
    variables.apply()
}

/// Whether a message of this category and level passes.
pub(crate) fn passes(category: &str, level: Level) -> bool {
    level >= IN_FORCE.read().level_of(category)
}

/// The least that passes anywhere.
pub(crate) fn least() -> Level {
    let settings = IN_FORCE.read();
    settings.filters.iter().map(|filter| filter.level).fold(settings.level, Level::min)
}

pub(crate) fn write(message: &Message<'_>) {
    let settings = IN_FORCE.read();
    if settings.sinks.is_empty() {
        settings.fallback.write(message);
    }
    settings.sinks.iter().for_each(|sink| sink.write(message));
}

/// `tracing` remembers for each message in the code whether anybody wants it.
fn forget_interest() {
    tracing::callsite::rebuild_interest_cache();
}
