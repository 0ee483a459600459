//! What depends on what, in two lists of numbers.

/// Which component depends on which, the dependencies of each in the order of the bill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Graph {
    /// Where the dependencies of each component begin, one more than there are components; empty where nothing depends on
    /// anything.
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Graph {
    /// Of `n` components; edges from or to what is none of them are left out.
    pub(super) fn new(n: usize, edges: &[(u32, u32)]) -> Self {
        let is_inside = |(from, to): &(u32, u32)| (*from as usize) < n && (*to as usize) < n;
        Self::of(n, || edges.iter().copied().filter(is_inside))
    }

    /// The same edges the other way round: which component each is needed by.
    pub(super) fn reversed(&self) -> Self {
        let n = self.starts.len().saturating_sub(1);
        Self::of(n, || {
            let all = (0_u32..).take(n);
            all.flat_map(|from| self.dependencies(from).iter().map(move |to| (*to, from)))
        })
    }

    /// Of edges that are all inside, which are gone through twice.
    fn of<I: Iterator<Item = (u32, u32)>>(n: usize, edges: impl Fn() -> I) -> Self {
        let mut starts = vec![0_u32; n + 1];
        for (from, _) in edges() {
            if let Some(count) = starts.get_mut(from as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        if sum == 0 {
            return Self::default();
        }
        let mut free = starts.clone();
        let mut targets = vec![0; sum as usize];
        for (from, to) in edges() {
            if let Some(place) = free.get_mut(from as usize)
                && let Some(target) = targets.get_mut(*place as usize)
            {
                *target = to;
                *place += 1;
            }
        }
        Self { starts, targets }
    }

    pub(super) fn dependencies(&self, index: u32) -> &[u32] {
        let range = self.starts.get(index as usize..).and_then(|starts| match starts {
            [start, end, ..] => Some(*start as usize..*end as usize),
            [_] | [] => None,
        });
        range.and_then(|range| self.targets.get(range)).unwrap_or_default()
    }

    /// Those of `n` components that no other one needs.
    pub(super) fn without_dependents(&self, n: usize) -> impl Iterator<Item = u32> + use<> {
        let mut is_needed = vec![false; n];
        for target in &self.targets {
            if let Some(needed) = is_needed.get_mut(*target as usize) {
                *needed = true;
            }
        }
        (0_u32..).zip(is_needed).filter(|(_, is_needed)| !is_needed).map(|(index, _)| index)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// As it is kept: how many dependencies each component has, and all of them one after the other.
    pub(super) fn lists(&self) -> (Vec<u32>, &[u32]) {
        let counts = self.starts.iter().zip(self.starts.iter().skip(1));
        (counts.map(|(start, end)| end - start).collect(), &self.targets)
    }

    /// Of lists that were kept of `n` components; none when they do not fit.
    pub(super) fn of_lists(n: usize, counts: &[u32], targets: Vec<u32>) -> Option<Self> {
        let mut starts = Vec::with_capacity(n + 1);
        let mut sum = 0_u32;
        starts.push(sum);
        for count in counts {
            sum = sum.checked_add(*count)?;
            starts.push(sum);
        }
        let fits = counts.len() == n
            && sum as usize == targets.len()
            && targets.iter().all(|target| (*target as usize) < n);
        fits.then_some(Self { starts, targets })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_way_round_and_back_are_the_same_edges() {
        let graph = Graph::new(4, &[(0, 1), (0, 2), (2, 1), (3, 3), (9, 0), (0, 9)]);
        assert_eq!(graph.dependencies(0), [1, 2]);
        let reversed = graph.reversed();
        assert_eq!(reversed.dependencies(1), [0, 2]);
        assert_eq!(reversed.reversed(), graph);
        assert_eq!(graph.without_dependents(4).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn lists_that_do_not_fit_are_none() {
        let graph = Graph::new(3, &[(0, 1), (0, 2)]);
        let (counts, targets) = graph.lists();
        assert_eq!((counts.as_slice(), targets), ([2, 0, 0].as_slice(), [1, 2].as_slice()));
        assert_eq!(Graph::of_lists(3, &counts, targets.to_vec()), Some(graph));
        for (n, counts, targets) in [
            (2, vec![2, 0, 0], vec![1, 2]),
            (3, vec![2, 0, 0], vec![1]),
            (3, vec![1, 0, 0], vec![3]),
        ] {
            assert_eq!(Graph::of_lists(n, &counts, targets), None);
        }
        assert_eq!(Graph::of_lists(2, &[u32::MAX, 1], vec![0]), None);
    }
}
