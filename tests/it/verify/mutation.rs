//! Forgeries: every part of every good item flipped, dropped, cut, and swapped for that of another item.
//!
//! Parts are changed after decoding, so that every forgery means something else than the original. Two kinds of parts
//! are no targets, because they are no proof and no verifier reads them: the hint that names a key, and in Rekor v2 the
//! root hash that stands beside the signed checkpoint. A log's promise is only dropped where nothing else proves the time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::VerificationStatus;
use goldgate::domain::trust::{Authority, LogDemand, Rule, TimestampDemand};
use goldgate::evidence::attachment::{Attachment, Attachments};
use goldgate::evidence::verify::ImageVerifier;
use serde_json::Value;

use super::hostile::asked;
use super::keyed;
use super::question::{QUESTIONS, Question, now, verifier};
use super::store::STORE;

/// How many forgeries are tried, at least.
const FORGERIES: usize = 100_000;
const SEED: u64 = 0x601d_9a7e;

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const LOG_ENTRY: &str = "dev.sigstore.cosign/bundle";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

#[test]
fn no_forgery_is_accepted() {
    let goods = goods();
    assert!(goods.len() > 60, "{} good items", goods.len());
    let n_parts: usize = goods.iter().map(|good| good.parts.len()).sum();
    // Some rounds have nothing to swap in.
    let rounds = FORGERIES.div_ceil(n_parts) * 5 / 4;
    let next = AtomicUsize::new(0);
    let tried = AtomicUsize::new(0);
    let accepted = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(good) = goods.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let n_tried = good.attack(&goods, rounds, &accepted);
                    tried.fetch_add(n_tried, Ordering::Relaxed);
                }
            });
        }
    });
    let accepted = accepted.into_inner().unwrap();
    assert!(accepted.is_empty(), "{} are accepted:\n{}", accepted.len(), accepted.join("\n"));
    let tried = tried.into_inner();
    assert!(tried >= FORGERIES, "only {tried} forgeries were tried");
}

/// An item that is accepted, with the strictest question that it passes.
struct Good {
    name: String,
    rule: Rule,
    digest: Digest,
    attachment: Attachment,
    verifier: ImageVerifier,
    parts: Vec<Part>,
}

/// A part that proves something: where it stands, and what stands there.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    place: Place,
    bytes: Vec<u8>,
    may_be_dropped: bool,
}

/// What an attacker writes in the place of a part.
enum Forgery {
    /// Nothing: it would be the original, or there is nothing to swap in.
    None,
    Dropped,
    Changed(Vec<u8>),
}

