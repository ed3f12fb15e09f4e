-- how many data points there are, by namespace and dataset: data_points' own
-- triggers count, so whoever writes there counts
CREATE TABLE datasets (
    ns TEXT NOT NULL,
    dataset TEXT NOT NULL,
    points BIGINT NOT NULL,
    PRIMARY KEY (ns, dataset)
);
INSERT INTO datasets (ns, dataset, points)
    SELECT ns, dataset, count(*) FROM data_points GROUP BY ns, dataset;
CREATE TRIGGER data_points_come AFTER INSERT ON data_points BEGIN
    INSERT INTO datasets (ns, dataset, points)
        VALUES (NEW.ns, NEW.dataset, 1)
        ON CONFLICT (ns, dataset) DO UPDATE SET points = points + 1; END;
CREATE TRIGGER data_points_go AFTER DELETE ON data_points BEGIN
    UPDATE datasets SET points = points - 1
        WHERE ns = OLD.ns AND dataset = OLD.dataset; DELETE FROM datasets
        WHERE ns = OLD.ns AND dataset = OLD.dataset AND points = 0; END;
CREATE TRIGGER data_points_move AFTER UPDATE OF ns ON data_points BEGIN
    UPDATE datasets SET points = points - 1
        WHERE ns = OLD.ns AND dataset = OLD.dataset; DELETE FROM datasets
        WHERE ns = OLD.ns AND dataset = OLD.dataset AND points = 0; INSERT
        INTO datasets (ns, dataset, points) VALUES (NEW.ns, NEW.dataset, 1)
        ON CONFLICT (ns, dataset) DO UPDATE SET points = points + 1; END;

-- the first and the last of them, and the points of one namespace
CREATE INDEX data_points_ns ON data_points (ns, dataset, time, id);
