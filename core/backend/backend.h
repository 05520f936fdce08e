// SPDX-License-Identifier: Apache-2.0
#pragma once
namespace rs {
class Backend {
 public:
  virtual ~Backend() = default;
};
}  // namespace rs
