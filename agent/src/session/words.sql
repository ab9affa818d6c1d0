-- Version 6: the index has beginnings of four and five characters. Only words from four characters on also find longer ones
-- (words.rs, STEM), and a beginning that the index does not have is put together of all words that begin so.

DROP TABLE words;
CREATE VIRTUAL TABLE words USING fts5(
    text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2', prefix = '4 5'
);
INSERT INTO words (rowid, text)
    SELECT entry.row, spaced(question.text) FROM entry
    JOIN question ON question.session = entry.session AND question.turn = entry.place WHERE entry.kind = 'question';
INSERT INTO words (rowid, text)
    SELECT entry.row, spaced(max(event.json ->> 'text')) FROM entry
    JOIN event ON event.session = entry.session AND event.turn = entry.place
        AND CASE WHEN json_valid(event.json) THEN event.json ->> 'type' = 'answer' END
    WHERE entry.kind = 'answer' GROUP BY entry.row;
INSERT INTO words (rowid, text)
    SELECT entry.row, spaced(readable(item.json)) FROM entry
    JOIN item ON item.session = entry.session AND item.kind = entry.kind AND item.position = entry.place
    WHERE entry.kind IN ('source', 'table');
