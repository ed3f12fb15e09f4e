-- D1 databases; each is a file of its own
CREATE TABLE d1_databases (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL
);
