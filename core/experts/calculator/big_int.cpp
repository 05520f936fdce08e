// SPDX-License-Identifier: Apache-2.0
//
// Whole numbers as limbs of nine decimal digits, so that reading and writing decimals costs nothing.
#include "core/experts/calculator/big_int.h"

#include <algorithm>
#include <cmath>

namespace rs {
namespace {

constexpr std::uint32_t kBase = 1000000000;
constexpr std::size_t kDigitsPerLimb = 9;

}  // namespace

BigInt::BigInt(std::int64_t value) : negative_(value < 0) {
  auto rest =
      negative_ ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  while (rest != 0) {
    limbs_.push_back(static_cast<std::uint32_t>(rest % kBase));
    rest /= kBase;
  }
}

BigInt BigInt::fromDigits(std::string_view digits) {
  Limbs limbs;
  std::size_t end = digits.size();
  while (end > 0) {
    const std::size_t begin = end > kDigitsPerLimb ? end - kDigitsPerLimb : 0;
    std::uint32_t limb = 0;
    for (const char digit : digits.substr(begin, end - begin)) {
      limb = limb * 10 + static_cast<std::uint32_t>(digit - '0');
    }
    limbs.push_back(limb);
    end = begin;
  }
  return make(std::move(limbs), false);
}

BigInt BigInt::powerOfTen(int exponent) {
  return fromDigits("1" + std::string(static_cast<std::size_t>(exponent), '0'));
}

void BigInt::trim(Limbs& limbs) {
  while (!limbs.empty() && limbs.back() == 0) {
    limbs.pop_back();
  }
}

BigInt BigInt::make(Limbs limbs, bool negative) {
  BigInt value;
  trim(limbs);
  value.negative_ = negative && !limbs.empty();
  value.limbs_ = std::move(limbs);
  return value;
}

std::string BigInt::text() const {
  if (limbs_.empty()) {
    return "0";
  }
  std::string text = negative_ ? "-" : "";
  text += std::to_string(limbs_.back());
  for (std::size_t i = limbs_.size() - 1; i-- > 0;) {
    const std::string part = std::to_string(limbs_[i]);
    text.append(kDigitsPerLimb - part.size(), '0').append(part);
  }
  return text;
}

int BigInt::compare(const Limbs& a, const Limbs& b) {
  if (a.size() != b.size()) {
    return a.size() < b.size() ? -1 : 1;
  }
  for (std::size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) {
      return a[i] < b[i] ? -1 : 1;
    }
  }
  return 0;
}

BigInt::Limbs BigInt::add(const Limbs& a, const Limbs& b) {
  Limbs sum(std::max(a.size(), b.size()) + 1);
  std::uint32_t carry = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const std::uint32_t limb = (i < a.size() ? a[i] : 0) + (i < b.size() ? b[i] : 0) + carry;
    carry = limb >= kBase ? 1 : 0;
    sum[i] = limb - carry * kBase;
  }
  return sum;
}

BigInt::Limbs BigInt::subtract(const Limbs& a, const Limbs& b) {
  Limbs difference(a.size());
  std::uint32_t borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::uint32_t taken = (i < b.size() ? b[i] : 0) + borrow;
    borrow = a[i] < taken ? 1 : 0;
    difference[i] = a[i] + borrow * kBase - taken;
  }
  return difference;
}

std::uint32_t BigInt::divideShort(Limbs& a, std::uint32_t b) {
  std::uint64_t rest = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    rest = rest * kBase + a[i];
    a[i] = static_cast<std::uint32_t>(rest / b);
    rest %= b;
  }
  trim(a);
  return static_cast<std::uint32_t>(rest);
}

