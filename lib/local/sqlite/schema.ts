/**
 * The tables, as steps from version to version. `user_version` counts the finished steps. A released step never changes: a new
 * one follows it.
 *
 * A record is the JSON text in `record`. Searched columns are computed from it, so they cannot contradict it. `record` is the
 * last column, so that searches do not read large texts.
 */
export const STEPS: readonly string[] = [
  `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL AS (record ->> '$.version') STORED,
    state TEXT AS (record ->> '$.state') STORED,
    operation TEXT AS (record ->> '$.operation') STORED,
    source TEXT AS (record ->> '$.source.kind') STORED,
    resource TEXT AS (record ->> '$.resource') STORED,
    batch_id TEXT AS (record ->> '$.batchId') STORED,
    created_at TEXT NOT NULL AS (record ->> '$.createdAt') STORED,
    due_at TEXT AS (CASE WHEN record ->> '$.due' = 'due' THEN record ->> '$.dueAt' END) STORED,
    expires_at INTEGER NOT NULL AS (record ->> '$.expiresAtSeconds') STORED,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX runs_due ON runs (due_at, id) WHERE due_at IS NOT NULL;
  -- Includes every filter of a list, so that only matching rows are read.
  CREATE INDEX runs_recent ON runs (created_at, id, state, operation, source, resource, batch_id);
  CREATE INDEX runs_expiring ON runs (expires_at);

  CREATE TABLE leases (
    resource TEXT PRIMARY KEY,
    version INTEGER NOT NULL AS (record ->> '$.version') STORED,
    expires_at INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX leases_expiring ON leases (expires_at);

  CREATE TABLE dead_letters (
    id TEXT PRIMARY KEY,
    created_at TEXT NOT NULL AS (record ->> '$.at') STORED,
    expires_at INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX dead_letters_recent ON dead_letters (created_at, id);
  CREATE INDEX dead_letters_expiring ON dead_letters (expires_at);

  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    source TEXT AS (record ->> '$.source') STORED,
    names_runs INTEGER NOT NULL,
    created_at TEXT NOT NULL AS (record ->> '$.createdAt') STORED,
    expires_at INTEGER NOT NULL AS (record ->> '$.expiresAtSeconds') STORED,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX deliveries_recent ON deliveries (created_at, id, source);
  CREATE INDEX deliveries_expiring ON deliveries (expires_at);

  -- One row: the last complete sweep.
  CREATE TABLE sweeps (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;

  -- Instants in epoch ms. The rowid gives the order of arrival.
  CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    queue TEXT NOT NULL,
    visible_at INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX messages_visible ON messages (queue, visible_at);

  -- The notifications, as CloudEvents. A run's end and its notification are one transaction.
  CREATE TABLE outcomes (
    id TEXT PRIMARY KEY,
    created_at TEXT NOT NULL AS (record ->> '$.time') STORED,
    expires_at INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX outcomes_recent ON outcomes (created_at, id);
  CREATE INDEX outcomes_expiring ON outcomes (expires_at);

  CREATE TABLE unauthentic (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL AS (record ->> '$.version') STORED,
    source TEXT NOT NULL AS (record ->> '$.source') STORED,
    created_at TEXT NOT NULL AS (record ->> '$.createdAt') STORED,
    expires_at INTEGER NOT NULL AS (record ->> '$.expiresAtSeconds') STORED,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX unauthentic_recent ON unauthentic (created_at, id, source);
  CREATE INDEX unauthentic_expiring ON unauthentic (expires_at);
  `,
  `
  CREATE TABLE durations (
    key TEXT UNIQUE NOT NULL AS (record ->> '$.key') STORED,
    version INTEGER NOT NULL AS (record ->> '$.version') STORED,
    expires_at INTEGER NOT NULL AS (record ->> '$.expiresAtSeconds') STORED,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX durations_expiring ON durations (expires_at);
  `,
  `
  CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL AS (record ->> '$.version') STORED,
    kind TEXT NOT NULL AS (record ->> '$.kind') STORED,
    listed_as TEXT AS (record ->> '$.listedAs') STORED,
    created_at TEXT NOT NULL AS (record ->> '$.createdAt') STORED,
    due_at TEXT AS (record ->> '$.dueAt') STORED,
    expires_at INTEGER NOT NULL AS (record ->> '$.expiresAtSeconds') STORED,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX documents_due ON documents (due_at, id) WHERE due_at IS NOT NULL;
  CREATE INDEX documents_recent ON documents (kind, created_at, id, listed_as) WHERE listed_as IS NOT NULL;
  CREATE INDEX documents_expiring ON documents (expires_at);
  `,
]
