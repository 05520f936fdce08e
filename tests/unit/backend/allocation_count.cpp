// SPDX-License-Identifier: Apache-2.0
//
// Alone in its file, so that the compiler does not see through its own operators.
#include "tests/unit/backend/allocation_count.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<bool> is_counting = false;
std::atomic<int> n_allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  n_allocations += static_cast<int>(is_counting);
  if (void* data = std::malloc(size == 0 ? 1 : size)) {
    return data;
  }
  throw std::bad_alloc();
}
// Replaced too: a sanitizer's own would not go with the delete below.
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  n_allocations += static_cast<int>(is_counting);
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* data) noexcept {
  std::free(data);
}
void operator delete(void* data, std::size_t) noexcept {
  std::free(data);
}

namespace rs::test {

void startCountingAllocations() {
  n_allocations = 0;
  is_counting = true;
}

int stopCountingAllocations() {
  is_counting = false;
  return n_allocations;
}

}  // namespace rs::test
