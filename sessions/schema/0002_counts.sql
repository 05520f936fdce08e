-- Schema 2: loads of experts are sums of counts, not of decoded blobs, and a decision is found by its position.

-- How many tokens of a piece of routing each expert took, in the order of ids: '[12, 0, 3]'. It follows from the ids.
CREATE TABLE expert_count (
  run_id INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  first INTEGER NOT NULL,
  counts TEXT NOT NULL CHECK (json_valid(counts)),
  PRIMARY KEY (run_id, layer, first),
  FOREIGN KEY (run_id, layer, first) REFERENCES routing (run_id, layer, first) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER counts_are_immutable BEFORE UPDATE ON expert_count
BEGIN SELECT raise(ABORT, 'recorded counts are never changed'); END;
CREATE TRIGGER counts_stay BEFORE DELETE ON expert_count
WHEN (SELECT ended_at FROM run WHERE run_id = old.run_id) IS NOT NULL
BEGIN SELECT raise(ABORT, 'recorded counts are never removed'); END;

-- A row for each token, layer and slot, for the decisions that ran ('final') and the model's own ('own'). The token
-- comes before anything is decoded: whoever asks for one position has one position decoded.
DROP VIEW v_decisions;
CREATE VIEW v_decisions AS
WITH decided(run, token, position, layer, decision, slots, id_bytes, experts, weights, margin) AS (
  SELECT r.run_id, token.id, position, layer, 'final', slots, id_bytes,
         substr(experts, (position - first) * slots * id_bytes + 1, slots * id_bytes),
         substr(weights, (position - first) * slots * 4 + 1, slots * 4),
         substr(margins, (position - first) * 4 + 1, 4)
  FROM routing r CROSS JOIN token ON token.run_id = r.run_id AND position BETWEEN first AND first + n - 1
  UNION ALL
  SELECT r.run_id, token.id, position, layer, 'own', coalesce(own_slots, slots), id_bytes,
         substr(coalesce(own_experts, experts), (position - first) * coalesce(own_slots, slots) * id_bytes + 1,
                coalesce(own_slots, slots) * id_bytes),
         substr(coalesce(own_weights, weights), (position - first) * coalesce(own_slots, slots) * 4 + 1,
                coalesce(own_slots, slots) * 4),
         substr(coalesce(own_margins, margins), (position - first) * 4 + 1, 4)
  FROM routing r CROSS JOIN token ON token.run_id = r.run_id AND position BETWEEN first AND first + n - 1
  WHERE own <> 'unknown')
SELECT run, token, position, layer, s.i AS slot, decision,
  CASE id_bytes WHEN 1 THEN lo.value ELSE lo.value + 256 * hi.value END AS expert,
  (SELECT CASE WHEN b3.value % 128 = 127 AND b2.value = 128 THEN 9e999 ELSE
     (b0.value + 256 * b1.value + 65536 * (b2.value % 128) + CASE f.exponent WHEN 0 THEN 0 ELSE 8388608 END)
       * f.factor END * CASE WHEN b3.value < 128 THEN 1 ELSE -1 END
   FROM decode_byte b0 CROSS JOIN decode_byte b1 CROSS JOIN decode_byte b2 CROSS JOIN decode_byte b3
   LEFT JOIN decode_scale f ON f.exponent = 2 * (b3.value % 128) + b2.value / 128
   WHERE b0.byte = substr(weights, 4 * s.i + 1, 1) AND b1.byte = substr(weights, 4 * s.i + 2, 1)
     AND b2.byte = substr(weights, 4 * s.i + 3, 1) AND b3.byte = substr(weights, 4 * s.i + 4, 1)) AS weight,
  (SELECT CASE WHEN b3.value % 128 = 127 AND b2.value = 128 THEN 9e999 ELSE
     (b0.value + 256 * b1.value + 65536 * (b2.value % 128) + CASE f.exponent WHEN 0 THEN 0 ELSE 8388608 END)
       * f.factor END * CASE WHEN b3.value < 128 THEN 1 ELSE -1 END
   FROM decode_byte b0 CROSS JOIN decode_byte b1 CROSS JOIN decode_byte b2 CROSS JOIN decode_byte b3
   LEFT JOIN decode_scale f ON f.exponent = 2 * (b3.value % 128) + b2.value / 128
   WHERE b0.byte = substr(margin, 1, 1) AND b1.byte = substr(margin, 2, 1)
     AND b2.byte = substr(margin, 3, 1) AND b3.byte = substr(margin, 4, 1)) AS margin
FROM decided CROSS JOIN decode_number s ON s.i < slots
CROSS JOIN decode_byte lo ON lo.byte = substr(experts, s.i * id_bytes + 1, 1)
CROSS JOIN decode_byte hi ON hi.byte = substr(experts, s.i * id_bytes + id_bytes, 1)
WHERE hi.value < 255 OR (id_bytes = 2 AND lo.value < 255);

-- How many tokens each expert took in a layer (final decisions), the share of all tokens with Wilson's 95 % interval,
-- and the share that a uniform choice would give. Virtual experts have no expected share.
DROP VIEW v_expert_load;
CREATE VIEW v_expert_load AS
WITH load(run, layer, expert, n) AS (
  SELECT run_id, layer, expert.key, sum(expert.value)
  FROM expert_count CROSS JOIN json_each(counts) expert GROUP BY run_id, layer, expert.key),
sums(run, layer, tokens) AS (SELECT run_id, layer, sum(n) FROM routing GROUP BY run_id, layer),
spread(run, layer, expert, n, tokens, centre, half) AS (
  SELECT load.run, load.layer, expert, n, tokens, n + 1.920729410347062,
         1.959963984540054 * sqrt(1.0 * n * (tokens - n) / tokens + 0.960364705173531)
  FROM load JOIN sums ON sums.run = load.run AND sums.layer = load.layer)
SELECT spread.run, spread.layer, expert, n, tokens, 1.0 * n / tokens AS share,
  max(0, (centre - half) / (tokens + 3.841458820694124)) AS low,
  min(1, (centre + half) / (tokens + 3.841458820694124)) AS high,
  CASE WHEN expert < model.n_experts THEN 1.0 * model.top_k / model.n_experts END AS expected
FROM spread JOIN run ON run.run_id = spread.run JOIN model USING (model_id)
WHERE n > 0 OR expert < model.n_experts;
