//! The SLSA build level that the facts show, and why it is not a higher one.
//!
//! What is not shown counts as not there: a level is never taken from what provenance says of itself alone.
//!
//! Source: slsa.dev/spec/v1.0/levels and slsa.dev/spec/v1.0/verifying-artifacts (accept only known pairs of signer and
//! builder).

use crate::domain::evidence::{IdentityFacts, SignerFacts};
use crate::domain::predicate::{Predicate, Provenance, SlsaLevel};
use crate::domain::repository::Repository;
use crate::domain::trust::Claim;

/// A build platform that runs other people's builds and signs for them with an identity of its own.
struct Platform {
    name: &'static str,
    issuer: &'static str,
    /// The claim `runner_environment` of its own machines, as opposed to machines of its users.
    hosted: &'static str,
    /// How provenance may name the platform as the builder.
    builders: &'static [&'static str],
}

const PLATFORMS: [Platform; 2] = [
    Platform {
        name: "GitHub Actions",
        issuer: "https://token.actions.githubusercontent.com",
        hosted: "github-hosted",
        builders: &[
            "https://github.com/actions/runner/github-hosted",
            "https://github.com/actions/runner",
            "https://github.com/Attestations/GitHubHostedActions@v1",
        ],
    },
    Platform {
        name: "GitLab CI",
        issuer: "https://gitlab.com",
        hosted: "gitlab-hosted",
        builders: &["https://gitlab.com"],
    },
];

/// Workflows that others call, which build or attest on a machine of their own, so that the caller's steps cannot reach
/// the certificate. Before `*` and behind it.
///
/// Source: github.com/slsa-framework/slsa-github-generator, README, "Builders" (SLSA build level 3).
const ISOLATED: [(&str, &str); 2] = [
    (
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_",
        "_slsa3.yml",
    ),
    (
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_",
        "_slsa3.yml",
    ),
];

/// The level that a verified predicate, signed by `signer`, shows; `None` when it is no provenance.
pub fn level_of(predicate: &Predicate, signer: &SignerFacts) -> Option<SlsaLevel> {
    match predicate {
        Predicate::Provenance(provenance) => Some(level(provenance, signer)),
        Predicate::VerificationSummary(_)
        | Predicate::Sbom(_)
        | Predicate::VulnerabilityScan(_)
        | Predicate::Vex(_)
        | Predicate::TestResult(_)
        | Predicate::Release(_)
        | Predicate::Other => None,
    }
}

/// The level that verified provenance, signed by `signer`, shows.
pub fn level(provenance: &Provenance, signer: &SignerFacts) -> SlsaLevel {
    match shown(provenance, signer) {
        Ok(reason) => SlsaLevel { level: 3, reason },
        Err(level) => level,
    }
}

/// Climbs from level to level; the error is the step that could not be taken.
fn shown(provenance: &Provenance, signer: &SignerFacts) -> Result<String, SlsaLevel> {
    let stays = |level: u8, reason: String| SlsaLevel { level, reason };
    let Some(identity) = &signer.identity else {
        let reason = "signed with a key: it is not shown that only a build platform can use it";
        return Err(stays(1, reason.to_owned()));
    };
    if let Some(contradiction) = contradiction(provenance, identity) {
        return Err(stays(0, contradiction));
    }
    let Some(platform) = PLATFORMS.iter().find(|platform| platform.issuer == identity.issuer)
    else {
        let reason = format!("`{}` is no hosted build platform that is known", identity.issuer);
        return Err(stays(1, reason));
    };
    let runner = claim(identity, Claim::RunnerEnvironment).unwrap_or("unknown");
    if runner != platform.hosted {
        let reason =
            format!("{}: the runner is `{runner}`, not `{}`", platform.name, platform.hosted);
        return Err(stays(1, reason));
    }
    let is_signer = provenance.builder_id == identity.subject
        || Some(provenance.builder_id.as_str()) == claim(identity, Claim::BuildSignerUri);
    let is_platform = platform.builders.iter().any(|name| {
        let rest = provenance.builder_id.strip_prefix(name);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') && !name.contains("github")
        })
    });
    if !is_signer && !is_platform {
        let reason = format!(
            "the builder `{}` is neither {} nor the workflow that signed",
            provenance.builder_id, platform.name
        );
        return Err(stays(1, reason));
    }
    let hosted = format!("built and signed by {} on `{runner}`", platform.name);
    if !(is_signer && is_isolated(&identity.subject)) {
        let reason = format!("{hosted}; it is not shown that the build's own steps cannot sign");
        return Err(stays(2, reason));
    }
    Ok(format!("{hosted}, apart from the build's own steps"))
}

/// Where the provenance says something else than the certificate: then it is not true.
fn contradiction(provenance: &Provenance, identity: &IdentityFacts) -> Option<String> {
    let source = provenance.source.as_ref()?;
    let certified = claim(identity, Claim::SourceRepositoryUri).and_then(Repository::parse)?;
    if certified.address != source.repository {
        return Some(format!(
            "the provenance names the source `{}`, and the certificate `{}`",
            source.repository, certified.address
        ));
    }
    let commit = claim(identity, Claim::SourceRepositoryDigest)?;
    let named = source.commit.as_deref()?;
    (commit != named).then(|| {
        format!("the provenance names the commit `{named}`, and the certificate `{commit}`")
    })
}

