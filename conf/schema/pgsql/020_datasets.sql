-- how many data points there are, by namespace and dataset: data_points' own
-- triggers count, so whoever writes there counts. Rows are locked in one order:
-- hosts write at the same time. Of many points this takes a while.
SET LOCAL statement_timeout = 0;
CREATE TABLE datasets (
    ns TEXT NOT NULL,
    dataset TEXT NOT NULL,
    points BIGINT NOT NULL,
    PRIMARY KEY (ns, dataset)
);
CREATE FUNCTION data_points_come() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO datasets AS d (ns, dataset, points)
        VALUES (NEW.ns, NEW.dataset, 1)
        ON CONFLICT (ns, dataset) DO UPDATE SET points = d.points + 1; RETURN
    NULL; END $$;
CREATE FUNCTION data_points_go() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM 1 FROM datasets d
        WHERE (d.ns, d.dataset) IN (SELECT ns, dataset FROM gone)
        ORDER BY d.ns COLLATE "C", d.dataset COLLATE "C" FOR UPDATE; UPDATE
    datasets d SET points = d.points - g.n
        FROM (SELECT ns, dataset, count(*) AS n FROM gone GROUP BY 1, 2) g
        WHERE d.ns = g.ns AND d.dataset = g.dataset; DELETE
    FROM datasets d
        WHERE (d.ns, d.dataset) IN (SELECT ns, dataset FROM gone)
        AND d.points = 0; RETURN
    NULL; END $$;
CREATE FUNCTION data_points_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM 1 FROM datasets d
        WHERE (d.ns, d.dataset) IN (SELECT ns, dataset FROM gone
            UNION SELECT ns, dataset FROM come)
        ORDER BY d.ns COLLATE "C", d.dataset COLLATE "C" FOR UPDATE; UPDATE
    datasets d SET points = d.points - g.n
        FROM (SELECT ns, dataset, count(*) AS n FROM gone GROUP BY 1, 2) g
        WHERE d.ns = g.ns AND d.dataset = g.dataset; INSERT
    INTO datasets AS d (ns, dataset, points)
        SELECT ns, dataset, count(*) FROM come GROUP BY ns, dataset
        ORDER BY ns COLLATE "C", dataset COLLATE "C"
        ON CONFLICT (ns, dataset)
        DO UPDATE SET points = d.points + excluded.points; DELETE
    FROM datasets d
        WHERE (d.ns, d.dataset) IN (SELECT ns, dataset FROM gone)
        AND d.points = 0; RETURN
    NULL; END $$;
CREATE TRIGGER data_points_come AFTER INSERT ON data_points
    FOR EACH ROW EXECUTE FUNCTION data_points_come();
CREATE TRIGGER data_points_go AFTER DELETE ON data_points
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION data_points_go();
CREATE TRIGGER data_points_move AFTER UPDATE ON data_points
    REFERENCING OLD TABLE AS gone NEW TABLE AS come
    FOR EACH STATEMENT EXECUTE FUNCTION data_points_move();
INSERT INTO datasets (ns, dataset, points)
    SELECT ns, dataset, count(*) FROM data_points GROUP BY ns, dataset;

-- the first and the last of them, and the points of one namespace
CREATE INDEX data_points_ns ON data_points (ns, dataset, time, id);
