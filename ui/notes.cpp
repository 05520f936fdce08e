// SPDX-License-Identifier: Apache-2.0
#include "ui/notes.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "ui/reading/text_reading.h"

namespace rs::ui {
namespace {

using Json = nlohmann::json;

constexpr const char* kSessionNote = "session";

std::string keyOf(std::int64_t run, const Cursor& at) {
  return std::to_string(run) + "/t" + std::to_string(at.token) + "/L" + std::to_string(at.layer) + "/E" +
         std::to_string(at.expert);
}

auto order(const Bookmark& bookmark) {
  return std::tuple(bookmark.run, bookmark.cursor.token, bookmark.cursor.layer, bookmark.cursor.expert);
}

QString placeText(const Cursor& at) {
  return QStringLiteral("t%1 L%2").arg(at.token).arg(at.layer) +
         (at.expert < 0 ? QString() : QStringLiteral(" E%1").arg(at.expert));
}

}  // namespace

std::vector<Bookmark> bookmarksOf(const Documents& documents) {
  std::vector<Bookmark> bookmarks;
  for (const auto& [key, value] : documents.ofKind(kBookmarkKind)) {
    const Json json = Json::parse(value, nullptr, false);
    if (json.is_object()) {
      bookmarks.push_back({key,
                           json.value("run", std::int64_t{0}),
                           {json.value("token", -1), json.value("layer", -1), json.value("expert", -1)},
                           QString::fromStdString(json.value("text", ""))});
    }
  }
  std::sort(bookmarks.begin(), bookmarks.end(),
            [](const Bookmark& a, const Bookmark& b) { return order(a) < order(b); });
  return bookmarks;
}

bool toggleBookmark(Workbench& workbench) {
  const auto shown = workbench.run();
  const Cursor at = workbench.cursor().cursor();
  if (shown == nullptr || at.token < 0 || at.token >= shown->size()) {
    return false;
  }
  const std::vector<std::int64_t> numbers = workbench.runNumbers(shown->id);
  if (numbers.empty()) {
    return false;
  }
  for (const std::int64_t number : numbers) {
    if (workbench.documents().find(kBookmarkKind, keyOf(number, at)).has_value()) {
      removeBookmark(workbench, {keyOf(number, at), number, at, {}});
      return true;
    }
  }
  const std::int32_t token = shown->trace->tokens()[static_cast<std::size_t>(at.token)];
  const Json json{{"run", numbers.back()},
                  {"token", at.token},
                  {"layer", at.layer},
                  {"expert", at.expert},
                  {"text", tokenLabel(workbench.tokenizer().get(), token).toStdString()}};
  workbench.changeDocument(kBookmarkKind, keyOf(numbers.back(), at), json.dump(),
                           QStringLiteral("Bookmark %1").arg(placeText(at)));
  return true;
}

void removeBookmark(Workbench& workbench, const Bookmark& bookmark) {
  workbench.changeDocument(kBookmarkKind, bookmark.key, std::nullopt,
                           QStringLiteral("Remove bookmark %1").arg(placeText(bookmark.cursor)));
}

bool goTo(Workbench& workbench, const Bookmark& bookmark) {
  const RunId run = workbench.runOfNumber(bookmark.run);
  if (workbench.findRun(run) == nullptr) {
    return false;
  }
  workbench.showRun(run);
  workbench.cursor().move(bookmark.cursor);
  return true;
}

std::string noteKey() {
  return kSessionNote;
}

std::string noteKey(const Workbench& workbench, RunId run) {
  const std::vector<std::int64_t> numbers = workbench.runNumbers(run);
  for (const std::int64_t number : numbers) {
    std::string key = "run/" + std::to_string(number);
    if (workbench.documents().find(kNoteKind, key).has_value()) {
      return key;
    }
  }
  return numbers.empty() ? "" : "run/" + std::to_string(numbers.back());
}

QString noteAt(const Workbench& workbench, const std::string& key) {
  const auto value = workbench.documents().find(kNoteKind, key);
  return value.has_value() ? textOfDocument(*value) : QString();
}

void setNote(Workbench& workbench, const std::string& key, const QString& text) {
  workbench.changeDocument(kNoteKind, key, text.isEmpty() ? std::nullopt : std::optional(textDocument(text)),
                           QStringLiteral("Write a note"));
}

void nameExpert(Workbench& workbench, const Cursor& at, const QString& name) {
  const ExpertNames names = workbench.expertNames();
  const QString trimmed = name.simplified();
  workbench.changeDocument(kNameKind, names.keyOf(at.layer, at.expert),
                           trimmed.isEmpty() ? std::nullopt : std::optional(textDocument(trimmed)),
                           QStringLiteral("Name E%1 in layer %2").arg(at.expert).arg(at.layer));
}

}  // namespace rs::ui
