// SPDX-License-Identifier: Apache-2.0
//
// A sound session with some bytes changed: every four bytes of the input are an offset (three, little-endian)
// and a value. Checking, reading and salvaging end with what they found or with an Error, never otherwise.
// What lies beyond the file changes its log, which is salvaged with it.
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "core/base/error.h"
#include "sessions/check.h"
#include "sessions/salvage.h"
#include "sessions/session_reader.h"
#include "sessions/store.h"

namespace {

namespace fs = std::filesystem;
using namespace rs::sessions;

constexpr int kTokens = 40;

// In memory where there is such a folder: a disk would be waited for with every input.
std::string place(const char* name) {
  const fs::path memory = "/dev/shm";
  std::error_code no_folder;
  return ((fs::is_directory(memory, no_folder) ? memory : fs::temp_directory_path()) /
          ("rs-fuzz-" + std::to_string(::getpid()) + name))
      .string();
}

RunBatch madeUpBatch(RunId run) {
  RunBatch batch;
  batch.run = run;
  for (int position = 0; position < kTokens; ++position) {
    batch.tokens.push_back({position, position, -0.5, "t" + std::to_string(position), std::nullopt});
  }
  for (int layer = 0; layer < 2; ++layer) {
    RoutingPiece piece;
    piece.layer = layer;
    piece.n = kTokens;
    piece.slots = 1;
    piece.columns = 2;
    piece.own = piece.own_logits_kind = Own::kSame;
    piece.experts.resize(kTokens);
    const float one = 1;
    for (int i = 0; i < kTokens; ++i) {
      const auto bytes = std::as_bytes(std::span(&one, 1));
      piece.weights.insert(piece.weights.end(), bytes.begin(), bytes.end());
    }
    piece.margins.resize(piece.weights.size());
    piece.logits.resize(2 * piece.weights.size());
    batch.pieces.push_back(std::move(piece));
  }
  return batch;
}

std::string readBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void writeBytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

struct Sound {
  std::string closed;     // one file
  std::string open, log;  // the same while it was written
};

Sound soundSession() {
  const std::string path = place("-sound.routescope");
  fs::remove(path);
  Sound sound;
  {
    StoreOptions options;
    options.path = path;
    options.mode = OpenMode::kCreate;
    SessionStore store(options);
    store.waitOpened();
    RunSetup setup;
    setup.model = {"fuzz", "00", "00", 2, 2, 1, kTokens};
    const RunId run = store.beginRun(setup).run;
    RunBatch batch = madeUpBatch(run);
    store.append(batch);
    store.change("fuzz", "note", {{"note", "a", "1"}});
    store.wait(store.endRun(run, Ending::kPrompt));
    sound.open = readBytes(path);
    sound.log = readBytes(path + "-wal");
  }
  sound.closed = readBytes(path);
  fs::remove(path);
  return sound;
}

template <typename Work>
void tolerantly(const Work& work) {
  try {
    work();
  } catch (const rs::Error& error) {
    rs::check(error.code() != rs::ErrorCode::kMemory, "a damaged file does not ask for much memory");
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Sound sound = soundSession();
  static const std::string path = place(".routescope");
  static const std::string logged = place("-logged.routescope");
  static const std::string saved = place("-saved.routescope");
  std::string bytes = sound.closed;
  std::string log = sound.log;
  for (std::size_t i = 0; i + 4 <= size; i += 4) {
    const std::size_t offset = data[i] | data[i + 1] << 8 | data[i + 2] << 16;
    const std::size_t place_in_both = offset % (bytes.size() + log.size());
    (place_in_both < bytes.size() ? bytes[place_in_both] : log[place_in_both - bytes.size()]) =
        static_cast<char>(data[i + 3]);
  }
  writeBytes(path, bytes);
  fs::remove(saved);
  int patience = 2000;
  tolerantly([&] { static_cast<void>(checkSession(path, [&patience] { return --patience < 0; })); });
  tolerantly([&] {
    SessionReader reader(path);
    for (const RunSummary& run : reader.runs()) {
      tolerantly([&] { static_cast<void>(reader.run(run.id)); });
      tolerantly([&] { static_cast<void>(reader.decisions(run.id, 0, 0, kTokens, Which::kOwn)); });
      tolerantly([&] { static_cast<void>(reader.logits(run.id, 1, 0, kTokens)); });
    }
  });
  tolerantly([&] { static_cast<void>(salvageSession(path, saved, "fuzz")); });
  fs::remove(saved);
  writeBytes(logged, sound.open);
  writeBytes(logged + "-wal", log);
  tolerantly([&] { static_cast<void>(salvageSession(logged, saved, "fuzz")); });
  return 0;
}
