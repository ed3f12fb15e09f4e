-- bytes of the parts of a bucket's uploads that are open
ALTER TABLE r2_buckets ADD COLUMN part_bytes BIGINT NOT NULL DEFAULT 0;
UPDATE r2_buckets SET part_bytes = COALESCE((SELECT sum(p.size)
    FROM r2_uploads u JOIN r2_pieces p ON p.owner = u.id
    WHERE u.bucket_id = r2_buckets.id), 0);
