//! Logs on standard error: one line for people, or one JSON object for machines.

use std::panic::PanicHookInfo;

use tracing::{debug, error};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt, registry};

pub use crate::config::LogFormat;

use crate::domain::error::Error;

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// How a line looks.
    pub format: LogFormat,
    /// Levels by target, as `tracing` writes them: `info`, `goldgate=debug,warn`.
    pub filter: String,
    /// Whether lines for people have colour.
    pub colour: bool,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned(), colour: false }
    }
}

/// Starts logging for the whole process, once. Panics are logged too, by their place and not by what they say, which may
/// hold a caller's data.
///
/// # Errors
/// `Invalid` for a filter that cannot be read, `Internal` when logging was started before.
pub fn start(options: &LogOptions) -> Result<(), Error> {
    let filter = EnvFilter::try_new(&options.filter).map_err(|cause| {
        Error::invalid(format!("`{}` is not a log filter", options.filter))
            .with_field("log_filter")
            .with_help("write a level, or levels by target, e.g. `info` or `goldgate=debug,warn`")
            .with_source(cause)
    })?;
    let lines = match options.format {
        LogFormat::Text => fmt::layer()
            .compact()
            .with_ansi(options.colour)
            .with_target(false)
            .with_writer(std::io::stderr)
            .boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .boxed(),
    };
    registry()
        .with(filter)
        .with(lines)
        .try_init()
        .map_err(|cause| Error::internal_fault("logging was started before").with_source(cause))?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let Some(place) = panic.location() else {
        error!("Panicked at an unknown place: this is a defect of goldgate");
        return;
    };
    // A built-in function of policies that fails on a value is a finding of that policy, which is told already.
    if place.file().contains("regorus") {
        debug!("A built-in function of policies panicked at {place}");
    } else {
        error!("Panicked at {place}: this is a defect of goldgate");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_refused_with_an_example() {
        let options = LogOptions { filter: "goldgate=loud".to_owned(), ..LogOptions::default() };
        let error = start(&options).unwrap_err();
        assert!(error.external().contains("goldgate=loud"));
        assert!(error.help().unwrap().contains("goldgate=debug"));
    }
}
