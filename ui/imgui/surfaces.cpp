// SPDX-License-Identifier: Apache-2.0
#include "ui/imgui/surfaces.h"

#include <QDir>
#include <QGuiApplication>
#include <QOpenGLContext>
#include <QPainter>
#include <cmath>

#include "ui/imgui/canvas.h"
#include "ui/imgui/soft_renderer.h"

namespace rs::canvas {
namespace {

QSurfaceFormat wantedFormat() {
  QSurfaceFormat format;
  format.setVersion(3, 3);
  format.setProfile(QSurfaceFormat::CoreProfile);
  return format;
}

// Without one, GL is emulated: it draws the same as we do, with more work and a slower start.
bool hasGraphicsDevice() {
  const QDir devices(QStringLiteral("/dev"));
  return !devices.entryList({QStringLiteral("nvidia*"), QStringLiteral("dxg")}, QDir::System).isEmpty() ||
         !QDir(QStringLiteral("/dev/dri")).entryList({QStringLiteral("renderD*")}, QDir::System).isEmpty();
}

QString findWhyNoGl() {
  const QByteArray wish = qgetenv("ROUTESCOPE_CANVAS");
  if (wish == "software") {
    return QStringLiteral("ROUTESCOPE_CANVAS says so");
  }
  const QString platform = QGuiApplication::platformName();
  // Here a context may be had, but a GL widget draws nothing or crashes.
  for (const char* without : {"offscreen", "minimal", "vnc", "linuxfb"}) {
    if (platform == QLatin1String(without)) {
      return QStringLiteral("the platform '%1' has no GL widgets").arg(platform);
    }
  }
  if (wish != "gl" && !hasGraphicsDevice()) {
    return QStringLiteral("there is no graphics device");
  }
  QOpenGLContext context;
  context.setFormat(wantedFormat());
  if (!context.create()) {
    return QStringLiteral("no GL context on the platform '%1'").arg(platform);
  }
  const auto [major, minor] = context.format().version();
  const bool is_enough = context.isOpenGLES() ? major >= 3 : major > 3 || (major == 3 && minor >= 3);
  return is_enough ? QString() : QStringLiteral("GL %1.%2 is older than 3.3").arg(major).arg(minor);
}

}  // namespace

QString whyNoGl() {
  static const QString reason = [] {
    QString why = findWhyNoGl();
    if (!why.isEmpty()) {
      qInfo("canvases are drawn in software: %s", qPrintable(why));
    }
    return why;
  }();
  return reason;
}

GlSurface::GlSurface(ImGuiCanvas& canvas) : QOpenGLWidget(&canvas), canvas_(canvas) {
  setFormat(wantedFormat());
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setFocusPolicy(Qt::NoFocus);
}

GlSurface::~GlSurface() {
  // ~QOpenGLWidget destroys the context, whose signal would reach an object half gone.
  disconnect(context_gone_);
  release();
}

void GlSurface::release() {
  if (is_ready_) {
    makeCurrent();
    renderer_.destroy();
    doneCurrent();
    is_ready_ = false;
  }
}

// Again for each new context: moving a dock into a window of its own makes one.
void GlSurface::initializeGL() {
  disconnect(context_gone_);
  context_gone_ = connect(context(), &QOpenGLContext::aboutToBeDestroyed, this, [this] { release(); });
  const QString error = renderer_.init();
  is_ready_ = error.isEmpty();
  if (!is_ready_) {
    QMetaObject::invokeMethod(
        &canvas_, [&canvas = canvas_, error] { canvas.useSoftware(error); }, Qt::QueuedConnection);
  }
}

void GlSurface::paintGL() {
  if (!is_ready_) {
    return;
  }
  QElapsedTimer timer;
  timer.start();
  const ImDrawData* drawing = canvas_.runFrames();
  const double scale = devicePixelRatioF();
  QOpenGLExtraFunctions* gl = context()->extraFunctions();
  gl->glBindFramebuffer(GL_FRAMEBUFFER, defaultFramebufferObject());
  gl->glClearColor(0, 0, 0, 1);
  gl->glClear(GL_COLOR_BUFFER_BIT);
  renderer_.render(*drawing, static_cast<int>(std::lround(width() * scale)),
                   static_cast<int>(std::lround(height() * scale)));
  canvas_.last_frame_ms_ = static_cast<double>(timer.nsecsElapsed()) / 1e6;
  Q_EMIT canvas_.frameDrawn();
}

SoftSurface::SoftSurface(ImGuiCanvas& canvas) : QWidget(&canvas), canvas_(canvas) {
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setAttribute(Qt::WA_OpaquePaintEvent);
  setFocusPolicy(Qt::NoFocus);
}

QImage SoftSurface::draw() {
  const double scale = devicePixelRatioF();
  QElapsedTimer timer;
  timer.start();
  const ImDrawData* drawing = canvas_.runFrames();
  const int width = static_cast<int>(std::lround(canvas_.width() * scale));
  const int height = static_cast<int>(std::lround(canvas_.height() * scale));
  if (image_.size() != QSize(width, height)) {
    image_ = QImage(width, height, QImage::Format_RGBX8888);
    image_.fill(Qt::black);
  }
  renderInSoftware(
      *drawing, width, height,
      {reinterpret_cast<uint32_t*>(image_.bits()), static_cast<size_t>(width) * static_cast<size_t>(height)});
  image_.setDevicePixelRatio(scale);
  canvas_.last_frame_ms_ = static_cast<double>(timer.nsecsElapsed()) / 1e6;
  return image_;
}

void SoftSurface::paintEvent(QPaintEvent* /*event*/) {
  QPainter painter(this);
  painter.drawImage(QPoint(0, 0), draw());
  Q_EMIT canvas_.frameDrawn();
}

}  // namespace rs::canvas
