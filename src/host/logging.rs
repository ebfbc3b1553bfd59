//! The log of a run: the output of `-v` and `-vv` on standard error, without that of other crates.

use std::fmt::{self, Debug};

use tracing::field::{Field as Named, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::with_default;
use tracing::{Event, Level, Metadata, Subscriber, info};

use crate::host::clock::Clock;
use crate::host::log_line::{LogField, LogLine, json, text};
use crate::host::terminal::ErrorStream;
use crate::model::moment::Moment;
use crate::model::text::terminal;
use clap::ValueEnum;

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogChoice {
    pub detail: Detail,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Only retries of a request.
    Nothing,
    /// The steps of a run, one line per request, waits and retries.
    Requests,
    /// Also the start of a request, and every object.
    Everything,
}

/// A run starts its next phase.
pub fn phase(what: &'static str) {
    info!("{what}");
}

/// An object of a run: `what` is done with it.
pub fn object(what: &'static str, object: &str) {
    tracing::trace!(object, "{what}");
}

/// Runs work with a log on standard error. `began` is the current time.
pub fn during<T>(choice: LogChoice, stream: ErrorStream, began: Moment, work: impl FnOnce() -> T) -> T {
    let most = match choice.detail {
        Detail::Nothing => Level::WARN,
        Detail::Requests => Level::DEBUG,
        Detail::Everything => Level::TRACE,
    };
    with_default(Log { stream, clock: Clock::starting(began), most, format: choice.format }, work)
}

struct Log {
    stream: ErrorStream,
    clock: Clock,
    most: Level,
    format: LogFormat,
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The HTTP library logs headers, which include the token.
        let is_ours = metadata.target().split("::").next() == Some(env!("CARGO_CRATE_NAME"));
        // Neither an event nor a span: a query whether one would be logged.
        let is_asked = if self.most == Level::WARN {
            // Without a log, only noticeable waits are shown, in a sentence. A log has its own line for them.
            *metadata.level() == Level::WARN
        } else {
            *metadata.level() <= self.most && *metadata.level() != Level::WARN
        };
        is_ours && !metadata.is_span() && is_asked
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        // Spans are never enabled, so any number works.
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        // Written in this form because a method of this name reads the disk elsewhere.
        let level = match *Event::metadata(event).level() {
            Level::ERROR => "error",
            Level::WARN => "warn",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        };
        let mut line = LogLine { at: self.clock.now(), level, message: String::new(), fields: Vec::new() };
        event.record(&mut Fields(&mut line));
        let written = match self.format {
            LogFormat::Text if self.most == Level::WARN => format!("note: {}\n", terminal(&line.message)),
            LogFormat::Text => text(&line),
            LogFormat::Json => json(&line),
        };
        self.stream.write(&written);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Fields<'a>(&'a mut LogLine);

impl Visit for Fields<'_> {
    fn record_u64(&mut self, field: &Named, value: u64) {
        self.0.fields.push((field.name(), LogField::Number(value)));
    }

    fn record_str(&mut self, field: &Named, value: &str) {
        self.0.fields.push((field.name(), LogField::Words(value.to_owned())));
    }

    fn record_debug(&mut self, field: &Named, value: &dyn Debug) {
        let words = fmt::format(format_args!("{value:?}"));
        if field.name() == "message" {
            self.0.message = words;
        } else {
            self.0.fields.push((field.name(), LogField::Words(words)));
        }
    }
}
