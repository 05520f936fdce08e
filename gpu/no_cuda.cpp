// SPDX-License-Identifier: Apache-2.0
#include "gpu/cuda_backend.h"

#include "core/backend/backend.h"
#include "core/base/error.h"

namespace rs::gpu {

bool cudaBuiltIn() {
  return false;
}

std::unique_ptr<Backend> makeCudaBackend(const Weights& /*weights*/, int /*device*/) {
  throw Error(ErrorCode::kUnsupported,
              "opening a CUDA device: this build has no CUDA backend; use --device cpu");
}

}  // namespace rs::gpu
