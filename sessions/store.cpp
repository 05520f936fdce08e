// SPDX-License-Identifier: Apache-2.0
#include "sessions/store.h"

#include <set>
#include <utility>

#include "sessions/copy.h"
#include "sessions/run_writer.h"
#include "sessions/store_thread.h"

namespace rs::sessions {
namespace {

using Changed = std::optional<StoreEvent>;

std::size_t sizeOf(const std::vector<Change>& changes) {
  std::size_t sum = 0;
  for (const Change& change : changes) {
    sum += change.kind.size() + change.key.size() + (change.value ? change.value->size() : 0);
  }
  return sum;
}

std::size_t sizeOf(const RunSetup& setup) {
  return setup.prompt.size() * sizeof(std::int32_t) + setup.edits_json.size();
}

// The changes, and the removal of every document that none of them sets.
std::vector<Change> withRemovals(Connection& connection, std::vector<Change> changes) {
  std::set<std::pair<std::string, std::string>> kept;
  for (const Change& change : changes) {
    kept.emplace(change.kind, change.key);
  }
  for (const Document& document : readDocuments(connection)) {
    if (kept.count({document.kind, document.key}) == 0) {
      changes.push_back({document.kind, document.key, std::nullopt});
    }
  }
  return changes;
}

void tell(Writing& writing, CommandId id, Changed& changed) {
  if (id != 0) {
    changed.emplace();
    changed->kind = StoreEventKind::kDocuments;
    changed->command = id;
    changed->changes = readCommands(writing.connection, id - 1, 1).at(0).forward;
  }
}

}  // namespace

struct SessionStore::Impl {
  StoreThread thread;
};

SessionStore::SessionStore(StoreOptions options, std::function<void()> wake)
    : impl_(new Impl{{std::move(options), std::move(wake)}}) {}

SessionStore::~SessionStore() = default;

Opened SessionStore::waitOpened() {
  return impl_->thread.waitOpened();
}
void SessionStore::wait(Ticket ticket) {
  impl_->thread.wait(ticket);
}
void SessionStore::flush() {
  impl_->thread.flush();
}
std::vector<StoreEvent> SessionStore::takeEvents() {
  return impl_->thread.takeEvents();
}
UndoState SessionStore::undoState() const {
  return impl_->thread.undoState();
}

Ticket SessionStore::change(std::string actor, std::string title, std::vector<Change> changes) {
  const std::size_t bytes = sizeOf(changes);
  return impl_->thread.submit({bytes, [actor = std::move(actor), title = std::move(title),
                                       changes = std::move(changes)](Writing& writing, Changed& changed) {
                                 tell(writing, writing.journal.apply(actor, title, changes), changed);
                               }});
}

Ticket SessionStore::setDocuments(std::string actor, std::string title, std::vector<Document> documents) {
  std::vector<Change> changes;
  for (Document& document : documents) {
    changes.push_back({std::move(document.kind), std::move(document.key), std::move(document.value)});
  }
  const std::size_t bytes = sizeOf(changes);
  return impl_->thread.submit(
      {bytes, [actor = std::move(actor), title = std::move(title), changes = std::move(changes)](
                  Writing& writing, Changed& changed) {
         tell(writing, writing.journal.apply(actor, title, withRemovals(writing.connection, changes)),
              changed);
       }});
}

Ticket SessionStore::undo(std::string actor) {
  return impl_->thread.submit({0, [actor = std::move(actor)](Writing& writing, Changed& changed) {
                                 tell(writing, writing.journal.undo(actor), changed);
                               }});
}

Ticket SessionStore::redo(std::string actor) {
  return impl_->thread.submit({0, [actor = std::move(actor)](Writing& writing, Changed& changed) {
                                 tell(writing, writing.journal.redo(actor), changed);
                               }});
}

SessionStore::Begun SessionStore::beginRun(RunSetup setup) {
  Begun begun;
  begun.run = impl_->thread.newRun();
  const std::size_t bytes = sizeOf(setup);
  Job job{bytes, [run = begun.run, setup = std::move(setup)](Writing& writing, Changed& /*changed*/) {
            insertRun(writing.connection, run, setup, writing.journal.last());
          }};
  job.run = begun.run;
  job.begins_run = true;
  begun.ticket = impl_->thread.submit(std::move(job));
  return begun;
}

Ticket SessionStore::beginAgain(RunId run, RunSetup setup) {
  impl_->thread.reserveRun(run);
  const std::size_t bytes = sizeOf(setup);
  Job job{bytes, [run, setup = std::move(setup)](Writing& writing, Changed& /*changed*/) {
            switch (stateOf(writing.connection, run)) {
              case WrittenRun::kNone:
                insertRun(writing.connection, run, setup, writing.journal.last());
                break;
              case WrittenRun::kUnfinished:
                break;
              case WrittenRun::kWhole:
                writing.whole.insert(run);
                break;
            }
          }};
  job.run = run;
  job.begins_run = true;
  return impl_->thread.submit(std::move(job));
}

Ticket SessionStore::append(RunBatch& batch) {
  const std::size_t bytes = batch.bytes();
  auto shared = std::make_shared<RunBatch>(std::move(batch));
  Job job{bytes, [shared](Writing& writing, Changed& /*changed*/) {
            if (writing.whole.count(shared->run) == 0) {
              insertBatch(writing.connection, *shared);
            }
          }};
  job.run = shared->run;
  const Ticket ticket = impl_->thread.trySubmit(job);
  batch = ticket == 0 ? std::move(*shared) : RunBatch();
  return ticket;
}

Ticket SessionStore::endRun(RunId run, Ending ending, std::string failure) {
  Job job{failure.size(),
          [run, ending, failure = std::move(failure)](Writing& writing, Changed& /*changed*/) {
            if (writing.whole.count(run) == 0) {
              sessions::endRun(writing.connection, run, ending, failure);
            }
          }};
  job.run = run;
  return impl_->thread.submit(std::move(job));
}

Ticket SessionStore::setLayout(std::string key, std::vector<std::byte> bytes) {
  const std::size_t size = bytes.size();
  return impl_->thread.submit(
      {size, [key = std::move(key), bytes = std::move(bytes)](Writing& writing, Changed& /*changed*/) {
         writing.connection
             .prepare(
                 "INSERT INTO layout (key, bytes) VALUES (?, ?) "
                 "ON CONFLICT (key) DO UPDATE SET bytes = excluded.bytes")
             .run(key, std::span<const std::byte>(bytes));
       }});
}

Ticket SessionStore::saveCopy(std::string path, bool without_text) {
  Job job{0, [path = std::move(path), without_text](Writing& writing, Changed& /*changed*/) {
            sessions::saveCopy(writing.connection, path, without_text);
          }};
  job.is_alone = true;
  return impl_->thread.submit(std::move(job));
}

}  // namespace rs::sessions
