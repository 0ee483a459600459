//! A scorecard for people.

use super::human::codes;
use super::{ERROR, GOOD, Look, STRONG, WARNING, table, text};
use crate::domain::scorecard::{Scorecard, Standing};

/// Renders `card`: where the service stands, what is missing, and how each policy stands, failed ones first.
pub fn render(card: &Scorecard, look: Look) -> String {
    let what = look.paint(STRONG, &format!("{} → {}", card.service, card.environment));
    let mut out = format!("{what}: score {}, level {}\n", points(card.score), card.level);
    let known = [("team:  ", &card.team), ("system:", &card.system)];
    for (label, value) in known.into_iter().filter(|(_, value)| !value.is_empty()) {
        out.push_str(&text::labelled(label, value, look.width));
    }
    for next in &card.next {
        let needs = format!("{} needs {}", next.level, codes(&next.missing));
        out.push_str(&text::labelled("next:  ", &needs, look.width));
    }
    out.push_str(&text::labelled(
        "moved: ",
        &format!("{} by decision {}", card.time, card.decision),
        look.width,
    ));
    out.push('\n');
    let mut policies: Vec<_> = card.policies.iter().collect();
    policies.sort_by_key(|(code, policy)| {
        (std::cmp::Reverse(rank(policy.standing)), std::cmp::Reverse(policy.severity), *code)
    });
    let rows: Vec<Vec<String>> = policies
        .into_iter()
        .map(|(code, policy)| {
            vec![
                word(policy.standing).to_owned(),
                code.to_string(),
                policy.severity.to_string(),
                table::moment(policy.since),
            ]
        })
        .collect();
    out.push_str(&colored(
        &table::render(&["STANDING", "CODE", "SEVERITY", "SINCE"], &rows, look),
        look,
    ));
    out
}

/// The score, or a dash while there is none.
pub fn points(score: Option<u8>) -> String {
    score.map_or_else(|| "-".to_owned(), |score| score.to_string())
}

fn rank(standing: Standing) -> u8 {
    match standing {
        Standing::NotApplicable => 0,
        Standing::Passed => 1,
        Standing::Waived => 2,
        Standing::Failed => 3,
    }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Passed => "passed",
        Standing::Waived => "waived",
        Standing::Failed => "failed",
        Standing::NotApplicable => "not applicable",
    }
}

/// Colours the first word of each line.
fn colored(table: &str, look: Look) -> String {
    let styles = [("failed", ERROR), ("waived", WARNING), ("passed", GOOD)];
    let line = |line: &str| {
        let painted = styles.iter().find_map(|(word, style)| {
            Some(format!("{}{}", look.paint(*style, word), line.strip_prefix(word)?))
        });
        painted.unwrap_or_else(|| line.to_owned()) + "\n"
    };
    table.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::cli::print::sample;
    use crate::domain::code::Severity;
    use crate::domain::scorecard::{NextLevel, PolicyStanding};

    #[test]
    fn what_failed_comes_first() {
        let decision = sample::allowed();
        let policy = |code: &str, severity, standing| {
            let policy =
                PolicyStanding { severity, standing, decision: decision.id, since: decision.time };
            (code.parse().unwrap(), policy)
        };
        let card = Scorecard {
            service: "checkout".parse().unwrap(),
            environment: "production".parse().unwrap(),
            team: "group:default/shop".into(),
            system: String::new(),
            score: Some(64),
            level: "bronze".into(),
            next: vec![NextLevel {
                level: "silver".into(),
                missing: vec!["K8S-B".parse().unwrap()],
            }],
            policies: std::sync::Arc::new(
                [
                    policy("K8S-A", Severity::High, Standing::Passed),
                    policy("K8S-B", Severity::Low, Standing::Failed),
                    policy("K8S-C", Severity::Critical, Standing::Failed),
                ]
                .into(),
            ),
            decision: decision.id,
            time: decision.time,
        };
        expect![[r"
            component:default/checkout → production: score 64, level bronze
            team:   group:default/shop
            next:   silver needs K8S-B
            moved:  2026-11-22T06:02:06.123Z by decision 07070707-0707-0707-0707-070707070707

            STANDING  CODE   SEVERITY  SINCE
            failed    K8S-C  critical  2026-11-22 06:02:06Z
            failed    K8S-B  low       2026-11-22 06:02:06Z
            passed    K8S-A  high      2026-11-22 06:02:06Z
        "]]
        .assert_eq(&render(&card, Look::PLAIN));
    }
}
