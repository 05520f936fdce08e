// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as capture addresses: refused with Error{kUsage}, or addresses that name themselves.
#include <cstdint>
#include <string_view>

#include "core/base/error.h"
#include "core/hooks/site.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  rs::ModelConfig config;
  config.n_layers = 12;
  try {
    for (const rs::Address& address : rs::parseAddresses(text, config)) {
      rs::check(address.layer >= -1 && address.layer < config.n_layers, "a layer is one of the model's");
      const auto again = rs::parseAddresses(address.text(), config);
      rs::check(again.size() == 1 && again[0] == address, "an address names itself");
    }
  } catch (const rs::Error& error) {
    rs::check(error.code() == rs::ErrorCode::kUsage, "a bad address is an error of usage");
  }
  return 0;
}
