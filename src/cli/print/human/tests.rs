use expect_test::expect;

use super::*;
use crate::cli::print::sample;

fn check(decision: &Decision, look: Look, expected: &expect_test::Expect) {
    expected.assert_eq(&sample::with_report(decision, |report| render(report, look)));
}

#[test]
fn without_a_finding_it_is_short() {
    check(&sample::allowed(), Look::PLAIN, &expect![[""]]);
}

#[test]
fn a_deny_shows_source_reason_and_remedy() {
    check(&sample::denied(), Look::PLAIN, &expect![[""]]);
}

#[test]
fn a_narrow_window_wraps() {
    check(&sample::denied(), Look { width: 50, ..Look::PLAIN }, &expect![[""]]);
}

#[test]
fn no_secret_is_ever_shown() {
    let shown = sample::with_report(&sample::denied(), |report| render(report, Look::PLAIN));
    assert!(!shown.contains("hunter2") && shown.contains("<redacted:0123456789ab>"));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let look = Look { color: true, ..Look::PLAIN };
    let colored = sample::with_report(&sample::denied(), |report| render(report, look));
    let plain = sample::with_report(&sample::denied(), |report| render(report, Look::PLAIN));
    assert!(colored.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
}

#[test]
fn of_many_equal_findings_the_rest_is_counted_unless_everything_is_asked_for() {
    let mut decision = sample::denied();
    let twin = decision.findings[1].clone();
    decision.findings = vec![twin; 100];
    let shown = |look| sample::with_report(&decision, |report| render(report, look));
    assert!(shown(Look::PLAIN).contains("… and 89 more"));
    let everything = Look { everything: true, ..Look::PLAIN };
    assert_eq!(shown(everything).matches("deploy/worker.yaml:5:7").count(), 100);
}
