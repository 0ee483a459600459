//! A bill of materials: which components a release contains, and how they hang together.

mod graph;
mod kept;
mod ways;

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::advisory::Advisory;
use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::package::Component;

use graph::Graph;
pub use ways::{MAX_WAYS, Way, Ways, WaysIn};

/// How a bill is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SbomFormat {
    /// CycloneDX, as JSON or XML.
    Cyclonedx,
    /// SPDX 2, as JSON or tag-value, and SPDX 3.
    Spdx,
    /// `Cargo.lock`.
    CargoLock,
    /// `package-lock.json` and `npm-shrinkwrap.json`.
    NpmLock,
    /// `pnpm-lock.yaml`.
    PnpmLock,
    /// `yarn.lock`, classic and berry.
    YarnLock,
    /// `poetry.lock`.
    PoetryLock,
    /// `uv.lock`.
    UvLock,
    /// `requirements.txt`.
    Requirements,
    /// `go.mod`.
    GoMod,
    /// `go.sum`.
    GoSum,
    /// `gradle.lockfile`.
    GradleLock,
    /// `Gemfile.lock`.
    GemfileLock,
    /// `composer.lock`.
    ComposerLock,
    /// What Trivy reports, as JSON.
    TrivyReport,
    /// What Grype reports, as JSON.
    GrypeReport,
    /// What any scanner reports, as SARIF.
    SarifReport,
}

impl SbomFormat {
    /// The word in inputs and lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cyclonedx => "cyclonedx",
            Self::Spdx => "spdx",
            Self::CargoLock => "cargo_lock",
            Self::NpmLock => "npm_lock",
            Self::PnpmLock => "pnpm_lock",
            Self::YarnLock => "yarn_lock",
            Self::PoetryLock => "poetry_lock",
            Self::UvLock => "uv_lock",
            Self::Requirements => "requirements",
            Self::GoMod => "go_mod",
            Self::GoSum => "go_sum",
            Self::GradleLock => "gradle_lock",
            Self::GemfileLock => "gemfile_lock",
            Self::ComposerLock => "composer_lock",
            Self::TrivyReport => "trivy_report",
            Self::GrypeReport => "grype_report",
            Self::SarifReport => "sarif_report",
        }
    }

    /// Whether it is a bill that somebody made to be read, and not a lock file.
    pub const fn is_bill(self) -> bool {
        matches!(self, Self::Cyclonedx | Self::Spdx)
    }
}

/// What a bill says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SbomSource {
    /// The file it was read from.
    pub file: String,
    /// The digest of the bytes as received.
    pub digest: Digest,
    /// How it is written.
    pub format: SbomFormat,
    /// The version of that format as written; empty where there is none.
    pub format_version: String,
    /// What it is about: `name@version`, when it says so.
    pub subject: Option<String>,
    /// Who made it: `syft 1.18.1`.
    pub tools: Vec<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
}

/// What a bill claims besides, and what of it could not be taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SbomClaims {
    /// Who wrote it: people and organisations, no tools.
    pub authors: Vec<String>,
    /// The number that no other bill has: `urn:uuid:…`, or the namespace of the document.
    pub serial: Option<String>,
    /// The digests of what it is about, with their algorithm in front: `sha256:…` of an image.
    pub subject_digests: Vec<String>,
    /// What stands in it and is no component that could be compared, one line each.
    pub left_out: Vec<String>,
}

/// What a scanner says of itself, and what it found; a report has those components alone in which something was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    /// Who looked: `trivy`.
    pub tool: String,
    /// The version of the tool.
    pub version: Option<String>,
    /// When its knowledge was put together.
    pub database: Option<Timestamp>,
    /// What was found.
    pub reported: Vec<Reported>,
}

/// One trouble that a scanner reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// The index of the component.
    pub component: usize,
    /// What it says, with no package that could be compared: the scanner has compared already.
    pub advisory: Arc<Advisory>,
    /// The version that mends it, when one is named.
    pub fixed: Option<Arc<str>>,
}

/// Steps of a way that are told.
pub const MAX_STEPS: usize = 64;

/// A bill of materials.
#[derive(Clone, Debug)]
pub struct Sbom {
    /// What it says of itself.
    pub source: SbomSource,
    /// What it claims besides.
    pub claims: SbomClaims,
    /// What a scanner found; none of a bill and a lock file.
    pub scan: Option<Scan>,
    /// Every component, nested ones too, in the order of the bill.
    pub components: Vec<Component>,
    /// Whether the bill says what depends on what.
    pub has_graph: bool,
    /// The image that a trusted signer attested it to, `registry/repository@digest`; none of a file that was handed in.
    pub image: Option<String>,
    /// Invariant: as long as `components`; the component that first pulled this one in, on a shortest path.
    parents: Vec<Reached>,
    /// Invariant: as long as `components`; where the way to each begins.
    beginnings: Vec<u32>,
    /// What depends on what; none of a bill that was kept before this was.
    graph: Option<Graph>,
}

/// How a component is reached from what the bill is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Reached {
    /// The bill does not connect it.
    Not,
    /// It is a direct dependency.
    Directly,
    /// Through the component with this index.
    Through(u32),
}

