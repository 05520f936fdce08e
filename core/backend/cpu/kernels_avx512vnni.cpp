// SPDX-License-Identifier: Apache-2.0
//
// The kernels for AVX-512 with integer dot products (VNNI): as for AVX-512, but experts multiply in integers.
// An MXFP4 code is half a small integer, and a block of 32 activations is split into bytes of a common step,
// so a block's sum has no rounding at all and costs a third of the instructions.
#include <immintrin.h>

#include "core/backend/cpu/kernel_tables.h"

#define RS_INLINE static inline __attribute__((always_inline))

namespace rs::cpu {
namespace {

constexpr int kTokenTile = 8;

#include "core/backend/cpu/vec_avx512.inc"

#include "core/backend/cpu/kernels_body.inc"

// Twice the value of each code, plus 12 so that none is negative.
constexpr int kOffset = 12;

// What 32 activations become: q = round(x / step) as bytes of base 256, the last piece the highest, in the
// order in which the nibbles of a word come apart (even columns, then odd ones, of each eight).
struct PreparedBlock {
  std::int32_t pieces[3][kColumnBlock / 4];
  std::int32_t start[3];  // -kOffset * sum of the bytes: takes the offset of the codes away
  float half_step;
  std::int32_t unused[4];
};
static_assert(sizeof(PreparedBlock) == kColumnBlock * sizeof(float));

RS_INLINE __m128i bytesInOrder(__m512i values) {
  const __m128i order = _mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15);
  return _mm_shuffle_epi8(_mm512_cvtepi32_epi8(values), order);
}

// kPieces bytes a value: 23 or 15 bits below the power of two that the largest of a block reaches.
template <int kPieces>
void prepareBlocks(const float* x, int n, float* out) {
  constexpr unsigned kBits = 8 * kPieces - 2;
  const __m512i without_sign = _mm512_set1_epi32(0x7FFFFFFF);
  auto* block = reinterpret_cast<PreparedBlock*>(out);
  for (int i = 0; i < n; i += kColumnBlock, ++block) {
    const Vec low = load(x + i);
    const Vec high = load(x + i + kLanes);
    const int top_bits = _mm512_reduce_max_epi32(_mm512_max_epi32(
        _mm512_and_epi32(asInts(low), without_sign), _mm512_and_epi32(asInts(high), without_sign)));
    // Infinities and NaN have the largest bits; the block then becomes NaN as a whole.
    const bool is_finite = top_bits < 0x7F800000;
    float top = 0;
    __builtin_memcpy(&top, &top_bits, sizeof top);
    const float grown = is_finite ? top * 1.004F : 0;  // the largest stays within 127 in every byte
    std::uint32_t bits = 0;
    __builtin_memcpy(&bits, &grown, sizeof bits);
    const std::uint32_t exponent = bits >> 23 < kBits + 2 ? kBits + 2 : bits >> 23;
    const std::uint32_t half_step_bits = (exponent - kBits - 1) << 23;
    const std::uint32_t inverse_bits = (254 + kBits - exponent) << 23;
    float inverse = 0;
    __builtin_memcpy(&inverse, &inverse_bits, sizeof inverse);
    __builtin_memcpy(&block->half_step, &half_step_bits, sizeof inverse);
    if (!is_finite) {
      block->half_step = __builtin_nanf("");
    }
    __m512i q[2] = {_mm512_cvtps_epi32(mul(low, splat(inverse))),
                    _mm512_cvtps_epi32(mul(high, splat(inverse)))};
    for (int piece = 0; piece < kPieces; ++piece) {
      __m512i byte[2];
      for (int half = 0; half < 2; ++half) {
        byte[half] = _mm512_srai_epi32(_mm512_slli_epi32(q[half], 24), 24);
        q[half] = _mm512_srai_epi32(_mm512_sub_epi32(q[half], byte[half]), 8);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(block->pieces[piece]) + half, bytesInOrder(byte[half]));
      }
      block->start[piece] = -kOffset * _mm512_reduce_add_epi32(_mm512_add_epi32(byte[0], byte[1]));
    }
  }
}

