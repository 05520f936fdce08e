// SPDX-License-Identifier: Apache-2.0
#include "sessions/salvaged_models.h"

namespace rs::sessions {
namespace {

// Without virtual experts the columns of the router logits are the model's experts, and the slots of its own
// decisions its k.
constexpr const char* kReplace =
    "WITH told AS (SELECT model_id, 'lost model ' || model_id AS name, "
    "(SELECT 1 + max(layer) FROM routing JOIN run r USING (run_id) WHERE r.model_id = lost.model_id) AS "
    "layers, "
    "(SELECT min(coalesce(own_columns, columns)) FROM router_logits JOIN run r USING (run_id) "
    " WHERE r.model_id = lost.model_id AND r.virtual_experts = '[]') AS experts, "
    "(SELECT max(coalesce(own_slots, slots)) FROM routing JOIN run r USING (run_id) "
    " WHERE r.model_id = lost.model_id AND r.virtual_experts = '[]' AND own <> 'unknown') AS k, "
    "(SELECT max(n_valid_ids) FROM run r WHERE r.model_id = lost.model_id) AS valid, "
    "(SELECT 1 + max(id) FROM token JOIN run r USING (run_id) WHERE r.model_id = lost.model_id) AS seen "
    "FROM (SELECT DISTINCT model_id FROM run WHERE model_id NOT IN (SELECT model_id FROM model)) lost) "
    "INSERT INTO model (model_id, name, hash, tokenizer_hash, n_layers, n_experts, top_k, vocab) "
    "SELECT model_id, name, 'lost', 'lost', layers, experts, k, max(valid, seen) FROM told "
    "WHERE layers IS NOT NULL AND experts IS NOT NULL AND k <= experts AND seen IS NOT NULL";

}  // namespace

long long replaceLostModels(Connection& session) {
  session.execute(kReplace);
  return session.number("SELECT changes()");
}

}  // namespace rs::sessions
