// All dialogs of a process.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/dialog/table.h"

#include <algorithm>
#include <bit>

#include "runtime/script/core_hash.h"
#include "runtime/script/hash_text.h"

namespace strowger::dialog {

Table::Table(std::size_t places, std::size_t workers, std::uint32_t first, std::uint32_t step, const std::function<std::uint64_t()>& random)
    : next_ids_(std::bit_ceil(std::max<std::size_t>(places, 1))), due_(std::max<std::size_t>(workers, 1)), keep_due_(due_.size()), step_(step),
      seed_(random()) {
  for (std::uint32_t& next : next_ids_) next = first != 0 ? first : 1 + static_cast<std::uint32_t>(random() >> 50U);
}

std::uint64_t Table::key_of(std::string_view call_id) const { return hash_text(seed_, call_id); }

DialogPtr Table::add(Text call_id) {
  if (dialogs_.size() >= kMostDialogs) return nullptr;
  auto dialog = std::make_shared<Dialog>();
  dialog->h_entry = static_cast<std::uint32_t>(core_hash_of(core_hash_sum(call_id)) & (next_ids_.size() - 1));
  dialog->call_id = call_id.view();
  std::uint32_t& next = next_ids_[dialog->h_entry];
  do {
    dialog->h_id = next;
    next += step_;
    if (next == 0) next = step_;
  } while (!dialogs_.emplace(number_of(*dialog), dialog).second);
  calls_.emplace(key_of(call_id.view()), dialog);
  return dialog;
}

DialogPtr Table::find(Did did) const {
  const auto found = dialogs_.find(std::uint64_t{did.h_entry} << 32U | did.h_id);
  return found == dialogs_.end() ? nullptr : found->second;
}

bool Table::matches(const Dialog& dialog, const Names& names, Side* from) {
  if (dialog.call_id != names.call_id.view()) return false;
  const auto fits = [](const Leg& leg, Text tag) { return !leg.known || leg.tag == tag.view(); };
  const Leg& caller = dialog.legs[kCaller];
  const Leg& callee = dialog.legs[kCallee];
  const bool down = fits(caller, names.from_tag) && fits(callee, names.to_tag);
  if (!down && !(fits(callee, names.from_tag) && fits(caller, names.to_tag))) return false;
  if (from) *from = down ? kCaller : kCallee;
  return true;
}

template <class F>
DialogPtr Table::find_if(Text call_id, F fits) const {
  const auto [begin, end] = calls_.equal_range(key_of(call_id.view()));
  for (auto at = begin; at != end; ++at)
    if (fits(*at->second)) return at->second;
  return nullptr;
}

DialogPtr Table::find(const Names& names, Side* from) const {
  return find_if(names.call_id, [&](const Dialog& one) { return matches(one, names, from); });
}

DialogPtr Table::find_initial(Text call_id, Text from_tag) const {
  return find_if(call_id, [&](const Dialog& one) {
    return one.state != State::Deleted && one.call_id == call_id.view() && one.legs[kCaller].tag == from_tag.view();
  });
}

void Table::remove(Dialog& dialog) {
  if (!dialog.linked) return;
  dialog.linked = false;
  leave_all(dialog);
  const auto place = dialogs_.find(number_of(dialog));
  const DialogPtr kept = place->second;   // it may be the last
  dialogs_.erase(place);
  const auto [begin, end] = calls_.equal_range(key_of(dialog.call_id));
  calls_.erase(std::find_if(begin, end, [&](const auto& one) { return one.second == kept; }));
  arm(kept, 0);
  arm_keep(kept, 0);
}

void Table::arm(const DialogPtr& dialog, std::int64_t Dialog::*at, Schedule& schedule, std::int64_t due) {
  auto& all = schedule[dialog->worker % schedule.size()];
  if (dialog.get()->*at) all.erase({dialog.get()->*at, number_of(*dialog)});
  dialog.get()->*at = due;
  if (due) all.emplace(Due{due, number_of(*dialog)}, dialog);
}

std::vector<DialogPtr> Table::take(std::uint32_t worker, std::int64_t now, std::int64_t Dialog::*at, Schedule& schedule) {
  std::vector<DialogPtr> out;
  auto& all = schedule[worker % schedule.size()];
  while (!all.empty() && all.begin()->first.at <= now) {
    out.push_back(all.begin()->second);
    out.back().get()->*at = 0;
    all.erase(all.begin());
  }
  return out;
}

std::vector<DialogPtr> Table::find_stale(std::uint32_t worker, std::int64_t now, const Limits& limits) const {
  std::vector<DialogPtr> out;
  for (const auto& [number, dialog] : dialogs_) {
    if (dialog->worker != worker) continue;
    const bool stale = dialog->state < State::Answered     ? dialog->init_time < now - limits.early
                       : dialog->state == State::Answered  ? dialog->start_time < now - limits.no_ack
                       : dialog->state == State::Deleted   ? dialog->end_time < now - limits.end
                                                           : false;
    if (stale) out.push_back(dialog);
  }
  return out;
}

void Table::join(Dialog& dialog, Profile& profile, Text value) {
  dialog.profiles.insert(dialog.profiles.begin(), {&profile, std::string(value.view())});
  ++profile.size;
  if (profile.has_value) ++profile.sizes[std::string(value.view())];
}

namespace {

void count_out(const Membership& one) {
  Profile& profile = *one.profile;
  --profile.size;
  if (!profile.has_value) return;
  const auto count = profile.sizes.find(one.value);
  if (--count->second == 0) profile.sizes.erase(count);
}

}  // namespace

bool Table::leave(Dialog& dialog, Profile& profile, Text value) {
  const auto found = std::find_if(dialog.profiles.begin(), dialog.profiles.end(), [&](const Membership& one) {
    return one.profile == &profile && (!profile.has_value || one.value == value.view());
  });
  if (found == dialog.profiles.end()) return false;
  count_out(*found);
  dialog.profiles.erase(found);
  return true;
}

void Table::leave_all(Dialog& dialog) {
  for (const Membership& one : dialog.profiles) count_out(one);
  dialog.profiles.clear();
}

Profile* Table::profile(std::string_view name) {
  const auto found = profiles_.find(name);
  return found == profiles_.end() ? nullptr : &found->second;
}

bool Table::define(std::string_view name, bool has_value) {
  return profiles_.emplace(name, Profile{std::string(name), has_value, 0, {}}).second;
}

}  // namespace strowger::dialog
