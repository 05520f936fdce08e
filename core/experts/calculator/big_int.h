// SPDX-License-Identifier: Apache-2.0
//
// Whole numbers of any size, and fractions of them, exact. Made for expressions of a line of text: schoolbook
// methods, no care for millions of digits.
//
// Thread: values; functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rs {

class BigInt {
 public:
  BigInt() = default;
  explicit BigInt(std::int64_t value);
  // Range: one or more decimal digits, nothing else.
  [[nodiscard]] static BigInt fromDigits(std::string_view digits);
  [[nodiscard]] static BigInt powerOfTen(int exponent);

  [[nodiscard]] bool isZero() const { return limbs_.empty(); }
  [[nodiscard]] bool isNegative() const { return negative_; }
  [[nodiscard]] std::string text() const;

  [[nodiscard]] BigInt operator-() const;
  friend BigInt operator+(const BigInt& a, const BigInt& b);
  friend BigInt operator-(const BigInt& a, const BigInt& b);
  friend BigInt operator*(const BigInt& a, const BigInt& b);
  friend bool operator==(const BigInt& a, const BigInt& b) = default;

  // Quotient towards zero, and a remainder with the sign of a. Range: b is not zero.
  [[nodiscard]] static std::pair<BigInt, BigInt> divide(const BigInt& a, const BigInt& b);

 private:
  using Limbs = std::vector<std::uint32_t>;  // base 1e9, the lowest first, no zeros on top
  [[nodiscard]] static int compare(const Limbs& a, const Limbs& b);
  [[nodiscard]] static Limbs add(const Limbs& a, const Limbs& b);
  [[nodiscard]] static Limbs subtract(const Limbs& a, const Limbs& b);  // a >= b
  [[nodiscard]] static std::pair<Limbs, Limbs> divideLong(const Limbs& a, const Limbs& b);
  static std::uint32_t divideShort(Limbs& a, std::uint32_t b);
  static void trim(Limbs& limbs);
  [[nodiscard]] static BigInt make(Limbs limbs, bool negative);

  Limbs limbs_;
  bool negative_ = false;
};

// numerator / denominator, not reduced; denominator > 0.
struct Fraction {
  BigInt numerator;
  BigInt denominator{1};
};

[[nodiscard]] Fraction operator+(const Fraction& a, const Fraction& b);
[[nodiscard]] Fraction operator-(const Fraction& a, const Fraction& b);
[[nodiscard]] Fraction operator*(const Fraction& a, const Fraction& b);
// Range: b is not zero.
[[nodiscard]] Fraction operator/(const Fraction& a, const Fraction& b);

// The exact decimal number, "-3.5"; nothing if it does not end within that many decimals.
[[nodiscard]] std::optional<std::string> decimalText(const Fraction& value, int max_decimals);

}  // namespace rs
