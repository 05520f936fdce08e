// SPDX-License-Identifier: Apache-2.0
//
// What a figure holds, how it is laid out and what its recipe says; figure_file.cpp writes it.
#include "ui/figures/figure.h"

#include <QPainter>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/text.h"
#include "ui/figures/shell_text.h"

namespace rs::figures {
namespace {

constexpr double kMargin = 3;  // points around everything
constexpr qsizetype kMostAttached = 64 << 20;

QString familyOf(const Page& page) {
  return page.font.value == 0 ? QStringLiteral("DejaVu Sans") : QStringLiteral("DejaVu Serif");
}

std::vector<ParamInfo> optionsOf(Kind& kind) {
  ParamLister lister;
  kind.visit(lister);
  return lister.params();
}

// Options as after --name=value; those that have their defaults are left out.
std::string optionWords(const std::vector<ParamInfo>& options, const std::vector<ParamInfo>& defaults) {
  std::string words;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (options[i].value != defaults[i].value) {
      words += " --" + optionName(options[i].name) + " " + shellWord(options[i].value);
    }
  }
  return words;
}

std::vector<ParamInfo> optionsOf(Page page) {
  ParamLister lister;
  page.visit(lister);
  return lister.params();
}

}  // namespace

std::unique_ptr<Kind> makeKind(const std::string& id, const OptionTexts& options) {
  auto kind = findKind(id).create();
  for (const auto& [name, text] : options) {
    ParamSetter setter("figure " + id, name, text);
    kind->visit(setter);
    setter.finish();
  }
  return kind;
}

Figure::Figure(const FigureRequest& request, FigureRuns runs, const std::string& app_version)
    : request_(request), runs_(std::move(runs)), kind_(makeKind(request.kind, request.options)) {
  if (kind_->needsReference()) {
    (void)runs_.needReference("figure " + request.kind);
  }
  kind_->pin(runs_);
  plot_ = kind_->plot(runs_);
  face_ = std::make_unique<Typeface>(familyOf(request_.page), request_.page.font_points);
  const double width = request_.page.size.width;
  caption_ = plot_->caption();
  // A number stays with what it is of.
  QString caption = face_->shown(caption_);
  caption.replace(QStringLiteral("n = "), QStringLiteral("n\u00a0=\u00a0"))
      .replace(QStringLiteral(" %"), QStringLiteral("\u00a0%"));
  caption_lines_ = face_->wrapped(caption, width - 2 * kMargin, face_->smallPoints());
  const double around = 2 * kMargin + titleHeight() +
                        static_cast<double>(caption_lines_.size()) * face_->lineHeight(face_->smallPoints());
  const double asked = request_.page.size.height;
  size_ = {width, asked > 0 ? asked : plot_->heightFor(width - 2 * kMargin, *face_) + around};
  constexpr double kLeastPlot = 40;
  if (asked > 0 && asked - around < kLeastPlot) {
    throw Error(
        ErrorCode::kUsage,
        format("drawing a figure: a page %.0f points high leaves %.0f for the picture; expected at least "
               "%.0f (see --size)",
               asked, asked - around, kLeastPlot));
  }
  csv_ = plot_->csv();
  if (csv_.size() > kMostAttached) {
    csv_.clear();
  }
  recipe_ = makeRecipe(app_version);
}

Figure::~Figure() = default;

double Figure::titleHeight() const {
  return request_.page.title.empty() ? 0 : face_->lineHeight() + 2;
}

void Figure::paint(QPainter& painter, double unit, bool text_as_outlines) const {
  Sheet sheet(painter, *face_, unit, text_as_outlines);
  const double small = face_->smallPoints();
  const double line = face_->lineHeight(small);
  const double caption = static_cast<double>(caption_lines_.size()) * line;
  const QRectF area(kMargin, kMargin + titleHeight(), size_.width() - 2 * kMargin,
                    size_.height() - 2 * kMargin - titleHeight() - caption);
  plot_->paint(sheet, area);
  if (!request_.page.title.empty()) {
    const QString title = face_->shown(QString::fromStdString(request_.page.title));
    sheet.text({size_.width() / 2, kMargin + face_->lineHeight() * 0.75}, face_->elided(title, area.width()),
               Align::kCentre);
  }
  double y = area.bottom() + line * 0.8;
  for (const QString& text : caption_lines_) {
    sheet.text({kMargin, y}, text, Align::kLeft, small, Ink::grey());
    y += line;
  }
}

std::string Figure::command(const std::string& session, const std::string& out) const {
  const auto defaults = findKind(request_.kind).create();
  std::string words = "routescope figure --session " + shellWord(session) +
                      format(" --run %lld", static_cast<long long>(runs_.run_id));
  words += runs_.reference_id ? format(" --reference %lld", static_cast<long long>(*runs_.reference_id))
                              : " --reference none";
  words += " --view " + request_.kind + optionWords(optionsOf(*kind_), optionsOf(*defaults));
  words += " --size " + shellWord(request_.page.size.text) +
           optionWords(optionsOf(request_.page), optionsOf(Page()));
  if (!request_.page.title.empty()) {
    words += " --title " + shellWord(request_.page.title);
  }
  return out.empty() ? words : words + " --out " + shellWord(out);
}

QByteArray Figure::makeRecipe(const std::string& app_version) const {
  using Json = nlohmann::ordered_json;
  const auto texts = [](const std::vector<ParamInfo>& options) {
    Json json = Json::object();
    for (const ParamInfo& option : options) {
      json[option.name] = option.value;
    }
    return json;
  };
  Json page = texts(optionsOf(request_.page));
  page["size"] = request_.page.size.text;
  page["title"] = request_.page.title;
  nlohmann::json facts = nlohmann::json::object();
  plot_->addFacts(facts);
  const sessions::Provenance& how = runs_.provenance;
  Json recipe{
      {"figure", request_.kind},
      {"options", texts(optionsOf(*kind_))},
      {"page", page},
      {"run", runs_.run_id},
      {"reference", runs_.reference_id ? Json(*runs_.reference_id) : Json(nullptr)},
      {"session", {{"uuid", runs_.session_uuid}, {"file", runs_.session_file}}},
      {"model",
       {{"name", runs_.model.name},
        {"hash", runs_.model.hash},
        {"tokenizer_hash", runs_.model.tokenizer_hash}}},
      {"computed",
       {{"precision", how.precision},
        {"backend", how.backend},
        {"isa", how.isa},
        {"device", how.device},
        {"seed", runs_.run->sampling.seed},
        {"routescope", how.app_version}}},
      {"drawn", {{"routescope", app_version}, {"qt", qVersion()}}},
      {"caption", caption_.toStdString()},
      {"found", Json::parse(facts.dump())},
      {"data_attached", !csv_.isEmpty()},
      {"command", command(runs_.session_file, "")},
  };
  return QByteArray::fromStdString(recipe.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

QStringList Figure::warnings() const {
  // Painting tells which characters the font lacks.
  QImage image(1, 1, QImage::Format_RGB32);
  QPainter painter(&image);
  paint(painter, 1, false);
  QStringList lines;
  if (const QString other = face_->substitute(); !other.isEmpty()) {
    lines << QStringLiteral("the font %1 is not installed, %2 stands in: other machines may draw other bytes")
                 .arg(familyOf(request_.page), other);
  }
  if (const auto& missing = face_->missing(); !missing.empty()) {
    lines << QStringLiteral("%1 has no glyph for %2 of the characters; they are written as \\u{…}")
                 .arg(familyOf(request_.page))
                 .arg(missing.size());
  }
  return lines;
}

}  // namespace rs::figures
