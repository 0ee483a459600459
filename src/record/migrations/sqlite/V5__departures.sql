-- Layout 5: what was taken out of the list of what runs, so that it is known who did it, and so that the list is not filled
-- again from decisions that were made before.

CREATE TABLE departure (
  subject  INTEGER NOT NULL,     -- the service in its environment
  part     TEXT    NOT NULL,     -- as in `running`
  decision BLOB    NOT NULL,     -- that had let it in
  time     INTEGER NOT NULL,     -- milliseconds since the Unix epoch
  actor    TEXT    NOT NULL,     -- who asked for it; empty when nobody said
  PRIMARY KEY (subject, part)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 5;
