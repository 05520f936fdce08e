// SPDX-License-Identifier: Apache-2.0
//
// Input between the window system (or a test) and Dear ImGui, one transition an item and frame. Debian's
// ImGui 1.86 reads the state of the mouse once a frame: a press and release that both arrive in between would
// be lost. Thread: the window's own.
#pragma once

#include <deque>
#include <optional>
#include <vector>

namespace rs::canvas {

// Held while something else is pressed; the bits of a Modifiers value.
enum Modifier : unsigned { kNoModifier = 0, kCtrl = 1, kShift = 2, kAlt = 4 };
using Modifiers = unsigned;

enum class MouseButton { kLeft, kRight, kMiddle };

// A key that was pressed (or repeated): a named one, or the character it types, upper case for letters.
enum class Key {
  kNone,
  kLeft,
  kRight,
  kUp,
  kDown,
  kPageUp,
  kPageDown,
  kHome,
  kEnd,
  kEnter,
  kEscape,
  kDelete,
  kCharacter
};
struct KeyPress {
  Key key = Key::kNone;
  char32_t character = 0;  // only with kCharacter
  Modifiers modifiers = kNoModifier;
};

class InputQueue {
 public:
  // Position: logical pixels from the upper left corner of the canvas.
  void move(float x, float y);
  void leave();
  void button(MouseButton button, bool is_down, Modifiers modifiers);
  // Steps: notches of an ordinary wheel, positive away from the user.
  void wheel(float steps_x, float steps_y, Modifiers modifiers);
  void key(KeyPress press);

  [[nodiscard]] bool empty() const { return events_.empty(); }

  // Hands as much to the current ImGui context as one frame can tell apart; call just before
  // ImGui::NewFrame(). Returns the keys pressed in this frame. What is left needs another frame: see empty().
  std::vector<KeyPress> drain();

 private:
  enum class Kind { kMove, kButton, kWheel, kKey };
  struct Event {
    Kind kind;
    float x = 0;
    float y = 0;
    MouseButton button = MouseButton::kLeft;
    bool is_down = false;
    KeyPress key = {};
    std::optional<Modifiers> modifiers = {};
  };
  struct Frame {  // what this frame has taken so far
    bool has_moved = false;
    bool has_wheeled = false;
    bool has_key = false;
    unsigned buttons = 0;
    std::optional<Modifiers> modifiers;
  };
  static bool fits(const Event& event, const Frame& frame);
  static void apply(const Event& event, Frame& frame, std::vector<KeyPress>& keys);

  std::deque<Event> events_;
};

}  // namespace rs::canvas
