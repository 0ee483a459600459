//! The tables that each ecosystem publishes of its order, and what holds of any order.

use proptest::prelude::*;

use super::*;

/// Checks that each version of a list stands below all behind it; those between `=` are equal.
#[track_caller]
fn ascending(family: &str, versions: &str) {
    let order = Order::of(family).unwrap();
    let steps: Vec<Vec<&str>> =
        versions.split_whitespace().map(|step| step.split('=').collect()).collect();
    let all = steps.iter().enumerate().flat_map(|(at, step)| step.iter().map(move |v| (at, *v)));
    let all: Vec<(usize, &str)> = all.collect();
    for (at, left) in &all {
        for (other, right) in &all {
            assert_eq!(
                order.compare(left, right),
                Ok(at.cmp(other)),
                "{family}: `{left}` and `{right}`"
            );
        }
    }
}

/// Every ecosystem of the OSV schema 1.7.5. Those without an order are compared by the versions that a record names alone.
#[test]
fn every_ecosystem_of_the_schema_has_an_order_or_is_known_to_have_none() {
    for ecosystem in [
        "AlmaLinux:9",
        "Alpaquita",
        "Alpine:v3.20",
        "Azure Linux:3",
        "BellSoft Hardened Containers",
        "Bioconductor",
        "Bitnami",
        "Chainguard",
        "CRAN",
        "crates.io",
        "Debian:12",
        "Docker Hardened Images:Alpine:3.23",
        "Docker Hardened Images:Debian:trixie",
        "Echo",
        "GHC",
        "GitHub Actions",
        "Go",
        "Hackage",
        "Hex",
        "Julia",
        "Kubernetes",
        "Mageia:9",
        "Maven",
        "MinimOS",
        "npm",
        "NuGet",
        "opam",
        "openEuler:24.03",
        "openSUSE:15.5",
        "Packagist",
        "Photon OS:5.0",
        "Pub",
        "PyPI",
        "Red Hat:9",
        "Rocky Linux:9",
        "Root:Alpine:3.18",
        "Root:PyPI",
        "RubyGems",
        "SUSE:15.5",
        "SwiftURL",
        "TuxCare:npm",
        "TuxCare:Red Hat",
        "Ubuntu:22.04",
        "VSCode",
        "Wolfi",
    ] {
        assert!(Order::of(ecosystem).is_some(), "{ecosystem}");
    }
    for ecosystem in [
        "Android",
        "CleanStart",
        "ConanCenter",
        "Docker Hardened Images",
        "FreeBSD",
        "Linux",
        "OSS-Fuzz",
        "Root",
        "TuxCare",
        "TuxCare:TuxCare:npm",
        "Root:TuxCare:TuxCare",
        "something new",
    ] {
        assert!(Order::of(ecosystem).is_none(), "{ecosystem}");
    }
    assert_eq!(Order::of("Docker Hardened Images:Alpine:3.23"), Some(Order::Alpine));
    assert_eq!(Order::of("TuxCare:npm"), Some(Order::Node));
}

#[test]
fn semantic_versions_stand_as_clause_11_says() {
    let table = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 \
        1.0.0-rc.1 1.0.0=1.0.0+a=v1.0.0=1.0=1 2.0.0 2.1.0 2.1.1";
    for family in ["crates.io", "Hex", "SwiftURL", "GitHub Actions", "Bitnami"] {
        ascending(family, table);
    }
    ascending("npm", "1.0.0-0 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0=v1.0.0 1.2.3 1.10.0");
    ascending(
        "Go",
        "v0.0.0-20190101000000-abcdefabcdef v0.0.0 v0.1.0 v1.9.0 1.10.0 v2.0.0+incompatible",
    );
}

#[test]
fn build_metadata_counts_where_an_ecosystem_says_so() {
    ascending("Pub", "1.0.0-a 1.0.0 1.0.0+1 1.0.0+2 1.0.0+10 1.0.0+a 1.0.1");
    ascending("Julia", "1.2.13 1.2.13+1 1.2.14");
}

/// peps.python.org/pep-0440, "Summary of permitted suffixes and relative ordering".
#[test]
fn python_versions_stand_as_pep_440_says() {
    ascending(
        "PyPI",
        "1.dev0=1.0.dev0 1.0.dev456 1.0a1=1.0-ALPHA1=1.0.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 \
         1.0b2.post345.dev456 1.0b2.post345 1.0rc1.dev456 1.0rc1=1.0c1 1.0=1.0.0=v1 1.0+abc.5 1.0+abc.7 \
         1.0+5 1.0.post456.dev34 1.0.post456 1.0.15 1.1.dev1 1!0.1",
    );
}

