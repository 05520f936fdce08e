// SPDX-License-Identifier: Apache-2.0
//
// The kernels for AVX-512 (F, BW, DQ, VL): a vector is one register.
#include <immintrin.h>

#include "core/backend/cpu/kernel_tables.h"

#define RS_INLINE static inline __attribute__((always_inline))

namespace rs::cpu {
namespace {

constexpr int kTokenTile = 8;

using Vec = __m512;
using Ints = __m512i;
struct Table16 {
  __m512 values;
};

RS_INLINE Vec zero() {
  return _mm512_setzero_ps();
}
RS_INLINE Vec splat(float x) {
  return _mm512_set1_ps(x);
}
RS_INLINE Vec load(const float* p) {
  return _mm512_loadu_ps(p);
}
RS_INLINE void store(float* p, Vec v) {
  _mm512_storeu_ps(p, v);
}
RS_INLINE void storeFirst(float* p, Vec v, int n) {
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1U << n) - 1U), v);
}
RS_INLINE Vec add(Vec a, Vec b) {
  return _mm512_add_ps(a, b);
}
RS_INLINE Vec sub(Vec a, Vec b) {
  return _mm512_sub_ps(a, b);
}
RS_INLINE Vec mul(Vec a, Vec b) {
  return _mm512_mul_ps(a, b);
}
RS_INLINE Vec div(Vec a, Vec b) {
  return _mm512_div_ps(a, b);
}
RS_INLINE Vec fma(Vec a, Vec b, Vec c) {
  return _mm512_fmadd_ps(a, b, c);
}
RS_INLINE Vec min(Vec a, Vec b) {
  return _mm512_min_ps(a, b);
}
RS_INLINE Vec max(Vec a, Vec b) {
  return _mm512_max_ps(a, b);
}
// where a < b: yes, else no
RS_INLINE Vec selectLess(Vec a, Vec b, Vec yes, Vec no) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}
RS_INLINE Ints loadInts(const void* p) {
  return _mm512_loadu_si512(p);
}
RS_INLINE Ints splatInt(std::int32_t x) {
  return _mm512_set1_epi32(x);
}
RS_INLINE Ints lanes() {
  return _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}
RS_INLINE Ints addInts(Ints a, Ints b) {
  return _mm512_add_epi32(a, b);
}
RS_INLINE Ints andInts(Ints a, Ints b) {
  return _mm512_and_si512(a, b);
}
RS_INLINE Ints maxInts(Ints a, Ints b) {
  return _mm512_max_epi32(a, b);
}
template <int kBits>
RS_INLINE Ints shiftLeft(Ints a) {
  return _mm512_slli_epi32(a, kBits);
}
template <int kBits>
RS_INLINE Ints shiftRight(Ints a) {
  return _mm512_srli_epi32(a, kBits);
}
RS_INLINE Vec asFloats(Ints a) {
  return _mm512_castsi512_ps(a);
}
RS_INLINE Ints asInts(Vec a) {
  return _mm512_castps_si512(a);
}
RS_INLINE Vec toFloats(Ints a) {
  return _mm512_cvtepi32_ps(a);
}
// 16 bytes, each into its own lane
RS_INLINE Ints widenBytes(const std::uint8_t* p) {
  return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
RS_INLINE Table16 loadTable(const float* p) {
  return {_mm512_loadu_ps(p)};
}
// The entry named by the low four bits of each lane.
RS_INLINE Vec lookUp(const Table16& table, Ints index) {
  return _mm512_permutexvar_ps(index, table.values);
}

#include "core/backend/cpu/kernels_body.inc"

}  // namespace

const KernelTable& avx512Kernels() {
  return kTable;
}

}  // namespace rs::cpu
