// All dialogs of a process: found by their numbers and by Call-ID and tags, and when their lifetimes end. Workers share it by one lock,
// which nobody holds while a script runs or a message is sent. The clock is the caller's.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "stdlib/dialog/dialog.h"

namespace strowger::dialog {

/// Dialogs in it (those of the same value where it has values), counted over all workers; the table's lock's.
struct Profile {
  std::string name;
  bool has_value = false;
  std::size_t size = 0;                 ///< memberships
  std::unordered_map<std::string, std::size_t> sizes;   ///< by value

  std::size_t size_of(std::string_view value) const {
    const auto found = sizes.find(std::string(value));
    return found == sizes.end() ? 0 : found->second;
  }
};

/// What the SIP elements of a message say of its dialog.
struct Names { Text call_id, from_tag, to_tag; };

struct Limits {
  Int early = 300, no_ack = 60, end = 300;   ///< seconds in a state before it is given up
};

class Table {
 public:
  static constexpr std::size_t kMostDialogs = 2'000'000;

  /// Calls are numbered by place, of which there are `places`, rounded up to a power of two; in each place from `first` on, or from some
  /// number where that is 0, by `step`. `random`: gives 64 bits; outsiders cannot choose what calls are found behind each other.
  Table(std::size_t places, std::size_t workers, std::uint32_t first, std::uint32_t step, const std::function<std::uint64_t()>& random);

  using Lock = std::unique_lock<std::mutex>;
  Lock lock() const { return Lock(mutex_); }

  // All below: with the lock held.

  /// A new one, with its numbers and Call-ID; null where there are too many.
  DialogPtr add(Text call_id);
  DialogPtr find(Did did) const;
  /// By Call-ID and tags, in either direction. A leg that is not known yet has any tag.
  DialogPtr find(const Names& names, Side* from = nullptr) const;
  /// One that has not ended, by the initial request's From tag alone.
  DialogPtr find_initial(Text call_id, Text from_tag) const;
  /// Does the message's names go with the dialog? `from`: who sent it.
  static bool matches(const Dialog& dialog, const Names& names, Side* from);
  /// Takes it out, from its profiles, too. It may be out already.
  void remove(Dialog& dialog);
  /// Takes it out where it has ended and nobody works with it any more.
  void remove_if_over(Dialog& dialog) {
    if (dialog.state == State::Deleted && dialog.holders == 0) remove(dialog);
  }

  /// When a time of whole seconds is over, at the first tick (one a second) from what is given on: as in Kamailio, up to a second early.
  static std::int64_t due_in(Int seconds, std::int64_t now) { return now + std::max<Int>(seconds - 1, 0) * 1000 + 1; }
  /// Its lifetime ends at `due` (milliseconds); 0: it does not run.
  void arm(const DialogPtr& dialog, std::int64_t due) { arm(dialog, &Dialog::due, due_, due); }
  /// The same for its next OPTIONS.
  void arm_keep(const DialogPtr& dialog, std::int64_t due) { arm(dialog, &Dialog::keep_due, keep_due_, due); }
  /// Those of the worker whose lifetime is over; they are not armed any more.
  std::vector<DialogPtr> take_due(std::uint32_t worker, std::int64_t now) { return take(worker, now, &Dialog::due, due_); }
  std::vector<DialogPtr> take_keep_due(std::uint32_t worker, std::int64_t now) { return take(worker, now, &Dialog::keep_due, keep_due_); }
  /// Those of the worker that stayed too long in a state, by the wall clock in seconds.
  std::vector<DialogPtr> find_stale(std::uint32_t worker, std::int64_t now, const Limits& limits) const;

  void join(Dialog& dialog, Profile& profile, Text value);
  bool leave(Dialog& dialog, Profile& profile, Text value);
  void leave_all(Dialog& dialog);
  Profile* profile(std::string_view name);
  /// False where there is one of that name.
  bool define(std::string_view name, bool has_value);

  /// Calls `use` for the next ones behind `after` (begin with 0), in the order of their numbers, at most `count`; the last one's number, or 0
  /// when there are no more.
  template <class F>
  std::uint64_t visit(std::uint64_t after, std::size_t count, F use) const {
    for (auto at = dialogs_.upper_bound(after); at != dialogs_.end(); ++at) {
      use(at->second);
      if (--count == 0) return at->first;
    }
    return 0;
  }
  std::size_t size() const { return dialogs_.size(); }
  std::size_t places() const { return next_ids_.size(); }

 private:
  struct Due {
    std::int64_t at;
    std::uint64_t number;
    bool operator<(const Due& than) const { return at != than.at ? at < than.at : number < than.number; }
  };
  static std::uint64_t number_of(const Dialog& dialog) { return std::uint64_t{dialog.h_entry} << 32U | dialog.h_id; }
  using Schedule = std::vector<std::map<Due, DialogPtr>>;   ///< by worker
  static void arm(const DialogPtr& dialog, std::int64_t Dialog::*at, Schedule& schedule, std::int64_t due);
  static std::vector<DialogPtr> take(std::uint32_t worker, std::int64_t now, std::int64_t Dialog::*at, Schedule& schedule);
  std::uint64_t key_of(std::string_view call_id) const;
  template <class F>
  DialogPtr find_if(Text call_id, F fits) const;

  mutable std::mutex mutex_;
  std::map<std::uint64_t, DialogPtr> dialogs_;   ///< by number_of()
  std::unordered_multimap<std::uint64_t, DialogPtr> calls_;   ///< by key_of() their Call-ID
  std::vector<std::uint32_t> next_ids_;         ///< by place
  Schedule due_, keep_due_;
  std::map<std::string, Profile, std::less<>> profiles_;
  const std::uint32_t step_;
  const std::uint64_t seed_;
};

}  // namespace strowger::dialog