/// Where a part stands.
#[derive(Clone, Debug, PartialEq)]
enum Place {
    /// The whole layer.
    Content,
    /// A base64 text in the JSON of the layer, by its pointer.
    Json(String),
    /// The base64 of the given line in a checkpoint, by the pointer of its text; after the last blank of the line.
    Checkpoint(String, usize),
    /// A base64 annotation.
    Annotation(&'static str),
    /// The certificate in an annotation.
    Pem(&'static str),
    /// A base64 text in the JSON of an annotation.
    AnnotatedJson(&'static str, &'static str),
}

fn goods() -> Vec<Good> {
    let mut goods: Vec<Good> = Vec::new();
    for question in QUESTIONS.iter().filter(|question| question.expect != "reject") {
        for attachment in STORE.attachments(&question.repository, question.digest).items {
            if goods.iter().any(|good| good.attachment.digest == attachment.digest) {
                continue;
            }
            goods.extend(Good::asked(question, attachment));
        }
    }
    // Log entries that this gate verifies itself, in each form that logs have.
    let own = keyed::logged().into_iter().map(|(name, verifier, attachment)| {
        let question = asked("unsigned#0");
        Good::new(name.clone(), question.rule(), question.digest, verifier, attachment)
            .unwrap_or_else(|| panic!("{name} is not accepted"))
    });
    goods.extend(own);
    goods
}

impl Good {
    fn asked(question: &Question, attachment: Attachment) -> Option<Self> {
        let authority = strictest(question.authority(), &attachment);
        let (name, verifier) = (question.name.clone(), verifier(vec![authority]));
        Self::new(name, question.rule(), question.digest, verifier, attachment)
    }

    fn new(
        name: String,
        rule: Rule,
        digest: Digest,
        verifier: ImageVerifier,
        attachment: Attachment,
    ) -> Option<Self> {
        let mut good = Self { name, rule, digest, attachment, verifier, parts: Vec::new() };
        if !good.is_accepted(&good.attachment) {
            return None;
        }
        good.parts = parts(&good.attachment);
        Some(good)
    }

    fn is_accepted(&self, attachment: &Attachment) -> bool {
        let hanging = Attachments { items: vec![attachment.clone()], faults: Vec::new() };
        let answer = self.verifier.verify(&self.rule, &[self.digest], &hanging, now());
        answer.verification.status == VerificationStatus::Verified
    }

    /// Tries forgeries of every part; says how many.
    fn attack(&self, goods: &[Good], rounds: usize, accepted: &Mutex<Vec<String>>) -> usize {
        let seed =
            SEED ^ u64::from_le_bytes(self.attachment.digest.as_bytes()[..8].try_into().unwrap());
        let mut random = Random(seed);
        let mut tried = 0;
        for part in &self.parts {
            for round in 0..rounds {
                let forged = match part.forged(round, goods, &mut random) {
                    Forgery::None => continue,
                    Forgery::Dropped => None,
                    Forgery::Changed(bytes) => Some(bytes),
                };
                let attachment = replaced(&self.attachment, &part.place, forged.as_deref());
                if self.is_accepted(&attachment) {
                    let change = change(&part.bytes, forged.as_deref());
                    let name = &self.name;
                    accepted.lock().unwrap().push(format!("{name} {:?}: {change}", part.place));
                }
                tried += 1;
            }
        }
        tried
    }
}

/// What a forgery changed.
fn change(from: &[u8], to: Option<&[u8]>) -> String {
    let Some(to) = to else { return "dropped".to_owned() };
    if to.len() != from.len() {
        return format!("{} bytes instead of {}", to.len(), from.len());
    }
    let pairs = from.iter().zip(to).enumerate().filter(|(_, (from, to))| from != to);
    let changes: Vec<_> =
        pairs.map(|(at, (from, to))| format!("byte {at}: {from:02x} became {to:02x}")).collect();
    changes.join(", ")
}

/// Asks for every proof that the item carries.
fn strictest(mut authority: Authority, attachment: &Attachment) -> Authority {
    let text = String::from_utf8_lossy(attachment.content.as_deref().unwrap_or_default());
    let has = |annotation: &str, field: &str| {
        attachment.annotations.get(annotation).is_some_and(|text| !text.is_empty())
            || text.contains(field)
    };
    if has(LOG_ENTRY, "\"tlogEntries\"") {
        authority.tlog = LogDemand::Required;
    }
    if has(TIMESTAMP, "\"rfc3161Timestamps\"") {
        authority.timestamp = TimestampDemand::Authority;
    }
    authority.trust_root.get_or_insert("private".to_owned());
    authority
}

fn parts(attachment: &Attachment) -> Vec<Part> {
    let mut parts = Vec::new();
    let content = attachment.content.as_deref().unwrap();
    match serde_json::from_slice::<Value>(content) {
        Ok(json) if json.get("critical").is_none() => json_parts("", &json, &mut parts),
        _ => parts.push(Part {
            place: Place::Content,
            bytes: content.to_vec(),
            may_be_dropped: false,
        }),
    }
    if parts.iter().any(|part| is_at(part, "signedTimestamp")) {
        for part in parts.iter_mut().filter(|part| is_at(part, "signedEntryTimestamp")) {
            part.may_be_dropped = true;
        }
    }
    for place in [
        Place::Annotation(SIGNATURE),
        Place::Pem(CERTIFICATE),
        Place::AnnotatedJson(LOG_ENTRY, "/SignedEntryTimestamp"),
        Place::AnnotatedJson(LOG_ENTRY, "/Payload/body"),
        Place::AnnotatedJson(TIMESTAMP, "/SignedRFC3161Timestamp"),
    ] {
        if let Some(bytes) = annotated(attachment, &place) {
            parts.push(Part { place, bytes, may_be_dropped: false });
        }
    }
    parts
}

fn is_at(part: &Part, name: &str) -> bool {
    matches!(&part.place, Place::Json(pointer) if pointer.ends_with(name))
}

/// The base64 texts of a bundle or an envelope.
fn json_parts(pointer: &str, value: &Value, parts: &mut Vec<Part>) {
    const TARGETS: [&str; 8] = [
        "rawBytes",
        "keyId",
        "signedEntryTimestamp",
        "canonicalizedBody",
        "signedTimestamp",
        "payload",
        "sig",
        "rootHash",
    ];
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                json_parts(&format!("{pointer}/{key}"), value, parts);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                json_parts(&format!("{pointer}/{index}"), value, parts);
            }
        }
        Value::String(text) if pointer.ends_with("/checkpoint/envelope") => {
            checkpoint_parts(pointer, text, parts);
        }
        Value::String(text) => {
            let name = pointer.rsplit('/').next().unwrap();
            if TARGETS.contains(&name) || pointer.contains("/hashes/") {
                let place = Place::Json(pointer.to_owned());
                parts.push(Part {
                    place,
                    bytes: STANDARD.decode(text).unwrap(),
                    may_be_dropped: false,
                });
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    // Rekor v2 leaves the copies beside the checkpoint unsigned; verifiers read the checkpoint.
    if value.pointer("/kindVersion")
        == Some(&serde_json::json!({"kind": "hashedrekord", "version": "0.0.2"}))
    {
        let root_hash = format!("{pointer}/inclusionProof/rootHash");
        parts.retain(|part| part.place != Place::Json(root_hash.clone()));
    }
}

/// A checkpoint's third line is the root hash; behind the blank line stand signatures.
fn checkpoint_parts(pointer: &str, text: &str, parts: &mut Vec<Part>) {
    for (index, line) in text.lines().enumerate() {
        if index == 2 || line.starts_with('—') {
            let place = Place::Checkpoint(pointer.to_owned(), index);
            let bytes = STANDARD.decode(last_word(line)).unwrap();
            parts.push(Part { place, bytes, may_be_dropped: false });
        }
    }
}

fn last_word(line: &str) -> &str {
    line.rsplit(' ').next().unwrap()
}

fn annotated(attachment: &Attachment, place: &Place) -> Option<Vec<u8>> {
    let filled = |name: &str| attachment.annotations.get(name).filter(|text| !text.is_empty());
    match place {
        Place::Annotation(name) => STANDARD.decode(filled(name)?).ok(),
        Place::Pem(name) => {
            let base64: String =
                filled(name)?.lines().filter(|line| !line.starts_with("---")).collect();
            STANDARD.decode(base64).ok()
        }
        Place::AnnotatedJson(name, pointer) => {
            let json: Value = serde_json::from_str(filled(name)?).unwrap();
            STANDARD.decode(json.pointer(pointer)?.as_str()?).ok()
        }
        Place::Content | Place::Json(_) | Place::Checkpoint(..) => None,
    }
}

impl Part {
    /// Another value for the part.
    fn forged(&self, round: usize, goods: &[Good], random: &mut Random) -> Forgery {
        let mut bytes = self.bytes.clone();
        match round {
            0 if self.may_be_dropped => return Forgery::None,
            0 => return Forgery::Dropped,
            1 => bytes.truncate(bytes.len() - 1),
            2 => bytes.push(0),
            round if round % 8 == 3 => {
                // The same part of another item, which is itself in order.
                let other = &goods[random.below(goods.len())];
                let same = |part: &&Part| same_place(&part.place, &self.place);
                let Some(other) = other.parts.iter().find(same) else { return Forgery::None };
                bytes.clone_from(&other.bytes);
            }
            round if round % 8 == 4 => {
                let at = random.below(bytes.len());
                bytes[at] = bytes[at].wrapping_add(1 + u8::try_from(random.below(255)).unwrap());
            }
            _ => {
                let bit = random.below(bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
        if bytes == self.bytes { Forgery::None } else { Forgery::Changed(bytes) }
    }
}

fn same_place(one: &Place, other: &Place) -> bool {
    match (one, other) {
        (Place::Checkpoint(one, _), Place::Checkpoint(other, _)) => one == other,
        _ => one == other,
    }
}

/// The attachment with another value, or none, in one place.
fn replaced(attachment: &Attachment, place: &Place, bytes: Option<&[u8]>) -> Attachment {
    let mut attachment = attachment.clone();
    let base64 = bytes.map(|bytes| STANDARD.encode(bytes));
    match place {
        Place::Content => attachment.content = Ok(Arc::from(bytes.unwrap_or_default())),
        Place::Json(pointer) => {
            edit_json(&mut attachment, |json| put(json, pointer, base64.clone()));
        }
        Place::Checkpoint(pointer, line) => edit_json(&mut attachment, |json| {
            let text = json.pointer(pointer).unwrap().as_str().unwrap();
            let lines = text.split('\n').enumerate().map(|(index, text)| match &base64 {
                Some(base64) if index == *line => {
                    format!("{}{base64}", text.strip_suffix(last_word(text)).unwrap())
                }
                None if index == *line => String::new(),
                _ => text.to_owned(),
            });
            let text = lines.collect::<Vec<_>>().join("\n");
            put(json, pointer, Some(text));
        }),
        Place::Annotation(name) => {
            attachment.annotations.insert((*name).to_owned(), base64.unwrap_or_default());
        }
        Place::Pem(name) => {
            let pem = base64.map(|base64| {
                format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
            });
            attachment.annotations.insert((*name).to_owned(), pem.unwrap_or_default());
        }
        Place::AnnotatedJson(name, pointer) => {
            let text = attachment.annotations.get_mut(*name).unwrap();
            let mut json: Value = serde_json::from_str(text).unwrap();
            put(&mut json, pointer, base64);
            *text = json.to_string();
        }
    }
    attachment.digest = Digest::of(attachment.content.as_deref().unwrap());
    attachment
}

fn edit_json(attachment: &mut Attachment, edit: impl FnOnce(&mut Value)) {
    let mut json: Value = serde_json::from_slice(attachment.content.as_deref().unwrap()).unwrap();
    edit(&mut json);
    attachment.content = Ok(Arc::from(json.to_string().into_bytes()));
}

fn put(json: &mut Value, pointer: &str, text: Option<String>) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).unwrap();
    match (parent, text) {
        (Value::Object(entries), Some(text)) => {
            entries.insert(key.to_owned(), Value::String(text));
        }
        (Value::Object(entries), None) => {
            entries.remove(key);
        }
        (Value::Array(items), Some(text)) => items[key.parse::<usize>().unwrap()] = text.into(),
        (Value::Array(items), None) => {
            items.remove(key.parse().unwrap());
        }
        (other, _) => panic!("{pointer} leads to {other}"),
    }
}

/// `SplitMix64`: the same forgeries in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }
}
