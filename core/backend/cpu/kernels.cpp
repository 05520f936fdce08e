// SPDX-License-Identifier: Apache-2.0
#include "core/backend/cpu/kernels.h"

#include "core/backend/cpu/isa.h"
#include "core/backend/cpu/kernel_tables.h"

namespace rs::cpu {

const KernelTable& kernelsOf(Isa isa, Precision precision) {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::kAvx512Vnni:
      return avx512VnniKernels(precision);
    case Isa::kAvx512:
      return avx512Kernels(precision);
    case Isa::kAvx2:
      return avx2Kernels(precision);
#endif
    default:
      return scalarKernels(precision);
  }
}

}  // namespace rs::cpu
