//! Images: each one is resolved once, what hangs on it is fetched and verified, and what is known becomes facts.

mod cache;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use self::cache::Cache;
use super::Source;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::evidence::code::{LookCode, ShortfallCode};
use crate::domain::evidence::{
    EvidenceSet, ImageFacts, KeptAnswers, LookFault, Verification, VerificationStatus,
};
use crate::domain::image::ImageParts;
use crate::domain::release::Release;
use crate::domain::trust::{PinPolicy, Rule, RuleAction, TrustConfiguration};
use crate::evidence::attachment::Attachments;
use crate::evidence::registry::{Look, RegistryClient, ResolvedImage};
use crate::evidence::verify::ImageVerifier;

/// Images of one request that are looked at at the same time.
const CONCURRENCY: usize = 32;

/// Another version of this code may answer otherwise.
const CODE_VERSION: &str = concat!("goldgate ", env!("CARGO_PKG_VERSION"));

/// The source of facts about images.
#[derive(Debug)]
pub struct ImageSource {
    state: RwLock<Arc<State>>,
    cache: Cache,
    /// Answers that outlive this process.
    kept: Option<Arc<dyn KeptAnswers>>,
    clock: Arc<dyn Clock>,
}

/// A trust configuration, ready to be used.
#[derive(Debug)]
struct State {
    trust: Arc<TrustConfiguration>,
    verifier: ImageVerifier,
    client: RegistryClient,
}

impl State {
    fn new(trust: TrustConfiguration) -> Result<Arc<Self>, Error> {
        let trust = Arc::new(trust);
        let client = RegistryClient::new(&trust.registries, &trust.limits)?;
        Ok(Arc::new(Self { verifier: ImageVerifier::new(Arc::clone(&trust)), client, trust }))
    }
}

impl ImageSource {
    /// Makes a source.
    ///
    /// # Errors
    /// `Invalid` for a registry that is none.
    pub fn new(trust: TrustConfiguration, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Ok(Self {
            state: RwLock::new(State::new(trust)?),
            cache: Cache::default(),
            kept: None,
            clock,
        })
    }

    /// Keeps answers for other processes and for after a restart as well.
    #[must_use]
    pub fn with_kept(self, kept: Arc<dyn KeptAnswers>) -> Self {
        Self { kept: Some(kept), ..self }
    }

    /// Puts another configuration in force, for every request that comes after.
    ///
    /// # Errors
    /// `Invalid` for a registry that is none; then the configuration before stays in force.
    pub fn replace(&self, trust: TrustConfiguration) -> Result<(), Error> {
        let state = State::new(trust)?;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        Ok(())
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is known of every image of a release.
    async fn facts(&self, release: &Release) -> Vec<ImageFacts> {
        let state = self.state();
        let images = release.images.iter().filter_map(|used| {
            Some((used.image.reference.as_str(), used.image.parts.as_ref().ok()?))
        });
        let most = state.trust.limits.images_per_request;
        let all = state.trust.limits.all_images_timeout;
        let deadline = Instant::now() + all;
        let looks = images.enumerate().map(|(index, (reference, parts))| {
            let question =
                Question { source: self, state: &state, reference, parts, now: self.clock.now() };
            async move {
                if index < most {
                    return match timeout_at(deadline, question.facts()).await {
                        Ok(facts) => facts,
                        Err(_elapsed) => {
                            let message = format!(
                                "it was not this image's turn within {all:?}; ask for fewer images at once, or raise `limits.allImagesTimeout`"
                            );
                            question.fault(question.rule(), fault(LookCode::LimitTime, message))
                        }
                    };
                }
                let message = format!(
                    "the request names more than {most} images; ask in parts, or raise `limits.imagesPerRequest` in `images.yaml`"
                );
                question.fault(None, fault(LookCode::LimitItems, message))
            }
        });
        // Boxed: the state of a look is large, and many of them wait side by side.
        let looks: Vec<Pin<Box<dyn Future<Output = ImageFacts> + Send + '_>>> =
            looks.map(|look| Box::pin(look) as _).collect();
        futures_util::stream::iter(looks).buffered(CONCURRENCY).collect().await
    }
}

impl Source for Arc<ImageSource> {
    fn name(&self) -> &'static str {
        "images"
    }

    fn gather<'a>(
        &'a self,
        release: &'a Release,
        _known: &'a EvidenceSet,
    ) -> Pin<Box<dyn Future<Output = Result<EvidenceSet, Error>> + Send + 'a>> {
        Box::pin(async {
            Ok(EvidenceSet { images: self.facts(release).await, ..EvidenceSet::default() })
        })
    }
}

/// One image that is asked about.
struct Question<'q> {
    source: &'q ImageSource,
    state: &'q Arc<State>,
    reference: &'q str,
    parts: &'q ImageParts,
    now: Timestamp,
}