/// maven.apache.org/pom.html, "Version Order Specification", and the cases of `ComparableVersionTest` in Maven itself.
#[test]
fn maven_versions_stand_as_its_specification_says() {
    ascending("Maven", "1 1.1");
    ascending("Maven", "1-snapshot 1=1.ga=1-ga=1-0=1.0=1.0.0=1-final=1-release=1. 1-sp");
    ascending("Maven", "1-foo2 1-foo10");
    ascending("Maven", "1.foo=1-foo 1-1 1.1");
    ascending("Maven", "1-ga.1 1-sp.1");
    ascending("Maven", "1-sp-1 1-ga-1 1-1");
    ascending("Maven", "1-alpha-1=1-a1=1-alpha1=1alpha1");
    ascending(
        "Maven",
        "1-alpha2snapshot 1-alpha2 1-alpha-123 1-beta-2 1-beta123 1-m2 1-m11 1-rc 1-cr2 1-rc123 \
         1-SNAPSHOT 1 1-sp 1-sp2 1-sp123 1-abc 1-def 1-pom-1 1-1-snapshot 1-1 1-2 1-123",
    );
    ascending(
        "Maven",
        "2.0.1 2.0.1-klm 2.0.1-lmn 2.0.1-xyz=2.0.1.xyz 2.0.1-123 2.0.1.123 2.0.2 2.0.123 2.1.0 2.1-a",
    );
    ascending("Maven", "6.1.0rc3 6.1.0 6.1H.5-beta");
    ascending(
        "Maven",
        "20190126.230843 1234567890.12345 123456789012345.1H.5-beta 12345678901234567890.1H.5-beta",
    );
    ascending("Maven", "1-0.alpha 1-0.beta 1");
    ascending("Maven", "1.0.0.rc1 1.0.0-rc2 1=1.0.0.RELEASE");
    ascending("Maven", "2.0.x=2-x=2.0.0.x 2.1");
    ascending("Maven", "31.0.1-android 31.0.1-jre 31.1-android");
    ascending("Maven", "2.14.1 2.15.0 2.17.1");
    ascending("Maven", "4.1.0.Beta1 4.1.0.CR1 4.1.0.Final=4.1 4.1.1.Final");
}

/// learn.microsoft.com/nuget/concepts/package-versioning.
#[test]
fn nuget_versions_stand_as_its_documentation_says() {
    ascending(
        "NuGet",
        "1.0.1-aaa 1.0.1-alpha 1.0.1-alpha.1 1.0.1-beta=1.0.1-BETA 1.0.1-open 1.0.1-rc.2 1.0.1-rc.10 1.0.1-zzz \
         1.0.1=1.0.1.0=1.00.01=1.0.1+meta 1.0.1.1 1.0.2",
    );
    ascending(
        "NuGet",
        "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1=1.0=1.0.0",
    );
}

/// The cases of `test_gem_version.rb` in `RubyGems`.
#[test]
fn gem_versions_stand_as_rubygems_says() {
    ascending("RubyGems", "1.0.a 1.0.a1=1.0.a.1 1.0.a.2 1.0.b1 1=1.0=1.0.0 1.1.a 1.1");
    ascending("RubyGems", "1.8.2.a 1.8.2.a9 1.8.2.a10 1.8.2.b 1.8.2=1.8.2.0");
    ascending("RubyGems", "5.0.0.rc2 5.x 5.2.4.a 5.2.4.a10 5.2.4");
    ascending(
        "RubyGems",
        "1.0.0-alpha=1.0.0.pre.alpha 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0",
    );
    ascending("RubyGems", "0.beta.1=0.0.beta.1 0.0.0");
}

/// getcomposer.org/doc/articles/versions.md and the cases of `VersionParserTest` in composer/semver.
#[test]
fn composer_versions_stand_as_php_says() {
    ascending(
        "Packagist",
        "1.0-dev 1.0-alpha=1.0a 1.0-alpha1=1.0.0.0-a.1 1.0-alpha2-dev 1.0-alpha2 1.0-beta=1.0.0-b 1.0-beta2=1.0b2 1.0-RC1-dev \
         1.0-RC1=1.0.0.RC.1=1.0.0-rc1 1.0-rc10 1=v1.0=1.0.0.0=1.0.0-stable 1.0-patch1=1.0-p1=1.0.0.pl1 1.0-pl2 1.0.0.1 1.0.1 1.9 1.10",
    );
    ascending("Packagist", "201903.0 20100102 20100102.0.3.4 20100102.1");
}

/// apk-tools, `test/version.data`, and its manual.
#[test]
fn alpine_versions_stand_as_apk_says() {
    ascending(
        "Alpine",
        "1.0_alpha 1.0_alpha2 1.0_beta 1.0_pre1 1.0_rc1 1.0_rc2-r1 1.0 1.0-r0 1.0-r1 1.0-r10 1.0_git20200101 1.0_p1 1.0_p1-r0 1.0_p1_p2 1.0a 1.0b 1.0.1 1.0.2",
    );
    ascending("Alpine", "0.1.0_alpha_pre2 0.1.0_alpha 2.2.19 2.2.39-r1 3.0.12-r4 3.0.13 10");
    ascending("Wolfi", "1.00 1.01 1.02 1.1 1.2 1.10");
    ascending("Chainguard", "1.1.1 1.1.1~0123abc 1.1.1a-r0 1.1.1w-r1 3.1.4-r0");
}

