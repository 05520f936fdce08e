// SPDX-License-Identifier: Apache-2.0
//
// What the user made beside edits: notes, names of experts, bookmarks, as the session keeps them. Only steps
// of undo change it.
//
// Thread: the window's.
#pragma once

#include <QString>
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/snapshot.h"

namespace rs::ui {

// One document from one value to another. Values are JSON; absent: there is none.
struct DocumentChange {
  std::string kind;
  std::string key;
  std::optional<std::string> before;
  std::optional<std::string> after;
  friend bool operator==(const DocumentChange&, const DocumentChange&) = default;
};

// A step of undo: what it made of the steering, of the documents, or of both.
struct Step {
  QString label;
  Steering before;
  Steering after;
  std::vector<DocumentChange> documents = {};
};

enum class StepKind : std::uint8_t { kDone, kUndone, kRedone };

class Documents {
 public:
  using Kind = std::map<std::string, std::string>;  // value by key

  [[nodiscard]] std::optional<std::string> find(const std::string& kind, const std::string& key) const;
  [[nodiscard]] const Kind& ofKind(const std::string& kind) const;
  [[nodiscard]] const std::map<std::string, Kind>& all() const { return kinds_; }
  // Another one after each change.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  // Goes on counting after the revision of what this takes the place of.
  void follow(std::uint64_t revision) { revision_ = std::max(revision_, revision) + 1; }
  void set(const std::string& kind, const std::string& key, const std::optional<std::string>& value);

 private:
  std::map<std::string, Kind> kinds_;
  std::uint64_t revision_ = 0;
};

// A text as the JSON of a document, and back. "" for what is no text.
[[nodiscard]] std::string textDocument(const QString& text);
[[nodiscard]] QString textOfDocument(const std::string& value);

// The names that a user gave to experts of one model. Lifetime: the documents outlive it.
class ExpertNames {
 public:
  ExpertNames() = default;
  ExpertNames(const Documents& documents, std::string model_hash)
      : documents_(&documents), model_hash_(std::move(model_hash)), revision_(documents.revision()) {}
  // "": it has none.
  [[nodiscard]] QString of(int layer, int expert) const;
  [[nodiscard]] std::string keyOf(int layer, int expert) const;
  // Another one once any of them may have changed.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }

 private:
  const Documents* documents_ = nullptr;  // null: there are none
  std::string model_hash_;
  std::uint64_t revision_ = 0;
};

inline constexpr const char* kNoteKind = "note";
inline constexpr const char* kNameKind = "name";
inline constexpr const char* kBookmarkKind = "bookmark";

}  // namespace rs::ui
