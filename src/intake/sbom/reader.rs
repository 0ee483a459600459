//! What sort of bill or lock file a text is, by its name or by its own words.

/// What a text is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    CyclonedxJson,
    CyclonedxXml,
    SpdxJson,
    SpdxGraph,
    SpdxTags,
    CargoLock,
    NpmLock,
    PnpmLock,
    YarnLock,
    PoetryLock,
    UvLock,
    Requirements,
    GoMod,
    GoSum,
    GradleLock,
    GemfileLock,
    ComposerLock,
    TrivyReport,
    GrypeReport,
    SarifReport,
    ScanPredicate,
}

/// How much of a text is searched for the words of a format that has no name of its own.
const MAX_HEAD_BYTES: usize = 4096;

impl Kind {
    pub(super) fn of(path: &str, text: &str) -> Option<Self> {
        Self::of_lock_file(path).or_else(|| Self::of_text(text))
    }

    /// A lock file is known by its name, wherever it lies.
    fn of_lock_file(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        Some(match name {
            "Cargo.lock" => Self::CargoLock,
            "package-lock.json" | "npm-shrinkwrap.json" => Self::NpmLock,
            "pnpm-lock.yaml" => Self::PnpmLock,
            "yarn.lock" => Self::YarnLock,
            "poetry.lock" => Self::PoetryLock,
            "uv.lock" => Self::UvLock,
            "go.mod" => Self::GoMod,
            "go.sum" => Self::GoSum,
            "gradle.lockfile" | "buildscript-gradle.lockfile" => Self::GradleLock,
            "Gemfile.lock" | "gems.locked" => Self::GemfileLock,
            "composer.lock" => Self::ComposerLock,
            // `requirements.txt`, `requirements-dev.txt`, `dev-requirements.txt`
            _ if name.strip_suffix(".txt").is_some_and(|stem| {
                stem.starts_with("requirements") || stem.ends_with("requirements")
            }) =>
            {
                Self::Requirements
            }
            _ => return None,
        })
    }

    fn of_text(text: &str) -> Option<Self> {
        let text = text.trim_start();
        let contains = |word: &str| text.contains(word);
        if text.starts_with('{') {
            // The words stand at the top of what a generator writes, but the order of JSON keys is free.
            if contains("\"bomFormat\"") && contains("\"CycloneDX\"") {
                return Some(Self::CyclonedxJson);
            }
            if contains("\"spdxVersion\"") && contains("\"SPDXRef-DOCUMENT\"") {
                return Some(Self::SpdxJson);
            }
            if contains("\"@graph\"") && contains("spdx.org/rdf/3") {
                return Some(Self::SpdxGraph);
            }
            return Self::of_report(text);
        }
        let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= MAX_HEAD_BYTES);
        let head = text.get(..end.last()?).filter(|_| text.len() > MAX_HEAD_BYTES).unwrap_or(text);
        if text.starts_with('<') {
            return head.contains("cyclonedx.org/schema/bom").then_some(Self::CyclonedxXml);
        }
        let mut lines = head.lines().map(str::trim_start);
        lines.any(|line| line.starts_with("SPDXVersion:")).then_some(Self::SpdxTags)
    }
}

impl Kind {
    /// The report of a scanner.
    fn of_report(text: &str) -> Option<Self> {
        let all = |words: &[&str]| words.iter().all(|word| text.contains(word));
        // A statement about a scan holds the report of the scanner, so it stands before that.
        if all(&["\"scanner\"", "\"scanFinishedOn\"", "\"result\""]) {
            return Some(Self::ScanPredicate);
        }
        if all(&["\"SchemaVersion\"", "\"ArtifactName\""]) && text.contains("\"Results\"") {
            return Some(Self::TrivyReport);
        }
        if all(&["\"matches\"", "\"descriptor\"", "\"grype\""]) {
            return Some(Self::GrypeReport);
        }
        all(&["\"runs\"", "\"driver\"", "sarif"]).then_some(Self::SarifReport)
    }
}

/// Whether a file is a lock file by its name, or may be a bill by its ending, wherever it lies.
pub(in crate::intake) fn is_lock_file(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    Kind::of_lock_file(path).is_some()
        || [".cdx.xml", "bom.xml", ".spdx", ".spdx.txt", ".sarif"]
            .iter()
            .any(|end| lower.ends_with(end))
}
