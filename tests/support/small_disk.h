// SPDX-License-Identifier: Apache-2.0
//
// A disk of its own for one test: in memory, of a few kilobytes, full or read only when the test says so.
// Mounting needs the rights of root.
#pragma once

#include <sys/mount.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temporary_directory.h"

namespace rs::test {

class SmallDisk {
 public:
  explicit SmallDisk(std::size_t bytes)
      : is_there_(::mount("none", folder_.path().c_str(), "tmpfs", 0,
                          ("size=" + std::to_string(bytes)).c_str()) == 0) {}
  ~SmallDisk() {
    if (is_there_) {
      ::umount2(folder_.path().c_str(), MNT_DETACH);
    }
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Whether it could be mounted; a warning where not.
  [[nodiscard]] bool isThere() const {
    if (!is_there_) {
      WARN("no disk can be mounted here: a full one is not tested");
    }
    return is_there_;
  }
  [[nodiscard]] std::string path(const std::string& name = "") const { return folder_.path(name); }

  // Takes all room but `left` bytes, with a file of somebody else.
  void fill(std::size_t left = 0) {
    constexpr std::size_t kBlock = 4096;
    std::ofstream file(path("filler"), std::ios::binary);
    const std::string block(kBlock, 'x');
    while (file.write(block.data(), kBlock).flush() &&
           std::filesystem::space(path()).available >= left + kBlock) {
    }
  }
  void makeRoom() { std::filesystem::remove(path("filler")); }
  // False where it cannot be.
  bool makeReadOnly() {
    return is_there_ &&
           ::mount("none", folder_.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  }

 private:
  TemporaryDirectory folder_;  // where it is mounted
  bool is_there_;
};

}  // namespace rs::test
