-- Version 3: what a list shows without reading a conversation, how far a conversation had come when
-- a turn began, tags, and the words of everything that can be looked for.

ALTER TABLE session ADD COLUMN turns INTEGER NOT NULL DEFAULT 0;
-- Of questions, events and items.
ALTER TABLE session ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS session_updated ON session(updated, id);

-- JSON: how many items of each kind there were. NULL: an older version did not say.
ALTER TABLE question ADD COLUMN mark TEXT;
ALTER TABLE question ADD COLUMN taken_back INTEGER NOT NULL DEFAULT 0;

CREATE TABLE tag (
    session TEXT NOT NULL REFERENCES session(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (session, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_name ON tag(name, session);

-- A text that can be found. `place`: the turn of a question or an answer, else the item's position.
CREATE TABLE entry (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT NOT NULL REFERENCES session(id) ON DELETE CASCADE,
    kind TEXT NOT NULL, place INTEGER NOT NULL,
    UNIQUE (session, kind, place)
) STRICT;
-- Only the words: the texts stand in their own tables.
CREATE VIRTUAL TABLE words USING fts5(
    text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

CREATE TRIGGER entry_gone AFTER DELETE ON entry BEGIN
    DELETE FROM words WHERE rowid = old.row;
END;

CREATE TRIGGER question_new AFTER INSERT ON question BEGIN
    UPDATE session SET turns = max(turns, new.turn), bytes = bytes + octet_length(new.text) WHERE id = new.session;
    INSERT INTO entry (session, kind, place) VALUES (new.session, 'question', new.turn);
    INSERT INTO words (rowid, text) VALUES (last_insert_rowid(), spaced(new.text));
END;
CREATE TRIGGER question_taken_back AFTER UPDATE OF taken_back ON question WHEN new.taken_back BEGIN
    DELETE FROM entry WHERE session = new.session AND kind IN ('question', 'answer') AND place = new.turn;
END;

CREATE TRIGGER event_new AFTER INSERT ON event BEGIN
    UPDATE session SET turns = max(turns, new.turn), bytes = bytes + octet_length(new.json) WHERE id = new.session;
END;
CREATE TRIGGER event_longer AFTER UPDATE OF json ON event BEGIN
    UPDATE session SET bytes = bytes + octet_length(new.json) - octet_length(old.json) WHERE id = new.session;
END;
CREATE TRIGGER event_answer AFTER INSERT ON event 
    WHEN CASE WHEN json_valid(new.json) THEN new.json ->> 'type' = 'answer' END BEGIN
    DELETE FROM entry WHERE session = new.session AND kind = 'answer' AND place = new.turn;
    INSERT INTO entry (session, kind, place) VALUES (new.session, 'answer', new.turn);
    INSERT INTO words (rowid, text) VALUES (last_insert_rowid(), spaced(new.json ->> 'text'));
END;

CREATE TRIGGER item_size AFTER INSERT ON item BEGIN
    UPDATE session SET bytes = bytes + octet_length(new.json) WHERE id = new.session;
END;
CREATE TRIGGER item_resized AFTER UPDATE OF json ON item BEGIN
    UPDATE session SET bytes = bytes + octet_length(new.json) - octet_length(old.json) WHERE id = new.session;
END;
CREATE TRIGGER item_gone AFTER DELETE ON item BEGIN
    UPDATE session SET bytes = bytes - octet_length(old.json) WHERE id = old.session;
    DELETE FROM entry WHERE session = old.session AND kind = old.kind AND place = old.position;
END;
CREATE TRIGGER item_new AFTER INSERT ON item WHEN new.kind IN ('source', 'table') BEGIN
    INSERT INTO entry (session, kind, place) VALUES (new.session, new.kind, new.position);
    INSERT INTO words (rowid, text) VALUES (last_insert_rowid(), spaced(readable(new.json)));
END;
CREATE TRIGGER item_changed AFTER UPDATE OF json ON item WHEN new.kind IN ('source', 'table') BEGIN
    DELETE FROM entry WHERE session = new.session AND kind = new.kind AND place = new.position;
    INSERT INTO entry (session, kind, place) VALUES (new.session, new.kind, new.position);
    INSERT INTO words (rowid, text) VALUES (last_insert_rowid(), spaced(readable(new.json)));
END;

-- What is there already.
INSERT INTO entry (session, kind, place) SELECT session, 'question', turn FROM question;
INSERT INTO words (rowid, text)
    SELECT entry.row, spaced(question.text) FROM entry
    JOIN question ON question.session = entry.session AND question.turn = entry.place WHERE entry.kind = 'question';
INSERT OR IGNORE INTO entry (session, kind, place)
    SELECT session, 'answer', turn FROM event WHERE CASE WHEN json_valid(json) THEN json ->> 'type' = 'answer' END;
INSERT INTO words (rowid, text)
    SELECT entry.row, spaced(max(event.json ->> 'text')) FROM entry
    JOIN event ON event.session = entry.session AND event.turn = entry.place
        AND CASE WHEN json_valid(event.json) THEN event.json ->> 'type' = 'answer' END
    WHERE entry.kind = 'answer' GROUP BY entry.row;
INSERT INTO entry (session, kind, place) SELECT session, kind, position FROM item WHERE kind IN ('source', 'table');
INSERT INTO words (rowid, text)
    SELECT entry.row, spaced(readable(item.json)) FROM entry
    JOIN item ON item.session = entry.session AND item.kind = entry.kind AND item.position = entry.place
    WHERE entry.kind IN ('source', 'table');
UPDATE session SET title = substr(replace((SELECT text FROM question WHERE session = id ORDER BY turn LIMIT 1), char(10), ' '), 1, 80)
    WHERE title = 'chat' AND EXISTS (SELECT 1 FROM question WHERE session = id);
