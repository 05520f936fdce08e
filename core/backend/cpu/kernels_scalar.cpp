// SPDX-License-Identifier: Apache-2.0
//
// The kernels in plain C++, for every machine; also what the others are compared with. Products are rounded
// before they are added: not every machine has a fused multiply-add.
#include "core/backend/cpu/kernel_tables.h"
#include "core/backend/precision.h"

#define RS_INLINE static inline __attribute__((always_inline))

namespace rs::cpu {
namespace {

constexpr int kTokenTile = 1;

struct Vec {
  float lane[kLanes];
};
struct Ints {
  std::int32_t lane[kLanes];
};
struct Table16 {
  const float* values;
};

template <class Out, class Function>
RS_INLINE Out each(Function function) {
  Out out;
  for (int i = 0; i < kLanes; ++i) {
    out.lane[i] = function(i);
  }
  return out;
}

RS_INLINE std::int32_t bitsOf(float x) {
  std::int32_t bits = 0;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}
RS_INLINE float fromBits(std::int32_t bits) {
  float x = 0;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}
RS_INLINE std::uint32_t asUnsigned(std::int32_t x) {
  return static_cast<std::uint32_t>(x);
}
RS_INLINE std::int32_t asSigned(std::uint32_t x) {
  return static_cast<std::int32_t>(x);
}

RS_INLINE Vec splat(float x) {
  return each<Vec>([&](int) { return x; });
}
RS_INLINE Vec zero() {
  return splat(0);
}
RS_INLINE Vec load(const float* p) {
  return each<Vec>([&](int i) { return p[i]; });
}
RS_INLINE void storeFirst(float* p, const Vec& v, int n) {
  for (int i = 0; i < n; ++i) {
    p[i] = v.lane[i];
  }
}
RS_INLINE void store(float* p, const Vec& v) {
  storeFirst(p, v, kLanes);
}
RS_INLINE Vec add(const Vec& a, const Vec& b) {
  return each<Vec>([&](int i) { return a.lane[i] + b.lane[i]; });
}
RS_INLINE Vec sub(const Vec& a, const Vec& b) {
  return each<Vec>([&](int i) { return a.lane[i] - b.lane[i]; });
}
RS_INLINE Vec mul(const Vec& a, const Vec& b) {
  return each<Vec>([&](int i) { return a.lane[i] * b.lane[i]; });
}
RS_INLINE Vec div(const Vec& a, const Vec& b) {
  return each<Vec>([&](int i) { return a.lane[i] / b.lane[i]; });
}
RS_INLINE Vec fma(const Vec& a, const Vec& b, const Vec& c) {
  return each<Vec>([&](int i) { return a.lane[i] * b.lane[i] + c.lane[i]; });
}
RS_INLINE Vec min(const Vec& a, const Vec& b) {
  return each<Vec>([&](int i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
}
RS_INLINE Vec max(const Vec& a, const Vec& b) {
  return each<Vec>([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
}
// where a < b: yes, else no
RS_INLINE Vec selectLess(const Vec& a, const Vec& b, const Vec& yes, const Vec& no) {
  return each<Vec>([&](int i) { return a.lane[i] < b.lane[i] ? yes.lane[i] : no.lane[i]; });
}
RS_INLINE Ints loadInts(const void* p) {
  Ints out;
  __builtin_memcpy(&out, p, sizeof out);
  return out;
}
RS_INLINE Ints splatInt(std::int32_t x) {
  return each<Ints>([&](int) { return x; });
}
RS_INLINE Ints lanes() {
  return each<Ints>([](int i) { return i; });
}
RS_INLINE Ints addInts(const Ints& a, const Ints& b) {
  return each<Ints>([&](int i) { return asSigned(asUnsigned(a.lane[i]) + asUnsigned(b.lane[i])); });
}
RS_INLINE Ints andInts(const Ints& a, const Ints& b) {
  return each<Ints>([&](int i) { return a.lane[i] & b.lane[i]; });
}
RS_INLINE Ints maxInts(const Ints& a, const Ints& b) {
  return each<Ints>([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
}
template <int kBits>
RS_INLINE Ints shiftLeft(const Ints& a) {
  return each<Ints>([&](int i) { return asSigned(asUnsigned(a.lane[i]) << kBits); });
}
template <int kBits>
RS_INLINE Ints shiftRight(const Ints& a) {
  return each<Ints>([&](int i) { return asSigned(asUnsigned(a.lane[i]) >> kBits); });
}
RS_INLINE Vec asFloats(const Ints& a) {
  return each<Vec>([&](int i) { return fromBits(a.lane[i]); });
}
RS_INLINE Ints asInts(const Vec& a) {
  return each<Ints>([&](int i) { return bitsOf(a.lane[i]); });
}
RS_INLINE Vec toFloats(const Ints& a) {
  return each<Vec>([&](int i) { return static_cast<float>(a.lane[i]); });
}
// 16 bytes, each into its own lane
RS_INLINE Ints widenBytes(const std::uint8_t* p) {
  return each<Ints>([&](int i) { return static_cast<std::int32_t>(p[i]); });
}
RS_INLINE Table16 loadTable(const float* p) {
  return {p};
}
// The entry named by the low four bits of each lane.
RS_INLINE Vec lookUp(const Table16& table, const Ints& index) {
  return each<Vec>([&](int i) { return table.values[index.lane[i] & 15]; });
}

#include "core/backend/cpu/kernels_body.inc"

constexpr KernelTable kExactTable = tableOf<Mxfp4Tile>(nullptr);
constexpr KernelTable kFastTable = tableOf<Mxfp4Tile>(roundBlocks);

}  // namespace

const KernelTable& scalarKernels(Precision precision) {
  return precision == Precision::kFast ? kFastTable : kExactTable;
}

}  // namespace rs::cpu
