//! Work that all processors share.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Stack of a helping thread: what is read and evaluated recurses.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// The numbers of one piece of work after the other, each of which only one thread gets.
#[derive(Debug)]
pub struct Numbers<'n> {
    next: &'n AtomicUsize,
    end: usize,
}

impl Iterator for Numbers<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.end).then_some(number)
    }
}

thread_local! {
    /// Whether this thread does without helpers.
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// From now on what this thread shares it does alone: nobody waits for it, and others want the processors.
pub fn stay_alone() {
    ALONE.set(true);
}

/// Runs `work` on this thread and on helpers, each of which has at least `least` of `n_pieces` to do; what each made is in no order.
///
/// A panic of a helper goes on here.
pub fn shared<R: Send>(
    n_pieces: usize,
    least: usize,
    work: impl Fn(Numbers<'_>) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let numbers = || Numbers { next: &next, end: n_pieces };
    let most = n_pieces.checked_div(least).unwrap_or(n_pieces);
    if most < 2 || ALONE.get() {
        return vec![work(numbers())];
    }
    let n_threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(most);
    thread::scope(|scope| {
        let helpers: Vec<_> = (1..n_threads)
            .filter_map(|_| {
                let helper = thread::Builder::new().stack_size(STACK_BYTES);
                // Where there can be no helper this thread does it all.
                helper.spawn_scoped(scope, || work(numbers())).ok()
            })
            .collect();
        let mut made = vec![work(numbers())];
        for helper in helpers {
            match helper.join() {
                Ok(part) => made.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        made
    })
}

/// What `work` makes of each item, in the order of the items; a helper has at least `least` of them to do.
pub fn each<T: Sync, R: Send>(
    items: &[T],
    least: usize,
    work: impl Fn(usize, &T) -> R + Sync,
) -> Vec<R> {
    let parts = shared(items.len(), least, |numbers| {
        let made = numbers.filter_map(|number| Some((number, work(number, items.get(number)?))));
        made.collect::<Vec<_>>()
    });
    let mut made: Vec<(usize, R)> = parts.into_iter().flatten().collect();
    made.sort_by_key(|(number, _)| *number);
    made.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_has_the_order_of_the_items() {
        for (n_items, least) in [(0, 1), (1, 1), (1000, 1), (1000, 400), (10, 0)] {
            let items: Vec<usize> = (0..n_items).collect();
            let made = each(&items, least, |number, item| (number, item * 2));
            assert!(made.iter().enumerate().all(|(n, made)| *made == (n, 2 * n)));
            assert_eq!(made.len(), n_items);
        }
    }

    #[test]
    fn who_stays_alone_has_no_helpers() {
        let here = || thread::current().id();
        let alone = thread::spawn(move || {
            stay_alone();
            (here(), shared(1000, 1, |numbers| (here(), numbers.count())))
        });
        let (thread, parts) = alone.join().unwrap();
        assert_eq!(parts, [(thread, 1000)]);
    }
}