impl Sbom {
    /// Makes a bill of its components, the direct ones among them, and its edges: which component depends on which, by index.
    ///
    /// Numbers that are none of a component are left out.
    pub fn new(
        source: SbomSource,
        components: Vec<Component>,
        direct: &[usize],
        edges: &[(u32, u32)],
    ) -> Self {
        let graph = Graph::new(components.len(), edges);
        let mut parents = vec![Reached::Not; components.len()];
        let mut beginnings: Vec<u32> = (0_u32..).take(components.len()).collect();
        let mut queue = VecDeque::new();
        let mut reach = |index: u32, reached: Reached, queue: &mut VecDeque<u32>| {
            if let Some(parent) = parents.get_mut(index as usize)
                && *parent == Reached::Not
            {
                *parent = reached;
                if let Reached::Through(through) = reached
                    && let Some(beginning) = beginnings.get(through as usize).copied()
                    && let Some(own) = beginnings.get_mut(index as usize)
                {
                    *own = beginning;
                }
                queue.push_back(index);
            }
        };
        for index in direct.iter().filter_map(|index| u32::try_from(*index).ok()) {
            reach(index, Reached::Directly, &mut queue);
        }
        if direct.is_empty() {
            // The bill does not say what it is about: a way begins at a component that no other one needs.
            queue.extend(graph.without_dependents(components.len()));
        }
        while let Some(index) = queue.pop_front() {
            for dependency in graph.dependencies(index) {
                reach(*dependency, Reached::Through(index), &mut queue);
            }
        }
        let has_graph = !direct.is_empty() || !edges.is_empty();
        Self {
            source,
            claims: SbomClaims::default(),
            scan: None,
            components,
            has_graph,
            image: None,
            parents,
            beginnings,
            graph: Some(graph),
        }
    }

    /// Whether the bill names the component as a direct dependency.
    pub fn is_direct(&self, index: usize) -> bool {
        self.parents.get(index) == Some(&Reached::Directly)
    }

    /// Whether the bill says how the component is reached.
    pub fn is_connected(&self, index: usize) -> bool {
        self.parents.get(index).is_some_and(|parent| *parent != Reached::Not)
    }

    /// A shortest way to a component, from a direct dependency to itself; only itself where the bill does not say.
    ///
    /// Of a way with more than [`MAX_STEPS`] steps its beginning and its end: a bill may be one chain of any length.
    pub fn path_to(&self, index: usize) -> Vec<usize> {
        let mut path = vec![index];
        let mut at = index;
        while let Some(Reached::Through(parent)) = self.parents.get(at) {
            at = *parent as usize;
            if path.len() + 1 == MAX_STEPS {
                path.extend(self.beginnings.get(index).map(|beginning| *beginning as usize));
                break;
            }
            path.push(at);
        }
        path.reverse();
        path
    }

    /// Whether a path has steps behind its first that are not told.
    pub fn is_cut(&self, path: &[usize]) -> bool {
        let [first, second, ..] = path else { return false };
        self.parents.get(*second).is_some_and(|parent| match parent {
            Reached::Through(parent) => *parent as usize != *first,
            Reached::Not | Reached::Directly => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sbom(n: usize, direct: &[usize], edges: &[(u32, u32)]) -> Sbom {
        let source = SbomSource {
            file: "bom.json".into(),
            digest: Digest::of(b""),
            format: SbomFormat::Cyclonedx,
            format_version: "1.6".into(),
            subject: None,
            tools: Vec::new(),
            created: None,
        };
        Sbom::new(source, vec![Component::default(); n], direct, edges)
    }

    #[test]
    fn the_way_to_a_component_is_a_shortest_one() {
        let bill = sbom(5, &[0], &[(0, 1), (1, 2), (2, 3), (0, 3)]);
        assert_eq!(bill.path_to(3), [0, 3]);
        assert_eq!(bill.path_to(2), [0, 1, 2]);
        assert_eq!(bill.path_to(4), [4]);
        assert!(bill.is_direct(0) && !bill.is_direct(3) && !bill.is_connected(4));
    }

    #[test]
    fn a_cycle_ends() {
        let bill = sbom(3, &[0], &[(0, 1), (1, 2), (2, 0)]);
        assert_eq!(bill.path_to(2), [0, 1, 2]);
        assert_eq!(sbom(2, &[], &[(0, 1), (1, 0)]).path_to(1), [1]);
    }

    #[test]
    fn of_a_long_way_the_beginning_and_the_end_are_told() {
        let edges: Vec<(u32, u32)> = (0..999).map(|index| (index, index + 1)).collect();
        let bill = sbom(1_000, &[0], &edges);
        let path = bill.path_to(999);
        assert_eq!((path.len(), path[0], path[1]), (MAX_STEPS, 0, 999 - 62));
        assert!(bill.is_cut(&path));
        let whole = bill.path_to(63);
        assert_eq!((whole.len(), whole[0], whole[1]), (MAX_STEPS, 0, 1));
        assert!(!bill.is_cut(&whole) && !bill.is_cut(&bill.path_to(1)));
    }

    #[test]
    fn without_a_subject_a_way_begins_where_nothing_leads_to() {
        let bill = sbom(3, &[], &[(0, 1), (1, 2)]);
        assert_eq!(bill.path_to(2), [0, 1, 2]);
        assert!(!bill.is_direct(0));
    }

    proptest! {
        #[test]
        fn every_way_ends_at_its_component_and_has_no_more_steps_than_components(
            direct in proptest::collection::vec(0_usize..12, 0..4),
            edges in proptest::collection::vec((0_u32..11, 0_u32..12), 0..40),
        ) {
            let bill = sbom(10, &direct, &edges);
            for index in 0..10 {
                let path = bill.path_to(index);
                prop_assert_eq!(path.last(), Some(&index));
                prop_assert!(path.len() <= 10);
            }
        }
    }
}
