// SPDX-License-Identifier: Apache-2.0
//
// A long session in the window: window_session_bench FILE. How long from opening it to the first pixels of
// both canvases and until all of it is there, how long the event loop is kept meanwhile, and while the
// session is saved under another name; memory. Needs a display: xvfb-run -a -s "-screen 0 1600x1000x24" … A
// file to open: sessions_bench FOLDER 100000 24 keep
#include <QApplication>
#include <QElapsedTimer>
#include <QTimer>
#include <QWindow>
#include <cstdio>
#include <functional>

#include "app/wiring.h"
#include "tests/bench/process_use.h"
#include "tests/bench/window_loop_probe.h"
#include "tests/bench/window_settings.h"
#include "ui/canvas/heat_map.h"
#include "ui/canvas/token_strip.h"
#include "ui/main_window.h"
#include "ui/session/session_link.h"
#include "ui/theme.h"

namespace {

// When something was first so, after a frame of a canvas.
template <typename Canvas, typename Condition>
void note(Canvas& canvas, const QElapsedTimer& clock, double& when, Condition condition) {
  QObject::connect(&canvas, &rs::canvas::ImGuiCanvas::frameDrawn, &canvas, [&clock, &when, condition] {
    if (when < 0 && condition()) {
      when = static_cast<double>(clock.nsecsElapsed()) / 1e6;
    }
  });
}

void saveAs(rs::ui::MainWindow& window, const QString& path, rs::bench::LoopProbe& probe) {
  auto* session = &window.session();
  QElapsedTimer clock;
  clock.start();
  session->saveAs(path);
  rs::bench::spinUntil([&] { return session->path() == path || clock.elapsed() > 60'000; });
  std::printf("saved as another file after %lld ms\n", static_cast<long long>(clock.elapsed()));
  probe.report("event loop late while saving");
}

}  // namespace

int main(int argc, char** argv) {
  const rs::bench::OwnSettings settings;
  rs::bench::WatchedApplication application(argc, argv);
  if (argc < 2) {
    std::fprintf(stderr, "usage: window_session_bench FILE\n");
    return 2;
  }
  rs::ui::applyTheme(rs::ui::ThemeChoice::kDark);
  rs::ui::MainWindow window(rs::app::makeEngineClient());
  window.show();
  rs::bench::spinUntil(
      [&] { return window.windowHandle() != nullptr && window.windowHandle()->isExposed(); });
  auto* heat = window.findChild<rs::canvas::HeatMap*>(QStringLiteral("heat.canvas"));
  auto* strip = window.findChild<rs::canvas::TokenStrip*>(QStringLiteral("strip.canvas"));
  if (heat == nullptr || strip == nullptr) {
    return 1;
  }
  const auto isWhole = [&] {
    const auto run = window.workbench().run();
    const rs::ui::StoredRun* stored = run == nullptr ? nullptr : window.workbench().storedRun(run->id);
    return stored != nullptr && run->size() == stored->n_rows &&
           heat->view().picture().pyramid().columns() == run->size();
  };
  const long memory = rs::bench::residentMegabytes();
  double first_heat = -1;
  double first_strip = -1;
  double whole = -1;
  rs::bench::LoopProbe probe;
  QElapsedTimer clock;
  clock.start();
  note(*heat, clock, first_heat, [&] { return heat->view().picture().pyramid().columns() > 0; });
  note(*strip, clock, first_strip, [&] { return strip->view().picture().tokens() > 0; });
  note(*heat, clock, whole, isWhole);
  const double cpu = rs::bench::processorMilliseconds();
  application.watch(true);
  window.open(QString::fromLocal8Bit(argv[1]));
  rs::bench::spinUntil([&] { return whole >= 0 || clock.elapsed() > 60'000; });
  if (whole < 0) {
    for (const rs::ui::LogEntry& entry : window.workbench().log()) {
      std::fprintf(stderr, "%s\n", entry.text.toLocal8Bit().constData());
    }
    return 1;
  }
  std::printf("opened to first pixels: heat map %.0f ms, token strip %.0f ms; all of %d tokens %.0f ms\n",
              first_heat, first_strip, window.workbench().run()->size(), whole);
  std::printf("processor time of all threads until then %.0f ms, %ld MB more memory\n",
              rs::bench::processorMilliseconds() - cpu, rs::bench::residentMegabytes() - memory);
  probe.report("event loop late while it is read");
  application.watch(false);
  application.report();
  QTimer rest;
  QEventLoop loop;
  rest.singleShot(3000, &loop, &QEventLoop::quit);
  loop.exec();
  probe.report("event loop late in 3 s afterwards");
  saveAs(window, settings.file(QStringLiteral("copy.routescope")), probe);
  return 0;
}
