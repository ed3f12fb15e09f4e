-- data points of Analytics Engine; point: JSON [index, [blobs], [doubles]]
CREATE TABLE data_points (
    id TEXT NOT NULL PRIMARY KEY,
    dataset TEXT NOT NULL,
    time BIGINT NOT NULL,
    ns TEXT NOT NULL,
    worker TEXT NOT NULL,
    point TEXT NOT NULL
);
CREATE INDEX data_points_time ON data_points (dataset, time, id);
CREATE INDEX data_points_age ON data_points (time);
