// All dialogs of a process.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/dialog/table.h"

#include <algorithm>
#include <bit>

#include "runtime/script/core_hash.h"

namespace strowger::dialog {

Table::Table(std::size_t entries, std::size_t workers, std::uint32_t first, std::uint32_t step, const std::function<std::uint64_t()>& random)
    : entries_(std::bit_ceil(std::max<std::size_t>(entries, 1))), due_(std::max<std::size_t>(workers, 1)), keep_due_(due_.size()), step_(step) {
  for (Entry& entry : entries_) entry.next_id = first != 0 ? first : 1 + static_cast<std::uint32_t>(random() >> 50U);
}

std::size_t Table::index_of(Text call_id) const { return core_hash_of(core_hash_sum(call_id)) & (entries_.size() - 1); }

DialogPtr Table::add(Text call_id) {
  if (size_ >= kMostDialogs) return nullptr;
  const std::size_t index = index_of(call_id);
  Entry& entry = entries_[index];
  auto dialog = std::make_shared<Dialog>();
  dialog->h_entry = static_cast<std::uint32_t>(index);
  dialog->h_id = entry.next_id;
  dialog->call_id = call_id.view();
  entry.next_id += step_;
  if (entry.next_id == 0) entry.next_id = step_;
  entry.dialogs.push_back(dialog);
  ++size_;
  return dialog;
}

DialogPtr Table::find(Did did) const {
  if (did.h_entry >= entries_.size()) return nullptr;
  for (const DialogPtr& dialog : entries_[did.h_entry].dialogs)
    if (dialog->h_id == did.h_id) return dialog;
  return nullptr;
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

DialogPtr Table::find(const Names& names, Side* from) const {
  for (const DialogPtr& dialog : entries_[index_of(names.call_id)].dialogs)
    if (matches(*dialog, names, from)) return dialog;
  return nullptr;
}

DialogPtr Table::find_initial(Text call_id, Text from_tag) const {
  for (const DialogPtr& dialog : entries_[index_of(call_id)].dialogs)
    if (dialog->call_id == call_id.view() && dialog->legs[kCaller].tag == from_tag.view()) return dialog;
  return nullptr;
}

void Table::remove(Dialog& dialog) {
  if (!dialog.linked) return;
  dialog.linked = false;
  leave_all(dialog);
  std::vector<DialogPtr>& all = entries_[dialog.h_entry].dialogs;
  const auto found = std::find_if(all.begin(), all.end(), [&](const DialogPtr& one) { return one.get() == &dialog; });
  const DialogPtr kept = *found;        // it may be the last
  all.erase(found);
  --size_;
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
  for (const Entry& entry : entries_)
    for (const DialogPtr& dialog : entry.dialogs) {
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
