// SPDX-License-Identifier: Apache-2.0
//
// The event loop of a window: waits in it, and how long it is kept by something else.
#pragma once

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QObject>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <vector>

namespace rs::bench {

template <typename Condition>
void spinUntil(Condition condition) {
  while (!condition()) {
    QApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
  }
}

// Sorts. times not empty.
inline void reportTimes(const char* what, std::vector<double>& times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](std::size_t percent) { return times[(times.size() - 1) * percent / 100]; };
  std::printf("%-44s median %6.1f ms, p95 %6.1f ms, p99 %6.1f ms, longest %6.1f ms (n %zu)\n", what, at(50),
              at(95), at(99), times.back(), times.size());
}

// Asks for a timer every 5 ms and notes how late it comes.
class LoopProbe final : public QObject {
 public:
  LoopProbe() {
    clock_.start();
    timer_.setTimerType(Qt::PreciseTimer);
    connect(&timer_, &QTimer::timeout, this, [this] {
      const double gap = static_cast<double>(clock_.nsecsElapsed()) / 1e6 - kPeriod;
      gaps_.push_back(std::max(gap, 0.0));
      clock_.restart();
    });
    timer_.start(kPeriod);
  }
  // Of the time since the last report.
  void report(const char* what) {
    if (!gaps_.empty()) {
      reportTimes(what, gaps_);
    }
    restart();
  }
  void restart() {
    gaps_.clear();
    clock_.restart();
  }

 private:
  static constexpr int kPeriod = 5;
  QTimer timer_;
  QElapsedTimer clock_;
  std::vector<double> gaps_;
};

}  // namespace rs::bench
