// SPDX-License-Identifier: Apache-2.0
//
// High-level virtual experts: programs that read the text so far and, where they know what comes next, answer
// with a token. The engine then lets a low-level virtual expert, whose output is the direction of that token
// in the unembedding, take part in the routing of some layers at that position.
//
// What is decided at position p depends on tokens 0..p and on nothing else. Prefill in chunks, token by token
// and a replay from any position therefore agree.
//
// Thread: an expert is const while it runs; a run belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/extension.h"
#include "core/experts/token_text.h"

namespace rs {

// "At this position push this token": the record of one firing, kept in traces and sessions.
struct Firing {
  int position = 0;         // the residual of this token is changed; it predicts the token at position + 1
  int token = 0;            // the id whose direction is added
  std::string trigger;      // the text that asks: "What is 127 * 89?"
  std::string expression;   // the operands, normalised: "127 * 89"
  std::string value;        // the answer: "11303"
  int answer_index = 0;     // which token of the answer this is, counted with a leading space
  int n_answer_tokens = 0;  // of how many
};

// The text asks here, but there is no answer to push; said once for each time of asking.
struct Abstention {
  int position = 0;
  std::string trigger;
  std::string reason;
};

// What a reader says about the token it has just read: at most one firing and one abstention.
struct Reaction {
  bool fires = false;
  bool abstains = false;
  Firing firing;          // set if fires
  Abstention abstention;  // set if abstains
  void clear() { fires = abstains = false; }
};

// Reads one sequence of tokens, in order, from its first.
class Reader {
 public:
  virtual ~Reader() = default;
  // Reads the token at the next position and says what follows from all tokens read so far.
  //
  // Lifetime: `reaction` comes in cleared; its strings are only meaningful where fires or abstains is set.
  // Cost:     at most 50 us a token, no allocation on text that asks nothing.
  virtual void read(int token, int position, Reaction& reaction) = 0;
};

// How strongly and where every high-level virtual expert acts; modes as in edits (docs/edits.md).
struct PushOptions {
  LayerSpan layers{-2, -1};
  Choice mode;          // observe, compete, reserve, replace, force
  double weight = 0.9;  // reserve
  double logit = 20;    // compete
  int expert = 0;       // replace
  double scale = 1000;  // length of the vector
  PushOptions();
  void visit(ParamVisitor& visitor);
};

class VirtualExpert {
 public:
  virtual ~VirtualExpert() = default;
  [[nodiscard]] virtual std::unique_ptr<Reader> reader(const TokenText& text) const = 0;
  // Visits the options of this expert alone.
  virtual void visitOwn(ParamVisitor& visitor) = 0;

  // Visits all options: the shared ones, then its own.
  void visit(ParamVisitor& visitor);
  [[nodiscard]] const PushOptions& push() const { return push_; }
  [[nodiscard]] PushOptions& push() { return push_; }

 private:
  PushOptions push_;
};

// One expert over one sequence of tokens that grows, or is rewound and goes on differently.
class VirtualRun {
 public:
  // Lifetime: expert and text outlive the run.
  VirtualRun(const VirtualExpert& expert, const TokenText& text);

  // Makes the run about exactly these tokens. Tokens that only follow those of the last call are read once;
  // after a change further left everything is read again.
  void follow(std::span<const int> tokens);
  // The same for a text that only grows.
  void append(int token);

  [[nodiscard]] int size() const { return static_cast<int>(tokens_.size()); }
  // The firing at a position, or null. Valid until the next follow or append.
  [[nodiscard]] const Firing* firingAt(int position) const;
  // By position.
  [[nodiscard]] std::span<const Firing> firings() const { return firings_; }
  [[nodiscard]] std::span<const Abstention> abstentions() const { return abstentions_; }

 private:
  void restart();

  const VirtualExpert& expert_;
  const TokenText& text_;
  std::unique_ptr<Reader> reader_;
  std::vector<int> tokens_;
  std::vector<Firing> firings_;
  std::vector<Abstention> abstentions_;
  Reaction reaction_;
};

using VirtualExpertInfo = Extension<VirtualExpert>;

}  // namespace rs
