-- which server does what only one may do; until: ms since the epoch by the
-- database's clock; fence grows with every holder, '' is nobody
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    fence BIGINT NOT NULL,
    until BIGINT NOT NULL
);
