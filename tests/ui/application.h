// SPDX-License-Identifier: Apache-2.0
//
// What every test of the window needs: an application, settings of its own, and a way to wait for events.
#pragma once

#include <QApplication>
#include <functional>

namespace rs::test {

// Made on first use; offscreen unless QT_QPA_PLATFORM says otherwise. Settings go to a temporary folder.
QApplication& application();

// Runs the event loop until the condition holds; false after ten seconds.
[[nodiscard]] bool waitFor(const std::function<bool()>& condition);

// Runs what is queued.
void settle();

}  // namespace rs::test
