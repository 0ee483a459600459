//! One image that is asked about: its rule, what is kept of it, and the look at it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{ImageSource, Known, State, fault};
use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::evidence::code::{LookCode, ShortfallCode};
use crate::domain::evidence::{ImageFacts, LookFault, Verification, VerificationStatus};
use crate::domain::image::ImageParts;
use crate::domain::trust::{PinPolicy, Rule, RuleAction};
use crate::evidence::attachment::Attachments;
use crate::evidence::registry::{Look, ResolvedImage};

/// Another version of this code may answer otherwise.
const CODE_VERSION: &str = concat!("goldgate ", env!("CARGO_PKG_VERSION"));

/// One image that is asked about.
pub(super) struct Question<'q> {
    pub(super) source: &'q ImageSource,
    pub(super) state: &'q Arc<State>,
    pub(super) reference: &'q str,
    pub(super) parts: &'q ImageParts,
    pub(super) now: Timestamp,
}

impl Question<'_> {
    /// The first rule that is about the image.
    pub(super) fn rule(&self) -> Option<&Rule> {
        let name = self.name();
        self.state.trust.rules.iter().find(|rule| rule.is_about(&name))
    }

    fn name(&self) -> String {
        format!("{}/{}", self.parts.registry, self.parts.repository)
    }

    /// What is known of the image: nothing that nobody could verify.
    pub(super) async fn answer(&self) -> Known {
        let name = self.name();
        let Some(rule) = self.rule() else {
            let message =
                format!("no rule of `images.yaml` is about `{name}`; add one, e.g. for `**`");
            return self.fault(None, fault(LookCode::NoRule, message)).into();
        };
        if rule.action != RuleAction::Verify {
            let nothing = Attachments::default();
            let answer = self.state.verifier.verify(rule, &[], &nothing, self.now);
            let verification = answer.verification;
            return ImageFacts { verification, ..self.unseen(Some(rule)) }.into();
        }
        if rule.pin == PinPolicy::RequireDigest && self.parts.digest.is_none() {
            return self.not_pinned(rule, &name).await.into();
        }
        self.verified(rule).await
    }

    /// Tells the digest to write, where the registry says it. Nothing else of the image is looked at.
    async fn not_pinned(&self, rule: &Rule, name: &str) -> ImageFacts {
        let resolved = self.state.client.look().resolve(self.parts).await;
        let resolved = resolved.ok().map(|image| image.reference());
        let by_digest = resolved.clone().unwrap_or_else(|| format!("{name}@sha256:…"));
        let message = format!("rule `{}` asks for a digest; write `{by_digest}`", rule.name);
        ImageFacts { resolved, ..self.fault(Some(rule), fault(LookCode::NotPinned, message)) }
    }

    /// What a rule's verification says: kept, or new.
    ///
    /// A tag is asked for each time, since it may have been moved. When the registry cannot say where it leads, the
    /// digest beside it counts, as it does for a runtime.
    async fn verified(&self, rule: &Rule) -> Known {
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
                    let unknown = || self.fault(Some(rule), fault).into();
                    return kept.map_or_else(unknown, |kept| self.kept(&kept));
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
        let known = match resolved {
            Some(resolved) => self.looked_at(rule, &look, resolved).await,
            None => match look.resolve(self.parts).await {
                Ok(resolved) => self.looked_at(rule, &look, resolved).await,
                Err(fault) => self.fault(Some(rule), fault).into(),
            },
        };
        self.keep(key, rule, &known);
        known
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
    fn known(&self, key: Digest) -> Option<Arc<Known>> {
        self.source.cache.answer(key, self.now).or_else(|| self.stored(key))
    }

    /// An answer of another process, or of this one before it was started anew. The file is not believed more than this
    /// process would keep.
    fn stored(&self, key: Digest) -> Option<Arc<Known>> {
        let lifetimes = &self.state.trust.cache;
        let (answer, until) = self.source.kept.as_ref()?.answer(key, self.now)?;
        if until > later(self.now, lifetimes.positive) {
            return None;
        }
        let known: Arc<Known> = Arc::new(serde_json::from_slice(&answer).ok()?);
        self.source.cache.keep(key, Arc::clone(&known), until, self.now, lifetimes.max_entries);
        Some(known)
    }

    fn kept(&self, kept: &Known) -> Known {
        let Known { mut facts, bills, documents } = kept.clone();
        self.reference.clone_into(&mut facts.requested);
        facts.tag.clone_from(&self.parts.tag);
        facts.pinned_by_caller = self.parts.digest.is_some();
        facts.verification.cached = true;
        Known { facts, bills, documents }
    }

    fn keep(&self, key: Digest, rule: &Rule, known: &Known) {
        let facts = &known.facts;
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
            // What lives for seconds is not worth a write.
            if facts.verification.status == VerificationStatus::Verified
                && let Some(kept) = &self.source.kept
                && let Ok(answer) = serde_json::to_vec(known)
            {
                kept.keep(key, &answer, until, now);
            }
            let known = Arc::new(known.clone());
            self.source.cache.keep(key, known, until, now, lifetimes.max_entries);
        }
    }

    /// Fetches and verifies.
    async fn looked_at(&self, rule: &Rule, look: &Look<'_>, image: ResolvedImage) -> Known {
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
            return self.fault(Some(rule), fault(LookCode::RegistryFault, message)).into();
        };
        let mut verification = answer.verification;
        verification.complete &= description.faults.is_empty();
        verification.errors.extend(description.faults);
        let facts = ImageFacts {
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
        };
        Known { facts, bills: answer.bills, documents: description.documents }
    }

    /// What is known of an image that could not be looked at.
    pub(super) fn fault(&self, rule: Option<&Rule>, fault: LookFault) -> ImageFacts {
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

fn later(at: Timestamp, after: Duration) -> Timestamp {
    let millis = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(at.as_millis().saturating_add(millis))
}
