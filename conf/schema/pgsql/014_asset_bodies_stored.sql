-- when bytes were last put: what is young may be of a version to come
ALTER TABLE asset_bodies ADD COLUMN stored BIGINT NOT NULL DEFAULT 0;
