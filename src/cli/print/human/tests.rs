use expect_test::expect;

use super::*;
use crate::cli::print::sample;

fn check(decision: &Decision, look: Look, expected: &expect_test::Expect) {
    expected.assert_eq(&sample::with_report(decision, |report| render(report, look)));
}

#[test]
fn without_a_finding_it_is_short() {
    check(
        &sample::allowed(),
        Look::PLAIN,
        &expect![[r"
            allow: component:default/checkout → production (deploy)
            verdict: allow (58 passed, 17 not applicable)
            score:   100, level gold
            record:  decision 07070707-0707-0707-0707-070707070707, recorded in /home/me/.local/share/goldgate
        "]],
    );
}

#[test]
fn a_deny_shows_source_reason_and_remedy() {
    check(
        &sample::denied(),
        Look::PLAIN,
        &expect![[r#"
            deny: component:default/checkout → production (deploy)

            error[K8S-RUN-AS-ROOT]: message of K8S-RUN-AS-ROOT
             --> deploy/app.yaml:5:7
              |
            5 |     - name: web
              |       ^^^^^^^^^
              |
              = in: Deployment shop/checkout
              = why: A process that escapes its container is root on the node when it was root inside.
              = help: Remedy of K8S-RUN-AS-ROOT: write `securityContext.runAsNonRoot: true`.
              = controls: PSS-restricted, CIS-K8S-5.2.7
              = also: deploy/worker.yaml:5:7 Deployment shop/worker

            waived[K8S-IMAGE-TAG]: message of K8S-IMAGE-TAG
             --> deploy/app.yaml:6:7
              |
            6 |       image: shop/web
              |       ^^^^^^^^^^^^^^^
              |
              = in: Deployment shop/checkout
              = why: Title of K8S-IMAGE-TAG
              = help: Remedy of K8S-IMAGE-TAG: write `securityContext.runAsNonRoot: true`.
              = controls: PSS-restricted, CIS-K8S-5.2.7

            warning[K8S-SECRET-IN-ENV]: container "web": a token, written out: 100%, see: <line & column>
             --> deploy/app.yaml:7:13
              |
            7 |       env: [{name: PASSWORD, value: <redacted>}]
              |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = in: Deployment shop/checkout
              = why: No secrets in manifests
              = help: Remedy of K8S-SECRET-IN-ENV: write `securityContext.runAsNonRoot: true`.
              = controls: PSS-restricted, CIS-K8S-5.2.7

            note[GOLD-OWNER]: message of GOLD-OWNER
             |
             = why: Title of GOLD-OWNER
             = help: Remedy of GOLD-OWNER: write `securityContext.runAsNonRoot: true`.

            verdict: deny (2 deny, 1 warn, 1 only recorded, 1 waived, 41 passed, 17 not applicable)
            score:   71 → 64, level bronze; silver needs K8S-RUN-AS-ROOT, GOLD-OWNER
            note:    images were not looked at: no image verification is configured, so nothing is known of
                     their signatures
            record:  decision 07070707-0707-0707-0707-070707070707, recorded in /home/me/.local/share/goldgate
            next:    `goldgate explain K8S-RUN-AS-ROOT` is the manual of the first finding
        "#]],
    );
}

#[test]
fn a_narrow_window_wraps() {
    check(
        &sample::denied(),
        Look { width: 50, ..Look::PLAIN },
        &expect![[r#"
            deny: component:default/checkout → production (deploy)

            error[K8S-RUN-AS-ROOT]: message of K8S-RUN-AS-ROOT
             --> deploy/app.yaml:5:7
              |
            5 |     - name: web
              |       ^^^^^^^^^
              |
              = in: Deployment shop/checkout
              = why: A process that escapes its
                     container is root on the node when
                     it was root inside.
              = help: Remedy of K8S-RUN-AS-ROOT: write
                      `securityContext.runAsNonRoot: true`.
              = controls: PSS-restricted, CIS-K8S-5.2.7
              = also: deploy/worker.yaml:5:7 Deployment shop/worker

            waived[K8S-IMAGE-TAG]: message of K8S-IMAGE-TAG
             --> deploy/app.yaml:6:7
              |
            6 |       image: shop/web
              |       ^^^^^^^^^^^^^^^
              |
              = in: Deployment shop/checkout
              = why: Title of K8S-IMAGE-TAG
              = help: Remedy of K8S-IMAGE-TAG: write
                      `securityContext.runAsNonRoot: true`.
              = controls: PSS-restricted, CIS-K8S-5.2.7

            warning[K8S-SECRET-IN-ENV]: container "web": a token, written out: 100%, see: <line & column>
             --> deploy/app.yaml:7:13
              |
            7 | ...: [{name: PASSWORD, value: <redacted>}]
              |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = in: Deployment shop/checkout
              = why: No secrets in manifests
              = help: Remedy of K8S-SECRET-IN-ENV: write
                      `securityContext.runAsNonRoot: true`.
              = controls: PSS-restricted, CIS-K8S-5.2.7

            note[GOLD-OWNER]: message of GOLD-OWNER
             |
             = why: Title of GOLD-OWNER
             = help: Remedy of GOLD-OWNER: write
                     `securityContext.runAsNonRoot: true`.

            verdict: deny (2 deny, 1 warn, 1 only recorded, 1
                     waived, 41 passed, 17 not applicable)
            score:   71 → 64, level bronze; silver needs
                     K8S-RUN-AS-ROOT, GOLD-OWNER
            note:    images were not looked at: no image
                     verification is configured, so nothing is
                     known of their signatures
            record:  decision 07070707-0707-0707-0707-070707070707, recorded in /home/me/.local/share/goldgate
            next:    `goldgate explain K8S-RUN-AS-ROOT` is the
                     manual of the first finding
        "#]],
    );
}

#[test]
fn no_secret_is_ever_shown() {
    let shown = sample::with_report(&sample::denied(), |report| render(report, Look::PLAIN));
    assert!(!shown.contains("hunter2") && shown.contains("<redacted>"));
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
