// A table that all workers read and that is replaced as a whole: readers keep what they use, and share no count of references.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace strowger {

template <class T>
class Snapshot {
 public:
  /// From any thread.
  void publish(std::shared_ptr<const T> value) {
    value_.store(std::move(value));
    version_.fetch_add(1, std::memory_order_release);
  }
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  std::shared_ptr<const T> load() const { return value_.load(); }

 private:
  std::atomic<std::shared_ptr<const T>> value_;
  std::atomic<std::uint64_t> version_{0};
};

/// One worker's view.
template <class T>
class SnapshotReader {
 public:
  /// The value in force; whoever holds it may go on with it when it is replaced.
  const std::shared_ptr<const T>& get(const Snapshot<T>& snapshot) {
    const std::uint64_t version = snapshot.version();
    if (version_ != version) {
      // A control block of its own: the workers do not share a count of references.
      const auto own = std::make_shared<std::shared_ptr<const T>>(snapshot.load());
      value_ = std::shared_ptr<const T>(own, own->get());
      version_ = version;
    }
    return value_;
  }

 private:
  std::shared_ptr<const T> value_;
  std::uint64_t version_ = 0;
};

}  // namespace strowger
