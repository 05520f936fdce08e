// SPDX-License-Identifier: Apache-2.0
#include "ui/imgui/canvas.h"

#include <QAccessible>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QTimer>
#include <QWheelEvent>

#include "ui/imgui/assistive.h"
#include "ui/imgui/surfaces.h"

namespace rs::canvas {
namespace {

bool is_gl_allowed = true;
constexpr int kMostFramesAtOnce = 8;

Modifiers modifiersOf(Qt::KeyboardModifiers held) {
  return (held.testFlag(Qt::ControlModifier) ? kCtrl : 0U) |
         (held.testFlag(Qt::ShiftModifier) ? kShift : 0U) | (held.testFlag(Qt::AltModifier) ? kAlt : 0U);
}

Key namedKey(int key) {
  switch (key) {
    case Qt::Key_Left:
      return Key::kLeft;
    case Qt::Key_Right:
      return Key::kRight;
    case Qt::Key_Up:
      return Key::kUp;
    case Qt::Key_Down:
      return Key::kDown;
    case Qt::Key_PageUp:
      return Key::kPageUp;
    case Qt::Key_PageDown:
      return Key::kPageDown;
    case Qt::Key_Home:
      return Key::kHome;
    case Qt::Key_End:
      return Key::kEnd;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return Key::kEnter;
    case Qt::Key_Escape:
      return Key::kEscape;
    case Qt::Key_Delete:
      return Key::kDelete;
    default:
      return Key::kNone;
  }
}

KeyPress keyPressOf(const QKeyEvent& event) {
  KeyPress press{namedKey(event.key()), 0, modifiersOf(event.modifiers())};
  if (press.key == Key::kNone) {
    // With Ctrl or Alt the text is a control character or nothing: those belong to the window.
    const QList<uint> typed = event.text().toUpper().toUcs4();
    if (typed.size() == 1 && typed[0] >= ' ' && (press.modifiers & (kCtrl | kAlt)) == 0) {
      press.key = Key::kCharacter;
      press.character = typed[0];
    }
  }
  return press;
}

}  // namespace

ImGuiCanvas::ImGuiCanvas(QWidget* parent) : QWidget(parent), renderer_(Renderer::kGl) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  why_software_ = is_gl_allowed ? whyNoGl() : QStringLiteral("switched off");
  if (why_software_.isEmpty()) {
    surface_ = std::make_unique<GlSurface>(*this);
  } else {
    renderer_ = Renderer::kSoftware;
    surface_ = std::make_unique<SoftSurface>(*this);
  }
  clock_.start();
}

// The surface goes first: its GL context takes the renderer's textures along.
ImGuiCanvas::~ImGuiCanvas() {
  surface_.reset();
}

void ImGuiCanvas::setGlAllowed(bool is_allowed) {
  is_gl_allowed = is_allowed;
}

void ImGuiCanvas::useSoftware(const QString& reason) {
  if (renderer_ == Renderer::kSoftware) {
    return;
  }
  qWarning("the canvas '%s' is drawn in software, since GL failed: %s", qPrintable(objectName()),
           qPrintable(reason));
  renderer_ = Renderer::kSoftware;
  // The old surface may be the caller.
  surface_.release()->deleteLater();
  surface_ = std::make_unique<SoftSurface>(*this);
  surface_->setGeometry(rect());
  surface_->show();
  Q_EMIT glUnavailable(reason);
}

// Qt sends events before the surface is there and after it has gone.
void ImGuiCanvas::requestFrame() {
  if (surface_ != nullptr) {
    surface_->update();
  }
}

QImage ImGuiCanvas::picture() {
  if (renderer_ == Renderer::kGl) {
    return static_cast<GlSurface*>(surface_.get())->grabFramebuffer();
  }
  return static_cast<SoftSurface*>(surface_.get())->draw();
}

