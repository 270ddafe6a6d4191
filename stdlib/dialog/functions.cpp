// The functions of scripts: tracking, profiles, flags, lifetimes, requests.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "stdlib/dialog/state.h"

namespace strowger {
namespace dialog {
namespace {

Table& table_of(Call& call) { return shared_of(call.process()).table; }

Code change_flag(Call& call, Int flag, bool on) {
  const DialogPtr its = current(call);
  if (flag < 0 || flag > 31) return -1;
  if (!its) return -1;
  const Table::Lock lock = table_of(call).lock();
  const std::uint32_t bit = std::uint32_t{1} << flag;
  its->script_flags = on ? its->script_flags | bit : its->script_flags & ~bit;
  return 1;
}

/// Null where the kind of profile does not go with the arguments.
Profile* profile_of(Call& call, Text name, bool with_value) {
  Profile* const profile = table_of(call).profile(name.view());
  return profile && (with_value || !profile->has_value) ? profile : nullptr;
}

Code join(Call& call, Text name, Text value, bool with_value) {
  const DialogPtr its = current(call);
  Profile* const profile = profile_of(call, name, with_value);
  if (!its || !profile) return -1;
  Table& table = table_of(call);
  const Table::Lock lock = table.lock();
  if (its->profiles.size() >= dialog::Dialog::kMostProfiles || its->state == State::Deleted) return -1;
  table.join(*its, *profile, profile->has_value ? value : Text(""));
  its->flags |= kHasProfiles;
  return 1;
}

Code leave(Call& call, Text name, Text value, bool with_value) {
  const DialogPtr its = current(call);
  Profile* const profile = profile_of(call, name, with_value);
  if (!its || !profile) return -1;
  Table& table = table_of(call);
  const Table::Lock lock = table.lock();
  return table.leave(*its, *profile, value) ? 1 : -1;
}

Code is_in(Call& call, Text name, Text value, bool with_value) {
  const DialogPtr its = current(call);
  const Profile* const profile = profile_of(call, name, with_value);
  if (!its || !profile) return -1;
  const Table::Lock lock = table_of(call).lock();
  return std::any_of(its->profiles.begin(), its->profiles.end(), [&](const Membership& one) {
           return one.profile == profile && (!profile->has_value || one.value == value.view());
         })
             ? 1
             : -1;
}

Code tell_size(Call& call, Text name, Text value, bool with_value, const VariableRef& into) {
  const Profile* const profile = profile_of(call, name, with_value);
  if (!profile) return -1;
  std::size_t size = 0;
  {
    const Table::Lock lock = table_of(call).lock();
    if (!profile->has_value || !with_value) {
      size = profile->size;
    } else if (const auto found = profile->sizes.find(std::string(value.view())); found != profile->sizes.end()) {
      size = found->second;
    }
  }
  return into.set(&call, Value::of(static_cast<Int>(size))) > 0 ? 1 : -1;
}

void set_lifetime(Table& table, const DialogPtr& dialog, Int seconds, Millis now) {
  dialog->lifetime = seconds;
  if (dialog->due) table.arm(dialog, now + seconds * 1000);
}

}  // namespace
}  // namespace dialog

Code Dialog::dlg_manage(Call& call) {
  sip::Message& message = call.message();
  if (!message.is_request()) return -1;
  if (!message.to_tag().empty()) {
    if (dialog::current(call)) return 1;
    dialog::find_by_route(call);
    return dialog::current(call) ? 1 : -1;
  }
  if (message.method_bit() != kInvite || dialog::current(call)) return -1;
  const dialog::DialogPtr its = dialog::create(call);
  if (its && call.transaction) dialog::attach(*static_cast<tm::Transaction*>(call.transaction), its, true);
  return its ? 1 : -1;
}

Code Dialog::is_known_dlg(Call& call) { return dialog::current_or_named(call) ? 1 : -1; }

Code Dialog::set_dlg_profile(Call& call, Text profile) { return dialog::join(call, profile, Text(""), false); }
Code Dialog::set_dlg_profile(Call& call, Text profile, Text value) { return dialog::join(call, profile, value, true); }
Code Dialog::unset_dlg_profile(Call& call, Text profile) { return dialog::leave(call, profile, Text(""), false); }
Code Dialog::unset_dlg_profile(Call& call, Text profile, Text value) { return dialog::leave(call, profile, value, true); }
Code Dialog::is_in_profile(Call& call, Text profile) { return dialog::is_in(call, profile, Text(""), false); }
Code Dialog::is_in_profile(Call& call, Text profile, Text value) { return dialog::is_in(call, profile, value, true); }
Code Dialog::get_profile_size(Call& call, Text profile, const VariableRef& into) {
  return dialog::tell_size(call, profile, Text(""), false, into);
}
Code Dialog::get_profile_size(Call& call, Text profile, Text value, const VariableRef& into) {
  return dialog::tell_size(call, profile, value, true, into);
}

Code Dialog::dlg_setflag(Call& call, Int flag) { return dialog::change_flag(call, flag, true); }
Code Dialog::dlg_resetflag(Call& call, Int flag) { return dialog::change_flag(call, flag, false); }
Code Dialog::dlg_isflagset(Call& call, Int flag) {
  const dialog::DialogPtr its = dialog::current(call);
  return flag >= 0 && flag <= 31 && its && (its->script_flags >> flag & 1) ? 1 : -1;
}

Code Dialog::dlg_bye(Call& call, Text side) {
  const dialog::DialogPtr its = dialog::current_or_named(call);
  if (!its) return -1;
  if (side.view() == "caller") return dialog::send_bye(*call.worker, its, dialog::kCaller) ? 1 : -1;
  if (side.view() == "callee") return dialog::send_bye(*call.worker, its, dialog::kCallee) ? 1 : -1;
  return dialog::send_byes(*call.worker, its) ? 1 : -1;
}

Code Dialog::dlg_get(Call& call, Text call_id, Text from_tag, Text to_tag) {
  if (call_id.empty() || from_tag.empty() || to_tag.empty()) return -1;
  dialog::DialogPtr its;
  {
    const dialog::Table& table = dialog::table_of(call);
    const dialog::Table::Lock lock = table.lock();
    its = table.find({call_id, from_tag, to_tag});
  }
  if (its) dialog::context_of(call).dialog = its;
  return its ? 1 : -1;
}

Code Dialog::dlg_set_timeout(Call& call, Int seconds) {
  const dialog::DialogPtr its = dialog::current_or_named(call);
  if (!its || seconds <= 0) return -1;
  dialog::Table& table = dialog::table_of(call);
  const dialog::Table::Lock lock = table.lock();
  dialog::set_lifetime(table, its, seconds, call.worker->now.mono);
  return 1;
}

Code Dialog::dlg_set_timeout(Call& call, Int seconds, Int h_entry, Int h_id) {
  dialog::Table& table = dialog::table_of(call);
  const dialog::Table::Lock lock = table.lock();
  const dialog::DialogPtr its = table.find({static_cast<std::uint32_t>(h_entry), static_cast<std::uint32_t>(h_id)});
  if (!its || seconds <= 0) return -1;
  dialog::set_lifetime(table, its, seconds, call.worker->now.mono);
  return 1;
}

}  // namespace strowger
