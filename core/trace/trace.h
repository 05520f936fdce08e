// SPDX-License-Identifier: Apache-2.0
//
// Everything that was captured of one run: append-only blocks of 256 positions, shared by whoever looks at
// it. A backend writes into the newest block from inside its phases; older blocks never change.
//
// A block has one piece of memory for each address. Copies and traces that grew out of another share pieces;
// a trace writes only into pieces of its own, and makes one where it must write into a shared one.
//
// Thread: one writer (the engine thread); rows below size() never change, so a view of them can be read from
// any thread while the writer goes on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/hooks/capture_sinks.h"
#include "core/hooks/site.h"
#include "core/routing/program.h"

namespace rs {

inline constexpr int kTraceBlock = 256;

// Elements of one row of a site. K sites are as wide as the widest decision that the program allows.
[[nodiscard]] std::int64_t rowElements(Address address, const ModelConfig& config,
                                       const RoutingProgram& program);

enum class LogitsWanted : std::uint8_t { kNone, kLast, kAll };

struct TraceRequest {
  std::vector<Address> addresses;
  LogitsWanted logits = LogitsWanted::kLast;
};

// One value of a finished trace, gathered over all positions, as it stands in a file.
struct NamedArray {
  std::string name;
  bool is_int = false;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
  [[nodiscard]] std::span<const float> floats() const {
    return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
  }
  [[nodiscard]] std::span<const std::int32_t> ints() const {
    return {reinterpret_cast<const std::int32_t*>(bytes.data()), bytes.size() / sizeof(std::int32_t)};
  }
};

class Trace {
 public:
  // max_positions bounds the last block, so that a short run does not pay for 256 rows.
  Trace(const ModelConfig& config, const RoutingProgram& program, TraceRequest request, int max_positions);
  // The beginning of another trace under another program: rows before `n_positions` of every address asked
  // for, shared where the rows are as wide. Of layers below `first_layer` the later rows are there too and
  // come to light as the trace grows; they need not be written again.
  //
  // Range: the other trace holds every address asked for; n_positions <= old.size().
  Trace(const Trace& old, const RoutingProgram& program, TraceRequest request, int n_positions,
        int max_positions);
  Trace(Trace&&) = default;
  Trace& operator=(Trace&&) = default;
  Trace& operator=(const Trace&) = delete;
  ~Trace() = default;

  // What is there now, for readers: shares every piece. Cost: a pointer for each block, the token ids.
  [[nodiscard]] std::shared_ptr<const Trace> view() const;
  // A view of `old` with what a second pass over it has written so far into this trace: every layer of the
  // positions before those at work, and the layers below `layer` of the latter.
  // Range: made from `old`; the chunk at work begins at size().
  [[nodiscard]] std::shared_ptr<const Trace> viewOver(const Trace& old, int layer) const;

  // More positions may follow than was said at first.
  void allow(int max_positions) { max_positions_ = std::max(max_positions_, max_positions); }
  // Forgets what was captured of these addresses.
  void drop(std::span<const Address> addresses);
  // Of all pieces, shared ones included.
  [[nodiscard]] std::uint64_t bytes() const;

  // Bytes that a run of this length will hold. Cost: arithmetic only.
  [[nodiscard]] static std::uint64_t bytesNeeded(const ModelConfig& config, const RoutingProgram& program,
                                                 const TraceRequest& request, int n_positions);

  // Sinks for a chunk that starts at `first_position`; the chunk must not cross a multiple of kTraceBlock.
  // first_layer: layers below write nothing in this chunk.
  // Errors: Error{kMemory} if the next block cannot be had.
  [[nodiscard]] const CaptureSinks& sinksFor(int first_position, int first_layer = 0);
  void append(std::span<const std::int32_t> tokens);
  // Logits of the last rows of the trace so far, [n, vocab]: kept as the request says.
  void appendLogits(std::span<const float> logits, int n_rows);

  [[nodiscard]] const ModelConfig& config() const { return config_; }
  [[nodiscard]] const TraceRequest& request() const { return request_; }
  [[nodiscard]] int size() const { return static_cast<int>(tokens_.size()); }
  [[nodiscard]] std::span<const std::int32_t> tokens() const { return tokens_; }
  [[nodiscard]] bool has(Site site, int layer) const;

  // One row. Range: has(site, layer), 0 <= position < size(). Unused slots hold -1 and 0.
  [[nodiscard]] std::span<const float> floats(Site site, int layer, int position) const;
  [[nodiscard]] std::span<const std::int32_t> ints(Site site, int layer, int position) const;
  // Logits of a position; empty if they were not kept.
  [[nodiscard]] std::span<const float> logitsAt(int position) const;

  // Slots of the widest final decision of a layer over the whole trace: K of the file.
  // Range: a site with slots was captured in that layer.
  [[nodiscard]] int widestDecision(int layer) const;

  // The arrays of a capture file in order: tokens, each address, logits. A consumer takes them one at a time,
  // so that memory holds one gathered array beside the trace.
  [[nodiscard]] std::vector<std::string> arrayNames() const;
  [[nodiscard]] bool isInt(const std::string& name) const;
  [[nodiscard]] std::vector<std::int64_t> shapeOf(const std::string& name) const;
  [[nodiscard]] NamedArray gather(const std::string& name) const;

 private:
  // The rows of one address in one block.
  struct Piece {
    std::uint64_t writer = 0;  // id of the trace that may write into it
    int n_rows = 0;
    std::int64_t row_elements = 0;
    std::unique_ptr<std::byte[]> storage;
  };
  struct Block {
    int first_position = 0;
    std::vector<std::shared_ptr<Piece>> pieces;  // beside kept_
    CaptureSinks sinks;
  };
  Trace(const Trace& other) = default;  // of a view: see view()
  [[nodiscard]] const Block& blockOf(int position) const {
    return *blocks_[static_cast<std::size_t>(position / kTraceBlock)];
  }
  [[nodiscard]] int rowsOf(int first_position) const {
    return std::min(kTraceBlock, max_positions_ - first_position);
  }
  [[nodiscard]] std::shared_ptr<Piece> makePiece(std::size_t index, int first_position) const;
  // A piece of our own with the first rows of another, cut or padded to our width.
  [[nodiscard]] std::shared_ptr<Piece> copyPiece(std::size_t index, const Piece& from, int first_position,
                                                 int n_rows) const;
  [[nodiscard]] std::shared_ptr<Block> makeBlock(int first_position,
                                                 std::vector<std::shared_ptr<Piece>> pieces) const;
  // Makes pieces that a chunk from `position` on will write into ours and long enough.
  void ownPieces(std::size_t block, int position, int first_layer);
  void resolve(const RoutingProgram& program);
  void keepLastLogits(std::span<const float> row);
  [[nodiscard]] Address findAddress(const std::string& name) const;

  ModelConfig config_;
  TraceRequest request_;
  std::uint64_t id_;
  int max_positions_;
  std::vector<Address> kept_;               // what the request names, and what gathering it needs
  std::vector<std::int64_t> row_elements_;  // beside kept_
  std::vector<std::int32_t> tokens_;
  std::vector<std::shared_ptr<const Block>> blocks_;
  std::map<int, std::shared_ptr<std::vector<float>>> logits_;  // by position
  mutable bool are_logits_shared_ = false;  // with a view: rows are replaced, not rewritten
};

// How near a choice is to flipping: the k-th largest logit minus the next. Infinity when there is no next.
[[nodiscard]] float decisionMargin(std::span<const float> logits, int k);

}  // namespace rs
