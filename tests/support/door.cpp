// SPDX-License-Identifier: Apache-2.0
#include "tests/support/door.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>

#include "core/backend/cpu/cpu_backend.h"
#include "core/engine/engine.h"

namespace rs::test {

ModelOpener nanoOpener() {
  return [](const OpenModel& request, const OpenProgress& progress) {
    const std::string path = RS_SOURCE_DIR "/tests/fixtures/nano";
    const auto weights = Weights::open(path);
    const Precision precision = request.precision == "fast" ? Precision::kFast : Precision::kExact;
    auto info = std::make_shared<ModelInfo>();
    info->name = "nano";
    info->path = path;
    info->config = weights->config();
    info->precision = precision;
    info->model_hash = weights->hash();
    auto backend = makeCpuBackend(weights, {precision, std::max(request.threads, 1), "", progress});
    return OpenedModel{std::make_unique<Engine>(std::move(backend), weights), std::move(info)};
  };
}

void DoorReader::listenTo(EngineClient& client) {
  client_ = &client;
  client.setWake([this] {
    const std::lock_guard lock(mutex_);
    has_news_ = true;
    woken_.notify_one();
  });
}

Event DoorReader::await(const std::function<bool(const Event&)>& fits) {
  while (true) {
    for (; n_looked_at_ < events_.size(); ++n_looked_at_) {
      if (fits(events_[n_looked_at_])) {
        return events_[n_looked_at_++];
      }
    }
    {
      std::unique_lock lock(mutex_);
      woken_.wait(lock, [this] { return has_news_; });
      has_news_ = false;
    }
    std::vector<Event> news = client_->takeEvents();
    std::move(news.begin(), news.end(), std::back_inserter(events_));
  }
}

namespace {

Ticket ticketOf(const Event& event) {
  return std::visit(
      [](const auto& one) -> Ticket {
        using One = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<One, Finished> || std::is_same_v<One, Failed> ||
                      std::is_same_v<One, Cancelled> || std::is_same_v<One, Superseded>) {
          return one.ticket;
        }
        return 0;
      },
      event);
}

}  // namespace

Event DoorReader::end(Ticket ticket) {
  for (const Event& event : events_) {
    if (ticketOf(event) == ticket) {
      return event;
    }
  }
  return await([ticket](const Event& event) { return ticketOf(event) == ticket; });
}

RunId DoorReader::finish(Ticket ticket) {
  const Event event = end(ticket);
  if (const auto* failed = std::get_if<Failed>(&event)) {
    FAIL("command " << ticket << " failed: " << failed->message);
  }
  REQUIRE(std::holds_alternative<Finished>(event));
  return std::get<Finished>(event).run;
}

}  // namespace rs::test
