// SPDX-License-Identifier: Apache-2.0
//
// Pixels that a canvas draws from. Their owner writes them; a renderer keeps a copy of its own and renews it
// when the version has changed, so a lost GL context costs an upload and nothing else. Thread: the window's
// own. Lifetime: outlives the frame it is drawn in.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <span>
#include <vector>

namespace rs::canvas {

class Texture {
 public:
  Texture() : id_(nextId()) {}
  Texture(const Texture&) = delete;
  Texture& operator=(const Texture&) = delete;

  // Clears to transparent when the size changes.
  void resize(int width, int height) {
    if (width != width_ || height != height_) {
      width_ = width;
      height_ = height;
      pixels_.assign(static_cast<size_t>(width) * static_cast<size_t>(height), 0);
      ++version_;
    }
  }
  [[nodiscard]] int width() const { return width_; }
  [[nodiscard]] int height() const { return height_; }
  // Row after row, bytes R, G, B, A, not premultiplied. Call touch() after writing.
  [[nodiscard]] std::span<uint32_t> pixels() { return pixels_; }
  [[nodiscard]] std::span<const uint32_t> pixels() const { return pixels_; }
  void touch() { ++version_; }

  [[nodiscard]] uint64_t version() const { return version_; }
  [[nodiscard]] uint64_t id() const { return id_; }
  // What ImGui carries through its draw list.
  [[nodiscard]] ImTextureID handle() { return this; }

 private:
  static uint64_t nextId() {
    static uint64_t last = 0;
    return ++last;
  }
  uint64_t id_;
  uint64_t version_ = 1;
  int width_ = 0;
  int height_ = 0;
  std::vector<uint32_t> pixels_;
};

}  // namespace rs::canvas
