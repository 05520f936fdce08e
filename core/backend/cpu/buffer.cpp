// SPDX-License-Identifier: Apache-2.0
#include "core/backend/cpu/buffer.h"

#include <sys/mman.h>

#include <string>

#include "core/base/error.h"

namespace rs::cpu {

void* allocatePages(std::size_t n_bytes, const char* purpose) {
  if (n_bytes == 0) {
    return nullptr;
  }
  void* data = mmap(nullptr, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) {
    throw Error(ErrorCode::kMemory, std::string("making room for ") + purpose + ": " +
                                        std::to_string(n_bytes) + " bytes are not to be had");
  }
  constexpr std::size_t kHugePage = std::size_t{1} << 21;
  if (n_bytes >= 4 * kHugePage) {
    madvise(data, n_bytes, MADV_HUGEPAGE);  // only a hint: fewer misses of the address cache in long reads
  }
  return data;
}

void releasePages(void* data, std::size_t n_bytes) noexcept {
  if (data != nullptr) {
    munmap(data, n_bytes);
  }
}

}  // namespace rs::cpu
