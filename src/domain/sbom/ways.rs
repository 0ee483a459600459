//! Why a component is there: every direct dependency that it comes in through, with a shortest way from each.
//!
//! What is told does not hang on the order in which a bill lists things: of equally short ways it is the one whose steps
//! come first by name, and what a bill lists twice is one component.

use std::collections::BTreeMap;

use super::{Graph, MAX_STEPS, Reached, Sbom};
use crate::domain::package::Component;

/// Ways to one component that are told; further ones are counted.
pub const MAX_WAYS: usize = 20;

/// Edges that are gone along for one bill, all its components together: a tenth of a second. A bill may be made so that
/// every search goes through all of it.
const MAX_EDGES: usize = 16_000_000;

/// A shortest way from one direct dependency to a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// From the direct dependency to the component itself; of a way of more than [`MAX_STEPS`] its beginning and its end.
    pub steps: Vec<usize>,
    /// Steps behind the first that are not told.
    pub n_left_out: usize,
}

/// How a component comes in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// Whether the bill names it as a direct dependency.
    pub is_direct: bool,
    /// At most [`MAX_WAYS`], each from another direct dependency, the shortest first.
    pub ways: Vec<Way>,
    /// How many direct dependencies it comes in through; none when not all were looked for.
    pub n_ways: Option<usize>,
}

/// The ways to some components of one bill.
#[derive(Debug, Default)]
pub struct WaysIn {
    /// The place in `found` of each component.
    places: BTreeMap<usize, usize>,
    found: Vec<Ways>,
}

impl WaysIn {
    /// The ways to a component that was asked for.
    pub fn to(&self, index: usize) -> Option<&Ways> {
        self.found.get(*self.places.get(&index)?)
    }
}

/// What tells components apart for their readers.
type Key<'b> = (&'b str, Option<&'b str>, Option<&'b str>);

impl Sbom {
    /// How each of the components `wanted` comes in.
    ///
    /// Without the graph (a bill that was kept before it was), and in a bill so large that a tenth of a second does not
    /// suffice, only one way is told and `n_ways` is none.
    pub fn ways_to(&self, wanted: impl IntoIterator<Item = usize>) -> WaysIn {
        let mut by_key: BTreeMap<Key<'_>, Vec<u32>> = BTreeMap::new();
        for index in wanted {
            let known = self.key(index).zip(u32::try_from(index).ok());
            let Some((key, index)) = known else { continue };
            by_key.entry(key).or_default().push(index);
        }
        let mut all = WaysIn::default();
        if by_key.is_empty() {
            return all;
        }
        let mut search = self.graph.as_ref().map(|graph| Search::new(self, graph, MAX_EDGES));
        for targets in by_key.values() {
            let found = search.as_mut().and_then(|search| search.ways(targets));
            let place = all.found.len();
            all.places.extend(targets.iter().map(|index| (*index as usize, place)));
            all.found.push(found.unwrap_or_else(|| self.known_way(targets)));
        }
        all
    }

    fn key(&self, index: usize) -> Option<Key<'_>> {
        let Component { name, version, purl, .. } = self.components.get(index)?;
        Some((name, version.as_deref(), purl.as_deref()))
    }

    /// The way that was found when the bill was read.
    fn known_way(&self, targets: &[u32]) -> Ways {
        let all = || targets.iter().map(|index| *index as usize);
        let is_direct = all().any(|index| self.is_direct(index));
        let paths = all().filter(|index| self.is_connected(*index)).map(|it| self.path_to(it));
        let way = paths.min_by_key(Vec::len).map(|steps| {
            let n_left_out = usize::from(self.is_cut(&steps));
            Way { steps, n_left_out }
        });
        Ways { is_direct, ways: way.into_iter().collect(), n_ways: None }
    }
}

/// Looks for ways backwards: from a component to all that need it.
struct Search<'b> {
    bill: &'b Sbom,
    graph: &'b Graph,
    dependents: Graph,
    /// Where ways begin.
    is_beginning: Vec<bool>,
    /// Steps from each component to the one that is looked for; [`FAR`] of one that does not need it.
    distances: Vec<u32>,
    /// The components that need it, nearest first.
    seen: Vec<u32>,
    n_edges_left: usize,
}

const FAR: u32 = u32::MAX;

/// A direct dependency with how far it is away.
struct Beginning<'b> {
    key: Key<'b>,
    distance: u32,
    /// Every place in the bill that names it and is as near.
    places: Vec<u32>,
}

