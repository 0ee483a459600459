//! The inventory for people.

use std::fmt::Write as _;

use super::{Look, table, text};
use crate::domain::inventory::{Holder, HolderCounts, RunningRelease};
use crate::gate::inventory::RebuiltRelease;

/// Who holds a component, and how many there are.
pub fn holders(holders: &[Holder], counts: HolderCounts, asked: &str, look: Look) -> String {
    let HolderCounts { n_services, n_unsure, n_releases } = counts;
    let asked = text::clean(asked);
    if holders.is_empty() {
        let of = text::counted(n_releases, "running release");
        return format!("nobody has {asked}: looked through {of}\n");
    }
    let rows: Vec<Vec<String>> = holders.iter().map(row).collect();
    let head = ["SERVICE", "ENVIRONMENT", "COMPONENT", "VERSION", "SINCE", "COMES IN", "DECISION"];
    let mut out = table::render(&head, &rows, look);
    let has = if n_services == 1 { "has" } else { "have" };
    // Writing to a string cannot fail.
    let _infallible = writeln!(
        out,
        "\n{} {has} {asked}; looked through {}",
        text::counted(n_services, "service"),
        text::counted(n_releases, "running release")
    );
    if n_unsure > 0 {
        let _infallible = writeln!(
            out,
            "{} marked `?` cannot be compared with the range: the version is missing or no version of its ecosystem",
            text::counted(n_unsure, "line")
        );
    }
    out
}

fn row(holder: &Holder) -> Vec<String> {
    let doubt = if holder.comparable { "" } else { " ?" };
    let since = holder.since.to_string();
    vec![
        whole(&holder.service.to_string(), &holder.part),
        holder.environment.to_string(),
        holder.package.to_string(),
        format!("{}{doubt}", version(&holder.version)),
        since.split('T').next().unwrap_or_default().to_owned(),
        way(holder.direct, &holder.through),
        holder.decision.to_string(),
    ]
}

/// What runs where.
pub fn releases(releases: &[RunningRelease], look: Look) -> String {
    let row = |release: &RunningRelease| {
        let components = match release.n_components {
            0 => "no bill".to_owned(),
            n => n.to_string(),
        };
        vec![
            whole(&release.service.to_string(), &release.part),
            release.environment.to_string(),
            components,
            table::moment(release.time),
            release.team.clone(),
            release.decision.to_string(),
            release.images.join(" "),
        ]
    };
    let rows: Vec<Vec<String>> = releases.iter().map(row).collect();
    let head = ["SERVICE", "ENVIRONMENT", "COMPONENTS", "SINCE", "TEAM", "DECISION", "IMAGES"];
    table::render(&head, &rows, look)
}

/// What was listed from decisions, and what is not known of it any more.
pub fn rebuilt(releases: &[RebuiltRelease], look: Look) -> String {
    let row = |release: &RebuiltRelease| {
        let decision = &release.decision;
        vec![
            decision.service.as_ref().map_or("-".to_owned(), ToString::to_string),
            decision.environment.to_string(),
            release.n_components.to_string(),
            table::moment(decision.time),
            decision.id.to_string(),
            release.gaps.join("; "),
        ]
    };
    let rows: Vec<Vec<String>> = releases.iter().map(row).collect();
    let head = ["SERVICE", "ENVIRONMENT", "COMPONENTS", "SINCE", "DECISION", "NOT KNOWN"];
    table::render(&head, &rows, look)
}

fn whole(service: &str, part: &str) -> String {
    if part.is_empty() { service.to_owned() } else { format!("{service} ({part})") }
}

/// The version, or that there is none.
pub fn version(written: &str) -> String {
    if written.is_empty() { "-".to_owned() } else { written.to_owned() }
}

/// How a component comes in.
pub fn way(direct: bool, through: &str) -> String {
    match (direct, through) {
        (true, _) => "directly".to_owned(),
        (false, "") => "-".to_owned(),
        (false, through) => format!("through {through}"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use expect_test::expect;

    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::decision::DecisionId;
    use crate::domain::package::Ecosystem;

    fn holder(service: &str, version: &str, comparable: bool, through: &str) -> Holder {
        Holder {
            service: service.parse().unwrap(),
            environment: "production".parse().unwrap(),
            part: String::new(),
            ecosystem: Ecosystem::new("crates.io"),
            package: Arc::from("openssl"),
            version: version.to_owned(),
            comparable,
            since: Timestamp::from_millis(1_764_000_000_000),
            through: through.to_owned(),
            direct: through.is_empty(),
            team: String::new(),
            decision: DecisionId::from_bytes([7; 16]),
        }
    }

    #[test]
    fn a_holder_is_a_line_and_what_is_unsure_is_said() {
        let lines =
            [holder("checkout", "0.10.60", true, "reqwest"), holder("search", "", false, "")];
        let counts = HolderCounts { n_services: 2, n_unsure: 1, n_releases: 9 };
        expect![[r"
            SERVICE                     ENVIRONMENT  COMPONENT  VERSION  SINCE       COMES IN         DECISION
            component:default/checkout  production   openssl    0.10.60  2025-11-24  through reqwest  07070707-0707-0707-0707-070707070707
            component:default/search    production   openssl    - ?      2025-11-24  directly         07070707-0707-0707-0707-070707070707

            2 services have pkg:cargo/openssl; looked through 9 running releases
            1 line marked `?` cannot be compared with the range: the version is missing or no version of its ecosystem
        "]]
        .assert_eq(&holders(&lines, counts, "pkg:cargo/openssl", Look::PLAIN));
    }

    #[test]
    fn nobody_is_an_answer() {
        let counts = HolderCounts { n_releases: 1, ..HolderCounts::default() };
        let text = holders(&[], counts, "pkg:cargo/openssl", Look::PLAIN);
        assert_eq!(text, "nobody has pkg:cargo/openssl: looked through 1 running release\n");
    }
}
