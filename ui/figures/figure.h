// SPDX-License-Identifier: Apache-2.0
//
// One figure, ready to be painted or written: what was asked for, worked out on a run. The same request on
// the same session gives the same bytes, wherever it is made.
//
// Thread: any with a QGuiApplication (offscreen will do).
#pragma once

#include <QByteArray>
#include <QSizeF>
#include <QString>
#include <QStringList>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ui/figures/kind.h"
#include "ui/figures/page.h"

class QPainter;

namespace rs::figures {

using OptionTexts = std::vector<std::pair<std::string, std::string>>;

// Everything that says which figure, but for the session.
struct FigureRequest {
  std::string kind;
  OptionTexts options;  // of the kind; what is not named has its default
  Page page;
  std::optional<sessions::RunId> run;  // none: the last of the session
  ReferenceChoice reference;
};

enum class FigureFormat { kPdf, kSvg, kPng };
// By the file's extension. Errors: Error{kUsage}.
[[nodiscard]] FigureFormat figureFormat(const std::string& path);

// A kind with these options set. Errors: Error{kUsage} for an unknown one, with the nearest, or a value that
// cannot be.
[[nodiscard]] std::unique_ptr<Kind> makeKind(const std::string& id, const OptionTexts& options);

class Figure {
 public:
  // Errors: Error{kUsage} for what the run does not hold or cannot be drawn.
  Figure(const FigureRequest& request, FigureRuns runs, const std::string& app_version);
  ~Figure();

  // In points.
  [[nodiscard]] QSizeF size() const { return size_; }
  // Onto a device, from its upper left corner. unit: device pixels to a point.
  void paint(QPainter& painter, double unit, bool text_as_outlines) const;
  [[nodiscard]] QByteArray bytes(FigureFormat format) const;
  // Whole or not at all. Errors: Error{kIo}.
  void write(const std::string& path) const;

  // The exact numbers; empty where they are too many to be attached.
  [[nodiscard]] const QByteArray& csv() const { return csv_; }
  // JSON: everything that it takes to make the figure again.
  [[nodiscard]] const QByteArray& recipe() const { return recipe_; }
  [[nodiscard]] const QString& caption() const { return caption_; }
  // The line of a shell that makes it; session and out: as they are to be written there.
  [[nodiscard]] std::string command(const std::string& session, const std::string& out) const;
  // What somebody should know before printing it: characters that the font lacks.
  [[nodiscard]] QStringList warnings() const;

 private:
  [[nodiscard]] QByteArray makeRecipe(const std::string& app_version) const;
  [[nodiscard]] QByteArray pdf() const;
  [[nodiscard]] QByteArray svg() const;
  [[nodiscard]] QByteArray png() const;
  [[nodiscard]] double titleHeight() const;

  FigureRequest request_;
  FigureRuns runs_;
  std::unique_ptr<Kind> kind_;
  std::unique_ptr<Plot> plot_;
  std::unique_ptr<Typeface> face_;
  QSizeF size_;
  QString caption_;
  QStringList caption_lines_;
  QByteArray csv_;
  QByteArray recipe_;
};

// What a recipe says.
struct Recipe {
  FigureRequest request;
  std::string session_uuid;
  std::string session_file;
};
// From a recipe, or from a PDF, SVG or PNG that holds one. Errors: Error{kIo} if it cannot be read;
// Error{kModel} if there is none in it or it is damaged.
[[nodiscard]] Recipe readRecipe(const std::string& path);

}  // namespace rs::figures
