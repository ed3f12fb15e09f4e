-- who is given the records of a version's runs, and of a namespace's Workers, the
-- other way round; consumer_ns: the id of the consumer's namespace, '' an account
-- Worker's
CREATE TABLE version_tails (
    version_id TEXT NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
    consumer_ns TEXT NOT NULL,
    consumer TEXT NOT NULL,
    PRIMARY KEY (version_id, consumer_ns, consumer)
);
CREATE INDEX version_tails_consumer
    ON version_tails (consumer_ns, consumer, version_id);
CREATE TABLE namespace_tails (
    ns_id TEXT NOT NULL REFERENCES namespaces (id) ON DELETE CASCADE,
    consumer_ns TEXT NOT NULL,
    consumer TEXT NOT NULL,
    PRIMARY KEY (ns_id, consumer_ns, consumer)
);
CREATE INDEX namespace_tails_consumer
    ON namespace_tails (consumer_ns, consumer, ns_id);
INSERT INTO version_tails (version_id, consumer_ns, consumer)
    SELECT DISTINCT v.id,
        CASE COALESCE(t.value ->> 'namespace', '')
            WHEN '' THEN '' ELSE s.ns_id END,
        t.value ->> 'service'
    FROM versions v JOIN scripts s ON s.id = v.script_id
    CROSS JOIN LATERAL json_array_elements(
        CASE WHEN v.settings LIKE '%"tail_consumers":[{%'
        THEN v.settings::json -> 'tail_consumers' ELSE '[]' END) t
    WHERE json_typeof(t.value -> 'service') = 'string';
INSERT INTO namespace_tails (ns_id, consumer_ns, consumer)
    SELECT DISTINCT n.id,
        CASE COALESCE(t.value ->> 'namespace', '')
            WHEN '' THEN '' ELSE n.id END,
        t.value ->> 'service'
    FROM namespaces n
    CROSS JOIN LATERAL json_array_elements(
        CASE WHEN n.tail_consumers LIKE '[{%'
        THEN n.tail_consumers::json ELSE '[]' END) t
    WHERE json_typeof(t.value -> 'service') = 'string';

-- runs that were lost with their process
ALTER TABLE ledger ADD COLUMN lost BIGINT NOT NULL DEFAULT 0;
