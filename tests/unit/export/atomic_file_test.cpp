// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <functional>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/export/atomic_file.h"
#include "tests/support/temporary_directory.h"

using namespace rs;
using test::TemporaryDirectory;

namespace {

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

ErrorCode codeOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

}  // namespace

TEST_CASE("a finished file has all its bytes under its name and nothing lies beside it") {
  const TemporaryDirectory directory;
  AtomicFile file(directory.path("a.bin"));
  const std::string large(3'000'001, 'x');  // more than two buffers
  file.write(bytes("head"));
  file.write(bytes(large));
  file.write(bytes("tail"));
  file.overwrite(1, bytes("EA"));
  CHECK(file.size() == large.size() + 8);
  CHECK_FALSE(std::filesystem::exists(directory.path("a.bin")));
  file.finish();
  CHECK(readTextFile(directory.path("a.bin")) == "hEAd" + large + "tail");
  CHECK(directory.fileCount() == 1);
}

TEST_CASE("a file that is left unfinished leaves the old one and nothing else") {
  const TemporaryDirectory directory;
  directory.write("a.bin", "old");
  {
    AtomicFile file(directory.path("a.bin"));
    file.write(bytes("new"));
  }
  CHECK(readTextFile(directory.path("a.bin")) == "old");
  CHECK(directory.fileCount() == 1);
}

TEST_CASE("two writers of one name do not meet, the later one to finish wins") {
  const TemporaryDirectory directory;
  AtomicFile first(directory.path("a.bin"));
  AtomicFile second(directory.path("a.bin"));
  first.write(bytes("first"));
  second.write(bytes("second"));
  second.finish();
  first.finish();
  CHECK(readTextFile(directory.path("a.bin")) == "first");
}

TEST_CASE("a file larger than the disk's room is refused with both sizes before anything is written") {
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH(AtomicFile(directory.path("a.bin"), std::uint64_t{1} << 61),
                    Catch::Contains("needs 2.3 EB") && Catch::Contains("left; nothing was written"));
  CHECK(directory.fileCount() == 0);
}

TEST_CASE("a directory, a missing directory and an empty name are told as what they are") {
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH(AtomicFile(directory.path()), Catch::Contains("Is a directory"));
  CHECK_THROWS_WITH(AtomicFile(directory.path("none/a.bin")), Catch::Contains("No such file"));
  CHECK(codeOf([&] { AtomicFile(directory.path("none/a.bin")); }) == ErrorCode::kIo);
  CHECK(directory.fileCount() == 0);
}

TEST_CASE("a disk that fills up while writing is an error and leaves nothing") {
  const TemporaryDirectory directory;
  rlimit old{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100'000, old.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const ErrorCode code = codeOf([&] {
    AtomicFile file(directory.path("a.bin"));
    file.write(bytes(std::string(200'000, 'x')));
    file.finish();
  });
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  CHECK(code == ErrorCode::kIo);
  CHECK(directory.fileCount() == 0);
}
