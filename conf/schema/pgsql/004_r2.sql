-- R2 buckets; stamp: counts mutations of its objects, which so go one by one
CREATE TABLE r2_buckets (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    storage_class TEXT NOT NULL,
    created BIGINT NOT NULL,
    stamp BIGINT NOT NULL,
    objects BIGINT NOT NULL,
    bytes BIGINT NOT NULL
);

-- objects; name: the key's bytes as hex digits, owner: of its pieces and its
-- version, sums and meta: JSON, uploaded: microseconds
CREATE TABLE r2_objects (
    bucket_id TEXT NOT NULL REFERENCES r2_buckets (id),
    name TEXT COLLATE "C" NOT NULL,
    owner TEXT NOT NULL,
    size BIGINT NOT NULL,
    uploaded BIGINT NOT NULL,
    etag TEXT NOT NULL,
    sums TEXT NOT NULL,
    meta TEXT NOT NULL,
    PRIMARY KEY (bucket_id, name)
);

-- uploads of parts that were neither completed nor aborted; name: the key as
-- above, "-" and the id
CREATE TABLE r2_uploads (
    id TEXT NOT NULL PRIMARY KEY,
    bucket_id TEXT NOT NULL REFERENCES r2_buckets (id),
    name TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL,
    meta TEXT NOT NULL
);
CREATE UNIQUE INDEX r2_uploads_name ON r2_uploads (bucket_id, name);
CREATE INDEX r2_uploads_created ON r2_uploads (created);

-- files below WfpDataDir/r2, of an object (numbers from 1, in the order of its
-- bytes; all but the last are of one size) or the parts of an upload
CREATE TABLE r2_pieces (
    owner TEXT NOT NULL,
    number BIGINT NOT NULL,
    file TEXT NOT NULL UNIQUE,
    size BIGINT NOT NULL,
    etag TEXT NOT NULL,
    uploaded BIGINT NOT NULL,
    PRIMARY KEY (owner, number)
);

-- files that nothing has any more; due: when they go
CREATE TABLE r2_dead (
    file TEXT NOT NULL PRIMARY KEY,
    due BIGINT NOT NULL
);
CREATE INDEX r2_dead_due ON r2_dead (due);
