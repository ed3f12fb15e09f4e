-- tokens that are S3 keys, too; s3_sealed: the S3 secret, sealed, '' none;
-- buckets: JSON, those that the S3 key is limited to
ALTER TABLE tokens ADD COLUMN s3_sealed TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN buckets TEXT NOT NULL DEFAULT '[]';
