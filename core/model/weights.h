// SPDX-License-Identifier: Apache-2.0
//
// The weights of one model, as views into its mapped files: one description for every file format.
//
// Thread: const members from any thread. Lifetime: views live as long as the Weights they came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/base/mapped_file.h"
#include "core/model/config.h"

namespace rs {

enum class DType : std::uint8_t { kF32, kF16, kBf16, kF64, kU8, kI8, kI32, kI64 };

[[nodiscard]] std::size_t sizeOf(DType dtype);
[[nodiscard]] const char* nameOf(DType dtype);  // "F32", "BF16", … as in safetensors

// A tensor where it lies in its file. Row-major; `bytes` has exactly the size that dtype and shape ask for.
// The data need not be aligned beyond one byte.
struct TensorView {
  std::string name;
  DType dtype = DType::kBf16;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
  std::string file;          // without directory
  std::uint64_t offset = 0;  // of the first byte, in the file
};

// One MXFP4 matrix per expert. Block = 32 values along the input dimension, byte i of 16 holds element 2i in
// the low and 2i+1 in the high nibble; value = code * 2^(scale - 127).
// Shape: blocks [E, rows, cols/32, 16] u8, scales [E, rows, cols/32] u8, bias [E, rows].
struct ExpertMatrices {
  TensorView blocks;
  TensorView scales;
  TensorView bias;
};

// bf16, f16 or f32, each tensor as its file has it; every shape checked.
struct LayerWeights {
  TensorView input_norm;                  // [H]
  TensorView q_weight, q_bias;            // [A*d, H], [A*d]
  TensorView k_weight, k_bias;            // [G*d, H], [G*d]
  TensorView v_weight, v_bias;            // [G*d, H], [G*d]
  TensorView o_weight, o_bias;            // [H, A*d], [H]
  TensorView sinks;                       // [A]
  TensorView post_attention_norm;         // [H]
  TensorView router_weight, router_bias;  // [E, H], [E]
  ExpertMatrices gate_up;                 // rows 2*inner, alternating gate and linear; cols H
  ExpertMatrices down;                    // rows H, cols inner
};

class Weights {
 public:
  // Opens a Hugging Face gpt-oss directory: config.json, then model.safetensors, or the shards of
  // model.safetensors.index.json, or without an index every *.safetensors there is.
  //
  // Errors: Error{kModel} naming file, tensor, expected and found, for anything missing, damaged, of another
  //         architecture or layout, or out of range. Values are not looked at: see requireFiniteScales.
  // Cost:   reads headers only; the weights are mapped.
  [[nodiscard]] static std::shared_ptr<const Weights> open(const std::string& path);

  [[nodiscard]] const ModelConfig& config() const { return config_; }
  [[nodiscard]] const TensorView& embedding() const { return embedding_; }      // [N, H]
  [[nodiscard]] const TensorView& finalNorm() const { return final_norm_; }     // [H]
  [[nodiscard]] const TensorView& unembedding() const { return unembedding_; }  // [N, H]
  [[nodiscard]] const LayerWeights& layer(int layer) const {
    return layers_[static_cast<std::size_t>(layer)];
  }
  [[nodiscard]] std::span<const TensorView> tensors() const { return tensors_; }  // as listed in the files
  [[nodiscard]] const std::string& layout() const { return layout_; }  // "Hugging Face safetensors"
  // Names the model: SHA-256 of configuration, tensor table and a sample of the weights, hexadecimal.
  // Cost: the first call reads the sample (core/model/weights_hash.h).
  [[nodiscard]] const std::string& hash() const;
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] std::uint64_t totalBytes() const;
  // Names of tensors that the files hold and gpt-oss has no use for; they are left alone.
  [[nodiscard]] std::span<const std::string> unusedTensors() const { return unused_; }

 private:
  Weights() = default;
  friend class WeightsBuilder;

  ModelConfig config_;
  std::vector<MappedFile> files_;
  std::vector<TensorView> tensors_;
  TensorView embedding_, final_norm_, unembedding_;
  std::vector<LayerWeights> layers_;
  std::vector<std::string> unused_;
  std::string layout_, directory_;
  struct Hash {
    std::once_flag once;
    std::string text;
  };
  std::unique_ptr<Hash> hash_ = std::make_unique<Hash>();  // apart, because a flag cannot be moved
};

// Every scale small enough that no value it can make leaves the f32 range (byte 255 would be NaN).
// Errors: Error{kModel} naming the tensor and the first expert and row that is not.
// Cost:   reads all scales, 1/17 of the bytes of the experts: for whoever walks the weights anyway.
void requireFiniteScales(const TensorView& scales);

// A plain tensor (f32, f16, bf16) widened to f32, exactly.
[[nodiscard]] std::vector<float> toFloat(const TensorView& tensor);
// One row of a [rows, cols] tensor, widened. Range: 0 <= row < rows; out has cols elements.
void rowToFloat(const TensorView& tensor, std::int64_t row, std::span<float> out);

}  // namespace rs