impl Question<'_> {
    /// The first rule that is about the image.
    fn rule(&self) -> Option<&Rule> {
        let name = self.name();
        self.state.trust.rules.iter().find(|rule| rule.is_about(&name))
    }

    fn name(&self) -> String {
        format!("{}/{}", self.parts.registry, self.parts.repository)
    }

    async fn facts(&self) -> ImageFacts {
        let name = self.name();
        let Some(rule) = self.rule() else {
            let message =
                format!("no rule of `images.yaml` is about `{name}`; add one, e.g. for `**`");
            return self.fault(None, fault(LookCode::NoRule, message));
        };
        if rule.action != RuleAction::Verify {
            let nothing = Attachments::default();
            let answer = self.state.verifier.verify(rule, &[], &nothing, self.now);
            return ImageFacts { verification: answer.verification, ..self.unseen(Some(rule)) };
        }
        if rule.pin == PinPolicy::RequireDigest && self.parts.digest.is_none() {
            let message = format!(
                "rule `{}` asks for a digest; write `{name}@sha256:…`, as `goldgate image verify` prints it",
                rule.name
            );
            return self.fault(Some(rule), fault(LookCode::NotPinned, message));
        }
        self.verified(rule).await
    }

    /// What a rule's verification says: kept, or new.
    ///
    /// A tag is asked for each time, since it may have been moved. When the registry cannot say where it leads, the
    /// digest beside it counts, as it does for a runtime.
    async fn verified(&self, rule: &Rule) -> ImageFacts {
        let look = self.state.client.look();
        let pinned = self.parts.digest.as_deref().and_then(|digest| digest.parse().ok());
        let (digest, resolved) = match (pinned, &self.parts.tag) {
            (Some(digest), None) => (digest, None),
            (pinned, _) => match look.resolve(self.parts).await {
                Ok(resolved) => (resolved.digest, Some(resolved)),
                Err(fault) => {
                    let key =
                        pinned.filter(|_| is_silence(fault.code)).map(|it| self.key(rule, it));
                    let kept = key.and_then(|key| self.known(key));
                    return kept.map_or_else(|| self.fault(Some(rule), fault), |it| self.kept(&it));
                }
            },
        };
        let key = self.key(rule, digest);
        if let Some(kept) = self.source.cache.answer(key, self.now) {
            return self.kept(&kept);
        }
        let turn = self.source.cache.turn(key);
        let _turn = turn.lock().await;
        if let Some(kept) = self.known(key) {
            return self.kept(&kept);
        }
        let facts = match resolved {
            Some(resolved) => self.looked_at(rule, &look, resolved).await,
            None => match look.resolve(self.parts).await {
                Ok(resolved) => self.looked_at(rule, &look, resolved).await,
                Err(fault) => self.fault(Some(rule), fault),
            },
        };
        self.keep(key, rule, &facts);
        facts
    }

    /// Everything that an answer depends on.
    fn key(&self, rule: &Rule, digest: Digest) -> Digest {
        let ImageParts { registry, repository, tag: _, digest: _ } = self.parts;
        let source = rule.signature_repository.as_deref().unwrap_or_default();
        let elsewhere = source.split('/').next().filter(|host| !host.is_empty());
        let asked: Vec<&str> = [registry.as_str()].into_iter().chain(elsewhere).collect();
        let scope = self.state.client.credential_scope(&asked);
        let roots = self.state.trust.roots.values().map(|root| root.digest.as_bytes().as_slice());
        let parts = [
            CODE_VERSION.as_bytes(),
            digest.as_bytes(),
            registry.as_bytes(),
            repository.as_bytes(),
            rule.name.as_bytes(),
            source.as_bytes(),
            scope.as_bytes(),
            self.state.trust.digest.as_bytes(),
        ];
        Digest::of_parts(parts.into_iter().chain(roots))
    }

    /// An answer that is still in force, of this process or of another one.
    fn known(&self, key: Digest) -> Option<Arc<ImageFacts>> {
        self.source.cache.answer(key, self.now).or_else(|| self.stored(key))
    }

    /// An answer of another process, or of this one before it was started anew.
    fn stored(&self, key: Digest) -> Option<Arc<ImageFacts>> {
        let (answer, until) = self.source.kept.as_ref()?.answer(key, self.now)?;
        let facts: Arc<ImageFacts> = Arc::new(serde_json::from_slice(&answer).ok()?);
        let most = self.state.trust.cache.max_entries;
        self.source.cache.keep(key, Arc::clone(&facts), until, self.now, most);
        Some(facts)
    }

    fn kept(&self, kept: &ImageFacts) -> ImageFacts {
        let mut facts = kept.clone();
        self.reference.clone_into(&mut facts.requested);
        facts.tag.clone_from(&self.parts.tag);
        facts.pinned_by_caller = self.parts.digest.is_some();
        facts.verification.cached = true;
        facts
    }

    fn keep(&self, key: Digest, rule: &Rule, facts: &ImageFacts) {
        let lifetimes = &self.state.trust.cache;
        let lifetime = match facts.verification.status {
            VerificationStatus::Verified if facts.verification.complete => lifetimes.positive,
            VerificationStatus::Verified | VerificationStatus::Unverified => lifetimes.negative,
            VerificationStatus::Error => lifetimes.error,
            VerificationStatus::Skipped => Duration::ZERO,
        };
        let now = self.source.clock.now();
        let mut until = later(facts.verification.verified_at, lifetime);
        for root in self.roots_of(rule).filter_map(|name| self.state.trust.roots.get(name)) {
            // An answer does not outlive the trust root that it rests on.
            if let (Some(at), Some(max_stale)) = (root.refreshed_at, root.max_stale) {
                until = until.min(later(at, max_stale));
            }
        }
        if now < until {
            let facts = Arc::new(facts.clone());
            // What lives for seconds is not worth a write.
            if facts.verification.status == VerificationStatus::Verified
                && let Some(kept) = &self.source.kept
                && let Ok(answer) = serde_json::to_vec(&*facts)
            {
                kept.keep(key, &answer, until, now);
            }
            self.source.cache.keep(key, facts, until, now, lifetimes.max_entries);
        }
    }

    /// Fetches and verifies.
    async fn looked_at(&self, rule: &Rule, look: &Look<'_>, image: ResolvedImage) -> ImageFacts {
        let place = match rule.signature_repository.as_deref().and_then(|it| it.split_once('/')) {
            Some(place) => place,
            None => (image.registry.as_str(), image.repository.as_str()),
        };
        let (attachments, description) =
            tokio::join!(look.attachments(place, image.digest), look.describe(&image));
        let (state, rule_) = (Arc::clone(self.state), rule.clone());
        let (digest, now) = (image.digest, self.now);
        let work = move || state.verifier.verify(&rule_, &[digest], &attachments, now);
        // Signatures are arithmetic for milliseconds; other requests are answered meanwhile.
        let Ok(answer) = tokio::task::spawn_blocking(work).await else {
            let message = "the verification ended without an answer".to_owned();
            return self.fault(Some(rule), fault(LookCode::RegistryFault, message));
        };
        let mut verification = answer.verification;
        verification.complete &= description.faults.is_empty();
        verification.errors.extend(description.faults);
        ImageFacts {
            digest: Some(image.digest),
            resolved: Some(image.reference()),
            media_type: Some(image.media_type),
            platforms: description.platforms,
            configuration: description.configuration,
            verification,
            signatures: answer.signatures,
            attestations: answer.attestations,
            rejected: answer.rejected,
            ..self.unseen(Some(rule))
        }
    }

    /// What is known of an image that could not be looked at.
    fn fault(&self, rule: Option<&Rule>, fault: LookFault) -> ImageFacts {
        let mut facts = self.unseen(rule);
        facts.verification.errors.push(fault);
        facts
    }

    /// What is known of an image before anybody looks.
    fn unseen(&self, rule: Option<&Rule>) -> ImageFacts {
        let ImageParts { registry, repository, tag, digest } = self.parts;
        let roots = rule.into_iter().flat_map(|rule| self.roots_of(rule));
        let trust_roots: BTreeMap<String, Digest> = roots
            .filter_map(|name| Some((name.to_owned(), self.state.trust.roots.get(name)?.digest)))
            .collect();
        ImageFacts {
            requested: self.reference.to_owned(),
            registry: registry.clone(),
            repository: repository.clone(),
            tag: tag.clone(),
            digest: None,
            resolved: None,
            pinned_by_caller: digest.is_some(),
            media_type: None,
            platforms: Vec::new(),
            configuration: None,
            verification: Verification {
                status: VerificationStatus::Error,
                shortfalls: vec![ShortfallCode::CouldNotLook],
                rule: rule.map(|rule| rule.name.clone()),
                config_hash: self.state.trust.digest,
                trust_roots,
                verified_at: self.now,
                cached: false,
                complete: false,
                errors: Vec::new(),
            },
            signatures: Vec::new(),
            attestations: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// The trust roots of the authorities that a rule names.
    fn roots_of<'r>(&'r self, rule: &'r Rule) -> impl Iterator<Item = &'r str> {
        let signers = rule.signatures.iter().flat_map(|demand| &demand.any_of);
        let attesters = rule.attestations.iter().flat_map(|demand| &demand.authorities);
        signers
            .chain(attesters)
            .filter_map(|name| self.state.trust.authorities.get(name)?.trust_root.as_deref())
    }
}

/// Whether the registry said nothing, which is not the same as saying no.
const fn is_silence(code: LookCode) -> bool {
    matches!(
        code,
        LookCode::RegistryUnreachable
            | LookCode::RegistryTimeout
            | LookCode::RegistryThrottled
            | LookCode::RegistryFault
            | LookCode::LimitTime
    )
}

fn fault(code: LookCode, message: String) -> LookFault {
    LookFault { code, stage: "resolve".to_owned(), message }
}

fn later(at: Timestamp, after: Duration) -> Timestamp {
    let millis = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(at.as_millis().saturating_add(millis))
}
