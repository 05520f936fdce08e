// SPDX-License-Identifier: Apache-2.0
//
// Reads a recipe back, out of whatever file carries it.
#include <QFile>
#include <QImage>
#include <QXmlStreamReader>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "ui/figures/figure.h"

namespace rs::figures {
namespace {

using Json = nlohmann::json;

// The file that a PDF of Qt has attached under this name: its stream, deflated or as it is.
QByteArray attachmentOf(const QByteArray& pdf, const QByteArray& name) {
  const QByteArray key = "/F (" + name + ")\n/EF <</F ";
  const qsizetype entry = pdf.indexOf(key);
  if (entry < 0) {
    return {};
  }
  const qsizetype number = entry + key.size();
  const QByteArray object = "\n" + pdf.mid(number, pdf.indexOf(' ', number) - number) + " 0 obj";
  const qsizetype at = pdf.indexOf(object);
  const qsizetype word = pdf.indexOf("stream\n", at);
  const qsizetype end = pdf.indexOf("endstream", word);
  if (at < 0 || word < 0 || end < 0) {
    return {};
  }
  const qsizetype begin = pdf.indexOf('\n', word) + 1;
  const QByteArray bytes = pdf.mid(begin, end - begin);
  // Qt wants the size first; it is a hint, and it grows its buffer as it must.
  return pdf.mid(at, word - at).contains("/FlateDecode") ? qUncompress(QByteArray(4, '\0') + bytes) : bytes;
}

QByteArray recipeOfSvg(const QByteArray& svg) {
  QXmlStreamReader reader(svg);
  while (!reader.atEnd()) {
    if (reader.readNext() == QXmlStreamReader::StartElement && reader.name() == QLatin1String("metadata") &&
        reader.attributes().value(QLatin1String("id")) == QLatin1String("recipe.json")) {
      return reader.readElementText().toUtf8();
    }
  }
  return {};
}

QByteArray textOf(const QByteArray& file) {
  if (file.startsWith("%PDF-")) {
    return attachmentOf(file, "recipe.json");
  }
  if (file.startsWith("\x89PNG")) {
    return QImage::fromData(file, "PNG").text(QStringLiteral("recipe")).toUtf8();
  }
  if (file.trimmed().startsWith('{')) {
    return file;
  }
  return recipeOfSvg(file);
}

OptionTexts textsOf(const Json& json) {
  OptionTexts texts;
  for (const auto& [name, value] : json.items()) {
    texts.emplace_back(name, value.get<std::string>());
  }
  return texts;
}

Recipe recipeOf(const Json& json) {
  Recipe recipe;
  FigureRequest& request = recipe.request;
  request.kind = json.at("figure").get<std::string>();
  request.options = textsOf(json.at("options"));
  for (const auto& [name, text] : textsOf(json.at("page"))) {
    if (name == "size") {
      request.page.size = parseSize(text);
    } else if (name == "title") {
      request.page.title = text;
    } else {
      ParamSetter setter("figure", name, text);
      request.page.visit(setter);
      setter.finish();
    }
  }
  request.run = json.at("run").get<sessions::RunId>();
  const Json& reference = json.at("reference");
  request.reference = reference.is_null()
                          ? ReferenceChoice{ReferenceChoice::How::kNone, 0}
                          : ReferenceChoice{ReferenceChoice::How::kRun, reference.get<sessions::RunId>()};
  recipe.session_uuid = json.at("session").at("uuid").get<std::string>();
  recipe.session_file = json.at("session").at("file").get<std::string>();
  return recipe;
}

}  // namespace

Recipe readRecipe(const std::string& path) {
  QFile file(QString::fromStdString(path));
  if (!file.open(QIODevice::ReadOnly)) {
    throw Error(ErrorCode::kIo, "reading a recipe: " + file.errorString().toStdString() + ": " + path);
  }
  const QByteArray text = textOf(file.readAll());
  if (text.isEmpty()) {
    throw Error(
        ErrorCode::kModel,
        "reading a recipe: expected recipe.json, or a PDF, SVG or PNG that `routescope figure` wrote, "
        "found no recipe in " +
            path);
  }
  try {
    return recipeOf(Json::parse(text.toStdString()));
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kModel,
                "reading a recipe: it is damaged (" + printable(error.what()) + "): " + path);
  }
}

}  // namespace rs::figures
