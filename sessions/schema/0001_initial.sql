-- A Routescope session, schema 1. Append-only: a later schema is a later file. docs/sessions.md explains it.
-- Blobs are little-endian. Times are UTC, ISO 8601. "first" is the position of a piece's first token.

CREATE TABLE session (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  uuid TEXT NOT NULL,
  created_at TEXT NOT NULL,
  app_version TEXT NOT NULL,
  without_text INTEGER NOT NULL DEFAULT 0  -- 1: a copy that was made without text
) STRICT;

-- What was recorded. Never changed once a run has ended.

CREATE TABLE model (
  model_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  tokenizer_hash TEXT NOT NULL,  -- '': the model has none
  n_layers INTEGER NOT NULL,
  n_experts INTEGER NOT NULL,
  top_k INTEGER NOT NULL,
  vocab INTEGER NOT NULL,
  UNIQUE (hash, tokenizer_hash, name)
) STRICT;

CREATE TABLE run (
  run_id INTEGER PRIMARY KEY,
  model_id INTEGER NOT NULL REFERENCES model,
  parent_id INTEGER REFERENCES run,
  branch_position INTEGER,  -- first position that is not the parent's
  started_at TEXT NOT NULL,
  ended_at TEXT,            -- NULL: still running
  ending TEXT CHECK (ending IN ('prompt', 'stop token', 'length', 'stopped', 'context full', 'cancelled',
                                'failed', 'interrupted')),
  failure TEXT,             -- what went wrong, if ending = 'failed'
  n_prompt INTEGER NOT NULL,
  max_new_tokens INTEGER NOT NULL,
  temperature REAL NOT NULL,
  top_p REAL NOT NULL,
  seed INTEGER NOT NULL,    -- the 64 bits of an unsigned number
  stop_ids TEXT NOT NULL CHECK (json_valid(stop_ids)),
  n_valid_ids INTEGER NOT NULL,
  edits TEXT NOT NULL CHECK (json_valid(edits)),
  virtual_experts TEXT NOT NULL CHECK (json_valid(virtual_experts)),
  precision TEXT NOT NULL,
  backend TEXT NOT NULL,
  isa TEXT NOT NULL,
  device TEXT NOT NULL,
  app_version TEXT NOT NULL,
  command INTEGER REFERENCES command  -- last entry of the journal when the run began
) STRICT;

