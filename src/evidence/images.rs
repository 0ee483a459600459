//! Images: each one is resolved once, what hangs on it is fetched and verified, and what is known becomes facts.

mod cache;
mod question;

use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use self::cache::Cache;
use self::question::Question;
use super::Source;
use crate::domain::clock::Clock;
use crate::domain::error::Error;
use crate::domain::evidence::code::LookCode;
use crate::domain::evidence::{
    AttestedBill, EvidenceSet, HeldDocument, ImageFacts, KeptAnswers, LookFault,
};
use crate::domain::release::Release;
use crate::domain::trust::TrustConfiguration;
use crate::evidence::registry::RegistryClient;
use crate::evidence::verify::ImageVerifier;

/// Images of one request that are looked at at the same time.
const CONCURRENCY: usize = 32;

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

/// What is known of an image, the bills of materials that were attested to it, and its own documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    facts: ImageFacts,
    bills: Vec<AttestedBill>,
    documents: Vec<HeldDocument>,
}

impl Known {
    /// Bytes of the texts that are kept beside the facts.
    fn text_len(&self) -> usize {
        let bills = self.bills.iter().map(|bill| bill.text.len());
        bills.chain(self.documents.iter().map(|document| document.text.len())).sum()
    }
}

impl From<ImageFacts> for Known {
    fn from(facts: ImageFacts) -> Self {
        Self { facts, bills: Vec::new(), documents: Vec::new() }
    }
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
    async fn known(&self, release: &Release) -> Vec<Known> {
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
                    return match timeout_at(deadline, question.answer()).await {
                        Ok(known) => known,
                        Err(_elapsed) => {
                            let message = format!(
                                "it was not this image's turn within {all:?}; ask for fewer images at once, or raise `limits.allImagesTimeout`"
                            );
                            question.fault(question.rule(), fault(LookCode::LimitTime, message)).into()
                        }
                    };
                }
                let message = format!(
                    "the request names more than {most} images; ask in parts, or raise `limits.imagesPerRequest` in `images.yaml`"
                );
                question.fault(None, fault(LookCode::LimitItems, message)).into()
            }
        });
        // Boxed: the state of a look is large, and many of them wait side by side.
        let looks: Vec<Pin<Box<dyn Future<Output = Known> + Send + '_>>> =
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
            let mut evidence = EvidenceSet { images_asked: true, ..EvidenceSet::default() };
            for Known { facts, bills, documents } in self.known(release).await {
                if let Some(image) = &facts.resolved {
                    if !bills.is_empty() {
                        evidence.bills.insert(image.clone(), bills);
                    }
                    // Of an image that was only resolved there are none, and it may stand here by its digest as well.
                    if !documents.is_empty() {
                        evidence.documents.insert(image.clone(), documents);
                    }
                }
                evidence.images.push(facts);
            }
            Ok(evidence)
        })
    }
}

fn fault(code: LookCode, message: String) -> LookFault {
    LookFault { code, stage: "resolve".to_owned(), message }
}
