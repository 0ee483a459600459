//! Readers: a few connections that can only read, used on threads that may block.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::fault::{self, Fault};
use super::open;
use crate::domain::error::Error;

/// How many reads run at once: each may hold an image of the record while it runs, and with it the log.
const READERS: usize = 4;

/// Connections are opened when they are first needed: a command that only writes opens none.
#[derive(Debug)]
pub(super) struct Readers {
    file: PathBuf,
    turns: Semaphore,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), turns: Semaphore::new(READERS), idle: Arc::default() }
    }

    /// Runs `read` on one image of the record.
    ///
    /// # Errors
    /// What `read` fails with; `Unavailable` when the record cannot be read.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        let _turn = self.turns.acquire().await.map_err(|_closed| fault::closed())?;
        let (file, idle) = (self.file.clone(), Arc::clone(&self.idle));
        let work = move || {
            let known = lock(&idle).pop();
            let answer = match known.map_or_else(|| open::reader(&file), Ok) {
                Ok(mut connection) => {
                    let answer = on_one_image(&mut connection, read);
                    if answer.is_ok() {
                        lock(&idle).push(connection);
                    }
                    answer
                }
                Err(fault) => Err(fault),
            };
            answer.map_err(|fault| fault.into_error(&file))
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(answer) => answer,
            Err(cause) => {
                Err(Error::internal_fault("a read of the record ended early").with_source(cause))
            }
        }
    }

    /// Closes what is idle; reads that come later are refused.
    pub(super) fn close(&self) {
        self.turns.close();
        lock(&self.idle).clear();
    }
}

fn on_one_image<T>(
    connection: &mut Connection,
    read: impl FnOnce(&Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let image = connection.transaction()?;
    let answer = read(&image)?;
    image.finish()?;
    Ok(answer)
}

fn lock(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
