// SPDX-License-Identifier: Apache-2.0
//
// The window on the demo model, measured: how long until it is shown and until the first token is routed, how
// long from an edit to the repainted window, how late the event loop is while the engine generates, what it
// costs when nothing happens. --model DIR: on another model; --screenshot FILE: saves its picture instead.
// Needs a display:
// xvfb-run -a -s "-screen 0 1600x1000x24" window_bench
#include <unistd.h>

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFileInfo>
#include <QTimer>
#include <QWindow>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "app/wiring.h"
#include "tests/bench/process_use.h"
#include "tests/bench/window_loop_probe.h"
#include "tests/bench/window_settings.h"
#include "ui/canvas/heat_map.h"
#include "ui/main_window.h"
#include "ui/reading/decision_reading.h"
#include "ui/session/session_link.h"
#include "ui/theme.h"

namespace {

// Since this process was started, from the kernel's clock; 10 ms steps.
double millisecondsSinceStart() {
  std::FILE* file = std::fopen("/proc/self/stat", "r");
  if (file == nullptr) {
    return 0;
  }
  unsigned long long start_ticks = 0;
  const int n_read =
      std::fscanf(file,
                  "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
                  "%*d %llu",
                  &start_ticks);
  static_cast<void>(std::fclose(file));
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const double started = static_cast<double>(start_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return n_read == 1
             ? (static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec) - started) * 1e3
             : 0;
}

// Without waking up in between.
void wait(int milliseconds) {
  QEventLoop loop;
  QTimer::singleShot(milliseconds, &loop, &QEventLoop::quit);
  loop.exec();
}

std::string longPrompt() {
  std::string text;
  for (int i = 0; i < 24; ++i) {
    text += std::to_string(120 + i) + " * " + std::to_string(80 + 3 * i) + " = ";
  }
  return text;
}

void measureEdits(rs::ui::MainWindow& window) {
  rs::ui::Workbench& bench = window.workbench();
  const auto idle = [&] { return !bench.isBusy(); };
  std::string text = longPrompt();
  rs::ui::Prompt prompt{rs::ui::PromptMode::kText, text, 0, {}};
  bench.setPrompt(prompt);
  bench.startRun();
  rs::bench::spinUntil(idle);
  wait(200);
  const int n_tokens = bench.run()->size();
  std::vector<double> times;
  std::vector<double> answers;
  for (int i = 0; i < 100; ++i) {
    const rs::ui::Cursor at{(7 * i) % n_tokens, i % bench.run()->trace->config().n_layers, (5 * i) % 16};
    bench.cursor().move(at);
    QApplication::processEvents();
    QElapsedTimer clock;
    clock.start();
    bench.forceExpert(at, false);
    rs::bench::spinUntil(idle);
    answers.push_back(1e-6 * static_cast<double>(clock.nsecsElapsed()));
    QApplication::processEvents();  // the panes look at the last answer, and what changed is painted
    QApplication::processEvents();
    times.push_back(1e-6 * static_cast<double>(clock.nsecsElapsed()));
  }
  std::printf("edits of a run of %d tokens:\n", n_tokens);
  rs::bench::reportTimes("edit to the engine's last answer", answers);
  rs::bench::reportTimes("edit to repainted window", times);
}

// The engine generates without a pause on all its threads, and all of it is recorded in a session with that
// name; the heat map is asked for a frame every 50 ms.
void measureBusy(rs::ui::MainWindow& window, const QString& file) {
  rs::ui::Workbench& bench = window.workbench();
  window.session().saveAs(file);
  rs::bench::spinUntil([&] { return window.session().path() == file; });
  wait(200);
  const qint64 bytes_before = QFileInfo(file).size();
  auto* heat = window.findChild<rs::canvas::HeatMap*>(QStringLiteral("heat.canvas"));
  rs::ui::Prompt prompt{rs::ui::PromptMode::kText, longPrompt(), 100'000, {}};
  bench.setPrompt(prompt);
  bench.startRun();
  rs::bench::LoopProbe probe;
  std::vector<double> repaints;
  QElapsedTimer since;
  bool is_asked = false;
  QObject context;
  QObject::connect(heat, &rs::canvas::ImGuiCanvas::frameDrawn, &context, [&] {
    if (is_asked) {
      is_asked = false;
      repaints.push_back(1e-6 * static_cast<double>(since.nsecsElapsed()));
    }
  });
  QTimer asking;
  QObject::connect(&asking, &QTimer::timeout, &context, [&] {
    if (!is_asked) {
      is_asked = true;
      since.start();
      heat->requestFrame();
    }
  });
  asking.start(50);
  const double before = rs::bench::processorMilliseconds();
  int n_answers = 0;
  constexpr int kBusyMilliseconds = 10'000;
  QElapsedTimer all;
  all.start();
  while (all.elapsed() < kBusyMilliseconds) {
    if (!bench.isBusy()) {  // the answer has come to its end
      bench.startRun();
      ++n_answers;
    }
    wait(10);
  }
  asking.stop();
  std::printf("engine busy for %.1f s: %d answers, %.1f s of processor time\n",
              1e-3 * static_cast<double>(all.elapsed()), n_answers,
              1e-3 * (rs::bench::processorMilliseconds() - before));
  probe.report("event loop late while it generates");
  std::printf("recorded meanwhile: the session has grown from %.1f to %.1f MB, its log has %.1f MB\n",
              1e-6 * static_cast<double>(bytes_before), 1e-6 * static_cast<double>(QFileInfo(file).size()),
              1e-6 * static_cast<double>(QFileInfo(file + QStringLiteral("-wal")).size()));
  if (!repaints.empty()) {
    rs::bench::reportTimes("repaint of the heat map asked for", repaints);
  }
  bench.stop();
  rs::bench::spinUntil([&] { return !bench.isBusy(); });
}

void saveScreenshot(rs::ui::MainWindow& window, const QString& file) {
  rs::ui::Workbench& bench = window.workbench();
  rs::Steering steering;
  steering.virtual_experts = {"calculator"};
  bench.changeSteering(steering, QStringLiteral("Switch the calculator on"));
  rs::bench::spinUntil([&] { return !bench.isBusy(); });
  const auto run = bench.run();
  const int token = run->firings.empty() ? run->size() - 1 : run->firings.front().firing.position;
  bench.cursor().move({token, run->trace->config().n_layers - 1, 3});
  window.bringToFront("virtual_experts");
  wait(1500);
  if (!window.grab().save(file, "PNG")) {
    std::fprintf(stderr, "window_bench: cannot write %s\n", file.toLocal8Bit().constData());
  }
}

void measureStart(rs::ui::MainWindow& window) {
  window.openDemo();
  rs::bench::spinUntil([&] {
    return window.isVisible() && window.windowHandle() != nullptr && window.windowHandle()->isExposed();
  });
  const double shown = millisecondsSinceStart();
  rs::bench::spinUntil(
      [&] { return window.workbench().run() != nullptr && window.workbench().run()->size() > 0; });
  const double routed = millisecondsSinceStart();
  rs::bench::spinUntil([&] { return !window.workbench().isBusy(); });
  std::printf("process start to window shown: %.0f ms\n", shown);
  std::printf("process start to first routed token: %.0f ms\n", routed);
}

// "": it is not there.
QString valueOf(const QStringList& arguments, const char* option) {
  const auto at = arguments.indexOf(QString::fromLatin1(option));
  return at >= 0 && at + 1 < arguments.size() ? arguments[at + 1] : QString();
}

}  // namespace

int main(int argc, char** argv) {
  const rs::bench::OwnSettings settings;
  rs::bench::WatchedApplication application(argc, argv);
  const QStringList arguments = QApplication::arguments();
  rs::ui::applyTheme(arguments.contains(QStringLiteral("--light")) ? rs::ui::ThemeChoice::kLight
                                                                   : rs::ui::ThemeChoice::kDark);
  rs::ui::MainWindow window(rs::app::makeEngineClient());
  window.show();
  if (const QString folder = valueOf(arguments, "--model"); !folder.isEmpty()) {
    window.open(folder);
    rs::bench::spinUntil([&] { return window.workbench().model() != nullptr; });
  } else {
    measureStart(window);
  }
  if (const QString picture = valueOf(arguments, "--screenshot"); !picture.isEmpty()) {
    saveScreenshot(window, picture);
    return 0;
  }
  measureEdits(window);
  application.watch(true);
  measureBusy(window, settings.file(QStringLiteral("busy.routescope")));
  application.watch(false);
  application.report();
  wait(1000);
  constexpr int kIdle = 5000;
  const double before = rs::bench::processorMilliseconds();
  wait(kIdle);
  std::printf("idle for %d s: %.0f ms of CPU\n", kIdle / 1000, rs::bench::processorMilliseconds() - before);
  return 0;
}
