// SPDX-License-Identifier: Apache-2.0
//
// Zeroed memory of the CPU backend, aligned to pages and made all at once; pages that nobody touches cost
// nothing. Move-only.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace rs::cpu {

// Errors: Error{kMemory} with the size that was asked for.
[[nodiscard]] void* allocatePages(std::size_t n_bytes, const char* purpose);
void releasePages(void* data, std::size_t n_bytes) noexcept;

template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  Buffer(std::size_t size, const char* purpose)
      : data_(static_cast<T*>(allocatePages(size * sizeof(T), purpose))), size_(size) {}
  ~Buffer() { releasePages(data_, size_ * sizeof(T)); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  [[nodiscard]] T* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] T& operator[](std::size_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

// Rows of f32, each starting on a cache line, zero beyond their width so that whole vectors may read them.
class Rows {
 public:
  static constexpr int kAlign = 32;  // values; the block that matrix products read

  Rows() = default;
  Rows(int n_rows, int width, const char* purpose)
      : stride_((static_cast<std::size_t>(width) + kAlign - 1) / kAlign * kAlign),
        width_(width),
        values_(stride_ * static_cast<std::size_t>(n_rows), purpose) {}
  [[nodiscard]] float* row(int i) const { return values_.data() + static_cast<std::size_t>(i) * stride_; }
  [[nodiscard]] std::size_t stride() const { return stride_; }
  [[nodiscard]] int width() const { return width_; }

 private:
  std::size_t stride_ = 0;
  int width_ = 0;
  Buffer<float> values_;
};

}  // namespace rs::cpu
