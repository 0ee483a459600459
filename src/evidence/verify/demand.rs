//! Thresholds: how many different signers stand for how many different authorities.

use std::collections::{BTreeMap, BTreeSet};

/// Who has signed for whom: authorities by name, and the signers that each accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    signers: BTreeMap<String, BTreeSet<String>>,
}

impl Tally {
    pub(super) fn add(&mut self, authority: &str, signer: String) {
        self.signers.entry(authority.to_owned()).or_default().insert(signer);
    }

    /// The most authorities that can each be given a signer of their own.
    ///
    /// One key under two names, or one identity that two authorities accept, is one signer. This is the size of the
    /// largest matching between authorities and signers, by augmenting paths.
    pub(super) fn count(&self) -> usize {
        let mut taken = BTreeMap::new();
        self.signers
            .keys()
            .filter(|authority| self.place(authority, &mut taken, &mut BTreeSet::new()))
            .count()
    }

    fn place<'t>(
        &'t self,
        authority: &'t str,
        taken: &mut BTreeMap<&'t str, &'t str>,
        seen: &mut BTreeSet<&'t str>,
    ) -> bool {
        let Some(signers) = self.signers.get(authority) else { return false };
        for signer in signers {
            if !seen.insert(signer) {
                continue;
            }
            let holder = taken.get(signer.as_str()).copied();
            if holder.is_none_or(|holder| self.place(holder, taken, seen)) {
                taken.insert(signer, authority);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(pairs: &[(&str, &str)]) -> usize {
        let mut tally = Tally::default();
        for (authority, signer) in pairs {
            tally.add(authority, (*signer).to_owned());
        }
        tally.count()
    }

    #[test]
    fn one_signer_counts_once_however_many_authorities_accept_it() {
        assert_eq!(count(&[("a", "key"), ("b", "key"), ("c", "key")]), 1);
    }

    #[test]
    fn one_authority_counts_once_however_many_signers_it_accepts() {
        assert_eq!(count(&[("a", "x"), ("a", "y")]), 1);
    }

    #[test]
    fn signers_are_spread_over_authorities_so_that_most_count() {
        assert_eq!(count(&[("a", "x"), ("a", "y"), ("b", "x")]), 2);
        assert_eq!(count(&[("a", "x"), ("b", "x"), ("b", "y"), ("c", "y"), ("c", "z")]), 3);
    }

    #[test]
    fn nobody_is_nobody() {
        assert_eq!(count(&[]), 0);
    }
}
