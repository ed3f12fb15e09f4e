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
        CASE COALESCE(json_extract(t.value, '$.namespace'), '')
            WHEN '' THEN '' ELSE s.ns_id END,
        json_extract(t.value, '$.service')
    FROM versions v JOIN scripts s ON s.id = v.script_id
    JOIN json_each(CASE WHEN v.settings LIKE '%"tail_consumers":[{%'
                        AND json_valid(v.settings)
                   THEN v.settings ELSE '{}' END, '$.tail_consumers') t
    WHERE json_type(t.value, '$.service') = 'text';
INSERT INTO namespace_tails (ns_id, consumer_ns, consumer)
    SELECT DISTINCT n.id,
        CASE COALESCE(json_extract(t.value, '$.namespace'), '')
            WHEN '' THEN '' ELSE n.id END,
        json_extract(t.value, '$.service')
    FROM namespaces n
    JOIN json_each(CASE WHEN n.tail_consumers LIKE '[{%'
                        AND json_valid(n.tail_consumers)
                   THEN n.tail_consumers ELSE '[]' END) t
    WHERE json_type(t.value, '$.service') = 'text';

-- runs that were lost with their process
ALTER TABLE ledger ADD COLUMN lost BIGINT NOT NULL DEFAULT 0;
