// SPDX-License-Identifier: Apache-2.0
//
// The door to the engine: order, events, cancelling, giving way to newer steering, and what snapshots
// promise.
#include "core/engine/engine_thread.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <future>
#include <set>
#include <stdexcept>
#include <thread>

#include "core/base/error.h"
#include "core/routing/edit_json.h"
#include "tests/support/door.h"

namespace rs {
namespace {

using test::DoorReader;
using test::nanoOpener;

std::vector<std::int32_t> someTokens(int n) {
  std::vector<std::int32_t> tokens;
  for (int i = 0; i < n; ++i) {
    tokens.push_back(i * 7 % 50);
  }
  return tokens;
}

StartRun startOf(int n_tokens, int max_new_tokens = 0) {
  StartRun command;
  command.tokens = someTokens(n_tokens);
  command.max_new_tokens = max_new_tokens;
  command.stops_at_end = false;
  return command;
}

Steering steeringOf(const std::string& edits) {
  return {parseEdits(edits), {}};
}

// The engine with the nano model open.
struct Door {
  explicit Door(ModelOpener opener = nanoOpener())
      : client(std::make_unique<EngineThread>(std::move(opener))) {
    reader.listenTo(*client);
  }
  void open() { reader.finish(client->submit(OpenModel{})); }

  DoorReader reader;
  std::unique_ptr<EngineThread> client;  // ends before its reader
};

// Holds the engine thread in an opening until it is let go.
class HeldOpener {
 public:
  [[nodiscard]] ModelOpener opener() {
    return [this](const OpenModel& request, const OpenProgress& progress) {
      is_open_.set_value();
      let_go_.get_future().wait();
      progress(1, 2);
      return nanoOpener()(request, progress);
    };
  }
  void awaitOpening() { is_open_.get_future().wait(); }
  void letGo() { let_go_.set_value(); }

