-- queues; times are milliseconds since the epoch by the database's clock where
-- messages are concerned, delays and retention are seconds.
-- backlog: what is in it, leased messages included; its update is also the lock
-- of a queue: whoever touches messages takes it first
CREATE TABLE queues (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    delivery_delay BIGINT NOT NULL,
    paused INTEGER NOT NULL,
    retention BIGINT NOT NULL,
    backlog_count BIGINT NOT NULL,
    backlog_bytes BIGINT NOT NULL
);

-- who gets its messages: a Worker, with which it goes, or (script_id NULL) who
-- pulls them by the API; dead_letter: name of a queue, '' none
CREATE TABLE queue_consumers (
    queue_id TEXT NOT NULL PRIMARY KEY REFERENCES queues (id) ON DELETE CASCADE,
    id TEXT NOT NULL UNIQUE,
    script_id TEXT REFERENCES scripts (id) ON DELETE CASCADE,
    created BIGINT NOT NULL,
    batch_size BIGINT NOT NULL,
    max_wait_ms BIGINT NOT NULL,
    max_retries BIGINT NOT NULL,
    retry_delay BIGINT NOT NULL,
    max_concurrency BIGINT NOT NULL,
    visibility_ms BIGINT NOT NULL,
    dead_letter TEXT NOT NULL
);
CREATE INDEX queue_consumers_script ON queue_consumers (script_id);

-- body: base64; visible: not to be delivered before, which is also the end of a
-- lease; attempts: how often it was delivered, failures: how often its consumer
-- said or showed that it could not; lease: whose it is until then, '' nobody's
CREATE TABLE queue_messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    queue_id TEXT NOT NULL REFERENCES queues (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    size BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    visible BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    lease TEXT NOT NULL
);
CREATE INDEX queue_messages_next ON queue_messages (queue_id, visible, seq);
CREATE INDEX queue_messages_expires ON queue_messages (expires);
CREATE INDEX queue_messages_leased ON queue_messages (lease) WHERE lease <> '';