/// Whether the workflow is one of [`ISOLATED`], at a version that its authors released.
fn is_isolated(workflow: &str) -> bool {
    let Some((file, reference)) = workflow.split_once('@') else { return false };
    let is_release = reference.strip_prefix("refs/tags/v").is_some_and(|version| {
        let parts: Vec<&str> = version.split('.').collect();
        parts.len() == 3 && parts.iter().all(|part| part.parse::<u32>().is_ok())
    });
    let is_known = ISOLATED.iter().any(|(before, behind)| {
        let middle = file.strip_prefix(before).and_then(|rest| rest.strip_suffix(behind));
        middle.is_some_and(|middle| {
            middle.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        })
    });
    is_release && is_known
}

fn claim(identity: &IdentityFacts, claim: Claim) -> Option<&str> {
    identity.claims.get(claim.name()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::evidence::{LogFacts, SignerKind, SubjectType};
    use crate::domain::predicate::{Invocation, Source};

    const GENERATOR: &str = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/v1.9.0";
    const WORKFLOW: &str =
        "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3";

    fn provenance(builder_id: &str) -> Provenance {
        Provenance {
            version: "1".into(),
            builder_id: builder_id.into(),
            build_type: "https://actions.github.io/buildtypes/workflow/v1".into(),
            source: Some(Source {
                repository: "https://github.com/acme/app".into(),
                reference: Some("refs/tags/v1.2.3".into()),
                commit: Some("aaaa".into()),
                path: None,
            }),
            materials: Vec::new(),
            invocation: Invocation::default(),
        }
    }

    fn keyless(issuer: &str, subject: &str, claims: &[(Claim, &str)]) -> SignerFacts {
        let claims = claims.iter().map(|(claim, text)| (claim.name().into(), (*text).into()));
        let identity = IdentityFacts {
            issuer: issuer.into(),
            subject: subject.into(),
            subject_type: SubjectType::Uri,
            claims: claims.collect(),
        };
        SignerFacts {
            kind: SignerKind::Keyless,
            key: None,
            identity: Some(identity),
            tlog: LogFacts::default(),
            timestamps: Vec::new(),
            sct: true,
        }
    }

    fn github(subject: &str, more: &[(Claim, &str)]) -> SignerFacts {
        let hosted = (Claim::RunnerEnvironment, "github-hosted");
        keyless(PLATFORMS[0].issuer, subject, &[&[hosted], more].concat())
    }

    #[track_caller]
    fn check(builder_id: &str, signer: &SignerFacts, expected: u8, reason: &str) {
        let found = level(&provenance(builder_id), signer);
        assert_eq!(found.level, expected, "{}", found.reason);
        assert!(found.reason.contains(reason), "{}", found.reason);
    }

    const RUNNER: &str = "https://github.com/actions/runner/github-hosted";

    #[test]
    fn a_key_shows_no_build_platform() {
        let mut signer = github(WORKFLOW, &[]);
        signer.identity = None;
        check(RUNNER, &signer, 1, "signed with a key");
    }

    #[test]
    fn a_hosted_runner_that_signs_its_own_build_is_level_two() {
        check(RUNNER, &github(WORKFLOW, &[]), 2, "own steps");
        check(WORKFLOW, &github(WORKFLOW, &[]), 2, "own steps");
        let gitlab = keyless(
            "https://gitlab.com",
            "https://gitlab.com/acme/app//.gitlab-ci.yml@refs/tags/v1",
            &[(Claim::RunnerEnvironment, "gitlab-hosted")],
        );
        check("https://gitlab.com/acme/app/-/runners/1", &gitlab, 2, "GitLab CI");
    }

    #[test]
    fn a_builder_of_its_own_at_a_released_version_is_level_three() {
        check(GENERATOR, &github(GENERATOR, &[]), 3, "apart from");
        for moved in ["@refs/heads/main", "@refs/tags/v1.9.0-rc.1", "@refs/tags/v1", ""] {
            let workflow = GENERATOR.split('@').next().unwrap().to_owned() + moved;
            check(&workflow, &github(&workflow, &[]), 2, "not shown");
        }
        let fork = GENERATOR.replace("slsa-framework", "evil");
        check(&fork, &github(&fork, &[]), 2, "not shown");
    }

    #[test]
    fn naming_the_isolated_builder_without_being_it_is_worth_little() {
        check(GENERATOR, &github(WORKFLOW, &[]), 1, "neither");
        check(
            "https://github.com/actions/runner/github-hosted/../x",
            &github(WORKFLOW, &[]),
            1,
            "neither",
        );
        check("https://gitlab.com.evil.example", &github(WORKFLOW, &[]), 1, "neither");
    }

    #[test]
    fn a_machine_of_the_user_or_an_unknown_one_is_level_one() {
        let own =
            keyless(PLATFORMS[0].issuer, WORKFLOW, &[(Claim::RunnerEnvironment, "self-hosted")]);
        check(RUNNER, &own, 1, "self-hosted");
        check(RUNNER, &keyless(PLATFORMS[0].issuer, WORKFLOW, &[]), 1, "unknown");
        check(
            RUNNER,
            &keyless("https://accounts.acme.example", "me@acme.example", &[]),
            1,
            "no hosted",
        );
    }

    #[test]
    fn provenance_that_the_certificate_contradicts_is_level_zero() {
        let other = [(Claim::SourceRepositoryUri, "https://github.com/acme/other")];
        check(
            RUNNER,
            &github(WORKFLOW, &other),
            0,
            "the certificate `https://github.com/acme/other`",
        );
        let same = [
            (Claim::SourceRepositoryUri, "https://github.com/acme/app"),
            (Claim::SourceRepositoryDigest, "bbbb"),
        ];
        check(RUNNER, &github(WORKFLOW, &same), 0, "commit");
    }
}
