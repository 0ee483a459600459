//! What a failed constraint does: `enforcementAction`, or `scopedEnforcementActions` by the point at which it is asked.

use super::super::node::Node;
use crate::domain::policy::RuleKind;
use crate::domain::request::Stage;
use crate::rego::Fault;

/// What a failed constraint does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The same wherever it is asked.
    Everywhere(RuleKind),
    /// By point; it is not asked at a point that is not listed.
    Scoped(Vec<(Point, RuleKind)>),
}

/// Where constraints are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// `*`
    All,
    /// `validation.gatekeeper.sh`: the cluster's door.
    Webhook,
    /// `audit.gatekeeper.sh`: what already runs.
    Audit,
    /// `gator.gatekeeper.sh`: before anything is deployed.
    Gator,
    /// `vap.k8s.io`: the API server itself, which we are not.
    ApiServer,
}

const POINTS: [(&str, Point); 5] = [
    ("*", Point::All),
    ("validation.gatekeeper.sh", Point::Webhook),
    ("audit.gatekeeper.sh", Point::Audit),
    ("gator.gatekeeper.sh", Point::Gator),
    ("vap.k8s.io", Point::ApiServer),
];

const ACTIONS: [(&str, RuleKind); 3] =
    [("deny", RuleKind::Deny), ("warn", RuleKind::Warn), ("dryrun", RuleKind::Audit)];

impl Point {
    /// The point that a stage of the golden path stands for.
    pub(super) const fn of(stage: Stage) -> Self {
        match stage {
            Stage::Admission => Self::Webhook,
            Stage::Audit | Stage::Watch => Self::Audit,
            Stage::Build | Stage::Deploy | Stage::Plan => Self::Gator,
        }
    }
}

impl Action {
    /// Reads the actions of `spec`.
    pub(super) fn read(spec: Option<Node<'_>>, faults: &mut Vec<Fault>) -> Self {
        let action = spec.and_then(|spec| spec.get("enforcementAction"));
        let scoped = spec.and_then(|spec| spec.get("scopedEnforcementActions"));
        let is_scoped = action.is_some_and(|action| action.value.as_str() == Some("scoped"));
        match (action, scoped) {
            (Some(_), Some(scoped)) if is_scoped => Self::scoped(&scoped, faults),
            (Some(action), None) if is_scoped => {
                let help = "write `scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: \"*\"}]}]`";
                faults.push(action.fault("it is not said what is done where").with_help(help));
                Self::Everywhere(RuleKind::Deny)
            }
            (other, scoped) => {
                if let Some(scoped) = scoped {
                    let message =
                        "these actions are not heeded without `enforcementAction: scoped`";
                    faults.push(
                        scoped.key_fault(message).with_help("write it, or remove these actions"),
                    );
                }
                let words: Vec<(&str, RuleKind)> =
                    ACTIONS.into_iter().chain([("scoped", RuleKind::Deny)]).collect();
                let kind = other.map(|node| node.word(&words, faults));
                Self::Everywhere(kind.flatten().unwrap_or(RuleKind::Deny))
            }
        }
    }

    fn scoped(node: &Node<'_>, faults: &mut Vec<Fault>) -> Self {
        let mut scoped = Vec::new();
        for item in node.items(faults) {
            item.fields(&["action", "enforcementPoints"], faults);
            let help = "write `deny`, `warn` or `dryrun`";
            let action = item.required("action", help, faults);
            let action = action.and_then(|action| action.word(&ACTIONS, faults));
            let help = "write e.g. `enforcementPoints: [{name: \"*\"}]`";
            let points = item.required("enforcementPoints", help, faults);
            for point in points.map(|points| points.items(faults)).unwrap_or_default() {
                let name = point.required("name", "write the point's name", faults);
                let point = name.and_then(|name| name.word(&POINTS, faults));
                scoped.extend(point.zip(action));
            }
        }
        Self::Scoped(scoped)
    }

    /// What it does at a point, the strictest of all that are said; `None` when it is not asked there.
    pub(super) fn at(&self, point: Point) -> Option<RuleKind> {
        match self {
            Self::Everywhere(kind) => Some(*kind),
            Self::Scoped(scoped) => {
                let here = scoped.iter().filter(|(at, _)| *at == Point::All || *at == point);
                here.map(|(_, kind)| *kind).min()
            }
        }
    }

    /// The strictest that it does anywhere.
    pub(super) fn strictest(&self) -> Option<RuleKind> {
        match self {
            Self::Everywhere(kind) => Some(*kind),
            Self::Scoped(scoped) => scoped.iter().map(|(_, kind)| *kind).min(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::node;
    use super::*;
    use crate::domain::place::SourceFile;

    fn action(yaml: &str) -> Result<Action, String> {
        let file = Arc::new(SourceFile::new("c.yaml", yaml));
        let document = node::read(&file).unwrap().unwrap();
        let mut faults = Vec::new();
        let action = Action::read(Some(Node::root(&file, &document)), &mut faults);
        if faults.is_empty() { Ok(action) } else { Err(faults[0].to_string()) }
    }

    #[test]
    fn the_strictest_action_of_a_point_holds() {
        let yaml = r#"{enforcementAction: scoped, scopedEnforcementActions: [
            {action: warn, enforcementPoints: [{name: "*"}]},
            {action: deny, enforcementPoints: [{name: validation.gatekeeper.sh}]}]}"#;
        let action = action(yaml).unwrap();
        assert_eq!(action.at(Point::of(Stage::Admission)), Some(RuleKind::Deny));
        assert_eq!(action.at(Point::of(Stage::Deploy)), Some(RuleKind::Warn));
    }

    #[test]
    fn a_point_that_is_not_listed_is_not_asked() {
        let yaml = "{enforcementAction: scoped, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: audit.gatekeeper.sh}]}]}";
        let action = action(yaml).unwrap();
        assert_eq!(action.at(Point::of(Stage::Deploy)), None);
        assert_eq!(action.strictest(), Some(RuleKind::Deny));
    }

    #[test]
    fn other_words_are_faults() {
        assert_eq!(action("{}").unwrap(), Action::Everywhere(RuleKind::Deny));
        assert_eq!(
            action("enforcementAction: dryrun").unwrap(),
            Action::Everywhere(RuleKind::Audit)
        );
        for (yaml, said) in [
            ("enforcementAction: dry-run", "did you mean `dryrun`?"),
            ("enforcementAction: scoped", "not said what is done where"),
            ("{enforcementAction: deny, scopedEnforcementActions: []}", "are not heeded"),
            (
                "{enforcementAction: scoped, scopedEnforcementActions: [{action: scoped, enforcementPoints: [{name: x}]}]}",
                "none of",
            ),
        ] {
            let error = action(yaml).unwrap_err();
            assert!(error.contains(said), "{yaml}: {error}");
        }
    }
}
