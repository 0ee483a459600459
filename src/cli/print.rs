//! Print: the only room that writes to standard output and standard error.
//!
//! Each format is a pure function of a [`Report`] to text in a file of its own; only [`Printer`] writes.

pub mod excerpt;
pub mod fault;
pub mod github;
pub mod human;
pub mod image;
pub mod inventory;
pub mod json;
pub mod junit;
pub mod sarif;
pub mod scorecard;
pub mod suite_report;
pub mod table;
pub mod test_report;
pub mod text;
mod tree;

#[cfg(test)]
pub mod sample;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use annotate_snippets::Level;
use anstyle::{AnsiColor, Style};

use crate::cli::args::Format;
use crate::cli::complaint::{Complaint, Failure};
use crate::config::{ColorChoice, Variables};
use crate::domain::code::Code;
use crate::domain::decision::Decision;
use excerpt::Excerpts;

/// A decision and what is shown with it.
#[derive(Debug)]
pub struct Report<'a> {
    /// The decision.
    pub decision: &'a Decision,
    /// The paths of the files that were handed in.
    pub files: &'a [String],
    /// Lines of those files, secrets replaced.
    pub excerpts: &'a Excerpts,
    /// Why each policy asks what it asks, as far as that is known.
    pub reasons: &'a BTreeMap<Code, String>,
    /// What became of the decision.
    pub keeping: Keeping<'a>,
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping<'a> {
    /// It is in the embedded record in this folder.
    Recorded(&'a str),
    /// It is in the record of a server.
    RecordedAt(&'a str),
    /// It was a rehearsal.
    Rehearsed,
    /// It could not be recorded; standard error says why.
    Lost,
    /// It was read from a record.
    Read,
}

/// How text is laid out for its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether to colour.
    pub color: bool,
    /// Columns.
    pub width: usize,
    /// Whether lines must fit: a window is as wide as it is, while a program wants one row a line.
    pub fits: bool,
    /// Whether to leave nothing out.
    pub everything: bool,
}

/// Columns when nobody says how wide the reader's window is.
const DEFAULT_WIDTH: usize = 100;

/// Style of an error.
pub(crate) const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
/// Style of a warning.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// Style of something good.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Style of what the eye looks for.
pub(crate) const STRONG: Style = Style::new().bold();
/// Style of what stands back.
pub(crate) const FAINT: Style = AnsiColor::BrightBlue.on_default();

impl Look {
    /// Without colour, 100 columns.
    pub const PLAIN: Self =
        Self { color: false, width: DEFAULT_WIDTH, fits: false, everything: false };

    /// `text` in `style`, when there is colour.
    pub fn paint(self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// The report as `format` prints it.
pub fn rendered(report: &Report<'_>, format: Format, look: Look) -> String {
    match format {
        Format::Human => human::render(report, look),
        Format::Json => json::render(report.decision),
        Format::Sarif => sarif::render(report),
        Format::Junit => junit::render(report),
        Format::Github => github::render(report),
    }
}

/// Writes to standard output and standard error.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    out: Look,
    err: Look,
    quiet: bool,
    verbose: bool,
}

impl Printer {
    /// A printer for the two streams as they are.
    pub fn new(variables: &Variables, color: ColorChoice, quiet: bool, verbose: bool) -> Self {
        let look = |is_terminal: bool| Look {
            color: variables.colors(color, is_terminal),
            width: if is_terminal { terminal_width() } else { DEFAULT_WIDTH },
            fits: is_terminal,
            everything: verbose,
        };
        Self {
            out: look(io::stdout().is_terminal()),
            err: look(io::stderr().is_terminal()),
            quiet,
            verbose,
        }
    }

    /// How standard output wants its text.
    pub fn look(&self) -> Look {
        self.out
    }

    /// Whether standard error is coloured.
    pub fn colors_errors(&self) -> bool {
        self.err.color
    }

    /// Whether only what was asked for is said.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Writes `text` to standard output. A reader that has gone away is no error: it has read what it wanted.
    ///
    /// # Errors
    /// When the text could not be written for another reason, e.g. a full disk.
    pub fn out(&self, text: &str) -> Result<(), Failure> {
        let mut stream = io::stdout().lock();
        match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
            Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => Err(Complaint::new(
                format!("cannot write to standard output: {cause}"),
                "make room, or send the output elsewhere",
            )
            .into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Says why a verb could not do its work.
    pub fn failure(&self, failure: &Failure) {
        for complaint in &failure.0 {
            self.complaint("error", ERROR, complaint);
        }
    }

    /// Says what the reader should know although the work was done.
    pub fn warning(&self, complaint: &Complaint) {
        self.complaint("warning", WARNING, complaint);
    }

    /// Says what happened, unless the reader wants quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            Self::err(&format!("{text}\n"));
        }
    }

    /// Says what only a curious reader wants to know.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            Self::err(&format!("{}\n", self.err.paint(FAINT, text)));
        }
    }

    /// Says what is being done, on one line that the next one replaces; on a terminal only.
    pub fn progress(&self, text: &str) {
        if self.err.fits && !self.quiet {
            let room = self.err.width.saturating_sub(1);
            let line: String = text::clean(text).chars().take(room).collect();
            Self::err(&format!("\r\u{1b}[K{line}"));
        }
    }

    /// Takes the line of [`Printer::progress`] away.
    pub fn end_progress(&self) {
        if self.err.fits && !self.quiet {
            Self::err("\r\u{1b}[K");
        }
    }

    fn complaint(&self, level: &str, style: Style, complaint: &Complaint) {
        Self::err(&complained(level, style, complaint, self.err));
    }

    /// Nobody can be told that standard error cannot be written to.
    fn err(text: &str) {
        let _unheard = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// A complaint as text: message, place, help.
fn complained(level: &str, style: Style, complaint: &Complaint, look: Look) -> String {
    if let Some(source) = complaint.source.as_ref().filter(|source| !source.file.text.is_empty()) {
        let shown = if level == "warning" { Level::WARNING } else { Level::ERROR };
        return fault::render(shown, complaint, source, look);
    }
    let file = complaint.source.as_ref().map(|source| &source.file.path);
    let message = text::clean(&complaint.message);
    let level = complaint.code.map_or(level.to_owned(), |code| format!("{level}[{code}]"));
    let mut out = format!("{}: {message}\n", look.paint(style, &level));
    if let Some(place) = complaint.place.as_ref().or(file) {
        let _infallible = writeln!(out, "  {} {}", look.paint(FAINT, "-->"), text::clean(place));
    }
    if let Some(help) = &complaint.help {
        let _infallible = writeln!(out, "  {}: {}", look.paint(STRONG, "help"), text::clean(help));
    }
    out
}

/// Columns of the terminal; one narrower than 40 is treated as 40.
fn terminal_width() -> usize {
    terminal_size::terminal_size()
        .map_or(DEFAULT_WIDTH, |(terminal_size::Width(columns), _)| usize::from(columns))
        .clamp(40, 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_says_what_where_and_what_to_type() {
        let complaint = Complaint {
            place: Some("goldgate.yaml:3:1".to_owned()),
            ..Complaint::new("unknown key `enviroment\u{1b}[31m`", "did you mean `environment`?")
        };
        let shown = complained("error", ERROR, &complaint, Look::PLAIN);
        assert_eq!(
            shown,
            "error: unknown key `enviroment␛[31m`\n  --> goldgate.yaml:3:1\n  help: did you mean `environment`?\n"
        );
    }
}
