-- A session as release 0.1.0 kept it. It is never changed: a record of before has to stay readable.
PRAGMA application_id = 1886350457;
CREATE TABLE session (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL
) STRICT;
CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT NOT NULL REFERENCES session(id) ON DELETE CASCADE,
    turn INTEGER NOT NULL, json TEXT NOT NULL
) STRICT;
CREATE INDEX event_session ON event(session, seq);
CREATE TABLE item (
    session TEXT NOT NULL REFERENCES session(id) ON DELETE CASCADE,
    kind TEXT NOT NULL, position INTEGER NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (session, kind, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE question (
    session TEXT NOT NULL REFERENCES session(id) ON DELETE CASCADE,
    turn INTEGER NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (session, turn)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 2;
INSERT INTO session VALUES ('kites', 'Rounds of Acme Kites', '2026-11-28T10:00:00.000Z', '2026-11-28T10:00:09.000Z');
INSERT INTO question VALUES ('kites', 1, 'Collect the rounds of Acme Kites'), ('kites', 2, 'And now?');
INSERT INTO event (session, turn, json) VALUES ('kites', 1, '{"type":"step","step":1}');
INSERT INTO event (session, turn, json) VALUES ('kites', 1, '{"type":"reasoning","delta":"Hm."}');
INSERT INTO event (session, turn, json) VALUES ('kites', 1, '{"type":"call","id":"call00001","tool":"browser_open","arguments":{"target":"http://h/kites"}}');
INSERT INTO event (session, turn, json) VALUES ('kites', 1, '{"type":"prefill","new_tokens":12,"cached_tokens":3,"ms":40}');
INSERT INTO event (session, turn, json) VALUES ('kites', 1, '{"type":"result","id":"call00001","ok":true,"content":"[1] Kites","artifacts":[{"name":"a.png","mime":"image/png","path":"/o/a.png","bytes":9}],"tables":[{"title":"Rounds","columns":["Round","Valuation"],"rows":[[{"text":"Seed","provenance":{"status":"sourced","url":"http://h/kites","title":"Kites","quote":"Seed | $3 million"}},{"text":"$3 million","number":3000000.0,"provenance":{"status":"sourced","url":"http://h/kites","title":"Kites","quote":"Seed | $3 million"}}],[{"text":"Series A","provenance":{"status":"given"}},{"text":null,"provenance":{"status":"missing"}}]]}],"ms":7}');
INSERT INTO event (session, turn, json) VALUES ('kites', 1, '{"type":"table","table":{"title":"Rounds","columns":["Round","Valuation"],"rows":[[{"text":"Seed","provenance":{"status":"sourced","url":"http://h/kites","title":"Kites","quote":"Seed | $3 million"}},{"text":"$3 million","number":3000000.0,"provenance":{"status":"sourced","url":"http://h/kites","title":"Kites","quote":"Seed | $3 million"}}],[{"text":"Series A","provenance":{"status":"given"}},{"text":null,"provenance":{"status":"missing"}}]]}}');
INSERT INTO event (session, turn, json) VALUES ('kites', 1, '{"type":"artifact","artifact":{"name":"a.png","mime":"image/png","path":"/o/a.png","bytes":9}}');
INSERT INTO event (session, turn, json) VALUES ('kites', 1, '{"type":"notice","text":"一 note"}');
INSERT INTO event (session, turn, json) VALUES ('kites', 1, '{"type":"text","delta":"Seed: $3 million [1]."}');
INSERT INTO event (session, turn, json) VALUES ('kites', 1, '{"type":"answer","text":"Seed: $3 million [1].","citations":[{"n":1,"url":"http://h/kites","title":"Kites","quote":"Seed | $3 million"}],"figures":[{"text":"$3 million","status":"sourced","evidence":"[1] Seed | $3 million"}]}');
INSERT INTO event (session, turn, json) VALUES ('kites', 1, '{"type":"done","stop":"answer","steps":2,"tokens":31,"seconds":1.5}');
INSERT INTO event (session, turn, json) VALUES ('kites', 2, '{"type":"step","step":1}');
INSERT INTO event (session, turn, json) VALUES ('kites', 2, '{"type":"error","message":"it broke","hint":"mend it"}');
INSERT INTO event (session, turn, json) VALUES ('kites', 2, '{"type":"error","message":"again"}');
INSERT INTO item VALUES ('kites', 'message', 0, '{"role":"user","content":"Collect the rounds of Acme Kites"}');
INSERT INTO item VALUES ('kites', 'message', 1, '{"role":"assistant","content":"Seed: $3 million [1]."}');
INSERT INTO item VALUES ('kites', 'source', 0, '{"url":"http://h/kites","title":"Kites","text":"Seed | $3 million"}');
INSERT INTO item VALUES ('kites', 'table', 0, '{"title":"Rounds","columns":["Round","Valuation"],"rows":[[{"text":"Seed","provenance":{"status":"sourced","url":"http://h/kites","title":"Kites","quote":"Seed | $3 million"}},{"text":"$3 million","number":3000000.0,"provenance":{"status":"sourced","url":"http://h/kites","title":"Kites","quote":"Seed | $3 million"}}],[{"text":"Series A","provenance":{"status":"given"}},{"text":null,"provenance":{"status":"missing"}}]]}');
INSERT INTO item VALUES ('kites', 'page_table', 0, '{"title":"Rounds","columns":["Round","Valuation"],"rows":[[{"text":"Seed","provenance":{"status":"sourced","url":"http://h/kites","title":"Kites","quote":"Seed | $3 million"}},{"text":"$3 million","number":3000000.0,"provenance":{"status":"sourced","url":"http://h/kites","title":"Kites","quote":"Seed | $3 million"}}],[{"text":"Series A","provenance":{"status":"given"}},{"text":null,"provenance":{"status":"missing"}}]]}');
INSERT INTO item VALUES ('kites', 'artifact', 0, '{"name":"a.png","mime":"image/png","path":"/o/a.png","bytes":9}');
INSERT INTO item VALUES ('kites', 'fact', 0, '{"name":"a","about":"seed valuation","text":"$3 million","number":3000000.0,"date":null,"provenance":{"status":"sourced","url":"http://h/kites","title":"Kites","quote":"Seed | $3 million"}}');
INSERT INTO item VALUES ('kites', 'chart', 0, '{"name":"c1","data":"t1","kind":"bar","x":"Round","y":"Valuation"}');
INSERT INTO item VALUES ('kites', 'asked', 0, '{"question":"Collect the rounds of Acme Kites","plan":null,"fact":null}');
