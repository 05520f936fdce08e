// SPDX-License-Identifier: Apache-2.0
//
// Reads the routing of stored runs behind the window once they are looked at, run A or B, one after the
// other: the panes get a longer beginning of the run every few frames until it is whole.
//
// Thread: the window's.
#pragma once

#include <QObject>
#include <atomic>
#include <memory>
#include <string>

#include "ui/workbench.h"

namespace rs::ui {

class RunsOnDemand final : public QObject {
  Q_OBJECT
 public:
  // Lifetime: the workbench outlives it.
  explicit RunsOnDemand(Workbench& workbench, QObject* parent = nullptr);
  ~RunsOnDemand() override;

  // Whose stored runs the workbench has from now on; "": nobody's.
  void setFile(const std::string& path);
  [[nodiscard]] bool isReading() const { return stop_ != nullptr; }

 private:
  void look();
  void start(RunId id);

  Workbench& workbench_;
  std::string path_;
  std::shared_ptr<std::atomic<bool>> stop_;  // of the reading that goes on; null: none
  RunId refused_ = 0;                        // could not be read
};

}  // namespace rs::ui
