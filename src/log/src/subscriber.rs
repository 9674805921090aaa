//! From `tracing`'s events to messages: the category, the text with its fields, what the spans around it say.

use crate::level::Level;
use crate::output::Message;
use crate::settings;
use std::borrow::Cow;
use std::fmt::{self, Write};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

pub struct Subscriber;

/// The fields of a span, as text.
struct Fields(Text);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Subscriber {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match settings::least() {
            Level::Error => LevelFilter::ERROR,
            Level::Warning => LevelFilter::WARN,
            Level::Info => LevelFilter::INFO,
            Level::Debug => LevelFilter::TRACE,
        })
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Text::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(Fields(fields));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(Fields(fields)) = span.extensions_mut().get_mut() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(Fields(fields)) = span.extensions().get() {
                text.0.push_str(&fields.0);
            }
        }
        let metadata = event.metadata();
        settings::write(&Message {
            level: (*metadata.level()).into(),
            category: &category(metadata.target()),
            file: metadata.file().unwrap_or("?"),
            line: metadata.line().unwrap_or(0),
            text: &text.0,
        });
    }
}

impl Subscriber {
    /// Spans are kept whatever their level, as they say whom a message is about.
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().starts_with("ferrovirt");
        ours && (metadata.is_span()
            || settings::passes(&category(metadata.target()), (*metadata.level()).into()))
    }
}

/// `ferrovirt_driver_qemu::monitor` is `qemu.monitor`, so that filters written for libvirt's parts fit ours.
fn category(target: &str) -> Cow<'_, str> {
    let (package, module) = target.split_once("::").unwrap_or((target, ""));
    let package = package.strip_prefix("ferrovirt").unwrap_or(package);
    let part = match package.strip_prefix("_driver_").unwrap_or(package) {
        "" | "_capi" => "libvirt",
        part => part.strip_prefix('_').unwrap_or(part),
    };
    if module.is_empty() {
        Cow::Borrowed(part)
    } else {
        format!("{part}.{}", module.replace("::", ".")).into()
    }
}

/// The message first, then ` name=value`.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing into a string does not fail.
        if field.name() == "message" {
            self.0.insert_str(0, &format!("{value:?}"));
        } else {
            _ = write!(self.0, " {}={value:?}", field.name());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::category;

    #[test]
    fn categories_are_named_as_libvirts_parts() {
        assert_eq!(category("ferrovirt_driver_qemu::monitor::client"), "qemu.monitor.client");
        assert_eq!(category("ferrovirt_net::mac_table"), "net.mac_table");
        assert_eq!(category("ferrovirt::connection::open"), "libvirt.connection.open");
        assert_eq!(category("ferrovirt_capi::ffi::last_error"), "libvirt.ffi.last_error");
        assert_eq!(category("ferrovirt_rpc"), "rpc");
    }
}
