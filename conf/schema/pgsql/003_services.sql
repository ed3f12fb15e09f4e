-- D1 databases; each is a file of its own
CREATE TABLE d1_databases (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL
);

-- values of KV namespaces; name: the key's bytes as hex digits, expires: seconds
-- since the epoch, 0 never, metadata: JSON, '' none, value: base64
CREATE TABLE kv_values (
    ns_id TEXT NOT NULL REFERENCES kv_namespaces (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    expires BIGINT NOT NULL,
    metadata TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (ns_id, name)
);
CREATE INDEX kv_values_expires ON kv_values (expires) WHERE expires > 0;
