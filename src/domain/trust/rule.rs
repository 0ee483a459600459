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
