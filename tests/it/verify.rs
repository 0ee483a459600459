//! The verification of images, on images that the real cosign signed (`tests/fixtures/images`).

mod conformance;
mod hostile;
mod keyed;
mod mutation;
pub(crate) mod question;
pub(crate) mod store;
pub(crate) mod workshop;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use goldgate::domain::evidence::VerificationStatus;
use goldgate::evidence::verify::Answer;

use question::{QUESTIONS, Question};

#[test]
fn every_question_is_answered_as_a_careful_verifier_answers() {
    assert_eq!(QUESTIONS.len(), 331);
    let mut wrong = String::new();
    for question in QUESTIONS.iter() {
        let answer = question.answer();
        if let Some(complaint) = complaint(question, &answer) {
            let _ = writeln!(wrong, "{}: {complaint}: {answer:#?}", question.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

pub(crate) fn complaint(question: &Question, answer: &Answer) -> Option<&'static str> {
    let is_verified = answer.verification.status == VerificationStatus::Verified;
    let has_facts = !answer.signatures.is_empty() || !answer.attestations.is_empty();
    match question.expect.as_str() {
        "accept" if !is_verified => Some("is not accepted"),
        "reject" if is_verified => Some("is accepted"),
        _ if is_verified != has_facts => Some("status and facts disagree"),
        _ => None,
    }
}

/// One line for every question: what came out, and why items were not accepted.
#[test]
fn answers_are_the_recorded_ones() {
    let mut found = String::new();
    for question in QUESTIONS.iter() {
        let answer = question.answer();
        let verification = &answer.verification;
        let _ = write!(found, "{} {:?}", question.name, verification.status);
        for code in &verification.shortfalls {
            let _ = write!(found, " {code}");
        }
        for fault in &verification.errors {
            let _ = write!(found, " !{}", fault.code);
        }
        for item in &answer.rejected {
            let _ = write!(found, " -{}", item.reason);
        }
        found.push('\n');
    }
    check_recorded("answers.txt", &found);
}

fn check_recorded(name: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/verify").join(name);
    if std::env::var_os("GOLDGATE_BLESS").is_some() {
        fs::write(&path, found).unwrap();
    }
    let recorded = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        recorded == found,
        "{} says something else; set GOLDGATE_BLESS=1 to take what was found:\n{found}",
        path.display()
    );
}
