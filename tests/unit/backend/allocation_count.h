// SPDX-License-Identifier: Apache-2.0
//
// Counts allocations of this test executable, on all threads.
#pragma once

namespace rs::test {

void startCountingAllocations();
[[nodiscard]] int stopCountingAllocations();

}  // namespace rs::test
