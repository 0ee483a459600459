//! Readers: a few connections that can only read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::dictionary::Dictionaries;
use super::fault::{self, Fault};
use super::open;
use super::rows::Image;
use crate::domain::error::Error;

/// How many reads run at once: each may hold an image of the record while it runs, and with it the log.
const READERS: usize = 4;

/// Connections are opened when they are first needed: a command that only writes opens none.
#[derive(Debug)]
pub(super) struct Readers {
    turns: Semaphore,
    connections: Arc<Connections>,
}

#[derive(Debug)]
struct Connections {
    file: PathBuf,
    dictionaries: Arc<Dictionaries>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(file: &Path, dictionaries: Arc<Dictionaries>) -> Self {
        let connections =
            Connections { file: file.to_owned(), dictionaries, idle: Mutex::default() };
        Self { turns: Semaphore::new(READERS), connections: Arc::new(connections) }
    }

    pub(super) fn dictionaries(&self) -> Arc<Dictionaries> {
        Arc::clone(&self.connections.dictionaries)
    }

    /// Runs `read` on one image of the record, on a thread that may block.
    ///
    /// # Errors
    /// What `read` fails with; `Unavailable` when the record cannot be read.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(Image<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        let _turn = self.turns.acquire().await.map_err(|_closed| fault::closed())?;
        let connections = Arc::clone(&self.connections);
        let work = move || {
            connections.with(|connection, dictionaries| {
                let transaction = connection.transaction()?;
                let answer = read(Image { connection: &transaction, dictionaries })?;
                transaction.finish()?;
                Ok(answer)
            })
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(answer) => answer,
            Err(cause) => {
                Err(Error::internal_fault("a read of the record ended early").with_source(cause))
            }
        }
    }

    /// Runs `look_up`, a single statement that finds one row by an index or a few that lie together, on this very thread: handing it to another
    /// one and back would cost more than the look-up does.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) fn look_up<T>(
        &self,
        look_up: impl FnOnce(Image<'_>) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        if self.turns.is_closed() {
            return Err(fault::closed());
        }
        self.connections
            .with(|connection, dictionaries| look_up(Image { connection, dictionaries }))
    }

    /// Closes what is idle; reads that come later are refused.
    pub(super) fn close(&self) {
        self.turns.close();
        self.connections.idle().clear();
    }
}

impl Connections {
    /// Runs `work` with a connection that nobody else uses; one that failed is not used again.
    fn with<T>(
        &self,
        work: impl FnOnce(&mut Connection, &Dictionaries) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        let idle = self.idle().pop();
        idle.map_or_else(|| open::reader(&self.file), Ok)
            .and_then(|mut connection| {
                let answer = work(&mut connection, &self.dictionaries)?;
                let mut idle = self.idle();
                if idle.len() < READERS {
                    idle.push(connection);
                }
                Ok(answer)
            })
            .map_err(|fault| fault.into_error(&self.file))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
