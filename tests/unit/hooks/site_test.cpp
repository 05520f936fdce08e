// SPDX-License-Identifier: Apache-2.0
//
// Addresses: what they expand to and which are refused.
#include "core/hooks/site.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "core/base/error.h"

namespace {

rs::ModelConfig model(int n_layers = 4) {
  rs::ModelConfig config;
  config.n_layers = n_layers;
  return config;
}

std::string expand(std::string_view list) {
  std::string text;
  for (const rs::Address& address : rs::parseAddresses(list, model())) {
    text += (text.empty() ? "" : " ") + address.text();
  }
  return text;
}

std::string refusal(std::string_view list) {
  try {
    (void)rs::parseAddresses(list, model());
  } catch (const rs::Error& error) {
    CHECK(error.code() == rs::ErrorCode::kUsage);
    return error.what();
  }
  return "accepted";
}

std::string shapeOf(rs::SiteWidth width) {
  switch (width) {
    case rs::SiteWidth::kOne:
      return "[T]";
    case rs::SiteWidth::kHidden:
      return "[T, H]";
    case rs::SiteWidth::kQuery:
      return "[T, A, 64]";
    case rs::SiteWidth::kKey:
      return "[T, G, 64]";
    case rs::SiteWidth::kHeads:
      return "[T, A]";
    case rs::SiteWidth::kExperts:
      return "[T, E]";
    case rs::SiteWidth::kColumns:
      return "[T, E+V]";
    case rs::SiteWidth::kOwnSlots:
      return "[T, k]";
    case rs::SiteWidth::kSlots:
      return "[T, K]";
    case rs::SiteWidth::kSlotsByHidden:
      return "[T, K, H]";
  }
  return "";
}

}  // namespace

TEST_CASE("an address names one site of one layer") {
  CHECK(expand("router_logits.2") == "router_logits.2");
  CHECK(expand("k.0, q.3") == "k.0 q.3");
  CHECK(expand("embed,final_norm") == "embed final_norm");
}

TEST_CASE("ranges and stars select layers") {
  CHECK(expand("resid_post.1..3") == "resid_post.1 resid_post.2 resid_post.3");
  CHECK(expand("resid_post.2..2") == "resid_post.2");
  CHECK(expand("v.*") == "v.0 v.1 v.2 v.3");
}

TEST_CASE("addresses keep the order of first mention and come once") {
  CHECK(expand("q.2,q.*,q.0..1") == "q.2 q.0 q.1 q.3");
  CHECK(expand("blocks.1.hook_attn_out,attn_out.1") == "attn_out.1");
}

TEST_CASE("the group router holds edited logits and the final decision") {
  CHECK(expand("router.1") == "router_logits.1 expert_indices.1 expert_weights.1");
  CHECK(
      expand("router.0..1") ==
      "router_logits.0 expert_indices.0 expert_weights.0 router_logits.1 expert_indices.1 expert_weights.1");
  CHECK(rs::parseAddresses("router", model()).size() == 12);
  CHECK(expand("router") == expand("router.*"));
}

TEST_CASE("the groups resid and blocks hold their sites") {
  CHECK(expand("resid.3") == "resid_pre.3 resid_mid.3 resid_post.3");
  CHECK(expand("blocks.3") == "attn_out.3 moe_out.3");
}

TEST_CASE("the group all holds every site of the table") {
  const auto all = rs::parseAddresses("all", model());
  CHECK(all.size() == (rs::kSiteCount - 2) * 4 + 2);
  CHECK(all.front().text() == "embed");
  CHECK(all.back().text() == "final_norm");
  CHECK(rs::parseAddresses("all.2", model()).size() == rs::kSiteCount - 2);
}

TEST_CASE("tokens are accepted and add nothing") {
  CHECK(expand("tokens").empty());
  CHECK(expand("tokens,q.0") == "q.0");
}

