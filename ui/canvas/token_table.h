// SPDX-License-Identifier: Apache-2.0
//
// What the table twins of the canvases share: a token is a row, and a run that grows appends rows, so that
// whoever reads the table keeps their place in it.
#pragma once

#include <QAbstractTableModel>
#include <cstdint>
#include <functional>

namespace rs::canvas {

class TokenTable : public QAbstractTableModel {
 public:
  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : tokens_;
  }

 protected:
  struct Source {
    int tokens = 0;
    uint64_t revision = 0;  // another one once values of tokens that were there have changed
    bool has_other_values = false;
    std::function<void()> take_columns = {};  // empty: the columns are the same
  };
  void follow(const Source& source);
  // Values of the tokens, and what the columns are called, are others.
  void tellValues();
  [[nodiscard]] int tokens() const { return tokens_; }

 private:
  int tokens_ = 0;
  uint64_t revision_ = 0;
};

}  // namespace rs::canvas