template <int kPieces>
struct IntegerTile {
  static constexpr int kTokens = kPieces == 2 ? 8 : 4;  // as many sums as registers hold
  static constexpr int kColumnBytes = kLanes / 2;
  const std::uint32_t* codes;
  const std::uint8_t* scales;
  RS_INLINE IntegerTile at(const ProductArgs& args, int tile) {
    const auto lanes_before =
        static_cast<std::size_t>(tile) * static_cast<std::size_t>(args.n_columns / kColumnBlock * kLanes);
    return {static_cast<const std::uint32_t*>(args.weights) + lanes_before * 4, args.scales + lanes_before};
  }
};

// The exact sum of a block in half steps, as f32.
template <int kPieces>
RS_INLINE Vec joinPieces(const __m512i* sums) {
  const __m512i lower = _mm512_add_epi32(_mm512_slli_epi32(sums[1], 8), sums[0]);
  if constexpr (kPieces == 2) {
    return _mm512_cvtepi32_ps(lower);
  } else {
    return fma(_mm512_cvtepi32_ps(sums[2]), splat(65536), _mm512_cvtepi32_ps(lower));
  }
}

template <int kTokens, int kPieces>
RS_INLINE void sumBlock(const IntegerTile<kPieces>& tile, int block, const float* const* x, Vec* total) {
  const __m512i values =
      _mm512_broadcast_i32x4(_mm_setr_epi8(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0));
  const __m512i nibble = _mm512_set1_epi8(15);
  const PreparedBlock* prepared[kTokens];
  __m512i sums[kTokens][kPieces];
  for (int t = 0; t < kTokens; ++t) {
    prepared[t] = reinterpret_cast<const PreparedBlock*>(x[t]) + block;
    for (int piece = 0; piece < kPieces; ++piece) {
      sums[t][piece] = _mm512_set1_epi32(prepared[t]->start[piece]);
    }
  }
  const std::uint32_t* codes = tile.codes + static_cast<std::size_t>(block) * (4 * kLanes);
  askAhead<kTokens>(codes, 4);
  for (int word = 0; word < 4; ++word) {
    const __m512i both = loadInts(codes + word * kLanes);
    const __m512i even = _mm512_shuffle_epi8(values, _mm512_and_si512(both, nibble));
    const __m512i odd = _mm512_shuffle_epi8(values, _mm512_and_si512(_mm512_srli_epi32(both, 4), nibble));
    for (int t = 0; t < kTokens; ++t) {
      for (int piece = 0; piece < kPieces; ++piece) {
        const std::int32_t* bytes = prepared[t]->pieces[piece] + 2 * word;
        sums[t][piece] = _mm512_dpbusd_epi32(sums[t][piece], even, _mm512_set1_epi32(bytes[0]));
        sums[t][piece] = _mm512_dpbusd_epi32(sums[t][piece], odd, _mm512_set1_epi32(bytes[1]));
      }
    }
  }
  const Ints exponents = shiftLeft<23>(widenBytes(tile.scales + block * kLanes));
  const Vec scale = asFloats(maxInts(exponents, splatInt(1 << 22)));
  for (int t = 0; t < kTokens; ++t) {
    const Vec sum = mul(joinPieces<kPieces>(sums[t]), splat(prepared[t]->half_step));
    total[t] = fma(scale, sum, total[t]);
  }
}

constexpr KernelTable kExactTable = tableOf<IntegerTile<3>>(prepareBlocks<3>);
constexpr KernelTable kFastTable = tableOf<IntegerTile<2>>(prepareBlocks<2>);

}  // namespace

const KernelTable& avx512VnniKernels(Precision precision) {
  return precision == Precision::kFast ? kFastTable : kExactTable;
}

}  // namespace rs::cpu