/// www.debian.org/doc/debian-policy, 5.6.12.
#[test]
fn debian_versions_stand_as_its_policy_says() {
    ascending("Debian", "1.0~~ 1.0~~a 1.0~ 1.0=0:1.0 1.0-1 1.0-1+deb12u1 1.0a 1.2 1.10 1:0.1");
    ascending("Ubuntu", "2.35-0ubuntu3 2.35-0ubuntu3.1 2.35-0ubuntu3.10");
    ascending("opam", "~~ ~ ~beta2 ~beta10 0.1 1.0~beta 1.0 1.0-test 1.0.10 dev");
}

#[test]
fn rpm_versions_stand_as_rpmvercmp_says() {
    ascending(
        "AlmaLinux",
        "1.0~rc1-1 1.0-1 1.0^git1-1 1.0.1-1.el9 1.0.1-2.el9 1.2-1 1.10-1 1:0.1-1",
    );
    ascending("openEuler", "5.5~a 5.5 5.5p1 5.5p2 5.5p10 5.6");
}

#[test]
fn lists_of_numbers_stand_as_lists() {
    ascending("Hackage", "1 1.0 1.0.0 1.0.1 1.2 1.10=1.010");
    ascending("CRAN", "1.0 1.0-1=1.0.1 1.0-2 1.0.10");
}

#[test]
fn what_is_no_version_is_not_ordered() {
    for (family, odd) in [
        ("crates.io", "latest"),
        ("crates.io", "1.2.3.4"),
        ("npm", "git+ssh://x"),
        ("npm", "1.2"),
        ("npm", "0.1.2.alpha"),
        ("PyPI", "one"),
        ("Debian", "latest"),
        ("AlmaLinux", ""),
        ("Maven", ""),
        ("NuGet", "1.0.0.0.0"),
        ("NuGet", "v1.0"),
        ("RubyGems", "junk"),
        ("RubyGems", "1..2"),
        ("RubyGems", "1.2 3.4"),
        ("Packagist", "dev-main"),
        ("Packagist", "1.x-dev"),
        ("Packagist", "1.0.0-foo"),
        ("Packagist", "1.2.3.4.5"),
        ("Alpine", "1.0_foo"),
        ("Alpine", "1.0-r"),
        ("Alpine", "latest"),
        ("Hackage", "1.a"),
        ("opam", "1 2"),
    ] {
        let order = Order::of(family).unwrap();
        assert_eq!(order.compare(odd, "1.0.0"), Err(Unorderable), "{family} {odd}");
    }
    let long = "1a".repeat(300);
    assert_eq!(Order::Maven.compare(&long, "1"), Err(Unorderable));
    assert_eq!(Order::of("Android"), None);
}

const FAMILIES: [&str; 15] = [
    "crates.io",
    "Pub",
    "npm",
    "PyPI",
    "Maven",
    "NuGet",
    "RubyGems",
    "Packagist",
    "Debian",
    "opam",
    "AlmaLinux",
    "Alpine",
    "Hackage",
    "CRAN",
    "Go",
];

/// Versions as they are written somewhere, and a little beside it.
const WRITTEN: &str = "v?(1:)?[0-2]{1,2}(\\.[0-2]{1,2}){0,3}([-~+._]?(alpha|a|beta|rc|dev|post|p|pre|sp|ga|x|final|SNAPSHOT)?[-.]?[0-2]{0,2}){0,2}(-r?[0-2])?";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_order_is_one(
        family in proptest::sample::select(FAMILIES.to_vec()),
        versions in proptest::collection::vec(WRITTEN, 3),
    ) {
        let order = Order::of(family).unwrap();
        let compare = |a: usize, b: usize| order.compare(&versions[a], &versions[b]);
        for (a, b) in [(0, 1), (1, 2), (0, 2)] {
            prop_assert_eq!(compare(a, b).map(Ordering::reverse), compare(b, a));
            prop_assert!(matches!(compare(a, a), Ok(Ordering::Equal) | Err(Unorderable)));
        }
        if let (Ok(ab), Ok(bc), Ok(ac)) = (compare(0, 1), compare(1, 2), compare(0, 2)) {
            if ab.is_le() && bc.is_le() {
                prop_assert!(ac.is_le(), "{family}: {:?}", versions);
            }
            if ab.is_lt() && bc.is_le() || ab.is_le() && bc.is_lt() {
                prop_assert!(ac.is_lt(), "{family}: {:?}", versions);
            }
        }
    }

    #[test]
    fn no_text_makes_an_order_fall(left in ".{0,40}", right in ".{0,40}") {
        for family in FAMILIES {
            let order = Order::of(family).unwrap();
            prop_assert_eq!(
                order.compare(&left, &right).map(Ordering::reverse),
                order.compare(&right, &left)
            );
        }
    }
}
