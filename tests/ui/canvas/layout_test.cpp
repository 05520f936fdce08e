// SPDX-License-Identifier: Apache-2.0
//
// What the canvases compute without a window: places of chips, input in frames, pixels of the software
// renderer, contrast of the themes.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cfloat>
#include <cmath>
#include <random>

#include "tests/ui/canvas/sources.h"
#include "ui/canvas/cell.h"
#include "ui/canvas/heat_picture.h"
#include "ui/canvas/labels.h"
#include "ui/canvas/strip_layout.h"
#include "ui/imgui/canvas_theme.h"
#include "ui/imgui/context.h"
#include "ui/imgui/input_queue.h"
#include "ui/imgui/soft_renderer.h"

namespace rs::canvas {
namespace {

TEST_CASE("a chip lies where the widths before it end, whatever was appended and cut off") {
  std::mt19937 random(1);
  StripLayout layout;
  std::vector<uint8_t> widths;
  for (int round = 0; round < 30; ++round) {
    const auto n = random() % 300;
    for (unsigned i = 0; i < n; ++i) {
      widths.push_back(static_cast<uint8_t>(1 + random() % 25));
      layout.append(widths.back());
    }
    widths.resize(widths.size() - random() % (widths.size() / 2 + 1));
    layout.truncate(static_cast<int>(widths.size()));
    int64_t offset = 0;
    for (size_t i = 0; i < widths.size(); ++i) {
      REQUIRE(layout.offsetOf(static_cast<int>(i)) == offset);
      REQUIRE(layout.at(static_cast<double>(offset)) == static_cast<int>(i));
      REQUIRE(layout.at(static_cast<double>(offset + widths[i]) - 0.01) == static_cast<int>(i));
      offset += widths[i];
    }
    REQUIRE(layout.total() == offset);
    if (!widths.empty()) {
      CHECK(layout.at(-5) == 0);
      CHECK(layout.at(1e12) == static_cast<int>(widths.size()) - 1);
    }
  }
}

TEST_CASE("wide scripts take two columns, combining marks none") {
  const auto columns = [](const std::string& text) {
    return columnsOf(text.data(), text.data() + text.size());
  };
  CHECK(columns("abc") == 3);
  CHECK(columns("\u4f60\u597d") == 4);
  CHECK(columns("e\u0301") == 1);
  CHECK(columns("\U0001F600") == 2);
  CHECK(columns("") == 1);
}

TEST_CASE("a selection grows by Shift and shrinks by Alt") {
  CHECK(combine({2, 5}, {8, 9}, kNoModifier) == Tokens{8, 9});
  CHECK(combine({2, 5}, {8, 9}, kShift) == Tokens{2, 9});
  CHECK(combine({}, {8, 9}, kShift) == Tokens{8, 9});
  CHECK(combine({2, 10}, {0, 4}, kAlt) == Tokens{4, 10});
  CHECK(combine({2, 10}, {7, 8}, kAlt) == Tokens{2, 7});
  CHECK(combine({2, 10}, {0, 20}, kAlt).empty());
  CHECK(combine({2, 10}, {12, 20}, kAlt) == Tokens{2, 10});
}

struct Headless {
  ImGuiOwner imgui;
  InputQueue input;
  std::vector<KeyPress> keys;
  void frame() {
    const ImGuiScope scope(imgui.get());
    keys = input.drain();
    imgui.beginFrame(200, 100, 1, 0.016F);
    (void)imgui.endFrame();
  }
  [[nodiscard]] const ImGuiIO& io() const {
    const ImGuiScope scope(imgui.get());
    return ImGui::GetIO();
  }
};

TEST_CASE("a press and its release are seen in two frames, after the move that led there") {
  Headless canvas;
  canvas.input.move(10, 20);
  canvas.input.button(MouseButton::kLeft, true, kShift);
  canvas.input.button(MouseButton::kLeft, false, kShift);
  canvas.frame();
  CHECK(canvas.io().MousePos.x == 10);
  CHECK_FALSE(canvas.io().MouseDown[0]);
  canvas.frame();
  CHECK(canvas.io().MouseClicked[0]);
  CHECK(canvas.io().KeyShift);
  canvas.frame();
  CHECK(canvas.io().MouseReleased[0]);
  CHECK(canvas.input.empty());
}

TEST_CASE("a run of moves is one frame, and keys do not overtake the mouse") {
  Headless canvas;
  for (int i = 0; i < 100; ++i) {
    canvas.input.move(static_cast<float>(i), 5);
  }
  canvas.input.button(MouseButton::kRight, true, kNoModifier);
  canvas.input.key({Key::kCharacter, U'F', kNoModifier});
  canvas.frame();
  CHECK(canvas.io().MousePos.x == 99);
  CHECK(canvas.keys.empty());
  canvas.frame();
  CHECK(canvas.io().MouseDown[1]);
  CHECK(canvas.keys.empty());
  canvas.frame();
  REQUIRE(canvas.keys.size() == 1);
  CHECK(canvas.keys[0].character == U'F');
  canvas.input.leave();
  canvas.frame();
  CHECK(canvas.io().MousePos.x == -FLT_MAX);
}

TEST_CASE("wheel steps with other modifiers are not added up") {
  Headless canvas;
  canvas.input.wheel(0, 1, kNoModifier);
  canvas.input.wheel(0, 1, kNoModifier);
  canvas.input.wheel(0, 1, kCtrl);
  {
    const ImGuiScope scope(canvas.imgui.get());
    canvas.input.drain();
    CHECK(ImGui::GetIO().MouseWheel == 2);
    CHECK_FALSE(ImGui::GetIO().KeyCtrl);
  }
  CHECK_FALSE(canvas.input.empty());
}

TEST_CASE("the software renderer fills, clips, blends and copies texels one to one") {
  ImGuiOwner imgui;
  const ImGuiScope scope(imgui.get());
  Texture picture;
  picture.resize(4, 2);
  for (size_t i = 0; i < 8; ++i) {
    picture.pixels()[i] = 0xff000000U | static_cast<uint32_t>(i * 20);
  }
  picture.touch();
  imgui.beginFrame(20, 10, 2, 0.016F);
  ImDrawList& list = *ImGui::GetBackgroundDrawList();
  list.AddRectFilled(ImVec2(0, 0), ImVec2(20, 10), IM_COL32(10, 20, 30, 255));
  list.AddRectFilled(ImVec2(1, 1), ImVec2(2, 2), IM_COL32(210, 20, 30, 128));
  list.AddImage(picture.handle(), ImVec2(4, 4), ImVec2(6, 5));
  list.PushClipRect(ImVec2(10, 0), ImVec2(12, 10));
  list.AddRectFilled(ImVec2(8, 0), ImVec2(20, 10), IM_COL32(0, 255, 0, 255));
  list.PopClipRect();
  std::vector<uint32_t> pixels(40 * 20, 0xff000000U);
  renderInSoftware(*imgui.endFrame(), 40, 20, pixels);
  const auto at = [&](int x, int y) { return pixels[static_cast<size_t>(y * 40 + x)]; };
  CHECK(at(0, 0) == IM_COL32(10, 20, 30, 255));
  CHECK(at(39, 19) == IM_COL32(10, 20, 30, 255));
  CHECK((at(2, 2) & 255U) == 110);
  CHECK(at(4, 2) == IM_COL32(10, 20, 30, 255));
  for (int i = 0; i < 8; ++i) {
    CHECK(at(8 + i % 4, 8 + i / 4) == (0xff000000U | static_cast<uint32_t>(i * 20)));
  }
  CHECK(at(19, 5) == IM_COL32(10, 20, 30, 255));
  CHECK(at(20, 5) == IM_COL32(0, 255, 0, 255));
  CHECK(at(23, 5) == IM_COL32(0, 255, 0, 255));
  CHECK(at(24, 5) == IM_COL32(10, 20, 30, 255));
}

TEST_CASE("a triangle of any shape has the pixels whose centres are inside") {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> place(-10, 90);
  for (int n = 0; n < 200; ++n) {
    ImGuiOwner imgui;
    const ImGuiScope scope(imgui.get());
    ImGui::GetStyle().AntiAliasedFill = false;
    imgui.beginFrame(80, 80, 1, 0.016F);
    std::array<ImVec2, 3> corners;
    for (ImVec2& corner : corners) {
      corner = ImVec2(place(random), place(random));
    }
    if (n % 2 == 0) {  // long and thin, as the lines of a hatching are
      corners[2] = ImVec2(corners[0].x + 0.7F, corners[0].y + 0.4F);
    }
    ImGui::GetBackgroundDrawList()->AddTriangleFilled(corners[0], corners[1], corners[2], 0xffffffffU);
    std::vector<uint32_t> pixels(80 * 80, 0xff000000U);
    renderInSoftware(*imgui.endFrame(), 80, 80, pixels);
    const auto side = [&](size_t i, double x, double y) {
      const ImVec2& a = corners[i];
      const ImVec2& b = corners[(i + 1) % 3];
      return (static_cast<double>(b.x) - a.x) * (y - a.y) - (static_cast<double>(b.y) - a.y) * (x - a.x);
    };
    int n_wrong = 0;
    for (int y = 0; y < 80; ++y) {
      for (int x = 0; x < 80; ++x) {
        const std::array<double, 3> sides{side(0, x + 0.5, y + 0.5), side(1, x + 0.5, y + 0.5),
                                          side(2, x + 0.5, y + 0.5)};
        const auto [least, most] = std::minmax({sides[0], sides[1], sides[2]});
        const bool is_lit = pixels[static_cast<size_t>(y * 80 + x)] == 0xffffffffU;
        n_wrong += is_lit != (least > 0 || most < 0) ? 1 : 0;
      }
    }
    CAPTURE(n);
    CHECK(n_wrong == 0);
  }
}

TEST_CASE("a triangle covers about half its box and its neighbour the rest") {
  ImGuiOwner imgui;
  const ImGuiScope scope(imgui.get());
  ImGui::GetStyle().AntiAliasedFill = false;
  imgui.beginFrame(64, 64, 1, 0.016F);
  ImDrawList& list = *ImGui::GetBackgroundDrawList();
  list.AddTriangleFilled(ImVec2(0, 0), ImVec2(64, 0), ImVec2(0, 64), IM_COL32(255, 0, 0, 255));
  list.AddTriangleFilled(ImVec2(64, 0), ImVec2(64, 64), ImVec2(0, 64), IM_COL32(0, 0, 255, 255));
  std::vector<uint32_t> pixels(64 * 64, 0xff000000U);
  renderInSoftware(*imgui.endFrame(), 64, 64, pixels);
  const auto count = [&](uint32_t colour) { return std::count(pixels.begin(), pixels.end(), colour); };
  CHECK(count(IM_COL32(255, 0, 0, 255)) + count(IM_COL32(0, 0, 255, 255)) == 64 * 64);
  CHECK(std::abs(count(IM_COL32(255, 0, 0, 255)) - 2048) <= 64);
}

double luminance(ImU32 colour) {
  const auto linear = [](unsigned level) {
    const double s = level / 255.0;
    return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour & 255U) + 0.7152 * linear(colour >> 8U & 255U) +
         0.0722 * linear(colour >> 16U & 255U);
}

double contrast(ImU32 a, ImU32 b) {
  const double lighter = std::max(luminance(a), luminance(b));
  const double darker = std::min(luminance(a), luminance(b));
  return (lighter + 0.05) / (darker + 0.05);
}

TEST_CASE("text stands out 4.5 to 1, marks and cursors 3 to 1, in both themes") {
  for (const CanvasTheme& theme : {kDarkCanvas, kLightCanvas}) {
    for (const ImU32 text : {theme.text, theme.dim_text}) {
      CHECK(contrast(text, theme.ground) >= 4.5);
      CHECK(contrast(text, theme.panel) >= 4.5);
    }
    for (const ImU32 mark : {theme.cursor, theme.hover, theme.edit}) {
      CHECK(contrast(mark, theme.ground) >= 3);
    }
  }
}

TEST_CASE("a long run is read a little at a time and ends as it began: each value once") {
  FakeHeat source;
  source.n_tokens = 3000;
  HeatPicture picture;
  picture.setSource(&source);
  int rounds = 1;
  while (picture.update(0)) {
    ++rounds;
  }
  CHECK(rounds > 50);
  CHECK(source.reads == int64_t{3000} * source.n_layers);
  CHECK(picture.pyramid().columns() == 3000);
  CHECK(picture.pyramid().column(1234)[2 * 8 + 5] ==
        picture.quantiser().encode(FakeHeat::weightAt(1234, 2, 5)));
}

TEST_CASE("values outside the range are counted, and no longer when they are read anew") {
  FakeHeat source;
  source.weight_scale = 3;
  HeatPicture picture;
  picture.setSource(&source);
  while (picture.update(1)) {
  }
  CHECK(picture.clipped() > 100);
  source.weight_scale = 1;
  source.changes = 1;
  while (picture.update(1)) {
  }
  CHECK(picture.clipped() == 0);
  source.n_tokens = 7;
  picture.update(1);
  CHECK(picture.pyramid().columns() == 7);
}

TEST_CASE("one token's grid is its column, layer by layer") {
  FakeHeat source;
  HeatPicture picture;
  picture.setSource(&source);
  while (picture.update(1)) {
  }
  const heat::HeatPyramid grid = picture.gridOf(17);
  REQUIRE(grid.columns() == source.n_experts);
  REQUIRE(grid.rows() == source.n_layers);
  CHECK(grid.column(4)[2] == picture.quantiser().encode(FakeHeat::weightAt(17, 2, 4)));
  CHECK(picture.gridOf(999).columns() == 0);
}

TEST_CASE("ticks are 1, 2 or 5 times a power of ten") {
  CHECK(niceStep(0.3) == 1);
  CHECK(niceStep(3) == 5);
  CHECK(niceStep(11) == 20);
  CHECK(niceStep(4321) == 5000);
}

}  // namespace
}  // namespace rs::canvas
