-- Version 7: pages as they came, each once, by the hash of its bytes. An item of the kind `retrieval` says which page
-- an address gave in a conversation; a page goes with the last of them that names it.

-- `body`: the bytes, by zstd.
CREATE TABLE page (hash TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE INDEX item_page ON item(CASE WHEN json_valid(json) THEN json ->> 'page' END) WHERE kind = 'retrieval';

CREATE TRIGGER retrieval_gone AFTER DELETE ON item WHEN old.kind = 'retrieval' BEGIN
    DELETE FROM page
    WHERE hash = CASE WHEN json_valid(old.json) THEN old.json ->> 'page' END
        AND NOT EXISTS (
            SELECT 1 FROM item
            WHERE kind = 'retrieval' AND CASE WHEN json_valid(json) THEN json ->> 'page' END = page.hash);
END;
-- A list of retrievals only grows at its end or loses some: none of them moves behind another, so what is let go of here
-- is named by none that is still to be written.
CREATE TRIGGER retrieval_changed AFTER UPDATE OF json ON item WHEN old.kind = 'retrieval' BEGIN
    DELETE FROM page
    WHERE hash = CASE WHEN json_valid(old.json) THEN old.json ->> 'page' END
        AND NOT EXISTS (
            SELECT 1 FROM item
            WHERE kind = 'retrieval' AND CASE WHEN json_valid(json) THEN json ->> 'page' END = page.hash);
END;
