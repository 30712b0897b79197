//! Log messages: on standard error or in a file, as text or JSON. Nothing of libraries unless asked.

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Mutex;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::args::{GlobalArgs, LogFormat, LogLevel};
use crate::failure::CommandError;

/// Sets up logging for this process. A second call, from another front end, changes nothing.
pub(crate) fn set_up(global: &GlobalArgs) -> Result<(), CommandError> {
    let filter = filter(if global.quiet { LogLevel::Error } else { global.log_level })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer(global)?);
    let _ = match global.log_format {
        LogFormat::Text => {
            tracing::subscriber::set_global_default(builder.event_format(Plain).finish())
        }
        LogFormat::Json => tracing::subscriber::set_global_default(builder.json().finish()),
    };
    Ok(())
}

fn filter(level: LogLevel) -> Result<EnvFilter, CommandError> {
    if let Ok(text) = std::env::var("OMS_LOG") {
        return text
            .parse()
            .map_err(|error| CommandError::LogFilter { reason: format!("{error}") });
    }
    let level = match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warning => "warn",
        LogLevel::Error | LogLevel::Critical => "error",
    };
    Ok(EnvFilter::new(format!("off,oms={level},oms_cli={level},oms_hash={level}")))
}

#[allow(clippy::disallowed_methods)] // the user's log file
fn writer(global: &GlobalArgs) -> Result<BoxMakeWriter, CommandError> {
    let Some(path) = &global.output_file else {
        return Ok(BoxMakeWriter::new(io::stderr));
    };
    let file = File::options().create(true).append(true).open(path).map_err(|source| {
        CommandError::Io { action: "write the log to", path: path.clone(), source }
    })?;
    Ok(BoxMakeWriter::new(Mutex::new(file)))
}

/// `warning: text`, as command-line tools do.
struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let name = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "warning",
            Level::INFO => "info",
            _ => "debug",
        };
        write!(writer, "{name}: ")?;
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
