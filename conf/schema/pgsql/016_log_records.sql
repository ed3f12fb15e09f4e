-- records of invocations, as WfpLog has them; kinds: bits of core/log_kind.h. A
-- Worker that is gone takes its records along, a few at a time, so there is no
-- reference that cascades.
CREATE TABLE log_records (
    script_id TEXT NOT NULL,
    time BIGINT NOT NULL,
    id TEXT NOT NULL,
    kinds BIGINT NOT NULL,
    size BIGINT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (script_id, time, id)
);
CREATE INDEX log_records_time ON log_records (time);

-- how much each Worker has there; is_lost: the Worker is gone
CREATE TABLE log_sizes (
    script_id TEXT NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL,
    is_lost INTEGER NOT NULL
);
CREATE INDEX log_sizes_bytes ON log_sizes (bytes);
CREATE INDEX log_sizes_lost ON log_sizes (is_lost);

-- who takes old ones out locks this row first
INSERT INTO counters (name, value) VALUES ('log_prune', 0);
