//! Faults as they are told.

use crate::rego::Fault;

/// Faults as they are shown: by file and place, none twice.
pub(in crate::policy) fn sorted(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort_by(Fault::order);
    faults.dedup_by(|a, b| a.order(b).is_eq());
    few_of_each(&faults)
}

/// More faults of one file than this are not told one by one: nobody reads them all.
const MAX_FAULTS: usize = 50;

/// Some of the faults of each file, with how many more there are; they are sorted by file.
fn few_of_each(faults: &[Fault]) -> Vec<Fault> {
    let mut told: Vec<Fault> = Vec::new();
    for of_file in faults.chunk_by(|a, b| a.file.path == b.file.path) {
        told.extend(of_file.iter().take(MAX_FAULTS).cloned());
        let n_more = of_file.len().saturating_sub(MAX_FAULTS);
        if let Some(last) = of_file.last().filter(|_| n_more > 0) {
            let message = format!("this file has {n_more} more faults");
            told.push(
                Fault::new(&last.file, last.span, message)
                    .with_help("mend those above, and look again"),
            );
        }
    }
    told
}
