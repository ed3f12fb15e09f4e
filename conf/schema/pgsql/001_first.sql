-- The store of mod_wfp, version 1, for PostgreSQL.
-- A statement ends with ";" at the end of a line; lines that begin with "--"
-- are left out. Nothing is ever NULL. Times are microseconds since the epoch,
-- ids are UUIDs, bytes that may be anything are base64.

CREATE TABLE migrations (
    version INTEGER NOT NULL PRIMARY KEY,
    applied BIGINT NOT NULL
);

-- what a server keeps about itself
CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- the last change number: the row that every mutation locks first
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('changes', 0);

-- one row a mutation, without gaps, pruned from below
CREATE TABLE changes (
    stamp BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    ns TEXT NOT NULL,
    name TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE namespaces (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    stamp BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    trusted INTEGER NOT NULL,
    egress TEXT NOT NULL,
    limits TEXT NOT NULL,
    outbound TEXT NOT NULL
);
-- the home of account scripts
INSERT INTO namespaces (id, name, stamp, created, modified, trusted, egress,
                        limits, outbound)
VALUES ('', '', 0, 0, 0, 1, 'direct', '{}', '{}');

-- what runs is what the deployment of the script's stamp says
CREATE TABLE scripts (
    id TEXT NOT NULL PRIMARY KEY,
    ns_id TEXT NOT NULL REFERENCES namespaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    stamp BIGINT NOT NULL,
    last_number BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    UNIQUE (ns_id, name)
);

-- uploaded code; versions that differ in bindings only share it
CREATE TABLE codes (
    id TEXT NOT NULL PRIMARY KEY,
    script_id TEXT NOT NULL REFERENCES scripts (id) ON DELETE CASCADE,
    main_module TEXT NOT NULL,
    etag TEXT NOT NULL,
    size BIGINT NOT NULL
);
CREATE INDEX codes_script ON codes (script_id);

CREATE TABLE modules (
    code_id TEXT NOT NULL REFERENCES codes (id) ON DELETE CASCADE,
    pos INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    size BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (code_id, pos)
);

CREATE TABLE versions (
    id TEXT NOT NULL PRIMARY KEY,
    script_id TEXT NOT NULL REFERENCES scripts (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    code_id TEXT NOT NULL,
    limits TEXT NOT NULL,
    created BIGINT NOT NULL,
    author TEXT NOT NULL,
    source TEXT NOT NULL,
    message TEXT NOT NULL,
    tag TEXT NOT NULL,
    UNIQUE (script_id, number)
);

CREATE TABLE bindings (
    version_id TEXT NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
    pos INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    target TEXT NOT NULL,
    outbound TEXT NOT NULL,
    PRIMARY KEY (version_id, pos)
);

CREATE TABLE tags (
    version_id TEXT NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
    pos INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (version_id, pos)
);
CREATE INDEX tags_tag ON tags (tag);

-- which versions get which share of the traffic since change number `stamp`
CREATE TABLE deployments (
    script_id TEXT NOT NULL REFERENCES scripts (id) ON DELETE CASCADE,
    stamp BIGINT NOT NULL,
    version_id TEXT NOT NULL,
    percent INTEGER NOT NULL,
    created BIGINT NOT NULL,
    author TEXT NOT NULL,
    PRIMARY KEY (script_id, stamp, version_id)
);

CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    namespaces TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
