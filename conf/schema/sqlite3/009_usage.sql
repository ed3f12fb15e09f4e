-- what Workers used of services, by day (of UTC, since the epoch); script '': all
-- of the namespace; source: which server counted, of those that ran
CREATE TABLE service_usage (
    ns TEXT NOT NULL,
    script TEXT NOT NULL,
    day BIGINT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (ns, script, day, kind, source)
);

-- bytes of values that are rows here
ALTER TABLE kv_namespaces ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
UPDATE kv_namespaces SET bytes = (SELECT COALESCE(sum(length(value) / 4 * 3), 0)
    FROM kv_values WHERE ns_id = kv_namespaces.id);
