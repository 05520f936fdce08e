// SPDX-License-Identifier: Apache-2.0
#include "ui/session/runs_on_demand.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QPointer>
#include <QThreadPool>
#include <functional>
#include <map>
#include <utility>

#include "ui/session/stored_run_reading.h"

namespace rs::ui {
namespace {

constexpr int kRowsAtOnce = 1024;
// Each longer beginning lets all panes look again.
constexpr int kPauseMilliseconds = 150;

bool isWhole(const StoredRun& stored) {
  return stored.run->size() >= stored.n_rows;
}

}  // namespace

RunsOnDemand::RunsOnDemand(Workbench& workbench, QObject* parent) : QObject(parent), workbench_(workbench) {
  connect(&workbench_, &Workbench::changed, this, [this] { look(); });
}

RunsOnDemand::~RunsOnDemand() {
  setFile({});
}

void RunsOnDemand::setFile(const std::string& path) {
  if (stop_ != nullptr) {
    *stop_ = true;
    stop_.reset();
  }
  path_ = path;
  refused_ = 0;
  look();
}

void RunsOnDemand::look() {
  if (path_.empty() || isReading()) {
    return;
  }
  for (const auto& run : {workbench_.run(), workbench_.reference()}) {
    const StoredRun* stored = run == nullptr || run->id >= 0 ? nullptr : workbench_.storedRun(run->id);
    if (stored != nullptr && !isWhole(*stored) && run->id != refused_) {
      start(run->id);
      return;
    }
  }
}

void RunsOnDemand::start(RunId id) {
  stop_ = std::make_shared<std::atomic<bool>>(false);
  QThreadPool::globalInstance()->start(
      [alive = QPointer<RunsOnDemand>(this), stop = stop_, path = path_, id] {
        const auto tell = [&](std::function<void(RunsOnDemand&)> what) {
          QMetaObject::invokeMethod(
              qApp,
              [alive, stop, what = std::move(what)] {
                if (!alive.isNull() && alive->stop_ == stop) {
                  what(*alive);
                }
              },
              Qt::QueuedConnection);
        };
        try {
          sessions::SessionReader reader(path);
          std::map<std::int32_t, std::string> known_already;
          StoredRunReading reading(reader, reader.run(-id), known_already);
          QElapsedTimer clock;
          clock.start();
          while (!*stop && reading.nRead() < reading.nRows()) {
            reading.read(kRowsAtOnce);
            if (clock.elapsed() >= kPauseMilliseconds && reading.nRead() < reading.nRows()) {
              tell([run = reading.snapshot()](RunsOnDemand& self) { self.workbench_.growStored(run); });
              clock.restart();
            }
          }
          tell([run = reading.snapshot()](RunsOnDemand& self) {
            self.stop_.reset();
            self.workbench_.growStored(run);
            self.look();
          });
        } catch (const std::exception& error) {  // the border of the thread
          tell([id, problem = QString::fromStdString(error.what())](RunsOnDemand& self) {
            self.stop_.reset();
            self.refused_ = id;
            self.workbench_.tellError(problem);
            self.look();
          });
        }
      });
}

}  // namespace rs::ui
