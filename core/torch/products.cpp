// SPDX-License-Identifier: Apache-2.0
#include "core/torch/products.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

namespace rs {
namespace {

at::Tensor tensor(const View& view) {
  // LibTorch has no read-only tensors; operands are only read.
  return at::from_blob(const_cast<float*>(view.data), {view.rows, view.columns},
                       {view.row_step, view.column_step}, at::TensorOptions(at::kFloat));
}

}  // namespace

TrainThreads::TrainThreads(int count) {
  at::set_num_threads(1);
  for (int i = 1; i < count; ++i) {
    workers_.emplace_back([this] { serve(); });
  }
}

TrainThreads::~TrainThreads() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) {
    worker.join();
  }
}

void TrainThreads::serve() {
  at::set_num_threads(1);
  std::uint64_t seen = 0;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || round_ != seen; });
      if (stop_) {
        return;
      }
      seen = round_;
    }
    take();
  }
}

void TrainThreads::take() {
  while (true) {
    int task = 0;
    const std::function<void(int)>* work = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (next_ >= tasks_) {
        return;
      }
      task = next_++;
      work = work_;
    }
    (*work)(task);
    const std::lock_guard lock(mutex_);
    if (--open_ == 0) {
      done_.notify_all();
    }
  }
}

void TrainThreads::run(int tasks, const std::function<void(int)>& work) {
  if (workers_.empty()) {
    for (int task = 0; task < tasks; ++task) {
      work(task);
    }
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    work_ = &work;
    next_ = 0;
    tasks_ = tasks;
    open_ = tasks;
    ++round_;
  }
  wake_.notify_all();
  take();
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return open_ == 0; });
}

void multiply(float* out, const View& a, const View& b, bool add) {
  if (a.rows == 0) {
    return;
  }
  const c10::InferenceMode no_gradients;
  at::Tensor target = tensor(rowMajor(out, a.rows, b.columns));
  if (add) {
    target.addmm_(tensor(a), tensor(b));
  } else {
    at::mm_out(target, tensor(a), tensor(b));
  }
}

void multiplySpread(TrainThreads& threads, float* out, const View& a, const View& b, bool add) {
  const std::int64_t parts = a.rows >= 64 ? 2 * threads.count() : 1;
  const std::int64_t block = (a.rows + parts - 1) / parts;
  threads.run(static_cast<int>(parts), [&](int part) {
    const std::int64_t first = block * part;
    const std::int64_t count = std::min(block, a.rows - first);
    if (count > 0) {
      multiply(out + first * b.columns, a.rowsFrom(first, count), b, add);
    }
  });
}

}  // namespace rs
