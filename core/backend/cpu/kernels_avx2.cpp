// SPDX-License-Identifier: Apache-2.0
//
// The kernels for AVX2 with FMA: a vector is two registers.
#include <immintrin.h>

#include "core/backend/cpu/kernel_tables.h"
#include "core/backend/precision.h"

#define RS_INLINE static inline __attribute__((always_inline))

namespace rs::cpu {
namespace {

constexpr int kTokenTile = 2;

struct Vec {
  __m256 lo, hi;
};
struct Ints {
  __m256i lo, hi;
};
struct Table16 {
  __m256 magnitudes;  // entries 0..7; 8..15 are their negatives
};

RS_INLINE Vec zero() {
  return {_mm256_setzero_ps(), _mm256_setzero_ps()};
}
RS_INLINE Vec splat(float x) {
  return {_mm256_set1_ps(x), _mm256_set1_ps(x)};
}
RS_INLINE Vec load(const float* p) {
  return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}
RS_INLINE void store(float* p, Vec v) {
  _mm256_storeu_ps(p, v.lo);
  _mm256_storeu_ps(p + 8, v.hi);
}
RS_INLINE void storeFirst(float* p, Vec v, int n) {
  float all[16];
  store(all, v);
  for (int i = 0; i < n; ++i) {
    p[i] = all[i];
  }
}
RS_INLINE Vec add(Vec a, Vec b) {
  return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)};
}
RS_INLINE Vec sub(Vec a, Vec b) {
  return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)};
}
RS_INLINE Vec mul(Vec a, Vec b) {
  return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)};
}
RS_INLINE Vec div(Vec a, Vec b) {
  return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)};
}
RS_INLINE Vec fma(Vec a, Vec b, Vec c) {
  return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}
RS_INLINE Vec min(Vec a, Vec b) {
  return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)};
}
RS_INLINE Vec max(Vec a, Vec b) {
  return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)};
}
// where a < b: yes, else no
RS_INLINE Vec selectLess(Vec a, Vec b, Vec yes, Vec no) {
  return {_mm256_blendv_ps(no.lo, yes.lo, _mm256_cmp_ps(a.lo, b.lo, _CMP_LT_OQ)),
          _mm256_blendv_ps(no.hi, yes.hi, _mm256_cmp_ps(a.hi, b.hi, _CMP_LT_OQ))};
}
RS_INLINE Ints loadInts(const void* p) {
  const auto* at = static_cast<const __m256i*>(p);
  return {_mm256_loadu_si256(at), _mm256_loadu_si256(at + 1)};
}
RS_INLINE Ints splatInt(std::int32_t x) {
  return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)};
}
RS_INLINE Ints lanes() {
  return {_mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0), _mm256_set_epi32(15, 14, 13, 12, 11, 10, 9, 8)};
}
RS_INLINE Ints addInts(Ints a, Ints b) {
  return {_mm256_add_epi32(a.lo, b.lo), _mm256_add_epi32(a.hi, b.hi)};
}
RS_INLINE Ints andInts(Ints a, Ints b) {
  return {_mm256_and_si256(a.lo, b.lo), _mm256_and_si256(a.hi, b.hi)};
}
RS_INLINE Ints maxInts(Ints a, Ints b) {
  return {_mm256_max_epi32(a.lo, b.lo), _mm256_max_epi32(a.hi, b.hi)};
}
template <int kBits>
RS_INLINE Ints shiftLeft(Ints a) {
  return {_mm256_slli_epi32(a.lo, kBits), _mm256_slli_epi32(a.hi, kBits)};
}
template <int kBits>
RS_INLINE Ints shiftRight(Ints a) {
  return {_mm256_srli_epi32(a.lo, kBits), _mm256_srli_epi32(a.hi, kBits)};
}
RS_INLINE Vec asFloats(Ints a) {
  return {_mm256_castsi256_ps(a.lo), _mm256_castsi256_ps(a.hi)};
}
RS_INLINE Ints asInts(Vec a) {
  return {_mm256_castps_si256(a.lo), _mm256_castps_si256(a.hi)};
}
RS_INLINE Vec toFloats(Ints a) {
  return {_mm256_cvtepi32_ps(a.lo), _mm256_cvtepi32_ps(a.hi)};
}
// 16 bytes, each into its own lane
RS_INLINE Ints widenBytes(const std::uint8_t* p) {
  return {_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))),
          _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p + 8)))};
}
RS_INLINE Table16 loadTable(const float* p) {
  return {_mm256_loadu_ps(p)};
}
RS_INLINE __m256 lookUpHalf(const Table16& table, __m256i index) {
  const __m256i sign = _mm256_and_si256(_mm256_slli_epi32(index, 28), _mm256_set1_epi32(INT32_MIN));
  return _mm256_xor_ps(_mm256_permutevar8x32_ps(table.magnitudes, index), _mm256_castsi256_ps(sign));
}
// The entry named by the low four bits of each lane.
RS_INLINE Vec lookUp(const Table16& table, Ints index) {
  return {lookUpHalf(table, index.lo), lookUpHalf(table, index.hi)};
}

#include "core/backend/cpu/kernels_body.inc"

constexpr KernelTable kExactTable = tableOf<Mxfp4Tile>(nullptr);
constexpr KernelTable kFastTable = tableOf<Mxfp4Tile>(roundBlocks);

}  // namespace

const KernelTable& avx2Kernels(Precision precision) {
  return precision == Precision::kFast ? kFastTable : kExactTable;
}

}  // namespace rs::cpu
