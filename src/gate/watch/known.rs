//! What the advisories say of every version that anything holds: found once, and told of each release that holds it.

#![expect(
    clippy::disallowed_types,
    reason = "asked for every component of every release, and never shown or gone through"
)]

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::advisory::{AdvisoryFacts, AdvisoryMatch, DatabaseFacts};
use crate::domain::inventory::Held;
use crate::domain::package::{Component, Ecosystem};
use crate::domain::sbom::Sbom;

/// The answers of one set of advisories.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The advisories that gave all answers; none before the first, and `Err` where newer ones came in between.
    source: Option<Result<Source, Mixed>>,
    by_name: HashMap<Arc<str>, Versions>,
}

/// The answers about all packages of one name, by their version: popular packages run in hundreds of them.
type Versions = HashMap<Option<Arc<str>>, Vec<Answer>>;

#[derive(Debug, PartialEq)]
struct Source {
    database: Option<DatabaseFacts>,
    fault: Option<String>,
}

/// Answers of several sets of advisories are those of none.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mixed;

#[derive(Debug)]
struct Answer {
    ecosystem: Ecosystem,
    matches: Vec<AdvisoryMatch>,
}

impl Known {
    /// Adds what was found in `held`, by its place there.
    pub(super) fn add(&mut self, held: Vec<Held>, facts: AdvisoryFacts) {
        let AdvisoryFacts { database, matches, fault, vex: _ } = facts;
        let source = Source { database, fault };
        self.source = Some(match self.source.take() {
            None => Ok(source),
            Some(Ok(first)) if first == source => Ok(first),
            Some(Ok(_) | Err(Mixed)) => Err(Mixed),
        });
        let mut matches = matches.into_iter().peekable();
        for (place, Held { name, text, .. }) in held.into_iter().enumerate() {
            let mut own = Vec::new();
            while let Some(found) = matches.next_if(|found| found.component <= place) {
                // What VEX says is about a release, and it was not there.
                own.push(AdvisoryMatch { vex: None, vex_ignored: Vec::new(), ..found });
            }
            let answer = Answer { ecosystem: name.ecosystem, matches: own };
            let versions = self.by_name.entry(name.name).or_default();
            versions.entry(text).or_default().push(answer);
        }
    }

    /// What is known of these bills; none when they have to be asked for, since not all that they list was compared with
    /// the same advisories.
    pub(super) fn of(&self, bills: &[Sbom]) -> Option<AdvisoryFacts> {
        let Some(Ok(Source { database, fault })) = &self.source else { return None };
        if bills.is_empty() {
            return None;
        }
        let mut matches = Vec::new();
        for (sbom, bill) in bills.iter().enumerate() {
            // A scanner's report is joined with what the advisories say.
            if bill.scan.is_some() {
                return None;
            }
            for (index, component) in bill.components.iter().enumerate() {
                let found = match &component.package {
                    Some(_) => &self.answer(component)?.matches,
                    None => continue,
                };
                let of_bill = found.iter().cloned();
                matches.extend(of_bill.map(|it| AdvisoryMatch { sbom, component: index, ..it }));
            }
        }
        let (database, fault) = (database.clone(), fault.clone());
        Some(AdvisoryFacts { database, matches, fault, ..AdvisoryFacts::default() })
    }

    fn answer(&self, component: &Component) -> Option<&Answer> {
        let package = component.package.as_ref()?;
        let answers = self.by_name.get(&package.name)?.get(&component.compared_version)?;
        answers.iter().find(|answer| answer.ecosystem == package.ecosystem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::package::Package;
    use crate::gate::watch::of_no_file;

    fn held(name: &str, version: &str) -> Held {
        let name = Package::new(Ecosystem::new("npm"), name);
        Held { package: 0, version: 0, name, text: Some(Arc::from(version)) }
    }

    fn bill(components: &[(&str, &str)]) -> Sbom {
        let component = |(name, version): &(&str, &str)| Component {
            name: Arc::from(*name),
            package: Some(Package::new(Ecosystem::new("npm"), name)),
            compared_version: Some(Arc::from(*version)),
            ..Component::default()
        };
        Sbom::new(of_no_file(), components.iter().map(component).collect(), &[], &[])
    }

    #[test]
    fn what_was_not_compared_has_to_be_asked_for() {
        let mut known = Known::default();
        assert_eq!(known.of(&[bill(&[])]), None);
        known.add(vec![held("a", "1"), held("b", "1")], AdvisoryFacts::default());
        assert_eq!(known.of(&[bill(&[("a", "1"), ("b", "1")])]), Some(AdvisoryFacts::default()));
        assert_eq!(known.of(&[bill(&[("a", "2")])]), None);
        assert_eq!(known.of(&[bill(&[("c", "1")])]), None);
    }

    #[test]
    fn answers_of_two_sets_of_advisories_are_none() {
        let mut known = Known::default();
        known.add(vec![held("a", "1")], AdvisoryFacts::default());
        let other = AdvisoryFacts { fault: Some("damaged".to_owned()), ..AdvisoryFacts::default() };
        known.add(vec![held("b", "1")], other);
        assert_eq!(known.of(&[bill(&[("a", "1")])]), None);
    }
}