// As many frames as the input needs to be told apart; the last one is drawn.
ImDrawData* ImGuiCanvas::runFrames() {
  const ImGuiScope scope(imgui_.get());
  const auto scale = static_cast<float>(devicePixelRatioF());
  const bool is_dark = palette().color(QPalette::Window).lightness() < 128;
  ImDrawData* drawing = nullptr;
  bool has_more = false;
  for (int n = 0; n == 0 || (n < kMostFramesAtOnce && !input_.empty()); ++n) {
    const std::vector<KeyPress> keys = input_.drain();
    const float seconds = std::max(static_cast<float>(clock_.restart()) / 1000, 0.001F);
    text_.beginFrame(font(), scale);
    items_.clear();
    imgui_.beginFrame(static_cast<float>(width()), static_cast<float>(height()), scale, seconds);
    drawFrame({text_, items_, is_dark ? kDarkCanvas : kLightCanvas, keys, static_cast<float>(width()),
               static_cast<float>(height()), scale});
    drawing = imgui_.endFrame();
    has_more = finishFrame();
  }
  if (has_more || !input_.empty() || text_.isFull()) {
    QMetaObject::invokeMethod(this, &ImGuiCanvas::requestFrame, Qt::QueuedConnection);
  }
  ++frames_drawn_;
  return drawing;
}

void ImGuiCanvas::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  surface_->setGeometry(rect());
  requestFrame();
}

void ImGuiCanvas::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  requestFrame();  // palette, font, enabled
}

void ImGuiCanvas::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (renderer_ == Renderer::kGl) {
    // Whether the window really got its context shows only after the first paint.
    QTimer::singleShot(0, this, [this] {
      if (renderer_ == Renderer::kGl && isVisible() && !static_cast<GlSurface*>(surface_.get())->isValid()) {
        useSoftware(QStringLiteral("the window has no GL context"));
      }
    });
  }
}

bool ImGuiCanvas::handleMouse(QEvent& event) {
  const auto& mouse = static_cast<QMouseEvent&>(event);
  input_.move(static_cast<float>(mouse.position().x()), static_cast<float>(mouse.position().y()));
  if (event.type() != QEvent::MouseMove) {
    const bool is_down = event.type() != QEvent::MouseButtonRelease;
    const Modifiers held = modifiersOf(mouse.modifiers());
    if (mouse.button() == Qt::LeftButton) {
      input_.button(MouseButton::kLeft, is_down, held);
    } else if (mouse.button() == Qt::RightButton) {
      input_.button(MouseButton::kRight, is_down, held);
    } else if (mouse.button() == Qt::MiddleButton) {
      input_.button(MouseButton::kMiddle, is_down, held);
    }
  }
  return true;
}

bool ImGuiCanvas::handleWheel(QEvent& event) {
  const auto& wheel = static_cast<QWheelEvent&>(event);
  input_.move(static_cast<float>(wheel.position().x()), static_cast<float>(wheel.position().y()));
  constexpr float notch = 120;
  input_.wheel(static_cast<float>(wheel.angleDelta().x()) / notch,
               static_cast<float>(wheel.angleDelta().y()) / notch, modifiersOf(wheel.modifiers()));
  return true;
}

bool ImGuiCanvas::handleKey(QEvent& event) {
  const KeyPress press = keyPressOf(static_cast<QKeyEvent&>(event));
  if (press.key == Key::kNone || !wantsKey(press)) {
    return false;
  }
  if (event.type() == QEvent::KeyPress) {
    input_.key(press);
  }
  return true;  // a ShortcutOverride that is accepted comes back as a key
}

void ImGuiCanvas::announce(const std::string& cell) {
  setAccessibleDescription(QString::fromStdString(cell));
  QAccessibleEvent event(this, QAccessible::DescriptionChanged);
  tellTools(event);
}

bool ImGuiCanvas::event(QEvent* event) {
  bool is_ours = false;
  switch (event->type()) {
    case QEvent::MouseMove:
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonDblClick:
    case QEvent::MouseButtonRelease:
      is_ours = handleMouse(*event);
      break;
    case QEvent::Wheel:
      is_ours = handleWheel(*event);
      break;
    case QEvent::KeyPress:
    case QEvent::ShortcutOverride:
      is_ours = handleKey(*event);
      break;
    case QEvent::Leave:
      input_.leave();
      requestFrame();
      break;
    default:
      break;
  }
  if (is_ours) {
    event->accept();
    requestFrame();
    return true;
  }
  return QWidget::event(event);
}

}  // namespace rs::canvas
