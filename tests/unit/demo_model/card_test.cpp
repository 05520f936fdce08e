// SPDX-License-Identifier: Apache-2.0
//
// The demo model's card: a part of it measured again.
#include <catch2/catch.hpp>

#include "core/backend/cpu/cpu_backend.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "tools/demo_model/measure.h"

using namespace rs;
using namespace rs::demo;

TEST_CASE("Wilson's interval agrees with a value worked out by hand") {
  const Accuracy accuracy{8, 10};
  CHECK(accuracy.low() == Approx(0.4901).epsilon(1e-3));
  CHECK(accuracy.high() == Approx(0.9433).epsilon(1e-3));
  CHECK(Accuracy{10, 10}.high() == Approx(1.0));
}

TEST_CASE("the card's row for one-digit products is what the engine measures") {
  const std::string folder = RS_SOURCE_DIR "/resources/demo-model";
  const auto weights = Weights::open(folder);
  Engine engine(makeCpuBackend(weights, {Precision::kExact, 1, ""}), weights);
  const auto tokenizer = Tokenizer::fromFile(folder + "/tokenizer.json");
  const Accuracy accuracy =
      measureClass(engine, tokenizer, readHeldOut(folder + "/heldout.jsonl"), "mul 1x1");
  REQUIRE(accuracy.count >= 200);
  CHECK(readTextFile(folder + "/card.md")
            .find(format("| mul 1x1 | %d | %d |", accuracy.right, accuracy.count)) != std::string::npos);
}
