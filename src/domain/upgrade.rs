//! What to type so that a component comes in in a version that is mended.
//!
//! Which version of a direct dependency takes it stands in no lock file, so the smallest step that a tool can take is told:
//! to move the component itself where the ecosystem's usual ranges allow that, else what it comes in through.

use crate::domain::package::Component;
use crate::domain::sbom::SbomFormat;

/// How a component comes in: by itself, or through a direct dependency.
#[derive(Clone, Copy, Debug)]
pub enum Through<'b> {
    /// The project asks for it.
    Itself,
    /// This one does, or what it needs.
    Direct(&'b Component),
}

/// The smallest step that brings `component` to `version`, in a project whose bill is written as `format`: a command in
/// backticks where its tool has one.
///
/// Names in a bill are anybody's: what a shell might take for more than a word is never put into a command.
///
/// Sources: the commands' own pages of Cargo, npm, pnpm, Yarn 1 and 4, Poetry, uv, Go, Bundler and Composer.
pub fn step(
    format: &(SbomFormat, &str),
    component: &Component,
    through: Through<'_>,
    version: &str,
) -> String {
    let command = Move::of(component, version).and_then(|change| match through {
        Through::Itself => change.by_itself(format),
        Through::Direct(_) => change.through(format),
    });
    match (command, through) {
        (Some(command), _) => format!("`{command}`"),
        (None, Through::Itself) => format!("upgrade {} to {version}", component.title()),
        (None, Through::Direct(direct)) => {
            let command = bump(format, direct).map(|it| format!(" (`{it}`)")).unwrap_or_default();
            let (direct, name) = (direct.title(), component.label());
            format!("upgrade {direct} to a release that takes {name} {version}{command}")
        }
    }
}

/// What writes a lock file, and has a command that changes one version in it.
#[derive(Clone, Copy, Debug)]
enum Tool {
    Bundler,
    Cargo,
    Composer,
    Go,
    Npm,
    Pnpm,
    Poetry,
    Uv,
    Yarn,
}

impl Tool {
    const fn of(format: SbomFormat) -> Option<Self> {
        Some(match format {
            SbomFormat::CargoLock => Self::Cargo,
            SbomFormat::ComposerLock => Self::Composer,
            SbomFormat::GemfileLock => Self::Bundler,
            SbomFormat::GoMod | SbomFormat::GoSum => Self::Go,
            SbomFormat::NpmLock => Self::Npm,
            SbomFormat::PnpmLock => Self::Pnpm,
            SbomFormat::PoetryLock => Self::Poetry,
            SbomFormat::UvLock => Self::Uv,
            SbomFormat::YarnLock => Self::Yarn,
            SbomFormat::Cyclonedx
            | SbomFormat::Spdx
            | SbomFormat::Requirements
            | SbomFormat::GradleLock
            | SbomFormat::TrivyReport
            | SbomFormat::GrypeReport
            | SbomFormat::SarifReport => return None,
        })
    }
}

/// A component that is to come in in another version, in words that are safe to type.
struct Move<'b> {
    name: &'b str,
    from: Option<&'b str>,
    to: &'b str,
}

impl<'b> Move<'b> {
    fn of(component: &'b Component, to: &'b str) -> Option<Self> {
        let from = component.version.as_deref();
        let words = [Some(component.name.as_ref()), from, Some(to)];
        let is_safe = words.into_iter().flatten().all(is_word);
        is_safe.then_some(Self { name: &component.name, from, to })
    }

    /// Where the project itself asks for it.
    fn by_itself(&self, (format, layout): &(SbomFormat, &str)) -> Option<String> {
        let Self { name, to, .. } = self;
        let command = match Tool::of(*format)? {
            Tool::Cargo if self.is_compatible() => return self.through_cargo(),
            Tool::Cargo => format!("cargo add {name}@{to}"),
            Tool::Npm => format!("npm install {name}@{to}"),
            Tool::Pnpm => format!("pnpm update {name}@{to}"),
            Tool::Yarn if *layout == CLASSIC => format!("yarn upgrade {name}@{to}"),
            Tool::Yarn => format!("yarn up {name}@{to}"),
            Tool::Poetry => format!("poetry add \"{name}>={to}\""),
            Tool::Uv => format!("uv add \"{name}>={to}\""),
            Tool::Composer => format!("composer require \"{name}:^{to}\""),
            Tool::Go => self.go(),
            Tool::Bundler => format!("bundle update --conservative {name}"),
        };
        Some(command)
    }

