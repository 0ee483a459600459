//! What every configured verb needs: the configuration and a printer.

use crate::cli::complaint::{Complaint, Failure};
use crate::cli::print::Printer;
use crate::config::{self, Config, Flags, Sources, Variables};

/// The configuration and a printer that follows it.
#[derive(Debug)]
pub struct Session {
    /// The configuration.
    pub config: Config,
    /// Where to write.
    pub printer: Printer,
}

impl Session {
    /// Reads and checks the configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn open(flags: &Flags, variables: &Variables) -> Result<Self, Failure> {
        let folder = std::env::current_dir().map_err(|cause| {
            let message = format!("cannot tell the current folder: {cause}");
            Failure::from(Complaint::new(message, "change to a folder that exists"))
        })?;
        let config = config::resolve(Sources { flags, variables, folder: &folder })?;
        let printer =
            Printer::new(variables, config.color.value, config.quiet.value, config.verbose.value);
        for (given, meant) in variables.misspelt() {
            let message = format!("the environment variable `{given}` means nothing here");
            printer.warning(&Complaint::new(message, format!("did you mean `{meant}`?")));
        }
        if let Some(file) = &config.file {
            printer.detail(&format!("configuration: {}", file.display()));
        }
        Ok(Self { config, printer })
    }
}
