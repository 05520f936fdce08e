// SPDX-License-Identifier: Apache-2.0
//
// Work that would keep the window: it is done behind it, and what came of it is handed over in the window's
// thread.
#pragma once

#include <QCoreApplication>
#include <QObject>
#include <QPointer>
#include <QThreadPool>
#include <memory>
#include <utility>

namespace rs::ui {

// then(work()), unless `owner` is gone by then.
//
// Thread: `work` runs in another one and holds what it needs, `then` in the window's.
// Errors: `work` throws nothing: what went wrong is part of what it gives.
template <typename Work, typename Then>
void runBehind(QObject& owner, Work work, Then then) {
  QThreadPool::globalInstance()->start(
      [alive = QPointer<QObject>(&owner), work = std::move(work), then = std::move(then)]() mutable {
        // Shared: what is queued has to be copied.
        auto result = std::make_shared<decltype(work())>(work());
        // Whether the owner is there can only be asked in its own thread.
        QMetaObject::invokeMethod(
            qApp,
            [alive, result, then = std::move(then)]() mutable {
              if (!alive.isNull()) {
                then(std::move(*result));
              }
            },
            Qt::QueuedConnection);
      });
}

}  // namespace rs::ui
