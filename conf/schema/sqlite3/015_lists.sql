-- lists of Workers in the order of their times, whole and of a tag
CREATE INDEX scripts_modified ON scripts (ns_id, modified, name);
ALTER TABLE script_tags ADD COLUMN modified BIGINT NOT NULL DEFAULT 0;
UPDATE script_tags SET modified = (SELECT s.modified FROM scripts s
    WHERE s.id = script_tags.script_id);
CREATE INDEX script_tags_modified ON script_tags (ns_id, tag, modified, name);
