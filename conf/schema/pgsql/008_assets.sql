-- assets of a version: OWNER/DIGEST of its index, '' none
ALTER TABLE versions ADD COLUMN assets TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX versions_assets ON versions (assets) WHERE assets <> '';

-- whose files they are: of a Worker, which may not have been made yet
CREATE TABLE asset_owners (
    id TEXT NOT NULL PRIMARY KEY,
    ns_id TEXT NOT NULL REFERENCES namespaces (id) ON DELETE CASCADE,
    script TEXT NOT NULL,
    UNIQUE (ns_id, script)
);

-- files that came; hash: the client's name, digest: that of the bytes
CREATE TABLE asset_files (
    owner_id TEXT NOT NULL REFERENCES asset_owners (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    type TEXT NOT NULL,
    uploaded BIGINT NOT NULL,
    PRIMARY KEY (owner_id, hash)
);

CREATE TABLE asset_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    owner_id TEXT NOT NULL REFERENCES asset_owners (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    expires BIGINT NOT NULL,
    manifest TEXT NOT NULL
);
CREATE INDEX asset_sessions_owner ON asset_sessions (owner_id, expires);

-- bytes as base64
-- (here for both to be alike: with a SQLite store they are files only)
CREATE TABLE asset_bodies (
    owner TEXT COLLATE "C" NOT NULL,
    digest TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (owner, digest)
);