// Long division, one limb of the quotient at a time. A double of the leading limbs tells each within one, and
// the products next to it decide.
std::pair<BigInt::Limbs, BigInt::Limbs> BigInt::divideLong(const Limbs& a, const Limbs& b) {
  Limbs quotient(a.size());
  Limbs rest;
  const auto times = [&b](std::uint32_t factor) {
    Limbs product(b.size() + 1);
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
      carry += std::uint64_t{b[i]} * factor;
      product[i] = static_cast<std::uint32_t>(carry % kBase);
      carry /= kBase;
    }
    product.back() = static_cast<std::uint32_t>(carry);
    trim(product);
    return product;
  };
  const auto leading = [&b](const Limbs& limbs) {
    // In units of the limb two below the top of b; what lies lower is beyond a double.
    double value = 0;
    for (std::size_t i = limbs.size(); i-- > 0 && i + 3 >= b.size();) {
      value = value * kBase + limbs[i];
    }
    return value;
  };
  for (std::size_t i = a.size(); i-- > 0;) {
    rest.insert(rest.begin(), a[i]);
    trim(rest);
    const double guess = std::floor(leading(rest) / leading(b));
    auto low = static_cast<std::uint32_t>(std::max(guess - 1, 0.0));
    auto high = static_cast<std::uint32_t>(std::min(guess + 1, kBase - 1.0));
    while (low < high) {
      const std::uint32_t middle = low + (high - low + 1) / 2;
      if (compare(times(middle), rest) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    quotient[i] = low;
    rest = subtract(rest, times(low));
    trim(rest);
  }
  return {std::move(quotient), std::move(rest)};
}

BigInt BigInt::operator-() const {
  return make(limbs_, !negative_);
}

BigInt operator+(const BigInt& a, const BigInt& b) {
  if (a.negative_ == b.negative_) {
    return BigInt::make(BigInt::add(a.limbs_, b.limbs_), a.negative_);
  }
  if (BigInt::compare(a.limbs_, b.limbs_) >= 0) {
    return BigInt::make(BigInt::subtract(a.limbs_, b.limbs_), a.negative_);
  }
  return BigInt::make(BigInt::subtract(b.limbs_, a.limbs_), b.negative_);
}

BigInt operator-(const BigInt& a, const BigInt& b) {
  return a + -b;
}

BigInt operator*(const BigInt& a, const BigInt& b) {
  BigInt::Limbs product(a.limbs_.size() + b.limbs_.size());
  for (std::size_t i = 0; i < a.limbs_.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.limbs_.size(); ++j) {
      carry += product[i + j] + std::uint64_t{a.limbs_[i]} * b.limbs_[j];
      product[i + j] = static_cast<std::uint32_t>(carry % kBase);
      carry /= kBase;
    }
    product[i + b.limbs_.size()] = static_cast<std::uint32_t>(carry);
  }
  return BigInt::make(std::move(product), a.negative_ != b.negative_);
}

std::pair<BigInt, BigInt> BigInt::divide(const BigInt& a, const BigInt& b) {
  const bool negative = a.negative_ != b.negative_;
  if (b.limbs_.size() == 1) {
    Limbs quotient = a.limbs_;
    const std::uint32_t rest = divideShort(quotient, b.limbs_[0]);
    return {make(std::move(quotient), negative), make({rest}, a.negative_)};
  }
  auto [quotient, rest] = divideLong(a.limbs_, b.limbs_);
  return {make(std::move(quotient), negative), make(std::move(rest), a.negative_)};
}

Fraction operator+(const Fraction& a, const Fraction& b) {
  if (a.denominator == b.denominator) {
    return {a.numerator + b.numerator, a.denominator};
  }
  return {a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator};
}

Fraction operator-(const Fraction& a, const Fraction& b) {
  return a + Fraction{-b.numerator, b.denominator};
}

Fraction operator*(const Fraction& a, const Fraction& b) {
  return {a.numerator * b.numerator, a.denominator * b.denominator};
}

Fraction operator/(const Fraction& a, const Fraction& b) {
  const Fraction quotient{a.numerator * b.denominator, a.denominator * b.numerator};
  return quotient.denominator.isNegative() ? Fraction{-quotient.numerator, -quotient.denominator} : quotient;
}

std::optional<std::string> decimalText(const Fraction& value, int max_decimals) {
  const auto [scaled, rest] =
      BigInt::divide(value.numerator * BigInt::powerOfTen(max_decimals), value.denominator);
  if (!rest.isZero()) {
    return std::nullopt;
  }
  const auto decimals = static_cast<std::size_t>(max_decimals);
  std::string digits = (scaled.isNegative() ? -scaled : scaled).text();
  if (digits.size() <= decimals) {
    digits.insert(0, decimals + 1 - digits.size(), '0');
  }
  digits.insert(digits.size() - decimals, ".");
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') {
    digits.pop_back();
  }
  return (scaled.isNegative() ? "-" : "") + digits;
}

}  // namespace rs