 private:
  std::promise<void> is_open_, let_go_;
};

TEST_CASE("before anything is open there is an empty snapshot and runs are refused") {
  Door door;
  const auto snapshot = door.client->latest();
  REQUIRE(snapshot != nullptr);
  CHECK(snapshot->model == nullptr);
  CHECK(snapshot->runs.empty());
  CHECK(snapshot->kept.budget == kDefaultKeptBudget);
  const Event end = door.reader.end(door.client->submit(startOf(3)));
  REQUIRE(std::holds_alternative<Failed>(end));
  CHECK(std::get<Failed>(end).code == ErrorCode::kUsage);
  CHECK(std::get<Failed>(end).message.find("no model is open") != std::string::npos);
}

TEST_CASE("a run shows tokens, decisions and what the model said at every position") {
  Door door;
  door.open();
  const RunId id = door.reader.finish(door.client->submit(startOf(9, 4)));
  const auto snapshot = door.client->latest();
  CHECK(snapshot->model->name == "nano");
  CHECK(snapshot->current == id);
  CHECK(!snapshot->progress.has_value());
  const auto run = snapshot->run(id);
  REQUIRE(run != nullptr);
  CHECK(run->state == RunState::kDone);
  CHECK(run->end == RunEnd::kMaxTokens);
  CHECK(run->n_prompt == 9);
  REQUIRE(run->tokens->size() == 13);
  CHECK(run->size() == 12);  // no layer has seen the newest
  REQUIRE(run->next->size() == 12);
  REQUIRE(run->logprobs->size() == 13);
  CHECK(std::isnan(run->logprobs->front()));
  const ModelConfig& config = snapshot->model->config;
  for (int position = 0; position < run->size(); ++position) {
    const NextToken& next = (*run->next)[static_cast<std::size_t>(position)];
    const std::int32_t follows = (*run->tokens)[static_cast<std::size_t>(position) + 1];
    const float logprob = (*run->logprobs)[static_cast<std::size_t>(position) + 1];
    CHECK(logprob <= next.best.front().logprob);
    if (position >= 8) {  // greedy from here on
      CHECK(next.best.front().id == follows);
      CHECK(next.best.front().logprob == Approx(logprob).margin(1e-5));
    }
    CHECK(next.entropy > 0);
    CHECK(next.entropy <= Approx(std::log(config.vocab)));
    for (int layer = 0; layer < config.n_layers; ++layer) {
      CHECK(run->trace->ints(Site::kExpertIndices, layer, position)[0] >= 0);
    }
  }
  const auto ready = door.reader.all<TokenReady>();
  REQUIRE(ready.size() == 4);
  CHECK(ready.front().position == 9);
  CHECK(ready.back().position == 12);
  CHECK(door.reader.all<RunStarted>().size() == 1);
}

TEST_CASE("every command ends once, in order, and is told after the snapshot that shows it") {
  Door door;
  door.open();
  std::vector<Ticket> tickets;
  for (int i = 0; i < 5; ++i) {
    tickets.push_back(door.client->submit(startOf(4 + i)));
  }
  tickets.push_back(door.client->submit(DropRun{99}));
  door.reader.end(tickets.back());
  std::vector<Ticket> ended;
  for (const Event& event : door.reader.events()) {
    if (const auto* finished = std::get_if<Finished>(&event)) {
      ended.push_back(finished->ticket);
    }
  }
  ended.push_back(door.reader.all<Failed>().at(0).ticket);
  CHECK(ended.size() == 7);  // the opening too
  CHECK(std::is_sorted(ended.begin(), ended.end()));
  CHECK(door.client->latest()->runs.size() == 5);
}

TEST_CASE("a snapshot stays as it is while the run goes on") {
  Door door;
  door.open();
  const RunId id = door.reader.finish(door.client->submit(startOf(5)));
  const auto before = door.client->latest();
  const auto run = before->run(id);
  const std::vector<std::byte> bytes = run->trace->gather("router_logits.0").bytes;
  for (int i = 0; i < 70; ++i) {  // beyond the rows that were made at first
    CHECK(door.reader.finish(door.client->submit(ContinueRun{1})) == id);
  }
  CHECK(run->size() == 5);
  CHECK(run->tokens->size() == 5);
  CHECK(run->trace->gather("router_logits.0").bytes == bytes);
  const auto after = door.client->latest()->run(id);
  CHECK(after->tokens->size() == 75);
  CHECK(after->size() == 74);
  CHECK(door.client->latest()->revision > before->revision);
}

TEST_CASE("steps give the tokens and bits of one long run") {
  Door door;
  door.open();
  const RunId whole = door.reader.finish(door.client->submit(startOf(20, 12)));
  const RunId steps = door.reader.finish(door.client->submit(startOf(20, 1)));
  for (int i = 0; i < 11; ++i) {
    door.reader.finish(door.client->submit(ContinueRun{1}));
  }
  const auto snapshot = door.client->latest();
  CHECK(*snapshot->run(whole)->tokens == *snapshot->run(steps)->tokens);
  for (const std::string& name : snapshot->run(whole)->trace->arrayNames()) {
    INFO(name);
    CHECK(snapshot->run(whole)->trace->gather(name).bytes == snapshot->run(steps)->trace->gather(name).bytes);
  }
}

TEST_CASE("a run under way can be cancelled and goes on to the same tokens") {
  Door door;
  door.open();
  const RunId whole = door.reader.finish(door.client->submit(startOf(6, 200)));
  const Ticket ticket = door.client->submit(startOf(6, 200));
  door.reader.await([&](const Event& event) {
    const auto* ready = std::get_if<TokenReady>(&event);
    return ready != nullptr && ready->run != whole && ready->position >= 8;
  });
  door.client->cancel();
  const Event end = door.reader.end(ticket);
  auto snapshot = door.client->latest();
  const RunId id = snapshot->current;
  REQUIRE(id != whole);
  if (std::holds_alternative<Cancelled>(end)) {  // else it had come to its end before
    CHECK(std::get<Cancelled>(end).run == id);
    CHECK(snapshot->run(id)->state == RunState::kCancelled);
    const auto n = static_cast<int>(snapshot->run(id)->tokens->size());
    CHECK(n >= 9);
    door.reader.finish(door.client->submit(ContinueRun{206 - n}));
  }
  snapshot = door.client->latest();
  CHECK(snapshot->run(id)->state == RunState::kDone);
  CHECK(*snapshot->run(id)->tokens == *snapshot->run(whole)->tokens);
}

TEST_CASE("cancelling drops what is queued and each is told") {
  HeldOpener held;
  Door door(held.opener());
  const Ticket opening = door.client->submit(OpenModel{});
  held.awaitOpening();
  const Ticket first = door.client->submit(startOf(3));
  const Ticket second = door.client->submit(startOf(3));
  door.client->cancel();
  held.letGo();
  CHECK(std::holds_alternative<Cancelled>(door.reader.end(first)));
  CHECK(std::holds_alternative<Cancelled>(door.reader.end(second)));
  CHECK(std::holds_alternative<Cancelled>(door.reader.end(opening)));
  CHECK(door.client->latest()->model == nullptr);
}

TEST_CASE("an opening shows how far it is") {
  HeldOpener held;
  Door door(held.opener());
  const Ticket opening = door.client->submit(OpenModel{});
  held.awaitOpening();
  const auto snapshot = door.client->latest();
  REQUIRE(snapshot->progress.has_value());
  CHECK(snapshot->progress->ticket == opening);
  CHECK(snapshot->progress->unit == "bytes");
  held.letGo();
  door.reader.finish(opening);
  CHECK(!door.client->latest()->progress.has_value());
}

TEST_CASE("queued steering gives way to newer steering") {
  HeldOpener held;
  Door door(held.opener());
  const Ticket opening = door.client->submit(OpenModel{});
  held.awaitOpening();
  const Ticket old =
      door.client->submit(SetSteering{steeringOf(R"([{"op": "ban", "layer": "all", "experts": [1]}])")});
  const Ticket now =
      door.client->submit(SetSteering{steeringOf(R"([{"op": "ban", "layer": "all", "experts": [2]}])")});
  held.letGo();
  door.reader.finish(opening);
  const Event end = door.reader.end(old);
  REQUIRE(std::holds_alternative<Superseded>(end));
  CHECK(std::get<Superseded>(end).by == now);
  door.reader.finish(now);
  CHECK(door.client->latest()->steering == steeringOf(R"([{"op": "ban", "layer": "all", "experts": [2]}])"));
}

TEST_CASE("steering between two runs is not lost to steering after them") {
  HeldOpener held;
  Door door(held.opener());
  static_cast<void>(door.client->submit(OpenModel{}));
  held.awaitOpening();
  const Steering first = steeringOf(R"([{"op": "ban", "layer": "all", "experts": [1]}])");
  const Steering second = steeringOf(R"([{"op": "ban", "layer": "all", "experts": [2]}])");
  const Ticket one = door.client->submit(SetSteering{first});
  const Ticket run_one = door.client->submit(startOf(3));
  const Ticket two = door.client->submit(SetSteering{second, false, true});
  const Ticket run_two = door.client->submit(startOf(3));
  held.letGo();
  door.reader.finish(one);
  const RunId a = door.reader.finish(run_one);
  door.reader.finish(two);
  const RunId b = door.reader.finish(run_two);
  const auto snapshot = door.client->latest();
  CHECK(snapshot->run(a)->steering == first);
  CHECK(snapshot->run(b)->steering == second);
}

TEST_CASE("a run under way is broken off for new steering and shows it") {
  Door door;
  door.open();
  const Ticket ticket = door.client->submit(startOf(6, 400));
  door.reader.await([](const Event& event) { return std::holds_alternative<TokenReady>(event); });
  const Steering ban = steeringOf(R"([{"op": "ban", "layer": 1, "experts": [0, 1]}])");
  const Ticket steering = door.client->submit(SetSteering{ban});
  const Event end = door.reader.end(ticket);
  const RunId id = door.reader.finish(steering);
  const auto run = door.client->latest()->run(id);
  CHECK(run->steering == ban);
  CHECK(!run->stale.has_value());
  if (const auto* superseded = std::get_if<Superseded>(&end)) {  // else it had come to its end before
    CHECK(superseded->by == steering);
    CHECK(run->state == RunState::kPaused);
    CHECK(run->tokens->size() < 406);
  }
}

TEST_CASE("errors become events and the thread goes on") {
  int n_opened = 0;
  Door door([&](const OpenModel& request, const OpenProgress& progress) {
    if (++n_opened == 1) {
      throw std::runtime_error("something of no kind we know");
    }
    if (n_opened == 2) {
      throw Error(ErrorCode::kModel, "opening: no such model");
    }
    return nanoOpener()(request, progress);
  });
  const Event first = door.reader.end(door.client->submit(OpenModel{}));
  CHECK(std::get<Failed>(first).code == ErrorCode::kInternal);
  const Event second = door.reader.end(door.client->submit(OpenModel{}));
  CHECK(std::get<Failed>(second).code == ErrorCode::kModel);
  door.open();
  for (Command command :
       {Command(StartRun{}), Command(ContinueRun{}), Command(SelectRun{7}), Command(BranchRun{7, 0, {}, 1}),
        Command(AskUnaided{3, {0}}), Command(SetSteering{{{}, {"nobody"}}})}) {
    const Event end = door.reader.end(door.client->submit(std::move(command)));
    REQUIRE(std::holds_alternative<Failed>(end));
    CHECK(std::get<Failed>(end).code == ErrorCode::kUsage);
    CHECK(!std::get<Failed>(end).message.empty());
  }
  StartRun outside = startOf(3);
  outside.tokens[1] = 1 << 20;
  CHECK(std::holds_alternative<Failed>(door.reader.end(door.client->submit(outside))));
  door.reader.finish(door.client->submit(startOf(3, 2)));
}

TEST_CASE("a model that cannot be opened leaves the open one alone") {
  int n_opened = 0;
  Door door([&](const OpenModel& request, const OpenProgress& progress) {
    if (++n_opened > 1) {
      throw Error(ErrorCode::kModel, "opening: no such model");
    }
    return nanoOpener()(request, progress);
  });
  door.open();
  const RunId id = door.reader.finish(door.client->submit(startOf(3)));
  door.reader.end(door.client->submit(OpenModel{}));
  CHECK(door.client->latest()->run(id) != nullptr);
  door.reader.finish(door.client->submit(CloseModel{}));
  CHECK(door.client->latest()->model == nullptr);
  CHECK(door.client->latest()->runs.empty());
}

TEST_CASE("the reader is woken once until it has taken the events") {
  int n_woken = 0;
  std::promise<void> woken;
  EngineThread client(nanoOpener());
  client.setWake([&] {
    ++n_woken;
    woken.set_value();
  });
  static_cast<void>(client.submit(OpenModel{}));
  const Ticket last = client.submit(startOf(5, 5));
  woken.get_future().wait();
  woken = {};
  // Nobody takes events until the engine is through; a second wake would set the same promise again.
  while (client.latest()->runs.empty() || client.latest()->runs.front()->state != RunState::kDone) {
    std::this_thread::yield();
  }
  CHECK(n_woken == 1);
  std::vector<Event> events = client.takeEvents();
  while (!std::holds_alternative<Finished>(events.back()) ||
         std::get<Finished>(events.back()).ticket != last) {
    woken.get_future().wait();
    woken = {};
    for (Event& event : client.takeEvents()) {
      events.push_back(std::move(event));
    }
  }
  CHECK(std::holds_alternative<Finished>(events.back()));
}

TEST_CASE("readers look at snapshots while the engine writes") {
  Door door;
  door.open();
  std::atomic<bool> ends{false};
  std::atomic<std::int64_t> n_seen{0};
  std::thread onlooker([&] {
    while (!ends) {
      const auto snapshot = door.client->latest();
      for (const auto& run : snapshot->runs) {
        for (int position = 0; position < run->size(); ++position) {
          n_seen += run->trace->ints(Site::kExpertIndices, 0, position)[0] >= 0 ? 1 : 0;
        }
      }
    }
  });
  door.reader.finish(door.client->submit(startOf(300, 60)));
  for (const int expert : {0, 1, 2}) {
    door.reader.finish(door.client->submit(SetSteering{steeringOf(
        R"([{"op": "ban", "layer": 1, "pos": [290], "experts": [)" + std::to_string(expert) + "]}]")}));
    door.reader.finish(door.client->submit(ContinueRun{3}));
  }
  ends = true;
  onlooker.join();
  CHECK(n_seen > 0);
}

}  // namespace
}  // namespace rs
