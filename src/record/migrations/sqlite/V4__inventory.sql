-- Layout 4: which release runs where, and which packages it holds, so that one question over all services reads a few
-- short rows, and new advisories touch only the releases that they are about.

-- What runs: what the newest decision that let something in says.
CREATE TABLE running (
  id           INTEGER PRIMARY KEY,
  subject      INTEGER NOT NULL,  -- the service in its environment
  part         TEXT    NOT NULL,  -- empty for all of it, else the object that was seen at the cluster's door
  decision     BLOB    NOT NULL,  -- that let it in
  time         INTEGER NOT NULL,  -- when; milliseconds since the Unix epoch
  images       TEXT    NOT NULL,  -- JSON
  n_components INTEGER NOT NULL,
  troubles     INTEGER NOT NULL,  -- what its packages were troubled by when it was last judged, summed up
  outcome      BLOB    NOT NULL,  -- the digest of what was found then
  due          INTEGER            -- when the first grace period ends
) STRICT;
CREATE UNIQUE INDEX running_part ON running (subject, part);

-- What is kept of it to judge it again, apart from what is read for every question.
CREATE TABLE kept (
  running  INTEGER PRIMARY KEY,
  holdings BLOB NOT NULL,         -- numbers: package, version, how it comes in; ascending
  content  BLOB NOT NULL          -- zstd of JSON
) STRICT;

-- Packages and their versions by number.
CREATE TABLE package (
  id        INTEGER PRIMARY KEY,
  name      TEXT NOT NULL,        -- openssl
  ecosystem TEXT NOT NULL         -- crates.io, Debian:12
) STRICT;
CREATE UNIQUE INDEX package_name ON package (name, ecosystem);
CREATE TABLE version (
  package INTEGER NOT NULL,
  number  INTEGER NOT NULL,
  text    TEXT,                   -- NULL for components without one
  PRIMARY KEY (package, number)
) STRICT, WITHOUT ROWID;

-- Which releases hold a package: 256 releases a row.
CREATE TABLE holder (
  package INTEGER NOT NULL,
  chunk   INTEGER NOT NULL,       -- running.id / 256
  entries BLOB    NOT NULL,       -- numbers: release, version, how it comes in, since when; ascending
  PRIMARY KEY (package, chunk)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 4;
