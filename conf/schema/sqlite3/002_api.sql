-- The store of mod_wfp, version 2, for SQLite: what the REST API keeps.

-- what a version keeps and gives back without meaning to the store (JSON);
-- stamp: the number it was made with, deployed: that of its last deployment
ALTER TABLE versions ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE versions ADD COLUMN stamp BIGINT NOT NULL DEFAULT 0;
ALTER TABLE versions ADD COLUMN deployed BIGINT NOT NULL DEFAULT 0;
UPDATE versions SET
    stamp = COALESCE((SELECT min(d.stamp) FROM deployments d
        WHERE d.script_id = versions.script_id
        AND d.version_id = versions.id), -number),
    deployed = COALESCE((SELECT max(d.stamp) FROM deployments d
        WHERE d.script_id = versions.script_id
        AND d.version_id = versions.id), 0);

-- percent is in hundredths from now on
UPDATE deployments SET percent = percent * 100;
ALTER TABLE deployments ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE deployments ADD COLUMN message TEXT NOT NULL DEFAULT '';

-- version_id: the newest version of the current deployment; tags: its tags, as
-- JSON, so that a page of a list is one statement
ALTER TABLE scripts ADD COLUMN version_id TEXT NOT NULL DEFAULT '';
ALTER TABLE scripts ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
UPDATE scripts SET version_id = COALESCE((SELECT d.version_id
    FROM deployments d WHERE d.script_id = scripts.id
    AND d.stamp = scripts.stamp), '');
UPDATE scripts SET tags = (SELECT json_group_array(x.tag) FROM
    (SELECT t.tag FROM tags t WHERE t.version_id = scripts.version_id
    ORDER BY t.pos) x);

-- the same tags the other way round: which Workers of a namespace have one
CREATE TABLE script_tags (
    ns_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    name TEXT NOT NULL,
    script_id TEXT NOT NULL REFERENCES scripts (id) ON DELETE CASCADE,
    PRIMARY KEY (ns_id, tag, name)
);
CREATE INDEX script_tags_script ON script_tags (script_id);
INSERT INTO script_tags (ns_id, tag, name, script_id)
    SELECT DISTINCT s.ns_id, t.tag, s.name, s.id FROM scripts s
    JOIN tags t ON t.version_id = s.version_id;

-- JSON arrays
ALTER TABLE namespaces ADD COLUMN egress_allow TEXT NOT NULL DEFAULT '[]';
ALTER TABLE namespaces ADD COLUMN egress_deny TEXT NOT NULL DEFAULT '[]';
ALTER TABLE namespaces ADD COLUMN tail_consumers TEXT NOT NULL DEFAULT '[]';

CREATE INDEX bindings_target ON bindings (kind, target);

CREATE TABLE kv_namespaces (
    id TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL
);

-- which Worker serves a host: "shop.example.com" or "*.example.com"
CREATE TABLE hostnames (
    hostname TEXT NOT NULL PRIMARY KEY,
    ns_id TEXT NOT NULL REFERENCES namespaces (id) ON DELETE CASCADE,
    script TEXT NOT NULL,
    metadata TEXT NOT NULL,
    stamp BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL
);
CREATE INDEX hostnames_ns ON hostnames (ns_id);

-- who did what to which object from where; pruned from below
CREATE TABLE audit (
    stamp BIGINT NOT NULL PRIMARY KEY,
    created BIGINT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    source TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    ns TEXT NOT NULL,
    object TEXT NOT NULL,
    details TEXT NOT NULL
);
CREATE INDEX audit_created ON audit (created);