CREATE TABLE token (
  run_id INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,
  id INTEGER NOT NULL,
  logprob REAL,       -- of this token after those before it, temperature 1; NULL: not known
  next_entropy REAL,  -- nats, of what may follow this token; NULL: not known
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE token_text (
  model_id INTEGER NOT NULL REFERENCES model,
  id INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (model_id, id)
) STRICT, WITHOUT ROWID;

-- n tokens of one layer. Ids are one byte (255: unused slot) or two (-1), weights and margins f32.
CREATE TABLE routing (
  run_id INTEGER NOT NULL REFERENCES run,
  layer INTEGER NOT NULL,
  first INTEGER NOT NULL,
  n INTEGER NOT NULL CHECK (n BETWEEN 1 AND 1024),
  slots INTEGER NOT NULL,
  id_bytes INTEGER NOT NULL CHECK (id_bytes IN (1, 2)),
  own TEXT NOT NULL CHECK (own IN ('same', 'stored', 'unknown')),  -- the model's own decisions
  own_slots INTEGER,
  experts BLOB NOT NULL CHECK (length(experts) = n * slots * id_bytes),
  weights BLOB NOT NULL CHECK (length(weights) = n * slots * 4),
  margins BLOB CHECK (length(margins) = n * 4),  -- NULL: the logits were not kept
  own_experts BLOB CHECK (length(own_experts) = n * own_slots * id_bytes),
  own_weights BLOB CHECK (length(own_weights) = n * own_slots * 4),
  own_margins BLOB CHECK (length(own_margins) = n * 4),
  PRIMARY KEY (run_id, layer, first)
) STRICT;

CREATE TABLE router_logits (
  run_id INTEGER NOT NULL REFERENCES run,
  layer INTEGER NOT NULL,
  first INTEGER NOT NULL,
  n INTEGER NOT NULL CHECK (n BETWEEN 1 AND 1024),
  columns INTEGER NOT NULL,  -- experts, then competing virtual ones
  own TEXT NOT NULL CHECK (own IN ('same', 'stored', 'unknown')),  -- 'same' up to the virtual columns
  own_columns INTEGER,
  logits BLOB NOT NULL CHECK (length(logits) = n * columns * 4),
  own_logits BLOB CHECK (length(own_logits) = n * own_columns * 4),
  PRIMARY KEY (run_id, layer, first)
) STRICT;

CREATE TABLE candidate (  -- likeliest next tokens
  run_id INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,  -- after this token
  rank INTEGER NOT NULL,
  id INTEGER NOT NULL,
  logprob REAL NOT NULL,
  PRIMARY KEY (run_id, position, rank)
) STRICT, WITHOUT ROWID;

CREATE TABLE firing (
  run_id INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,
  expert INTEGER NOT NULL,  -- index into run.virtual_experts
  token INTEGER NOT NULL,
  trigger_text TEXT NOT NULL,
  expression TEXT NOT NULL,
  value TEXT NOT NULL,
  answer_index INTEGER NOT NULL,
  n_answer_tokens INTEGER NOT NULL,
  PRIMARY KEY (run_id, position, expert)
) STRICT, WITHOUT ROWID;

CREATE TABLE abstention (
  run_id INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,
  expert INTEGER NOT NULL,
  trigger_text TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (run_id, position, expert)
) STRICT, WITHOUT ROWID;

-- What the user made: documents, changed only by commands of the journal.

CREATE TABLE document (
  kind TEXT NOT NULL,  -- edits, virtual_experts, note, name, bookmark, setting
  key TEXT NOT NULL,
  value TEXT NOT NULL CHECK (json_valid(value)),
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE command (
  command_id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('do', 'undo', 'redo')),
  target INTEGER REFERENCES command,  -- what is undone or redone
  title TEXT NOT NULL,
  forward TEXT NOT NULL CHECK (json_valid(forward)),
  inverse TEXT NOT NULL CHECK (json_valid(inverse)),
  CHECK ((what = 'do') = (target IS NULL))
) STRICT;

-- How the window looked: no part of the journal.
CREATE TABLE layout (
  key TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER run_is_immutable BEFORE UPDATE ON run WHEN old.ended_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'a run that has ended is never changed'); END;
CREATE TRIGGER token_is_immutable BEFORE UPDATE ON token
WHEN (SELECT ended_at FROM run WHERE run_id = old.run_id) IS NOT NULL
BEGIN SELECT raise(ABORT, 'recorded tokens are never changed'); END;
CREATE TRIGGER token_stays BEFORE DELETE ON token
WHEN (SELECT ended_at FROM run WHERE run_id = old.run_id) IS NOT NULL
BEGIN SELECT raise(ABORT, 'recorded tokens are never removed'); END;
CREATE TRIGGER routing_is_immutable BEFORE UPDATE ON routing
BEGIN SELECT raise(ABORT, 'recorded routing is never changed'); END;
CREATE TRIGGER routing_stays BEFORE DELETE ON routing
WHEN (SELECT ended_at FROM run WHERE run_id = old.run_id) IS NOT NULL
BEGIN SELECT raise(ABORT, 'recorded routing is never removed'); END;
CREATE TRIGGER logits_are_immutable BEFORE UPDATE ON router_logits
BEGIN SELECT raise(ABORT, 'recorded logits are never changed'); END;
CREATE TRIGGER logits_stay BEFORE DELETE ON router_logits
WHEN (SELECT ended_at FROM run WHERE run_id = old.run_id) IS NOT NULL
BEGIN SELECT raise(ABORT, 'recorded logits are never removed'); END;
CREATE TRIGGER command_is_immutable BEFORE UPDATE ON command
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER command_stays BEFORE DELETE ON command
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

-- Tables that let SQL read the blobs: positions within a piece, bytes, and what the exponent of an f32 scales by.

CREATE TABLE decode_number (i INTEGER PRIMARY KEY) STRICT;
WITH RECURSIVE counter(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM counter WHERE i < 1023)
INSERT INTO decode_number SELECT i FROM counter;

CREATE TABLE decode_byte (byte BLOB PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO decode_byte VALUES
  (x'00', 0), (x'01', 1), (x'02', 2), (x'03', 3), (x'04', 4), (x'05', 5), (x'06', 6), (x'07', 7),
  (x'08', 8), (x'09', 9), (x'0a', 10), (x'0b', 11), (x'0c', 12), (x'0d', 13), (x'0e', 14), (x'0f', 15),
  (x'10', 16), (x'11', 17), (x'12', 18), (x'13', 19), (x'14', 20), (x'15', 21), (x'16', 22), (x'17', 23),
  (x'18', 24), (x'19', 25), (x'1a', 26), (x'1b', 27), (x'1c', 28), (x'1d', 29), (x'1e', 30), (x'1f', 31),
  (x'20', 32), (x'21', 33), (x'22', 34), (x'23', 35), (x'24', 36), (x'25', 37), (x'26', 38), (x'27', 39),
  (x'28', 40), (x'29', 41), (x'2a', 42), (x'2b', 43), (x'2c', 44), (x'2d', 45), (x'2e', 46), (x'2f', 47),
  (x'30', 48), (x'31', 49), (x'32', 50), (x'33', 51), (x'34', 52), (x'35', 53), (x'36', 54), (x'37', 55),
  (x'38', 56), (x'39', 57), (x'3a', 58), (x'3b', 59), (x'3c', 60), (x'3d', 61), (x'3e', 62), (x'3f', 63),
  (x'40', 64), (x'41', 65), (x'42', 66), (x'43', 67), (x'44', 68), (x'45', 69), (x'46', 70), (x'47', 71),
  (x'48', 72), (x'49', 73), (x'4a', 74), (x'4b', 75), (x'4c', 76), (x'4d', 77), (x'4e', 78), (x'4f', 79),
  (x'50', 80), (x'51', 81), (x'52', 82), (x'53', 83), (x'54', 84), (x'55', 85), (x'56', 86), (x'57', 87),
  (x'58', 88), (x'59', 89), (x'5a', 90), (x'5b', 91), (x'5c', 92), (x'5d', 93), (x'5e', 94), (x'5f', 95),
  (x'60', 96), (x'61', 97), (x'62', 98), (x'63', 99), (x'64', 100), (x'65', 101), (x'66', 102), (x'67', 103),
  (x'68', 104), (x'69', 105), (x'6a', 106), (x'6b', 107), (x'6c', 108), (x'6d', 109), (x'6e', 110), (x'6f', 111),
  (x'70', 112), (x'71', 113), (x'72', 114), (x'73', 115), (x'74', 116), (x'75', 117), (x'76', 118), (x'77', 119),
  (x'78', 120), (x'79', 121), (x'7a', 122), (x'7b', 123), (x'7c', 124), (x'7d', 125), (x'7e', 126), (x'7f', 127),
  (x'80', 128), (x'81', 129), (x'82', 130), (x'83', 131), (x'84', 132), (x'85', 133), (x'86', 134), (x'87', 135),
  (x'88', 136), (x'89', 137), (x'8a', 138), (x'8b', 139), (x'8c', 140), (x'8d', 141), (x'8e', 142), (x'8f', 143),
  (x'90', 144), (x'91', 145), (x'92', 146), (x'93', 147), (x'94', 148), (x'95', 149), (x'96', 150), (x'97', 151),
  (x'98', 152), (x'99', 153), (x'9a', 154), (x'9b', 155), (x'9c', 156), (x'9d', 157), (x'9e', 158), (x'9f', 159),
  (x'a0', 160), (x'a1', 161), (x'a2', 162), (x'a3', 163), (x'a4', 164), (x'a5', 165), (x'a6', 166), (x'a7', 167),
  (x'a8', 168), (x'a9', 169), (x'aa', 170), (x'ab', 171), (x'ac', 172), (x'ad', 173), (x'ae', 174), (x'af', 175),
  (x'b0', 176), (x'b1', 177), (x'b2', 178), (x'b3', 179), (x'b4', 180), (x'b5', 181), (x'b6', 182), (x'b7', 183),
  (x'b8', 184), (x'b9', 185), (x'ba', 186), (x'bb', 187), (x'bc', 188), (x'bd', 189), (x'be', 190), (x'bf', 191),
  (x'c0', 192), (x'c1', 193), (x'c2', 194), (x'c3', 195), (x'c4', 196), (x'c5', 197), (x'c6', 198), (x'c7', 199),
  (x'c8', 200), (x'c9', 201), (x'ca', 202), (x'cb', 203), (x'cc', 204), (x'cd', 205), (x'ce', 206), (x'cf', 207),
  (x'd0', 208), (x'd1', 209), (x'd2', 210), (x'd3', 211), (x'd4', 212), (x'd5', 213), (x'd6', 214), (x'd7', 215),
  (x'd8', 216), (x'd9', 217), (x'da', 218), (x'db', 219), (x'dc', 220), (x'dd', 221), (x'de', 222), (x'df', 223),
  (x'e0', 224), (x'e1', 225), (x'e2', 226), (x'e3', 227), (x'e4', 228), (x'e5', 229), (x'e6', 230), (x'e7', 231),
  (x'e8', 232), (x'e9', 233), (x'ea', 234), (x'eb', 235), (x'ec', 236), (x'ed', 237), (x'ee', 238), (x'ef', 239),
  (x'f0', 240), (x'f1', 241), (x'f2', 242), (x'f3', 243), (x'f4', 244), (x'f5', 245), (x'f6', 246), (x'f7', 247),
  (x'f8', 248), (x'f9', 249), (x'fa', 250), (x'fb', 251), (x'fc', 252), (x'fd', 253), (x'fe', 254), (x'ff', 255);

CREATE TABLE decode_scale (exponent INTEGER PRIMARY KEY, factor REAL NOT NULL) STRICT;
WITH RECURSIVE down(e, f) AS (SELECT 150, 1.0 UNION ALL SELECT e - 1, f / 2 FROM down WHERE e > 1),
               up(e, f) AS (SELECT 151, 2.0 UNION ALL SELECT e + 1, f * 2 FROM up WHERE e < 254)
INSERT INTO decode_scale SELECT e, f FROM down UNION ALL SELECT e, f FROM up;
INSERT INTO decode_scale SELECT 0, factor FROM decode_scale WHERE exponent = 1;

-- Views.

CREATE VIEW v_runs AS
SELECT run.run_id AS run, parent_id AS parent, branch_position, model.name AS model, started_at, ended_at, ending,
       (SELECT count(*) FROM token WHERE token.run_id = run.run_id) AS tokens, n_prompt AS prompt_tokens,
       coalesce(json_array_length(edits, '$.edits'), json_array_length(edits)) AS edits,
       virtual_experts, precision, backend, isa, app_version
FROM run JOIN model USING (model_id);

CREATE VIEW v_tokens AS
SELECT token.run_id AS run, token.position, token.id AS token, token_text.bytes AS text, token.logprob,
       token.next_entropy
FROM token JOIN run USING (run_id)
LEFT JOIN token_text ON token_text.model_id = run.model_id AND token_text.id = token.id;

-- A row for each token, layer and slot, for the decisions that ran ('final') and the model's own ('own').
CREATE VIEW v_decisions AS
WITH piece(run, layer, first, n, slots, id_bytes, experts, weights, margins, decision) AS (
  SELECT run_id, layer, first, n, slots, id_bytes, experts, weights, margins, 'final' FROM routing
  UNION ALL
  SELECT run_id, layer, first, n, coalesce(own_slots, slots), id_bytes, coalesce(own_experts, experts),
         coalesce(own_weights, weights), coalesce(own_margins, margins), 'own'
  FROM routing WHERE own <> 'unknown'),
slot(run, position, row, layer, slot, decision, expert, w, margins) AS (
  SELECT run, first + t.i, t.i, layer, s.i, decision,
         CASE id_bytes WHEN 1 THEN lo.value ELSE lo.value + 256 * hi.value END,
         substr(weights, (t.i * slots + s.i) * 4 + 1, 4), margins
  FROM piece CROSS JOIN decode_number t CROSS JOIN decode_number s
  CROSS JOIN decode_byte lo ON lo.byte = substr(experts, (t.i * slots + s.i) * id_bytes + 1, 1)
  CROSS JOIN decode_byte hi ON hi.byte = substr(experts, (t.i * slots + s.i) * id_bytes + id_bytes, 1)
  WHERE t.i < n AND s.i < slots AND (hi.value < 255 OR (id_bytes = 2 AND lo.value < 255)))
SELECT slot.run, token.id AS token, slot.position, layer, slot.slot, decision, expert,
  (w0.value + 256 * w1.value + 65536 * (w2.value % 128) + CASE wf.exponent WHEN 0 THEN 0 ELSE 8388608 END)
    * wf.factor * CASE WHEN w3.value < 128 THEN 1 ELSE -1 END AS weight,
  (SELECT CASE WHEN b3.value % 128 = 127 AND b2.value = 128 THEN 9e999 ELSE
     (b0.value + 256 * b1.value + 65536 * (b2.value % 128) + CASE f.exponent WHEN 0 THEN 0 ELSE 8388608 END)
       * f.factor * CASE WHEN b3.value < 128 THEN 1 ELSE -1 END END
   FROM decode_byte b0, decode_byte b1, decode_byte b2, decode_byte b3
   LEFT JOIN decode_scale f ON f.exponent = 2 * (b3.value % 128) + b2.value / 128
   WHERE b0.byte = substr(margins, 4 * row + 1, 1) AND b1.byte = substr(margins, 4 * row + 2, 1)
     AND b2.byte = substr(margins, 4 * row + 3, 1) AND b3.byte = substr(margins, 4 * row + 4, 1)) AS margin
FROM slot
CROSS JOIN decode_byte w0 ON w0.byte = substr(w, 1, 1)
CROSS JOIN decode_byte w1 ON w1.byte = substr(w, 2, 1)
CROSS JOIN decode_byte w2 ON w2.byte = substr(w, 3, 1)
CROSS JOIN decode_byte w3 ON w3.byte = substr(w, 4, 1)
CROSS JOIN decode_scale wf ON wf.exponent = 2 * (w3.value % 128) + w2.value / 128
CROSS JOIN token ON token.run_id = slot.run AND token.position = slot.position;

-- How many tokens each expert took in a layer (final decisions), the share of all tokens with Wilson's 95 % interval,
-- and the share that a uniform choice would give. Virtual experts have no expected share.
CREATE VIEW v_expert_load AS
WITH slot(run, layer, expert, is_used) AS (
  -- Behind the slots of a piece's first token stand all experts, so that those that took none have a row.
  SELECT run_id, r.layer,
    CASE WHEN s.i >= slots THEN s.i - slots WHEN id_bytes = 1 THEN lo.value ELSE lo.value + 256 * hi.value END,
    s.i < slots
  FROM routing r CROSS JOIN decode_number t CROSS JOIN decode_number s
  CROSS JOIN decode_byte lo
    ON lo.byte = substr(experts, CASE WHEN s.i < slots THEN (t.i * slots + s.i) * id_bytes ELSE 0 END + 1, 1)
  CROSS JOIN decode_byte hi
    ON hi.byte = substr(experts, CASE WHEN s.i < slots THEN (t.i * slots + s.i) * id_bytes ELSE 0 END + id_bytes, 1)
  WHERE t.i < r.n
    AND s.i < slots + CASE WHEN t.i > 0 THEN 0 ELSE
      (SELECT n_experts FROM run JOIN model USING (model_id) WHERE run.run_id = r.run_id) END
    AND (s.i >= slots OR hi.value < 255 OR (id_bytes = 2 AND lo.value < 255))),
load(run, layer, expert, n) AS (SELECT run, layer, expert, sum(is_used) FROM slot GROUP BY run, layer, expert),
sums(run, layer, tokens) AS (SELECT run_id, layer, sum(n) FROM routing GROUP BY run_id, layer),
spread(run, layer, expert, n, tokens, centre, half) AS (
  SELECT load.run, load.layer, expert, n, tokens, n + 1.920729410347062,
         1.959963984540054 * sqrt(1.0 * n * (tokens - n) / tokens + 0.960364705173531)
  FROM load JOIN sums ON sums.run = load.run AND sums.layer = load.layer)
SELECT spread.run, spread.layer, expert, n, tokens, 1.0 * n / tokens AS share,
  max(0, (centre - half) / (tokens + 3.841458820694124)) AS low,
  min(1, (centre + half) / (tokens + 3.841458820694124)) AS high,
  CASE WHEN expert < model.n_experts THEN 1.0 * model.top_k / model.n_experts END AS expected
FROM spread JOIN run ON run.run_id = spread.run JOIN model USING (model_id);
