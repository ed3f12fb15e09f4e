-- what Workers did, by the minute (span 60), later by the hour and the day; time: when
-- that began, seconds since the epoch; script '*': all without a row of their own;
-- source: which row of which server counted, '' where they were summed
CREATE TABLE ledger (
    ns TEXT NOT NULL,
    script TEXT NOT NULL,
    span INTEGER NOT NULL,
    time BIGINT NOT NULL,
    source TEXT NOT NULL,
    requests BIGINT NOT NULL,
    exceptions BIGINT NOT NULL,
    exceeded_cpu BIGINT NOT NULL,
    exceeded_memory BIGINT NOT NULL,
    exceeded_wall BIGINT NOT NULL,
    not_found BIGINT NOT NULL,
    shed BIGINT NOT NULL,
    canceled BIGINT NOT NULL,
    internal BIGINT NOT NULL,
    cpu_us BIGINT NOT NULL,
    wall_us BIGINT NOT NULL,
    instructions BIGINT NOT NULL,
    subrequests BIGINT NOT NULL,
    bytes_in BIGINT NOT NULL,
    bytes_out BIGINT NOT NULL,
    cold_starts BIGINT NOT NULL,
    cpu_step_0 BIGINT NOT NULL,
    cpu_step_1 BIGINT NOT NULL,
    cpu_step_2 BIGINT NOT NULL,
    cpu_step_3 BIGINT NOT NULL,
    cpu_step_4 BIGINT NOT NULL,
    cpu_step_5 BIGINT NOT NULL,
    cpu_step_6 BIGINT NOT NULL,
    cpu_step_7 BIGINT NOT NULL,
    cpu_step_8 BIGINT NOT NULL,
    cpu_step_9 BIGINT NOT NULL,
    cpu_step_10 BIGINT NOT NULL,
    cpu_step_11 BIGINT NOT NULL,
    cpu_step_12 BIGINT NOT NULL,
    cpu_step_13 BIGINT NOT NULL,
    PRIMARY KEY (ns, script, span, time, source)
);
CREATE INDEX ledger_age ON ledger (span, time);
CREATE INDEX ledger_ns ON ledger (ns, time);

-- who sums up locks this row first
INSERT INTO counters (name, value) VALUES ('ledger', 0);
