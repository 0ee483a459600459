//! What the process is told by its surroundings: environment variables and the platform's folders.

use std::collections::BTreeMap;
use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::{ColorChoice, KEYS};
use crate::domain::suggest;

/// The environment variables that goldgate knows, as they were at start.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<String, String>);

/// The variable that names the configuration file.
const CONFIG: &str = "GOLDGATE_CONFIG";

/// How the names of our variables begin.
const PREFIX: &str = "GOLDGATE_";

/// Variables of others that say something about colour.
const COLOR_VARIABLES: [&str; 4] = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM"];

impl Variables {
    /// Reads the environment of this process. A value that is not Unicode is read with replacement characters, so
    /// that it fails with its name and is not silently left out.
    pub fn of_process() -> Self {
        let known = |name: &str| name.starts_with(PREFIX) || COLOR_VARIABLES.contains(&name);
        Self::from_pairs(std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            known(&name).then(|| (name, value.to_string_lossy().into_owned()))
        }))
    }

    /// Makes an environment of its variables.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// The value of a variable; an empty one counts as not set.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The file that `GOLDGATE_CONFIG` names.
    pub fn config_file(&self) -> Option<PathBuf> {
        self.value(CONFIG).map(PathBuf::from)
    }

    /// Variables that look like a misspelt setting, and what they were meant to be.
    pub fn misspelt(&self) -> Vec<(&str, &'static str)> {
        let known: Vec<&'static str> =
            KEYS.iter().filter_map(|key| key.variable).chain([CONFIG]).collect();
        let own = |name: &'static str| name.strip_prefix(PREFIX);
        let given = self.0.keys().filter_map(|name| Some((name, name.strip_prefix(PREFIX)?)));
        given
            .filter(|(name, _)| !known.contains(&name.as_str()))
            .filter_map(|(name, rest)| {
                let meant = suggest::nearest(rest, known.iter().filter_map(|name| own(name)))?;
                let whole = known.iter().find(|name| own(name) == Some(meant))?;
                Some((name.as_str(), *whole))
            })
            .collect()
    }

    /// Whether to colour what goes to a stream.
    ///
    /// Source: <https://no-color.org> and <https://bixense.com/clicolors/>; `NO_COLOR` wins over `CLICOLOR_FORCE`, and
    /// both yield to an explicit choice.
    pub fn colors(&self, choice: ColorChoice, is_terminal: bool) -> bool {
        match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let forced = self.value("CLICOLOR_FORCE").is_some_and(|value| value != "0");
                let refused =
                    self.value("CLICOLOR") == Some("0") || self.value("TERM") == Some("dumb");
                self.value("NO_COLOR").is_none() && (forced || is_terminal && !refused)
            }
        }
    }
}

/// The platform's folder for data of goldgate; `None` when there is no home.
pub fn data_folder() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|folders| folders.data_dir().join("goldgate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        Variables::from_pairs(
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn colour_follows_choice_then_no_color_then_force_then_terminal() {
        let auto = ColorChoice::Auto;
        for (pairs, choice, terminal, colored) in [
            (&[][..], auto, true, true),
            (&[], auto, false, false),
            (&[("NO_COLOR", "1")], auto, true, false),
            (&[("NO_COLOR", "")], auto, true, true),
            (&[("CLICOLOR_FORCE", "1")], auto, false, true),
            (&[("CLICOLOR_FORCE", "0")], auto, false, false),
            (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], auto, false, false),
            (&[("CLICOLOR", "0")], auto, true, false),
            (&[("TERM", "dumb")], auto, true, false),
            (&[("NO_COLOR", "1")], ColorChoice::Always, false, true),
            (&[("CLICOLOR_FORCE", "1")], ColorChoice::Never, true, false),
        ] {
            assert_eq!(variables(pairs).colors(choice, terminal), colored, "{pairs:?} {choice:?}");
        }
    }

    #[test]
    fn a_misspelt_variable_is_noticed() {
        let given = variables(&[
            ("GOLDGATE_ENVIROMENT", "x"),
            ("GOLDGATE_VERSION", "1"),
            ("GOLDGATE_DATA", "/x"),
        ]);
        assert_eq!(given.misspelt(), [("GOLDGATE_ENVIROMENT", "GOLDGATE_ENVIRONMENT")]);
    }
}
