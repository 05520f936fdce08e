// SPDX-License-Identifier: Apache-2.0
#include "core/engine/firing_reader.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"

namespace rs {

FiringReader::FiringReader(std::vector<ActiveExpert> experts, std::shared_ptr<const TokenText> text)
    : experts_(std::move(experts)), text_(std::move(text)) {
  check(experts_.empty() || text_ != nullptr, "virtual experts read text");
  restart();
}

void FiringReader::restart() {
  runs_.clear();
  n_read_ = 0;
  for (const ActiveExpert& active : experts_) {
    runs_.emplace_back(*active.expert, *text_);
  }
}

void FiringReader::read(std::span<const std::int32_t> tokens, TokenDirections& directions,
                        RoutingProgram& program, FiringLog& log) {
  const std::size_t n_before = log.firings.size();
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    VirtualRun& run = runs_[i];
    const std::size_t n_firings = run.firings().size();
    const std::size_t n_abstentions = run.abstentions().size();
    for (const std::int32_t token : tokens) {
      run.append(token);
    }
    for (const Firing& firing : run.firings().subspan(n_firings)) {
      log.firings.push_back({static_cast<int>(i), firing});
    }
    for (const Abstention& abstention : run.abstentions().subspan(n_abstentions)) {
      log.abstentions.push_back({static_cast<int>(i), abstention});
    }
  }
  n_read_ += static_cast<int>(tokens.size());
  // The program wants firings by position, whichever expert they come from.
  const auto fired = std::span(log.firings).subspan(n_before);
  std::stable_sort(fired.begin(), fired.end(), [](const FiringRecord& a, const FiringRecord& b) {
    return a.firing.position < b.firing.position;
  });
  pushed_.resize(static_cast<std::size_t>(program.hidden()));
  for (const FiringRecord& record : fired) {
    const ActiveExpert& active = experts_[static_cast<std::size_t>(record.expert)];
    const TokenDirection& direction = directions.of(record.firing.token);
    const auto scale = static_cast<float>(active.expert->push().scale);
    std::transform(direction.unit.begin(), direction.unit.end(), pushed_.begin(),
                   [scale](float value) { return scale * value; });
    program.setFiring(active.column, record.firing.position, pushed_);
  }
}

}  // namespace rs