    /// Where others ask for it, as far as what they ask for allows it.
    fn through(&self, (format, layout): &(SbomFormat, &str)) -> Option<String> {
        let Self { name, to, .. } = self;
        let command = match Tool::of(*format)? {
            Tool::Cargo if self.is_compatible() => return self.through_cargo(),
            Tool::Npm if self.is_compatible() => format!("npm update {name}"),
            Tool::Yarn if *layout != CLASSIC && self.is_compatible() => {
                format!("yarn up -R {name}")
            }
            Tool::Poetry => format!("poetry update {name}"),
            Tool::Uv => format!("uv lock --upgrade-package \"{name}=={to}\""),
            Tool::Composer => format!("composer update {name} --with \"{name}:{to}\""),
            Tool::Go => self.go(),
            Tool::Bundler => format!("bundle update --conservative {name}"),
            Tool::Cargo | Tool::Npm | Tool::Pnpm | Tool::Yarn => return None,
        };
        Some(command)
    }

    fn through_cargo(&self) -> Option<String> {
        let Self { name, from, to } = self;
        Some(format!("cargo update -p {name}@{} --precise {to}", (*from)?))
    }

    fn go(&self) -> String {
        let to = self.to.trim_start_matches('v');
        match self.name {
            "stdlib" => format!("go get go@{to}"),
            name => format!("go get {name}@v{to}"),
        }
    }

    /// Whether what asks for the one version usually takes the other: the first number that is not 0 is the same.
    fn is_compatible(&self) -> bool {
        let Some(from) = self.from else { return false };
        let numbers = |text: &'b str| text.split(['.', '-', '+']).take(3);
        for (from, to) in numbers(from).zip(numbers(self.to)) {
            if from != to {
                return false;
            }
            if from != "0" {
                return true;
            }
        }
        true
    }
}

/// The layout that says that a `yarn.lock` is Yarn 1's.
const CLASSIC: &str = "1";

/// What brings a direct dependency to its newest release.
fn bump((format, layout): &(SbomFormat, &str), direct: &Component) -> Option<String> {
    let name = Some(direct.name.as_ref()).filter(|name| is_word(name))?;
    let version = direct.version.as_deref().filter(|version| is_word(version));
    match Tool::of(*format)? {
        Tool::Cargo => Some(format!("cargo update -p {name}@{}", version?)),
        Tool::Npm => Some(format!("npm install {name}@latest")),
        Tool::Pnpm => Some(format!("pnpm update {name}@latest")),
        Tool::Yarn if *layout == CLASSIC => Some(format!("yarn upgrade {name}@latest")),
        Tool::Yarn => Some(format!("yarn up {name}")),
        Tool::Poetry | Tool::Uv | Tool::Composer | Tool::Go | Tool::Bundler => None,
    }
}

