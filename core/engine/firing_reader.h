// SPDX-License-Identifier: Apache-2.0
//
// Lets the high-level virtual experts of a run read its tokens, and enters what they answer into the program.
//
// Thread: one owner at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/experts/token_direction.h"
#include "core/experts/virtual_expert.h"
#include "core/routing/program.h"

namespace rs {

// A high-level virtual expert and the program column that it fires.
struct ActiveExpert {
  std::string id;
  std::shared_ptr<const VirtualExpert> expert;
  int column = 0;  // of RoutingProgram::columns()
};

struct FiringRecord {
  int expert = 0;  // index into the active experts
  Firing firing;
};
struct AbstentionRecord {
  int expert = 0;
  Abstention abstention;
};

// What the experts of a run said so far, by position.
struct FiringLog {
  std::vector<FiringRecord> firings;
  std::vector<AbstentionRecord> abstentions;
};

class FiringReader {
 public:
  // Range: experts need the text of tokens, so text may be null only without experts.
  FiringReader(std::vector<ActiveExpert> experts, std::shared_ptr<const TokenText> text);

  [[nodiscard]] std::span<const ActiveExpert> experts() const { return experts_; }
  [[nodiscard]] int size() const { return n_read_; }  // tokens read
  // Forgets everything that was read.
  void restart();
  // Reads the tokens that follow those read before.
  void read(std::span<const std::int32_t> tokens, TokenDirections& directions, RoutingProgram& program,
            FiringLog& log);

 private:
  std::vector<ActiveExpert> experts_;
  std::shared_ptr<const TokenText> text_;
  std::vector<VirtualRun> runs_;  // beside experts_
  int n_read_ = 0;
  std::vector<float> pushed_;  // scratch, [H]
};

}  // namespace rs
