// SPDX-License-Identifier: Apache-2.0
//
// The event loop of a window: waits in it, and how long it is kept by something else.
#pragma once

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QMetaEnum>
#include <QObject>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
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

// Notes how long each event that the loop handles keeps it, by its receiver and kind.
class WatchedApplication final : public QApplication {
 public:
  using QApplication::QApplication;
  bool notify(QObject* receiver, QEvent* event) override {
    if (is_inside_ || !is_watching_) {
      return QApplication::notify(receiver, event);
    }
    const std::string what = std::string(receiver->metaObject()->className()) + ' ' + nameOf(event->type());
    QElapsedTimer clock;
    clock.start();
    is_inside_ = true;
    const bool is_done = QApplication::notify(receiver, event);
    is_inside_ = false;
    times_[what].push_back(1e-6 * static_cast<double>(clock.nsecsElapsed()));
    return is_done;
  }
  void watch(bool is_watching) { is_watching_ = is_watching; }
  // Those that took a hundredth of the time or more.
  void report() {
    double all = 0;
    const auto sum = [](const std::vector<double>& times) {
      double total = 0;
      for (const double time : times) {
        total += time;
      }
      return total;
    };
    for (const auto& [what, times] : times_) {
      all += sum(times);
    }
    for (auto& [what, times] : times_) {
      if (const double total = sum(times); total > all / 100) {
        std::printf("%5.0f ms in ", total);
        reportTimes(what.c_str(), times);
      }
    }
  }

 private:
  static std::string nameOf(QEvent::Type type) {
    const char* name = QMetaEnum::fromType<QEvent::Type>().valueToKey(type);
    return name == nullptr ? std::to_string(type) : name;
  }

  bool is_inside_ = false;
  bool is_watching_ = false;
  std::map<std::string, std::vector<double>> times_;
};

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
