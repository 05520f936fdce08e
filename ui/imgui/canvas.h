// SPDX-License-Identifier: Apache-2.0
//
// A widget that ImGui draws: one context each, a frame only when something asks for it, through GL or, where
// there is none, in software with the same result. Thread: the window's own.
#pragma once

#include <QElapsedTimer>
#include <QImage>
#include <QWidget>
#include <memory>
#include <string>

#include "ui/imgui/canvas_frame.h"
#include "ui/imgui/context.h"
#include "ui/imgui/text_atlas.h"

namespace rs::canvas {

class ImGuiCanvas : public QWidget {
  Q_OBJECT

 public:
  enum class Renderer { kGl, kSoftware };

  explicit ImGuiCanvas(QWidget* parent = nullptr);
  ~ImGuiCanvas() override;

  [[nodiscard]] Renderer renderer() const { return renderer_; }
  // Why it is drawn in software from the start; "": it is not.
  [[nodiscard]] const QString& whySoftware() const { return why_software_; }
  // Where GL is there but unwanted (a broken driver, a test): for canvases made from now on.
  static void setGlAllowed(bool is_allowed);

  void requestFrame();
  [[nodiscard]] int framesDrawn() const { return frames_drawn_; }
  // Time between the start of the last frame and its last GL command or pixel.
  [[nodiscard]] double lastFrameMilliseconds() const { return last_frame_ms_; }
  [[nodiscard]] const ItemRegistry& items() const { return items_; }
  // What the canvas shows now, in device pixels.
  [[nodiscard]] QImage picture();

 Q_SIGNALS:
  void frameDrawn();
  // GL was not to be had or failed; the canvas goes on in software.
  void glUnavailable(const QString& reason);

 protected:
  // Draws into ImGui::GetBackgroundDrawList() and reads the mouse from ImGui::GetIO().
  virtual void drawFrame(const CanvasFrame& frame) = 0;
  // After a frame, outside ImGui: the place to Q_EMIT signals. Returns whether work is left for another
  // frame.
  virtual bool finishFrame() = 0;
  // Keys the canvas uses go to it before any shortcut of the window; all others go to the window.
  [[nodiscard]] virtual bool wantsKey(const KeyPress& press) const = 0;

  // The cursor's cell as the widget's description: what a screen reader says when it moves.
  void announce(const std::string& cell);

  bool event(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  friend class GlSurface;
  friend class SoftSurface;
  void useSoftware(const QString& reason);
  ImDrawData* runFrames();
  bool handleMouse(QEvent& event);
  bool handleWheel(QEvent& event);
  bool handleKey(QEvent& event);

  ImGuiOwner imgui_;
  InputQueue input_;
  ItemRegistry items_;
  TextAtlas text_;
  QElapsedTimer clock_;
  std::unique_ptr<QWidget> surface_;
  Renderer renderer_;
  QString why_software_;
  int frames_drawn_ = 0;
  double last_frame_ms_ = 0;
};

}  // namespace rs::canvas
