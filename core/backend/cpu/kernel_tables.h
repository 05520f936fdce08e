// SPDX-License-Identifier: Apache-2.0
//
// Where the file of each instruction set leaves its table.
#pragma once

#include "core/backend/cpu/kernels.h"

namespace rs::cpu {

const KernelTable& scalarKernels();
const KernelTable& avx2Kernels();
const KernelTable& avx512Kernels();

}  // namespace rs::cpu
