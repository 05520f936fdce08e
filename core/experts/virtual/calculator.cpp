// SPDX-License-Identifier: Apache-2.0
//
// The calculator: where the text asks for the value of an integer expression, it answers with its digits.
// What counts as asking is in core/experts/calculator/.
#include "core/experts/calculator/reader.h"

namespace rs {
namespace {

class Calculator final : public VirtualExpert {
 public:
  static constexpr std::string_view kId = "calculator";
  static constexpr std::string_view kTitle = "Calculator";
  static constexpr std::string_view kSummary =
      "Works out integer expressions that the text asks for and pushes the digits of the exact answer.";

  [[nodiscard]] std::unique_ptr<Reader> reader(const TokenText& text) const override {
    return std::make_unique<CalculatorReader>(text, options_);
  }
  void visitOwn(ParamVisitor& visitor) override {
    visitor(options_.max_decimals, "decimals", "an exact division may have that many decimals", {0, 30});
    visitor(
        options_.ends, "ends",
        "push what ends the answer too: <|return|> after a bare answer in a chat, a new line in plain text");
  }

 private:
  CalculatorOptions options_;
};

}  // namespace

VirtualExpertInfo calculator() {
  return describe<VirtualExpert, Calculator>();
}

}  // namespace rs
