// A value that workers read without asking for a lock or counting, wherever they are, and that is replaced as a whole.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace strowger::domain {

/// As Snapshot (runtime/script/snapshot.h), for readers that do not know their worker. A value is freed when every
/// worker has rested (between two messages) after it was replaced.
template <class T>
class Published {
 public:
  /// One worker. It rests once a second.
  class Reader {
   public:
    explicit Reader(Published& all) : all_(all) {
      const std::lock_guard guard(all_.lock_);
      all_.readers_.push_back(this);
    }
    ~Reader() {
      const std::lock_guard guard(all_.lock_);
      std::erase(all_.readers_, this);
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    /// The worker holds nothing now.
    void rest() { rests_.fetch_add(1); }

   private:
    friend class Published;
    Published& all_;
    std::atomic<std::uint64_t> rests_{0};
  };

  ~Published() { delete current_.load(); }
  /// The value in force, for a worker until it rests; null before the first one.
  const T* get() const { return current_.load(); }
  /// Replaces the value.
  void publish(std::unique_ptr<const T> value) {
    const std::lock_guard guard(lock_);
    Retired retired{std::unique_ptr<const T>(current_.exchange(value.release())), {}};
    for (Reader* const reader : readers_) retired.seen.emplace_back(reader, reader->rests_.load());
    if (retired.value) retired_.push_back(std::move(retired));
  }
  /// Frees what no worker can hold any more.
  void clean() {
    const std::lock_guard guard(lock_);
    std::erase_if(retired_, [&](const Retired& old) {
      return std::all_of(old.seen.begin(), old.seen.end(), [&](const auto& one) {
        return std::find(readers_.begin(), readers_.end(), one.first) == readers_.end() ||
               one.first->rests_.load() != one.second;
      });
    });
  }
  std::size_t kept() const { return retired_.size(); }

 private:
  struct Retired {
    std::unique_ptr<const T> value;
    std::vector<std::pair<Reader*, std::uint64_t>> seen;  ///< how often each worker had rested then
  };
  std::atomic<const T*> current_{nullptr};
  std::mutex lock_;  ///< of what is below: no reader asks for it
  std::vector<Reader*> readers_;
  std::vector<Retired> retired_;
};

}  // namespace strowger::domain
