// SPDX-License-Identifier: Apache-2.0
//
// What a canvas is drawn on: a GL widget, or a plain one with pixels of its own. Private to ui/imgui.
#pragma once

#include <QImage>
#include <QMetaObject>
#include <QOpenGLWidget>
#include <QWidget>

#include "ui/imgui/gl_renderer.h"

namespace rs::canvas {

class ImGuiCanvas;

// Empty where GL 3.3 or GLES 3 is to be had and worth having, else the reason. Found and logged once.
// ROUTESCOPE_CANVAS=gl takes a GL that is emulated, too; ROUTESCOPE_CANVAS=software takes none.
[[nodiscard]] QString whyNoGl();

class GlSurface final : public QOpenGLWidget {
 public:
  explicit GlSurface(ImGuiCanvas& canvas);
  ~GlSurface() override;

 protected:
  void initializeGL() override;
  void paintGL() override;

 private:
  void release();

  ImGuiCanvas& canvas_;
  GlRenderer renderer_;
  QMetaObject::Connection context_gone_;
  bool is_ready_ = false;
};

class SoftSurface final : public QWidget {
 public:
  explicit SoftSurface(ImGuiCanvas& canvas);
  // A frame of the canvas in device pixels.
  QImage draw();

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  ImGuiCanvas& canvas_;
  QImage image_;
};

}  // namespace rs::canvas
