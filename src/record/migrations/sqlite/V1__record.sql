-- Layout 1 of the embedded record. Append-only where it grows: rows of `decision` come at the right edge, and what
-- makes them findable is written once per batch, not once per decision.

-- What was decided, in the order of commits.
CREATE TABLE decision (
  seq     INTEGER PRIMARY KEY,   -- 1, 2, 3 … without gaps
  id      BLOB    NOT NULL,      -- UUID version 7
  subject INTEGER,               -- the service in its environment; NULL while the service is not known
  time    INTEGER NOT NULL,      -- milliseconds since the Unix epoch
  verdict INTEGER NOT NULL,      -- 0 allow, 1 deny
  rules   INTEGER NOT NULL,      -- how its scorecard was reckoned
  input   BLOB    NOT NULL,      -- SHA-256 over what was handed in
  key     BLOB,                  -- first half of the SHA-256 of the idempotency key
  delta   TEXT,                  -- how it moved the scorecard (JSON)
  dictionary INTEGER,            -- what the body is packed with, if with one
  body    BLOB    NOT NULL       -- zstd of JSON: decision, policy states, files
) STRICT;
CREATE UNIQUE INDEX decision_id ON decision (id);
CREATE UNIQUE INDEX decision_key ON decision (key) WHERE key IS NOT NULL;
CREATE INDEX decision_subject ON decision (subject) WHERE subject IS NOT NULL;

-- Which decisions have a code, a verdict, a team, an environment: one bit per decision, 1024 decisions a row.
CREATE TABLE posting (
  kind  INTEGER NOT NULL,        -- 0 every decision, 1 code, 2 team, 3 verdict, 4 environment
  text  TEXT    NOT NULL,
  chunk INTEGER NOT NULL,        -- seq / 1024
  bits  BLOB    NOT NULL,        -- bit n is seq = chunk * 1024 + n; zero bytes at the end are left out
  PRIMARY KEY (kind, text, chunk)
) STRICT, WITHOUT ROWID;

-- Between which moments the decisions of a chunk were made.
CREATE TABLE span (
  chunk    INTEGER PRIMARY KEY,
  earliest INTEGER NOT NULL,
  latest   INTEGER NOT NULL
) STRICT;

-- Where a service stands in an environment: what changes with every decision …
CREATE TABLE subject (
  id          INTEGER PRIMARY KEY,
  service     TEXT    NOT NULL,
  environment TEXT    NOT NULL,
  team        TEXT    NOT NULL,
  system      TEXT    NOT NULL,
  level       TEXT    NOT NULL,
  score       INTEGER,
  seq         INTEGER NOT NULL,  -- the decision that last moved it
  decision    BLOB    NOT NULL,
  time        INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX subject_name ON subject (service, environment);
CREATE INDEX subject_team ON subject (team, service, environment) WHERE team <> '';
CREATE INDEX subject_system ON subject (system, service, environment) WHERE system <> '';
CREATE INDEX subject_level ON subject (level, service, environment);

-- … and what seldom does.
CREATE TABLE standing (
  subject INTEGER PRIMARY KEY,
  card    BLOB NOT NULL          -- zstd of the scorecard's JSON; `decision` and `time` are those of `subject`
) STRICT;

-- One row per service, environment and day (UTC).
CREATE TABLE daily (
  subject INTEGER NOT NULL,
  day     INTEGER NOT NULL,      -- days since the Unix epoch
  n       INTEGER NOT NULL,
  denied  INTEGER NOT NULL,
  score   INTEGER,               -- after the last decision of the day
  PRIMARY KEY (subject, day)
) STRICT, WITHOUT ROWID;

-- Weights and levels, so that every scorecard can be reckoned again.
CREATE TABLE rules (
  id     INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  body   TEXT NOT NULL           -- JSON
) STRICT;

-- What the decisions of a revision have in common.
CREATE TABLE dictionary (
  id       INTEGER PRIMARY KEY,
  revision BLOB NOT NULL UNIQUE, -- digest of the bundle
  text     BLOB NOT NULL         -- zstd
) STRICT;

-- What was handed in, secrets replaced, by the digest of the original.
CREATE TABLE blob (
  id      INTEGER PRIMARY KEY,
  digest  BLOB    NOT NULL,
  size    INTEGER NOT NULL,      -- bytes before compression
  content BLOB    NOT NULL       -- zstd
) STRICT;
CREATE UNIQUE INDEX blob_digest ON blob (digest);

-- One row that a health check rewrites after a failure, to find out whether writing works again. It takes as much
-- room as a few decisions: on a disk that is nearly full a page or two would prove nothing.
CREATE TABLE probe (
  one    INTEGER PRIMARY KEY CHECK (one = 1),
  n      INTEGER NOT NULL,
  filler BLOB    NOT NULL
) STRICT;
INSERT INTO probe VALUES (1, 0, x'');

PRAGMA user_version = 1;
