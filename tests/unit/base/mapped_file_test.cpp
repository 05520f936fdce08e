// SPDX-License-Identifier: Apache-2.0
//
// Mapped files and whole-or-nothing writing.
#include "core/base/mapped_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "core/base/error.h"

namespace rs {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each test; gone afterwards.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (fs::temp_directory_path() / "rs-base-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] std::string file(const char* name) const { return (path_ / name).string(); }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void writeText(const std::string& path, const std::string& text) {
  writeFileAtomically(path, std::as_bytes(std::span(text)));
}

ErrorCode codeOf(const std::string& path) {
  try {
    const MappedFile file(path);
  } catch (const Error& error) {
    CHECK_THAT(error.what(), Catch::Contains(path));
    return error.code();
  }
  FAIL("was opened: " << path);
  return {};
}

}  // namespace

TEST_CASE("a written file reads back, empty ones included") {
  const TempDir dir;
  for (const std::string& text : {std::string(), std::string("a\0b\n", 4), std::string(100'000, 'x')}) {
    writeText(dir.file("f"), text);
    CHECK(readTextFile(dir.file("f")) == text);
  }
}

TEST_CASE("writing replaces the file as a whole and leaves nothing beside it") {
  const TempDir dir;
  writeText(dir.file("f"), "long old text");
  writeText(dir.file("f"), "new");
  CHECK(readTextFile(dir.file("f")) == "new");
  CHECK(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("writing where it cannot be done fails and keeps what was there") {
  const TempDir dir;
  fs::create_directory(dir.path() / "folder");
  for (const char* name : {"missing/f", "folder"}) {
    try {
      writeText(dir.file(name), "x");
      FAIL("was written: " << name);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kIo);
      CHECK_THAT(error.what(), Catch::Contains(dir.file(name)));
    }
  }
  CHECK(fs::is_directory(dir.path() / "folder"));
  CHECK(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("a missing file and a folder are refused with their path") {
  const TempDir dir;
  CHECK(codeOf(dir.file("missing")) == ErrorCode::kModel);
  CHECK(codeOf(dir.path().string()) == ErrorCode::kModel);
}

TEST_CASE("a moved mapping stays readable where it went") {
  const TempDir dir;
  writeText(dir.file("a"), "aaa");
  writeText(dir.file("b"), "bb");
  MappedFile a(dir.file("a"));
  MappedFile b(dir.file("b"));
  const MappedFile moved(std::move(a));
  CHECK(moved.bytes().size() == 3);
  b = MappedFile(dir.file("a"));
  CHECK(b.bytes().size() == 3);
  CHECK(std::to_integer<char>(b.bytes()[2]) == 'a');
  CHECK(b.path() == dir.file("a"));
}

}  // namespace rs
