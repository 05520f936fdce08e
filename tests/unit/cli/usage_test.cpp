// SPDX-License-Identifier: Apache-2.0
//
// What cannot be is refused with status 2 and named, before anything runs.
#include "tests/unit/cli/nano.h"

using rs::test::checkRefusal;
using rs::test::checkSuccess;
using rs::test::kNano;
using rs::test::onNano;
using rs::test::TemporaryDirectory;

TEST_CASE("an unknown verb is answered with the nearest one") {
  checkRefusal({"tarce"}, 2, {"'tarce'", "'trace'"});
  checkRefusal({"frobnicate"}, 2, {"'frobnicate'", "--help"});
}

TEST_CASE("an unknown option is answered with the nearest one") {
  checkRefusal(onNano("trace", {"--captrue", "router"}), 2, {"--captrue", "--capture"});
  checkRefusal(onNano("generate", {"--temprature=1"}), 2, {"--temprature", "--temperature"});
  checkRefusal(onNano("trace", {"stray"}), 2, {"argument stray"});
}

TEST_CASE("option values outside their range are refused by name") {
  checkRefusal(onNano("trace", {"--tokens", "1", "--chunk", "0"}), 2, {"--chunk"});
  checkRefusal(onNano("trace", {"--tokens", "1", "--threads", "many"}), 2, {"--threads"});
  checkRefusal(onNano("trace", {"--tokens", "1", "--logits", "some"}), 2, {"--logits"});
  checkRefusal(onNano("generate", {"--tokens", "1", "--max-tokens", "-3"}), 2, {"--max-tokens"});
  checkRefusal(onNano("generate", {"--tokens", "1", "--top-p", "2"}), 2, {"--top-p"});
  checkRefusal(onNano("generate", {"--tokens", "1", "--temperature", "-1"}), 2, {"--temperature"});
  checkRefusal(onNano("trace", {"--tokens", "1", "--precision", "exakt"}), 2, {"--precision", "'exakt'"});
  checkRefusal(onNano("trace", {"--tokens", "1", "--device", "tpu"}), 2, {"--device", "'tpu'"});
  checkRefusal(onNano("trace", {"--tokens", "1", "--device", "cuda:x"}), 2, {"--device", "cuda:x"});
}

TEST_CASE("an option without its value is refused by name") {
  checkRefusal(onNano("trace", {"--prompt"}), 2, {"--prompt"});
}

TEST_CASE("a device that this build lacks is told") {
  checkRefusal(onNano("trace", {"--tokens", "1", "--device", "cuda"}), 1, {"CUDA"});
}

TEST_CASE("exactly one source of a prompt is taken") {
  checkRefusal(onNano("trace"), 2, {"--prompt", "--tokens", "found 0"});
  checkRefusal(onNano("trace", {"--prompt", "a", "--tokens", "1"}), 2, {"found 2"});
  checkRefusal(onNano("generate", {"--prompt", "a", "--prompt-file", "x", "--tokens", "1"}), 2, {"found 3"});
}

TEST_CASE("token ids that the model lacks are named") {
  checkRefusal(onNano("trace", {"--tokens", "1,300"}), 2, {"token 1", "300", "0..299"});
  checkRefusal(onNano("trace", {"--tokens=-1"}), 2, {"-1"});
  checkRefusal(onNano("trace", {"--tokens", "1,,2"}), 2, {"1,,2"});
  checkRefusal(onNano("trace", {"--tokens", "1,2x"}), 2, {"1,2x"});
  checkRefusal(onNano("trace", {"--tokens", "99999999999"}), 2, {"99999999999"});
}

TEST_CASE("a token file that is no list of int32 is refused") {
  const TemporaryDirectory directory;
  directory.write("odd.i32", "12345");
  checkRefusal(onNano("trace", {"--tokens", directory.path("odd.i32")}), 2,
               {"multiple of 4", "5", "odd.i32"});
  directory.write("empty.i32", "");
  checkRefusal(onNano("trace", {"--tokens", directory.path("empty.i32")}), 2, {"token"});
}

TEST_CASE("capture addresses that do not exist are answered with the nearest ones") {
  checkRefusal(onNano("trace", {"--tokens", "1", "--capture", "router_logit.0"}), 2,
               {"router_logit", "router_logits"});
  checkRefusal(onNano("trace", {"--tokens", "1", "--capture", "resid_pre.2"}), 2, {"resid_pre.2"});
  checkRefusal(onNano("trace", {"--tokens", "1", "--capture", "attn_pattern.0"}), 2, {"attn_pattern"});
}