impl<'b> Search<'b> {
    fn new(bill: &'b Sbom, graph: &'b Graph, n_edges_left: usize) -> Self {
        let n = bill.components.len();
        let mut is_beginning: Vec<bool> =
            bill.parents.iter().map(|reached| *reached == Reached::Directly).collect();
        if !is_beginning.contains(&true) {
            for index in graph.without_dependents(n) {
                if let Some(is_beginning) = is_beginning.get_mut(index as usize) {
                    *is_beginning = true;
                }
            }
        }
        let (distances, seen) = (vec![FAR; n], Vec::new());
        let dependents = graph.reversed();
        Self { bill, graph, dependents, is_beginning, distances, seen, n_edges_left }
    }

    /// The ways to components that are one; none when that would take too long.
    fn ways(&mut self, targets: &[u32]) -> Option<Ways> {
        for index in std::mem::take(&mut self.seen) {
            if let Some(distance) = self.distances.get_mut(index as usize) {
                *distance = FAR;
            }
        }
        self.look_back(targets)?;
        let is_direct = targets.iter().any(|index| self.bill.is_direct(*index as usize));
        let mut beginnings = self.beginnings();
        let n_ways = Some(beginnings.len());
        beginnings.sort_by_key(|beginning| (beginning.distance, beginning.key));
        beginnings.truncate(MAX_WAYS);
        let ways = beginnings.into_iter().map(|beginning| self.walk(beginning, targets));
        let ways = ways.collect::<Option<_>>()?;
        Some(Ways { is_direct, ways, n_ways })
    }

    fn look_back(&mut self, targets: &[u32]) -> Option<()> {
        for target in targets {
            self.see(*target, 0);
        }
        let mut next = 0;
        while let Some(index) = self.seen.get(next).copied() {
            next += 1;
            let distance = self.distance(index) + 1;
            for place in 0.. {
                let Some(dependent) = self.dependents.dependencies(index).get(place) else { break };
                self.n_edges_left = self.n_edges_left.checked_sub(1)?;
                self.see(*dependent, distance);
            }
        }
        Some(())
    }

    fn see(&mut self, index: u32, distance: u32) {
        if let Some(known) = self.distances.get_mut(index as usize)
            && *known == FAR
        {
            *known = distance;
            self.seen.push(index);
        }
    }

    fn distance(&self, index: u32) -> u32 {
        self.distances.get(index as usize).copied().unwrap_or(FAR)
    }

