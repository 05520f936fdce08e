// SPDX-License-Identifier: Apache-2.0
#include "tests/ui/figure_fixture.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/ui/application.h"
#include "tests/ui/recorded_run.h"

namespace rs::test {

using namespace rs::figures;

namespace {

constexpr const char* kForced = R"([{"op":"force","layer":0,"pos":[3],"experts":[5]}])";

// Text of every id, some of which no font of ours can show.
std::shared_ptr<const ui::TokenNames> names() {
  std::map<std::int32_t, std::string> texts;
  for (std::int32_t id = 0; id < 300; ++id) {
    texts[id] = id % 7 == 0 ? " a,\"b\"" : " w" + std::to_string(id);
  }
  return std::make_shared<const ui::TokenNames>(std::move(texts));
}

}  // namespace

FigureRuns twoRuns() {
  application();
  static const std::shared_ptr<const RunSnapshot> kPlain = [] {
    auto run = std::make_shared<RunSnapshot>(*recordedRun(""));
    run->logprobs = std::make_shared<const std::vector<float>>(run->tokens->size(), -1.25F);
    std::vector<NextToken> next(run->tokens->size());
    for (std::size_t i = 0; i < next.size(); ++i) {
      next[i].best[0] = {static_cast<std::int32_t>(i), -0.1F};
      next[i].best[1] = {7, -2.5F};
      next[i].entropy = 0.5F;
    }
    run->next = std::make_shared<const std::vector<NextToken>>(std::move(next));
    return run;
  }();
  static const std::shared_ptr<const RunSnapshot> kSteered = [] {
    auto run = std::make_shared<RunSnapshot>(*recordedRun(kForced));
    run->logprobs = kPlain->logprobs;
    std::vector<NextToken> next(*kPlain->next);
    next.back().best[0].logprob = -0.9F;
    run->next = std::make_shared<const std::vector<NextToken>>(std::move(next));
    run->firings = {{0, {3, 7, "6 * 7 =", "6 * 7", "42", 0, 2}}};
    run->abstentions = {{0, {2, "1 / 0 =", "a division by zero"}}};
    return run;
  }();
  FigureRuns runs;
  runs.run = kSteered;
  runs.reference = kPlain;
  runs.names = names();
  runs.run_id = 2;
  runs.reference_id = 1;
  runs.session_uuid = "0123";
  runs.session_file = "a session.routescope";
  runs.model = {"nano", "h", "t", 2, 6, 2, 300};
  for (sessions::RunId id = 1; id <= 2; ++id) {
    sessions::StoredRun run;
    run.summary.id = id;
    run.summary.model = "nano";
    run.summary.ending = "length";
    run.summary.n_prompt = runs.run->n_prompt;
    run.summary.n_tokens = runs.run->size();
    run.setup.provenance = {"exact", "cpu", "avx512", "cpu", "1.2"};
    runs.all_runs.push_back(run);
  }
  runs.all_runs[1].summary.parent = 1;
  runs.all_runs[1].summary.branch_position = 3;
  runs.all_runs[1].summary.n_edits = 1;
  runs.all_runs[1].setup.edits_json = kForced;
  runs.read = {true, true};
  return runs;
}

}  // namespace rs::test
