//! The one thread that a verb's asynchronous work runs on.

use std::future::Future;

use crate::domain::error::Error;

/// Policies recurse: an evaluation needs more stack than the main thread has.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Runs `work` to its end on a thread with a large stack and a runtime of its own.
///
/// # Errors
/// What `work` fails with, or `Internal` when the thread cannot be started or ends without an answer.
pub fn run<T, E, F>(work: impl FnOnce() -> F + Send) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    T: Send,
    E: From<Error> + Send,
{
    let fault = |what: &str| Error::internal_fault(what.to_owned());
    std::thread::scope(|scope| {
        let started = std::thread::Builder::new()
            .name("goldgate".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map_err(|cause| fault("cannot start a runtime").with_source(cause))?;
                runtime.block_on(work())
            });
        let thread = started.map_err(|cause| fault("cannot start a thread").with_source(cause))?;
        thread.join().unwrap_or_else(|_panic| Err(fault("the work ended without an answer").into()))
    })
}
