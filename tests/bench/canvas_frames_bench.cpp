// SPDX-License-Identifier: Apache-2.0
//
// Frames of the heat map on a real window: canvas_frames_bench [TOKENS [FRAMES [PICTURE.png]]]. The view
// zooms and pans, so that each frame rasters and uploads anew; beside it the memory of the process and frames
// while idle. Through GL it ends with a GL widget that draws nothing but a colour: what Qt and the driver
// take.
#include <QApplication>
#include <QElapsedTimer>
#include <QOpenGLFunctions>
#include <QOpenGLWidget>
#include <QTest>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tests/bench/process_use.h"
#include "ui/canvas/heat_map.h"

namespace {

// The routing of a model with 24 layers of 32 experts, four chosen each.
class Routing final : public rs::canvas::HeatSource {
 public:
  explicit Routing(int n_tokens) : n_tokens_(n_tokens) {}
  [[nodiscard]] int tokens() const override { return n_tokens_; }
  [[nodiscard]] int layers() const override { return 24; }
  [[nodiscard]] int experts() const override { return 32; }
  [[nodiscard]] uint64_t revision() const override { return 0; }
  [[nodiscard]] bool offers(rs::canvas::HeatValue value) const override {
    return value == rs::canvas::HeatValue::kWeight;
  }
  [[nodiscard]] rs::canvas::ValueRange range(rs::canvas::HeatValue /*value*/) const override {
    return {0, 1};
  }
  void values(rs::canvas::HeatValue /*value*/, int token, int layer, std::span<float> out) const override {
    std::fill(out.begin(), out.end(), 0.0F);
    uint64_t state = static_cast<uint64_t>(token) * 0x9e3779b97f4a7c15U +
                     static_cast<uint64_t>(layer) * 0xbf58476d1ce4e5b9U;
    for (int slot = 0; slot < 4; ++slot) {
      state ^= state >> 29U;
      state *= 0x94d049bb133111ebU;
      out[state >> 59U] = 1.0F / static_cast<float>(slot + 1);
    }
  }
  [[nodiscard]] std::string tokenText(int token) const override { return "t" + std::to_string(token); }

 private:
  int n_tokens_;
};

void report(const char* what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  std::printf("%-28s median %7.2f ms   p95 %7.2f ms   p99 %7.2f ms   n %zu\n", what, times[times.size() / 2],
              times[times.size() * 95 / 100], times[times.size() * 99 / 100], times.size());
}

class EmptyGlWidget final : public QOpenGLWidget {
 public:
  int n_drawn = 0;

 protected:
  void paintGL() override {
    QOpenGLFunctions* gl = context()->functions();
    gl->glClearColor(static_cast<float>(n_drawn % 2), 0, 0, 1);
    gl->glClear(GL_COLOR_BUFFER_BIT);
    ++n_drawn;
  }
};

void benchEmptyWidget(int frames) {
  EmptyGlWidget empty;
  empty.resize(1600, 900);
  empty.show();
  if (!QTest::qWaitForWindowExposed(&empty)) {
    return;
  }
  std::vector<double> between;
  QElapsedTimer timer;
  timer.start();
  for (int i = 0; i < frames; ++i) {
    const int wanted = empty.n_drawn + 1;
    empty.update();
    while (empty.n_drawn < wanted) {
      QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
    between.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    timer.restart();
  }
  report("an empty GL widget", between);
}

}  // namespace

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  const int tokens = argc > 1 ? std::atoi(argv[1]) : 131072;
  const int frames = argc > 2 ? std::atoi(argv[2]) : 300;
  const Routing routing(tokens);
  {
    rs::canvas::HeatPicture picture;
    picture.setSource(&routing);
    const double start = rs::bench::processorMilliseconds();
    picture.update(1e9);
    std::printf("reading it all takes %.0f ms of one processor\n",
                rs::bench::processorMilliseconds() - start);
  }
  rs::canvas::HeatMap map;
  map.resize(1600, 900);
  map.show();
  if (!QTest::qWaitForWindowExposed(&map)) {
    return 1;
  }
  QTest::qWait(200);
  const long before = rs::bench::residentMegabytes();
  QElapsedTimer timer;
  timer.start();
  map.setSource(&routing);
  while (map.view().picture().pyramid().columns() < tokens) {
    QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
  }
  std::printf("%s, %d tokens x 768 rows, read in %lld ms over frames, %ld MB more memory\n",
              map.renderer() == rs::canvas::ImGuiCanvas::Renderer::kGl ? "GL" : "software", tokens,
              static_cast<long long>(timer.elapsed()), rs::bench::residentMegabytes() - before);
  QTest::qWait(200);
  if (argc > 3) {
    map.setCursorCell({tokens / 2, 11, 7});
    QTest::qWait(200);
    map.picture().save(argv[3]);
  }
  std::vector<double> drawing;
  std::vector<double> between;
  int drawn = 0;
  QObject::connect(&map, &rs::canvas::ImGuiCanvas::frameDrawn, [&] {
    drawing.push_back(map.lastFrameMilliseconds());
    between.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    timer.restart();
    ++drawn;
  });
  const double processor = rs::bench::processorMilliseconds();
  for (int i = 0; i < frames; ++i) {
    const double span = tokens * std::pow(0.97, i % 150);
    const double from = (tokens - span) * (0.5 + 0.4 * std::sin(i * 0.1));
    map.showTokens(from, from + span);
    const int wanted = drawn + 1;
    while (drawn < wanted) {
      QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
  }
  std::printf("processor time a frame, all threads: %.2f ms\n",
              (rs::bench::processorMilliseconds() - processor) / frames);
  report("draw one frame", drawing);
  report("from frame to frame", between);
  QTest::qWait(300);
  const int settled = drawn;
  QTest::qWait(2000);
  std::printf("frames drawn in 2 s of idleness: %d\n", drawn - settled);
  if (map.renderer() == rs::canvas::ImGuiCanvas::Renderer::kGl) {
    map.hide();
    benchEmptyWidget(frames);
  }
  return 0;
}
