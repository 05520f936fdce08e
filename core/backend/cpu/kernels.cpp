// SPDX-License-Identifier: Apache-2.0
#include "core/backend/cpu/kernels.h"

#include "core/backend/cpu/isa.h"
#include "core/backend/cpu/kernel_tables.h"

namespace rs::cpu {

const KernelTable& kernelsOf(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx512) {
    return avx512Kernels();
  }
  if (isa == Isa::kAvx2) {
    return avx2Kernels();
  }
#endif
  static_cast<void>(isa);
  return scalarKernels();
}

}  // namespace rs::cpu
