// SPDX-License-Identifier: Apache-2.0
//
// What `bench` has measured, and what it says of it.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/model/weights.h"

namespace rs::app {

// One run: a prompt, then tokens one by one. Two clocks: that on the wall, and rs::cpu::computeTime.
struct RunTimes {
  double prefill_wall = 0;  // seconds
  double prefill_compute = 0;
  double decode_wall = 0;
  double decode_compute = 0;
};

// One round: memory, then a run without and one with the capture, in an order that changes every time.
struct BenchRound {
  double read_bytes_per_second = 0;
  RunTimes plain;
  RunTimes captured;  // nothing where no capture was asked for
};

struct Measurements {
  int n_prefill = 0;  // tokens of a run
  int n_decode = 0;
  int n_threads = 0;
  std::string capture;  // addresses as asked for; "": none
  std::uint64_t read_buffer_bytes = 0;
  std::vector<BenchRound> rounds;
};

// "prefill", "decode", "weights", "read_bandwidth", "capture" of the report.
// Range: at least one round.
[[nodiscard]] nlohmann::json ratesJson(const Weights& weights, const Measurements& measured);

}  // namespace rs::app