/// Whether a shell takes it for one word with nothing special in it, and a tool for no option.
fn is_word(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "@/._-+:~".contains(letter);
    text.chars().all(is_plain)
        && text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '@')
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn component(name: &str, version: &str) -> Component {
        let version = (!version.is_empty()).then(|| Arc::from(version));
        Component { name: Arc::from(name), version, ..Component::default() }
    }

    /// The step where the project asks for it, and the one through `direct 1.0.0`.
    fn steps(
        format: SbomFormat,
        layout: &str,
        (name, from, to): (&str, &str, &str),
    ) -> [String; 2] {
        let (component, direct) = (component(name, from), component("direct", "1.0.0"));
        [Through::Itself, Through::Direct(&direct)]
            .map(|through| step(&(format, layout), &component, through, to))
    }

    #[test]
    fn a_lock_file_has_the_command_of_its_tool() {
        let minor = ("v", "1.2.3", "1.3.0");
        for (format, layout, itself, through) in [
            (
                SbomFormat::CargoLock,
                "4",
                "cargo update -p v@1.2.3 --precise 1.3.0",
                "cargo update -p v@1.2.3 --precise 1.3.0",
            ),
            (SbomFormat::NpmLock, "3", "npm install v@1.3.0", "npm update v"),
            (SbomFormat::YarnLock, "8", "yarn up v@1.3.0", "yarn up -R v"),
            (SbomFormat::PoetryLock, "2.0", "poetry add \"v>=1.3.0\"", "poetry update v"),
            (
                SbomFormat::UvLock,
                "1",
                "uv add \"v>=1.3.0\"",
                "uv lock --upgrade-package \"v==1.3.0\"",
            ),
            (SbomFormat::GoMod, "1.22", "go get v@v1.3.0", "go get v@v1.3.0"),
            (
                SbomFormat::GemfileLock,
                "",
                "bundle update --conservative v",
                "bundle update --conservative v",
            ),
            (
                SbomFormat::ComposerLock,
                "",
                "composer require \"v:^1.3.0\"",
                "composer update v --with \"v:1.3.0\"",
            ),
        ] {
            let expected = [itself, through].map(|command| format!("`{command}`"));
            assert_eq!(steps(format, layout, minor), expected, "{format:?}");
        }
    }

    #[test]
    fn what_the_usual_range_does_not_allow_is_a_release_of_the_direct_dependency() {
        let release = |command: &str| {
            format!("upgrade direct 1.0.0 to a release that takes v 2.0.0{command}")
        };
        for (format, layout, itself, through) in [
            (
                SbomFormat::CargoLock,
                "4",
                "`cargo add v@2.0.0`",
                " (`cargo update -p direct@1.0.0`)",
            ),
            (SbomFormat::NpmLock, "3", "`npm install v@2.0.0`", " (`npm install direct@latest`)"),
            (
                SbomFormat::PnpmLock,
                "9.0",
                "`pnpm update v@2.0.0`",
                " (`pnpm update direct@latest`)",
            ),
            (
                SbomFormat::YarnLock,
                "1",
                "`yarn upgrade v@2.0.0`",
                " (`yarn upgrade direct@latest`)",
            ),
            (SbomFormat::Cyclonedx, "1.6", "upgrade v 1.2.3 to 2.0.0", ""),
            (SbomFormat::Requirements, "", "upgrade v 1.2.3 to 2.0.0", ""),
        ] {
            let steps = steps(format, layout, ("v", "1.2.3", "2.0.0"));
            assert_eq!(steps, [itself.to_owned(), release(through)], "{format:?}");
        }
    }

    #[test]
    fn below_1_the_second_number_is_the_one_that_breaks() {
        for (from, to, expected) in [
            ("0.10.60", "0.10.66", true),
            ("0.10.60", "0.11.0", false),
            ("0.0.3", "0.0.4", false),
            ("1.9.0", "1.10.0", true),
            ("1.0.0-rc.1", "1.0.0", true),
            ("", "1.0.0", false),
        ] {
            let component = component("v", from);
            let change = Move::of(&component, to).unwrap();
            assert_eq!(change.is_compatible(), expected, "{from} to {to}");
        }
    }

    #[test]
    fn what_a_shell_would_run_is_put_into_no_command() {
        for name in
            ["a; reboot", "$(reboot)", "`reboot`", "-rf", "a\nb", "a'b", "a b", "a|b", "ä", ""]
        {
            let [itself, through] = steps(SbomFormat::NpmLock, "3", (name, "1.0.0", "1.0.1"));
            assert!(
                itself.starts_with("upgrade ") && through.starts_with("upgrade direct"),
                "{name}"
            );
            let direct = component(name, "1.0.0");
            let through = Through::Direct(&direct);
            let step =
                step(&(SbomFormat::NpmLock, "3"), &component("v", "1.0.0"), through, "2.0.0");
            assert!(!step.contains("(`"), "{step}");
        }
        let [itself, _] = steps(SbomFormat::NpmLock, "3", ("v", "1.0.0", "1.0.1 && reboot"));
        assert!(itself.starts_with("upgrade "));
    }

    #[test]
    fn the_standard_library_of_go_comes_with_its_toolchain() {
        let [step, _] = steps(SbomFormat::GoMod, "1.22", ("stdlib", "1.22.1", "1.22.4"));
        assert_eq!(step, "`go get go@1.22.4`");
    }
}
