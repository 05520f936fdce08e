// SPDX-License-Identifier: Apache-2.0
//
// Where the file of each instruction set leaves its tables.
#pragma once

#include "core/backend/cpu/kernels.h"

namespace rs::cpu {

const KernelTable& scalarKernels(Precision precision);
const KernelTable& avx2Kernels(Precision precision);
const KernelTable& avx512Kernels(Precision precision);
const KernelTable& avx512VnniKernels(Precision precision);

}  // namespace rs::cpu
