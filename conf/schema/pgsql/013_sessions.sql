-- who is signed in to the admin page; digest: SHA-256 of the cookie's secret;
-- a session ends with its token
CREATE TABLE sessions (
    digest TEXT NOT NULL PRIMARY KEY,
    token_id TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX sessions_token ON sessions (token_id, created);
CREATE INDEX sessions_expires ON sessions (expires);