    /// The direct dependencies among what was seen. Where a bill names none, a way begins at what no other component needs,
    /// and one that nothing leads to has no way.
    fn beginnings(&self) -> Vec<Beginning<'b>> {
        let is_beginning = |index: &u32| {
            self.is_beginning.get(*index as usize).copied().unwrap_or_default()
                && (self.distance(*index) > 0 || self.bill.is_direct(*index as usize))
        };
        let bill = self.bill;
        let keyed = |index: u32| Some((bill.key(index as usize)?, self.distance(index), index));
        let mut all: Vec<(Key<'b>, u32, u32)> =
            self.seen.iter().copied().filter(is_beginning).filter_map(keyed).collect();
        all.sort_unstable();
        let same = all.chunk_by(|(left, ..), (right, ..)| left == right);
        let beginning = |places: &[(Key<'b>, u32, u32)]| {
            let (key, distance, _) = *places.first()?;
            let nearest = places.iter().filter(|(_, other, _)| *other == distance);
            let places = nearest.map(|(.., index)| *index).collect();
            Some(Beginning { key, distance, places })
        };
        same.filter_map(beginning).collect()
    }

    fn walk(&mut self, beginning: Beginning<'b>, targets: &[u32]) -> Option<Way> {
        let Beginning { key: _, mut distance, places: mut at } = beginning;
        let mut steps = Vec::new();
        steps.extend(at.first().map(|index| *index as usize));
        while distance > 0 {
            distance -= 1;
            // The last step is known, however much else is needed by the one before it.
            at = if distance == 0 { targets.to_vec() } else { self.nearer(&at, distance)? };
            steps.extend(at.first().map(|index| *index as usize));
        }
        let n_left_out = steps.len().saturating_sub(MAX_STEPS);
        if n_left_out > 0 {
            steps.drain(1..=n_left_out);
        }
        Some(Way { steps, n_left_out })
    }

    /// The dependencies of `at` that are `distance` away, as far as they are the one that comes first by name; none when
    /// that would take too long.
    fn nearer(&mut self, at: &[u32], distance: u32) -> Option<Vec<u32>> {
        let graph = self.graph;
        let n_edges = at.iter().map(|index| graph.dependencies(*index).len()).sum();
        self.n_edges_left = self.n_edges_left.checked_sub(n_edges)?;
        let all = at.iter().flat_map(|index| graph.dependencies(*index)).copied();
        let mut near: Vec<(Key<'b>, u32)> = all
            .filter(|index| self.distance(*index) == distance)
            .filter_map(|index| Some((self.bill.key(index as usize)?, index)))
            .collect();
        let first = near.iter().map(|(key, _)| *key).min();
        near.retain(|(key, _)| Some(*key) == first);
        near.sort_unstable_by_key(|(_, index)| *index);
        near.dedup();
        Some(near.into_iter().map(|(_, index)| index).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::digest::Digest;
    use crate::domain::sbom::{SbomFormat, SbomSource};

    fn sbom(names: &[&str], direct: &[usize], edges: &[(u32, u32)]) -> Sbom {
        let source = SbomSource {
            file: "bom.json".into(),
            digest: Digest::of(b""),
            format: SbomFormat::Cyclonedx,
            format_version: "1.6".into(),
            subject: None,
            tools: Vec::new(),
            created: None,
        };
        let component = |name: &&str| Component { name: Arc::from(*name), ..Component::default() };
        Sbom::new(source, names.iter().map(component).collect(), direct, edges)
    }

    /// `a > b > v, c > v of 2`, a direct component in brackets.
    fn shown(bill: &Sbom, index: usize) -> String {
        let all = bill.ways_to([index]);
        let Ways { is_direct, ways, n_ways } = all.to(index).unwrap();
        let name = |index: &usize| bill.components[*index].name.to_string();
        let way = |way: &Way| way.steps.iter().map(name).collect::<Vec<_>>().join(" > ");
        let ways = ways.iter().map(way).collect::<Vec<_>>().join(", ");
        let n_ways = n_ways.map_or_else(|| "?".to_owned(), |n| n.to_string());
        if *is_direct { format!("[{ways}] of {n_ways}") } else { format!("{ways} of {n_ways}") }
    }

    #[test]
    fn every_direct_dependency_has_a_shortest_way_of_its_own() {
        let names = ["a", "b", "c", "d", "v"];
        let edges = [(0, 1), (1, 4), (0, 2), (2, 3), (3, 4), (2, 4)];
        assert_eq!(shown(&sbom(&names, &[0, 2, 3], &edges), 4), "c > v, d > v, a > b > v of 3");
        assert_eq!(shown(&sbom(&names, &[0, 4], &edges), 4), "[v, a > b > v] of 2");
        assert_eq!(shown(&sbom(&names, &[0], &edges), 0), "[a] of 1");
    }

    #[test]
    fn cycles_missing_roots_and_what_nothing_leads_to_have_an_answer() {
        let names = ["a", "b", "v", "w"];
        let cycle = [(0, 1), (1, 0), (1, 2), (2, 1)];
        assert_eq!(shown(&sbom(&names, &[0], &cycle), 2), "a > b > v of 1");
        assert_eq!(shown(&sbom(&names, &[0], &cycle), 3), " of 0");
        // Nothing says where it begins, and everything is needed by something.
        assert_eq!(shown(&sbom(&names, &[], &cycle), 2), " of 0");
        assert_eq!(shown(&sbom(&names, &[], &[(0, 1), (1, 2)]), 2), "a > b > v of 1");
        assert_eq!(shown(&sbom(&names, &[], &[(0, 1), (1, 2)]), 0), " of 0");
        assert_eq!(shown(&sbom(&names, &[0], &[(0, 0), (0, 2), (2, 2)]), 2), "a > v of 1");
    }

    #[test]
    fn what_a_bill_lists_twice_is_one_component() {
        let bill = sbom(&["a", "b", "v", "v"], &[0, 1], &[(0, 2), (1, 3)]);
        let all = bill.ways_to([2, 3]);
        assert_eq!(all.to(2), all.to(3));
        assert_eq!(all.to(2).unwrap().n_ways, Some(2));
    }

    #[test]
    fn of_many_ways_twenty_are_told() {
        let names: Vec<String> = (0..30).map(|number| format!("d{number:02}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).chain(["v"]).collect();
        let direct: Vec<usize> = (0..30).collect();
        let edges: Vec<(u32, u32)> = (0..30).map(|from| (from, 30)).collect();
        let bill = sbom(&names, &direct, &edges);
        let all = bill.ways_to([30]);
        let ways = all.to(30).unwrap();
        assert_eq!((ways.ways.len(), ways.n_ways), (MAX_WAYS, Some(30)));
        assert_eq!(ways.ways[19].steps, [19, 30]);
    }

    #[test]
    fn of_a_long_way_the_beginning_and_the_end_are_told() {
        let names = vec!["x"; 999];
        let names: Vec<&str> = names.into_iter().chain(["v"]).collect();
        let edges: Vec<(u32, u32)> = (0..999).map(|index| (index, index + 1)).collect();
        let bill = sbom(&names, &[0], &edges);
        let all = bill.ways_to([999]);
        let way = &all.to(999).unwrap().ways[0];
        assert_eq!((way.steps.len(), way.n_left_out), (MAX_STEPS, 1_000 - MAX_STEPS));
        assert_eq!((way.steps[0], way.steps[1], way.steps[63]), (0, 999 - 62, 999));
    }

    #[test]
    fn a_search_that_takes_too_long_is_given_up() {
        let bill = sbom(&["a", "b", "v"], &[0], &[(0, 1), (1, 2)]);
        let ways = |n| Search::new(&bill, bill.graph.as_ref().unwrap(), n).ways(&[2]);
        assert_eq!(ways(1), None);
        assert_eq!(ways(3).unwrap().n_ways, Some(1));
        assert_eq!(bill.known_way(&[2]).ways[0].steps, [0, 1, 2]);
    }

    /// The components and edges of `bill` in another order: what was `n` is `order[n]`.
    fn moved(names: &[&str], direct: &[usize], edges: &[(u32, u32)], order: &[usize]) -> Sbom {
        let mut moved = vec![""; names.len()];
        for (name, place) in names.iter().zip(order) {
            moved[*place] = name;
        }
        let place = |index: u32| u32::try_from(order[index as usize]).unwrap();
        let direct: Vec<usize> = direct.iter().rev().map(|index| order[*index]).collect();
        let edges: Vec<(u32, u32)> =
            edges.iter().rev().map(|(from, to)| (place(*from), place(*to))).collect();
        sbom(&moved, &direct, &edges)
    }

    proptest! {
        #[test]
        fn the_order_of_components_and_edges_never_changes_the_answer(
            direct in proptest::collection::vec(0_usize..9, 0..5),
            edges in proptest::collection::vec((0_u32..9, 0_u32..9), 0..30),
            order in Just((0..9).collect::<Vec<usize>>()).prop_shuffle(),
        ) {
            // Two are listed twice.
            let names = ["a", "b", "c", "d", "d", "e", "f", "g", "g"];
            let (one, other) =
                (sbom(&names, &direct, &edges), moved(&names, &direct, &edges, &order));
            let all = |bill: &Sbom, place: &dyn Fn(usize) -> usize| {
                let ways = bill.ways_to(0..9);
                let name = |index: &usize| bill.components[*index].name.to_string();
                let told = (0..9).map(|index| {
                    let Ways { is_direct, ways, n_ways } = ways.to(place(index)).unwrap();
                    let steps = ways.iter().map(|way| way.steps.iter().map(name).collect::<Vec<_>>());
                    (*is_direct, steps.collect::<Vec<_>>(), *n_ways)
                });
                told.collect::<Vec<_>>()
            };
            prop_assert_eq!(all(&one, &|index| index), all(&other, &|index| order[index]));
        }

        #[test]
        fn each_way_goes_along_edges_and_none_is_longer_than_the_one_that_reading_found(
            direct in proptest::collection::vec(0_usize..9, 0..5),
            edges in proptest::collection::vec((0_u32..9, 0_u32..9), 0..30),
        ) {
            let bill = sbom(&["a", "b", "c", "d", "e", "f", "g", "h", "i"], &direct, &edges);
            let all = bill.ways_to(0..9);
            for index in 0..9 {
                let Ways { is_direct, ways, n_ways } = all.to(index).unwrap();
                prop_assert_eq!(*is_direct, bill.is_direct(index));
                prop_assert_eq!(*n_ways, Some(ways.len()));
                prop_assert_eq!(ways.is_empty(), !bill.is_connected(index));
                if let Some(first) = ways.first() {
                    prop_assert_eq!(first.steps.len(), bill.path_to(index).len());
                }
                for way in ways {
                    prop_assert_eq!(way.steps.last(), Some(&index));
                    for step in way.steps.windows(2) {
                        let is_step = |(from, to): &(u32, u32)| {
                            (*from as usize, *to as usize) == (step[0], step[1])
                        };
                        prop_assert!(edges.iter().any(is_step));
                    }
                }
            }
        }
    }
}
