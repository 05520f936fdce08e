// SPDX-License-Identifier: Apache-2.0
#include "core/backend/cpu/isa.h"

#include <cstdlib>

#include "core/base/error.h"

namespace rs::cpu {

std::string_view nameOf(Isa isa) {
  switch (isa) {
    case Isa::kAvx512Vnni:
      return "avx512vnni";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kScalar:
      break;
  }
  return "scalar";
}

std::vector<Isa> availableIsas() {
  std::vector<Isa> isas = {Isa::kScalar};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    isas.push_back(Isa::kAvx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
      isas.push_back(Isa::kAvx512);
      if (__builtin_cpu_supports("avx512vnni")) {
        isas.push_back(Isa::kAvx512Vnni);
      }
    }
  }
#endif
  return isas;
}

Isa chooseIsa(std::string_view name) {
  const std::vector<Isa> isas = availableIsas();
  if (name.empty()) {
    const char* wanted = std::getenv("ROUTESCOPE_ISA");
    name = wanted == nullptr ? "" : wanted;
  }
  if (name.empty()) {
    return isas.back();
  }
  std::string known;
  for (const Isa isa : isas) {
    if (nameOf(isa) == name) {
      return isa;
    }
    known += known.empty() ? "" : ", ";
    known += nameOf(isa);
  }
  throw Error(ErrorCode::kUnsupported,
              "choosing the instruction set: \"" + std::string(name) + "\" is not one of " + known +
                  ", which this machine has; change --isa or the variable ROUTESCOPE_ISA");
}

}  // namespace rs::cpu
