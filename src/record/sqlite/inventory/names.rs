//! Packages and versions by number, as far as the writer remembers.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::numbers::Part;
use crate::domain::inventory::{Holding, Via};
use crate::domain::package::Package;
use crate::record::sqlite::fault::Fault;

/// About 10 MiB.
const KEPT: usize = 30_000;

/// How a component comes in: not known, directly, or through the package with the number that remains.
pub(super) const VIA_UNKNOWN: i64 = 0;
pub(super) const VIA_DIRECT: i64 = 1;
pub(super) const VIA_FIRST_PACKAGE: i64 = 2;

/// The numbers of packages and versions.
#[derive(Default)]
pub(in crate::record::sqlite) struct Names(BTreeMap<Package, Known>);

struct Known {
    id: i64,
    versions: BTreeMap<Option<Arc<str>>, i64>,
}

impl Names {
    /// Forgets everything: another process wrote, or what was written was taken back.
    pub(in crate::record::sqlite) fn forget(&mut self) {
        self.0.clear();
    }

    /// The numbers of a holding; what has none yet gets one.
    pub(super) fn part(
        &mut self,
        connection: &Connection,
        holding: &Holding,
    ) -> Result<Part, Fault> {
        let via = match &holding.via {
            Via::Unknown => VIA_UNKNOWN,
            Via::Direct => VIA_DIRECT,
            Via::Through(package) => self.known(connection, package)?.id + VIA_FIRST_PACKAGE,
        };
        let known = self.known(connection, &holding.package)?;
        let version = match known.versions.get(&holding.version) {
            Some(number) => *number,
            None => known.add(connection, holding.version.clone())?,
        };
        Ok(Part { package: known.id, version, via })
    }

    fn known(&mut self, connection: &Connection, package: &Package) -> Result<&mut Known, Fault> {
        if self.0.len() >= KEPT && !self.0.contains_key(package) {
            self.0.clear();
        }
        match self.0.entry(package.clone()) {
            std::collections::btree_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::btree_map::Entry::Vacant(free) => {
                Ok(free.insert(Known::of(connection, package)?))
            }
        }
    }
}

impl Known {
    fn of(connection: &Connection, package: &Package) -> Result<Self, Fault> {
        let names = params![package.name, package.ecosystem.as_str()];
        let id: Option<i64> = connection
            .prepare_cached("SELECT id FROM package WHERE name = ?1 AND ecosystem = ?2")?
            .query_row(names, |row| row.get(0))
            .optional()?;
        let Some(id) = id else {
            let id = connection
                .prepare_cached(
                    "INSERT INTO package (name, ecosystem) VALUES (?1, ?2) RETURNING id",
                )?
                .query_row(names, |row| row.get(0))?;
            return Ok(Self { id, versions: BTreeMap::new() });
        };
        let mut statement =
            connection.prepare_cached("SELECT text, number FROM version WHERE package = ?1")?;
        let versions = statement.query_map([id], |row| {
            let text: Option<String> = row.get(0)?;
            Ok((text.map(Arc::from), row.get(1)?))
        })?;
        Ok(Self { id, versions: versions.collect::<Result<_, _>>()? })
    }

    fn add(&mut self, connection: &Connection, version: Option<Arc<str>>) -> Result<i64, Fault> {
        let number = self.versions.values().max().copied().unwrap_or(0) + 1;
        connection
            .prepare_cached("INSERT INTO version (package, number, text) VALUES (?1, ?2, ?3)")?
            .execute(params![self.id, number, version])?;
        self.versions.insert(version, number);
        Ok(number)
    }
}