TEST_CASE("an empty prompt is refused") {
  const TemporaryDirectory directory;
  directory.write("empty.txt", "");
  checkRefusal(onNano("trace", {"--prompt-file", directory.path("empty.txt")}), 2, {"empty"});
}

TEST_CASE("unreadable edits are named") {
  const TemporaryDirectory directory;
  directory.write("broken.json", R"([{"op": "ban", )");
  checkRefusal(onNano("trace", {"--tokens", "1", "--edits", directory.path("broken.json")}), 2, {"JSON"});
  directory.write("unknown.json", R"([{"op": "bann", "layer": 0, "experts": [1]}])");
  checkRefusal(onNano("trace", {"--tokens", "1", "--edits", directory.path("unknown.json")}), 2,
               {"edit 1", "bann", "ban"});
  checkRefusal(onNano("trace", {"--tokens", "1", "--edits", directory.path("none.json")}), 3, {"none.json"});
}

TEST_CASE("edits that the model cannot have are refused by number and field") {
  const TemporaryDirectory directory;
  directory.write("layer.json", R"([{"op": "ban", "layer": 0, "experts": [1]},
                                    {"op": "ban", "layer": 2, "experts": [1]}])");
  checkRefusal(onNano("trace", {"--tokens", "1", "--edits", directory.path("layer.json")}), 2,
               {"edit 2", "layer"});
  directory.write("all.json", R"([{"op": "ban", "layer": 0, "experts": [0, 1, 2, 3, 4]}])");
  checkRefusal(onNano("generate", {"--tokens", "1", "--edits", directory.path("all.json")}), 2, {"layer 0"});
  directory.write("position.json", R"([{"op": "ban", "layer": 0, "experts": [1], "pos": [7]}])");
  checkRefusal(onNano("trace", {"--tokens", "1,2", "--edits", directory.path("position.json")}), 2,
               {"edit 1", "7"});
}

TEST_CASE("an unknown virtual expert is answered with the nearest one") {
  checkRefusal(onNano("trace", {"--tokens", "1", "--virtual", "calculater"}), 2,
               {"calculater", "calculator"});
  checkRefusal(onNano("trace", {"--tokens", "1", "--virtual", "calculator:colour=red"}), 2, {"colour"});
}

TEST_CASE("a date and a system message are checked") {
  checkRefusal(onNano("trace", {"--prompt", "a", "--chat", "--system", "loud"}), 2, {"--system"});
}

TEST_CASE("diff wants two captures, or a prompt with something to change") {
  checkRefusal({"diff"}, 2, {"two capture files", "--edits"});
  checkRefusal({"diff", "a.safetensors"}, 2, {"two files", "found 1"});
  checkRefusal({"diff", "a.safetensors", "b.safetensors", "c.safetensors"}, 2, {"found 3"});
  checkRefusal({"diff", "a.npz", "b.npz"}, 2, {".safetensors", "a.npz"});
  checkRefusal({"diff", "a.safetensors", "b.safetensors", "--prompt", "x"}, 2, {"prompt"});
  checkRefusal(onNano("diff", {"--tokens", "1"}), 2, {"--edits", "--virtual"});
  checkRefusal({"diff", "a.safetensors", "b.safetensors", "--max-rel", "-1"}, 2, {"--max-rel"});
}

TEST_CASE("bench wants a run that the model has room for") {
  checkRefusal(onNano("bench", {"--prefill", "131000", "--decode", "100"}), 2, {"131072"});
  checkRefusal(onNano("bench", {"--repeat", "0"}), 2, {"--repeat"});
}

TEST_CASE("selftest of another model needs values for it") {
  checkRefusal(onNano("selftest"), 2, {"--values"});
}

TEST_CASE("a figure without a file, a session or a kind is refused before anything is drawn") {
  checkRefusal({"figure"}, 2, {"--out"});
  checkRefusal({"figure", "--out", "f.pdf"}, 2, {"--session", "no session"});
  checkRefusal({"figure", "--out", "f.pdf", "--session", "s"}, 2, {"--view", "no kind"});
  checkRefusal({"figure", "--out", "f.pdf", "--session", "s", "--view", "heatmap", "--layer"}, 2,
               {"a value after --layer"});
  checkRefusal({"figure", "--out", "f.pdf", "stray"}, 2, {"argument stray"});
  checkRefusal({"figure", "--from", "f.pdf", "--out", "g.pdf", "--size", "icml"}, 2, {"--from", "--size"});
  checkRefusal({"figure", "--from", "f.pdf", "--out", "g.pdf", "--layer", "3"}, 2, {"--from", "--layer"});
}
