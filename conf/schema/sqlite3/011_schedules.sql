-- when a Worker's `scheduled` runs; times are ms since the epoch by the database's
-- clock; next: when it is due
CREATE TABLE schedules (
    script_id TEXT NOT NULL REFERENCES scripts (id) ON DELETE CASCADE,
    cron TEXT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    next BIGINT NOT NULL,
    PRIMARY KEY (script_id, cron)
);
CREATE INDEX schedules_next ON schedules (next);

-- what became of each tick; state: waiting, running, done; process: who runs it,
-- alive: until then it is known to; outcome: a code of the errors' table, '' none
CREATE TABLE schedule_runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    script_id TEXT NOT NULL REFERENCES scripts (id) ON DELETE CASCADE,
    cron TEXT NOT NULL,
    due BIGINT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    no_retry INTEGER NOT NULL,
    process TEXT NOT NULL,
    alive BIGINT NOT NULL,
    began BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    error TEXT NOT NULL
);
CREATE INDEX schedule_runs_script ON schedule_runs (script_id, seq);
CREATE INDEX schedule_runs_open ON schedule_runs (state, seq) WHERE state <> 'done';