TEST_CASE("every TransformerLens spelling stands for its site") {
  int n_spellings = 0;
  for (const rs::SiteInfo& site : rs::allSites()) {
    if (site.lens.empty()) {
      continue;
    }
    ++n_spellings;
    std::string spelling(site.lens);
    const auto place = spelling.find("{}");
    CHECK((place != std::string::npos) == site.is_layered);
    if (site.is_layered) {
      spelling.replace(place, 2, "1..2");
      CHECK(expand(spelling) == std::string(site.name) + ".1 " + std::string(site.name) + ".2");
    } else {
      CHECK(expand(spelling) == site.name);
    }
  }
  CHECK(n_spellings == 15);
  CHECK(expand("blocks.*.hook_mlp_out") == "moe_out.0 moe_out.1 moe_out.2 moe_out.3");
}

TEST_CASE("every row of the table is found under its own id") {
  for (const rs::SiteInfo& site : rs::allSites()) {
    CHECK(&rs::infoOf(site.site) == &site);
    CHECK((site.group.empty() || site.group == "router" || site.group == "resid" || site.group == "blocks"));
  }
}

TEST_CASE("docs/hooks.md has the row of every site, in the order of the table") {
  std::ifstream file(RS_SOURCE_DIR "/docs/hooks.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string page = text.str();
  std::size_t last = 0;
  for (const rs::SiteInfo& site : rs::allSites()) {
    std::string lens(site.lens);
    if (const auto place = lens.find("{}"); place != std::string::npos) {
      lens.replace(place, 2, "L");
    }
    const auto quoted = [](const std::string& name) { return name.empty() ? "" : "`" + name + "`"; };
    const std::string row = "\n| `" + std::string(site.name) + "` | " + (site.is_layered ? "each" : "") +
                            " | " + shapeOf(site.width) + " | " + (site.is_int ? "i32" : "f32") + " | " +
                            quoted(std::string(site.group)) + " | " + quoted(lens) + " | ";
    INFO(row);
    const auto at = page.find(row);
    CHECK(at != std::string::npos);
    CHECK(at > last);
    last = at;
  }
}

TEST_CASE("an address that cannot be is refused with its text and the way out") {
  struct Case {
    const char* list;
    const char* expected;
  };
  const Case cases[] = {
      {"router_logit.2", "did you mean 'router_logits'"},
      {"resid_pst.*", "did you mean 'resid_post'"},
      {"blocks.3.hook_mlp_ot", "did you mean 'blocks.3.hook_mlp_out'"},
      {"hook_embd", "did you mean 'hook_embed'"},
      {"zzzzzzzzzzzz", "there is no address 'zzzzzzzzzzzz'"},
      {"router_logits", "expected a layer: router_logits.0, router_logits.0..3 or router_logits.*"},
      {"router_logits.4", "expected a layer in 0..3, found 4"},
      {"router_logits.-1", "expected a layer such as 3"},
      {"router_logits.+1", "expected a layer such as 3"},
      {"router_logits.", "expected a layer such as 3"},
      {"router_logits.x", "found 'x'"},
      {"router_logits.1.2", "found '1.2'"},
      {"router_logits.1..", "found '1..'"},
      {"router_logits...1", "found '..1'"},
      {"router_logits.3..1", "from low to high, found 3..1"},
      {"router_logits.0..99999999999999", "expected a layer in 0..3, found 99999999999999"},
      {"blocks.7.hook_attn_out", "expected a layer in 0..3, found 7"},
      {"blocks.hook_attn_out", "found 'hook_attn_out'"},
      {"embed.0", "belongs to no layer"},
      {"tokens.1", "belongs to no layer"},
      {"hook_embed.0", "belongs to no layer"},
      {"attn_pattern.3", "attention patterns are not kept"},
      {"blocks.3.attn.hook_pattern", "attention patterns are not kept"},
      {"logits", "--logits"},
      {"", "expected an address"},
      {" , ", "expected an address"},
      {"q.0,", "expected an address"},
      {"Router", "did you mean 'router'"},
  };
  for (const Case& c : cases) {
    INFO(c.list);
    CHECK_THAT(refusal(c.list), Catch::Contains(c.expected));
  }
}

TEST_CASE("a long address is cut in the message") {
  const std::string text(5000, 'x');
  for (const std::string& list :
       {text, "router_logits." + text, "embed." + text, "q.0.." + std::string(5000, '9')}) {
    CHECK(refusal(list).size() < 300);
  }
}
