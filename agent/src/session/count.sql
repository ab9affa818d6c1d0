-- Turns and sizes of all conversations, from what there is of them.
UPDATE session SET
    turns = max(
        coalesce((SELECT max(turn) FROM event WHERE event.session = id), 0),
        coalesce((SELECT max(turn) FROM question WHERE question.session = id), 0)),
    bytes = coalesce((SELECT sum(octet_length(json)) FROM event WHERE event.session = id), 0)
        + coalesce((SELECT sum(octet_length(json)) FROM item WHERE item.session = id), 0)
        + coalesce((SELECT sum(octet_length(text)) FROM question WHERE question.session = id), 0);
