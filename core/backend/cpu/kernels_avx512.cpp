// SPDX-License-Identifier: Apache-2.0
//
// The kernels for AVX-512 (F, BW, DQ, VL): a vector is one register.
#include <immintrin.h>

#include "core/backend/cpu/kernel_tables.h"
#include "core/backend/precision.h"

#define RS_INLINE static inline __attribute__((always_inline))

namespace rs::cpu {
namespace {

constexpr int kTokenTile = 8;

#include "core/backend/cpu/vec_avx512.inc"

#include "core/backend/cpu/kernels_body.inc"

constexpr KernelTable kExactTable = tableOf<Mxfp4Tile>(nullptr);
constexpr KernelTable kFastTable = tableOf<Mxfp4Tile>(roundBlocks);

}  // namespace

const KernelTable& avx512Kernels(Precision precision) {
  return precision == Precision::kFast ? kFastTable : kExactTable;
}

}  // namespace rs::cpu
