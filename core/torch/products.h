// SPDX-License-Identifier: Apache-2.0
//
// Matrix products by LibTorch on plain float arrays, and a small pool of threads to spread them over.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace rs {

class TrainThreads {
 public:
  explicit TrainThreads(int count);
  ~TrainThreads();
  TrainThreads(const TrainThreads&) = delete;
  TrainThreads& operator=(const TrainThreads&) = delete;
  // Calls work(0) … work(tasks - 1), each once, and returns when all are done. With a count of 1 the calls
  // are made right here, and several threads may do so at once.
  void run(int tasks, const std::function<void(int)>& work);
  [[nodiscard]] int count() const { return static_cast<int>(workers_.size()) + 1; }

 private:
  void serve();
  void take();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(int)>* work_ = nullptr;
  int next_ = 0;
  int tasks_ = 0;
  int open_ = 0;
  std::uint64_t round_ = 0;
  bool stop_ = false;
  std::vector<std::thread> workers_;
};

// A matrix in memory, or its transpose: element (row, column) is at data[row * row_step + column *
// column_step].
struct View {
  const float* data;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t row_step;
  std::int64_t column_step;

  [[nodiscard]] View transposed() const { return {data, columns, rows, column_step, row_step}; }
  [[nodiscard]] View rowsFrom(std::int64_t first, std::int64_t count) const {
    return {data + first * row_step, count, columns, row_step, column_step};
  }
};

inline View rowMajor(const float* data, std::int64_t rows, std::int64_t columns) {
  return {data, rows, columns, columns, 1};
}

// out[a.rows, b.columns] = a b, or out + a b. out is row-major and dense.
void multiply(float* out, const View& a, const View& b, bool add);
// The same, rows of a spread over the threads.
void multiplySpread(TrainThreads& threads, float* out, const View& a, const View& b, bool add);

}  // namespace rs
