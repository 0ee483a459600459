//! A rule: what is asked of which images.

/// What is asked of which images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name in the configuration.
    pub name: String,
    /// Patterns of `registry/repository`; `**` stands for any path, `*` for a part of one name.
    pub images: Vec<String>,
    /// What to do with an image.
    pub action: RuleAction,
    /// The formats that count.
    pub formats: Vec<Format>,
    /// The signatures that are asked for.
    pub signatures: Option<SignatureDemand>,
    /// The attestations that are asked for or wanted.
    pub attestations: Vec<AttestationDemand>,
    /// Where signatures are kept, `registry/repository`, when not beside the image.
    pub signature_repository: Option<String>,
    /// What a tag is worth.
    pub pin: PinPolicy,
}

/// What to do with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleAction {
    /// Verify it.
    Verify,
    /// Deny it unseen.
    Deny,
    /// Ask for nothing.
    Skip,
}

/// A family of formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Sigstore bundles as referrers.
    Bundle,
    /// Simple signing, `.sig` tags and referrers.
    SimpleSigning,
    /// DSSE envelopes under `.att` tags.
    Att,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Bundle, Self::SimpleSigning, Self::Att];
}

/// The signatures that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureDemand {
    /// The authorities that count, by name.
    pub any_of: Vec<String>,
    /// How many different ones must have signed; at least 1.
    pub threshold: usize,
}

/// An attestation that is asked for or wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationDemand {
    /// Its name in facts.
    pub name: String,
    /// The types of predicates that it is about.
    pub predicate_types: Vec<String>,
    /// The authorities that count, by name.
    pub authorities: Vec<String>,
    /// How many different ones must have attested; at least 1.
    pub threshold: usize,
    /// Whether the image is unverified without it.
    pub required: bool,
}

/// What a tag is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PinPolicy {
    /// A tag is resolved once.
    #[default]
    Resolve,
    /// The reference must carry a digest.
    RequireDigest,
}

impl Rule {
    /// Whether the rule is about `name` (`registry/repository`, with nothing left to a default).
    pub fn is_about(&self, name: &str) -> bool {
        self.images.iter().any(|pattern| matches_name(pattern, name))
    }
}

/// Whether `pattern` is about `name`.
fn matches_name(pattern: &str, name: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let name: Vec<&str> = name.split('/').collect();
    matches_segments(&pattern, &name)
}

/// Patterns come from the operator and names have 255 characters, so that a walk with steps back is short.
fn matches_segments(pattern: &[&str], name: &[&str]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            (0..=name.len()).any(|n| name.get(n..).is_some_and(|name| matches_segments(rest, name)))
        }
        (Some((first, pattern)), Some((segment, name))) => {
            matches_segment(first, segment) && matches_segments(pattern, name)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// Whether `segment` is `pattern`, in which `*` stands for any characters.
fn matches_segment(pattern: &str, segment: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == segment };
    let Some(rest) = segment.strip_prefix(before) else { return false };
    if !after.contains('*') {
        return rest.ends_with(after);
    }
    let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.any(|at| rest.get(at..).is_some_and(|rest| matches_segment(after, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_stars_are_any_path_and_one_is_a_part_of_a_name() {
        for (pattern, name, matches) in [
            ("**", "docker.io/library/nginx", true),
            ("registry.example/**", "registry.example/shop/app", true),
            ("registry.example/**", "registry.example.evil/shop/app", false),
            ("registry.example/*", "registry.example/app", true),
            ("registry.example/*", "registry.example/shop/app", false),
            ("registry.example/shop-*/a*p", "registry.example/shop-1/app", true),
            ("registry.example/shop-*/app", "registry.example/shop/app", false),
            ("registry.example/**/app", "registry.example/a/b/app", true),
            ("registry.example/**/app", "registry.example/a/b/other", false),
            ("registry.example/app", "registry.example/app", true),
            ("registry.example/app", "registry.example/app2", false),
        ] {
            assert_eq!(matches_name(pattern, name), matches, "{pattern} {name}");
        }
    }
}
