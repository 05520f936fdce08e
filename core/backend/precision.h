// SPDX-License-Identifier: Apache-2.0
//
// How exact the products of a backend are.
#pragma once

#include <cstdint>

namespace rs {

enum class Precision : std::uint8_t {
  kExact,  // products exact to f32
  kFast,   // activations rounded inside matrix products, each layer within 3e-3
};

}  // namespace rs
