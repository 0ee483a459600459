-- Layout 2: a decision writes where its neighbours write. An index by service and a row of each service were touched all
-- over the file by every batch; now entries of the same 1024 decisions (a chunk) lie together, a decision names the one
-- before it of its subject, and what moves with every decision is written once a chunk.

-- What was decided, in the order of commits.
CREATE TABLE chunked (
  seq     INTEGER PRIMARY KEY,   -- 1, 2, 3 … without gaps
  prev    INTEGER,               -- the subject's decision before this one; NULL when there is none
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
INSERT INTO chunked SELECT
  seq,
  (SELECT max(seq) FROM decision AS earlier WHERE earlier.subject = decision.subject AND earlier.seq < decision.seq),
  id, subject, time, verdict, rules, input, key, delta, dictionary, body
FROM decision ORDER BY seq;

-- `daily` holds finished chunks; the decisions of the one that is being filled speak for themselves.
UPDATE daily SET (n, denied) = (
  SELECT daily.n - count(*), daily.denied - coalesce(sum(verdict), 0) FROM decision
  WHERE seq / 1024 = (SELECT max(seq) / 1024 FROM decision)
    AND decision.subject = daily.subject AND decision.time / 86400000 = daily.day
);
DELETE FROM daily WHERE n = 0;

DROP TABLE decision;
ALTER TABLE chunked RENAME TO decision;
CREATE UNIQUE INDEX decision_id ON decision (id);
CREATE UNIQUE INDEX decision_key ON decision (key) WHERE key IS NOT NULL;
CREATE INDEX decision_chunk ON decision (seq / 1024, subject);

-- `subject.seq` is the newest decision before the chunk that is being filled, or a later one. The decision tells its
-- id and time itself.
ALTER TABLE subject DROP COLUMN decision;
ALTER TABLE subject DROP COLUMN time;

-- Every decision is there, so there is nothing to mark.
DELETE FROM posting WHERE kind = 0;

-- What findings and policy states of a revision have in common (zstd of JSON); without it rows hold all of it.
ALTER TABLE dictionary ADD COLUMN roster BLOB;

PRAGMA user_version = 2;
