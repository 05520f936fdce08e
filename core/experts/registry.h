// SPDX-License-Identifier: Apache-2.0
//
// The list of high-level virtual experts, and how one is made from a command line or a session file.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/experts/virtual_expert.h"

namespace rs {

// In menu order.
[[nodiscard]] std::span<const VirtualExpertInfo> virtualExperts();

// An expert with the id it was asked for by.
struct NamedVirtualExpert {
  std::string id;
  std::unique_ptr<VirtualExpert> expert;
};

// NAME[:option=value,…], as written after --virtual.
//
// Errors: throws Error{kUsage} for an unknown name or option, with the nearest ones, and for a value that
// does
//         not fit its option.
[[nodiscard]] NamedVirtualExpert makeVirtualExpert(std::string_view specification);

// The same text back, with every option that differs from its default.
[[nodiscard]] std::string specificationOf(const NamedVirtualExpert& named);

// All experts with their options, as lines for --help and docs.
[[nodiscard]] std::string virtualExpertHelp();

}  // namespace rs
