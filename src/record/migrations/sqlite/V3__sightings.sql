-- Layout 3: when a trouble of a component was first seen in a service, so that a grace period begins when somebody here
-- could have known.

CREATE TABLE sighting (
  service   TEXT    NOT NULL,    -- component:default/checkout
  advisory  TEXT    NOT NULL,    -- an id of the trouble; each of its ids has a row
  component TEXT    NOT NULL,    -- without its version: an upgrade that mends nothing begins no new period
  time      INTEGER NOT NULL,    -- milliseconds since the Unix epoch
  PRIMARY KEY (service, advisory, component)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 3;
