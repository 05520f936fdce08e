// SPDX-License-Identifier: Apache-2.0
//
// The CUDA backend's door. Where CUDA is absent the same symbols refuse politely.
#pragma once

#include <memory>

namespace rs {
class Backend;
class Weights;
}  // namespace rs

namespace rs::gpu {

[[nodiscard]] bool cudaBuiltIn();

// Errors: Error{kUnsupported} in a build without CUDA; Error{kDevice} if the device cannot be used.
[[nodiscard]] std::unique_ptr<Backend> makeCudaBackend(const Weights& weights, int device);

}  // namespace rs::gpu
