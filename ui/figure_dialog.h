// SPDX-License-Identifier: Apache-2.0
//
// A figure of the shown run, chosen and seen before it is written. It is made from the session's file, as the
// verb `figure` makes it, so that both write the same bytes.
//
// Thread: the window's; figures are made behind it.
#pragma once

#include <QDialog>
#include <QImage>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "ui/cursor.h"
#include "ui/figures/figure.h"

class QComboBox;
class QDialogButtonBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace rs::ui {

// What there is to be drawn, and how it is shown now.
struct FigureSubject {
  std::string session;  // path
  sessions::RunId run = 0;
  figures::ReferenceChoice reference;
  figures::TokenizerFinder tokenizer;
  std::string app_version;
  std::string kind;
  figures::OptionTexts options;  // of that kind
  Cursor cursor;
  TokenRange selection;
};

class FigureDialog final : public QDialog {
 public:
  FigureDialog(FigureSubject subject, QWidget* parent);
  ~FigureDialog() override;

  // Writes the figure as it is set; told with a word in the dialog. By the file's ending.
  void exportTo(const QString& path);
  // The line of a shell that writes it; "" until a figure was made.
  [[nodiscard]] QString command() const;
  // Whether what is set was drawn, or refused.
  [[nodiscard]] bool isSettled() const { return !is_working_ && !is_changed_; }

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Job;
  struct Made;
  void build();
  QWidget* makeForm();
  void buildPageForm(QFormLayout& form);
  void chooseKind(const std::string& id);
  void fillOptions();
  [[nodiscard]] figures::FigureRequest request() const;
  void change();
  void start();
  static Made make(const Job& job);
  void adopt(const Made& made);
  void showPreview();
  void askWhere();

  FigureSubject subject_;
  std::shared_ptr<const figures::FigureRuns> runs_;  // once they were read
  std::map<std::string, std::unique_ptr<figures::Kind>> kinds_;
  std::string kind_;
  figures::Page page_;
  QString export_path_;  // of the next job; "": preview alone
  QImage preview_;
  std::string command_;
  bool is_working_ = false;
  bool is_changed_ = false;

  QComboBox* kind_box_;
  QLabel* summary_;
  QWidget* options_;
  QVBoxLayout* options_place_;
  QComboBox* size_;
  QLineEdit* title_;
  QLabel* picture_;
  QLabel* told_;
  QLineEdit* command_line_;
  QPushButton* copy_;
  QPushButton* export_;
};

}  // namespace rs::ui
