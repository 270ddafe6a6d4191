// The functions of scripts: tracking, profiles, flags, lifetimes, requests.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/script/rewrite_uri.h"
#include "stdlib/dialog/state.h"

namespace strowger {
namespace dialog {
namespace {

Table& table_of(Call& call) { return shared_of(call.process()).table; }

Code change_flag(Call& call, Int flag, bool on) {
  if (flag < 0 || flag > 31) return -1;
  const std::uint32_t bit = std::uint32_t{1} << flag;
  const DialogPtr its = current(call);
  const Table::Lock lock = table_of(call).lock();
  std::uint32_t& flags = its ? its->script_flags : context_of(call).script_flags;
  flags = on ? flags | bit : flags & ~bit;
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
  if (!profile) return -1;
  if (!its) {                           // the dialog will be of it
    Context& context = context_of(call);
    if (context.profiles.size() >= dialog::Dialog::kMostProfiles) return -1;
    context.profiles.emplace_back(name.view(), profile->has_value ? value.view() : std::string_view());
    return 1;
  }
  Table& table = table_of(call);
  const Table::Lock lock = table.lock();
  if (its->profiles.size() >= dialog::Dialog::kMostProfiles || its->state == State::Deleted) return -1;
  table.join(*its, *profile, profile->has_value ? value : Text(""));
  its->flags |= kProfilesChanged;
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

bool is_member(const Dialog& dialog, const Profile& profile, Text value) {
  return std::any_of(dialog.profiles.begin(), dialog.profiles.end(), [&](const Membership& one) {
    return one.profile == &profile && (!profile.has_value || one.value == value.view());
  });
}

Code is_in(Call& call, Text name, Text value, bool with_value) {
  const DialogPtr its = current(call);
  const Profile* const profile = profile_of(call, name, with_value);
  if (!its || !profile) return -1;
  const Table::Lock lock = table_of(call).lock();
  return is_member(*its, *profile, value) ? 1 : -1;
}

Code tell_size(Call& call, Text name, Text value, bool with_value, const VariableRef& into) {
  const Profile* const profile = profile_of(call, name, with_value);
  if (!profile) return -1;
  std::size_t size = 0;
  {
    const Table::Lock lock = table_of(call).lock();
    size = profile->has_value && with_value ? profile->size_of(value.view()) : profile->size;
  }
  return into.set(&call, Value::of(static_cast<Int>(size))) > 0 ? 1 : -1;
}

void set_lifetime(Table& table, const DialogPtr& dialog, Int seconds, Millis now) {
  dialog->lifetime = seconds;
  dialog->flags |= kChanged;
  if (dialog->due) table.arm(dialog, Table::due_in(seconds, now));
}

Code set_lifetimes(Call& call, Text name, Text value, bool with_value, Int seconds) {
  const Profile* const profile = profile_of(call, name, with_value);
  if (!profile || seconds <= 0) return -1;
  Table& table = table_of(call);
  const Table::Lock lock = table.lock();
  table.visit(0, SIZE_MAX, [&](const DialogPtr& one) {
    if (is_member(*one, *profile, value)) set_lifetime(table, one, seconds, call.worker->now.mono);
  });
  return 1;
}

constexpr std::pair<std::string_view, PropertyBit> kProperties[] = {
    {"ka-src", kKeepCaller}, {"ka-dst", kKeepCallee}, {"timeout-noreset", kTimeoutNoReset}};

Code change_property(Call& call, Text name, bool on) {
  const DialogPtr its = current_or_named(call);
  const auto* const found = std::find_if(std::begin(kProperties), std::end(kProperties), [&](const auto& one) { return one.first == name.view(); });
  if (!its || found == std::end(kProperties)) return -1;
  const Table::Lock lock = table_of(call).lock();
  its->properties = on ? its->properties | found->second : its->properties & ~static_cast<std::uint32_t>(found->second);
  return 1;
}

}  // namespace
}  // namespace dialog

Code Dialog::dlg_manage(Call& call) {
  sip::Message& message = call.message();
  if (!message.is_request()) return -1;
  if (!message.to_tag().empty()) {
    if (dialog::current(call)) return 1;
    dialog::find_within(call, true);
    return dialog::current(call) ? 1 : -1;
  }
  if (message.method_bit() != kInvite || dialog::current(call)) return -1;
  bool is_new = false;
  const dialog::DialogPtr its = dialog::create(call, is_new);
  if (is_new && call.transaction) dialog::attach(*static_cast<tm::Transaction*>(call.transaction), its, true);
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
  if (flag < 0 || flag > 31 || !its) return -1;
  const dialog::Table::Lock lock = dialog::table_of(call).lock();
  return its->script_flags >> flag & 1 ? 1 : -1;
}

Code Dialog::dlg_bye(Call& call, Text side) {
  const dialog::DialogPtr its = dialog::current_or_named(call);
  if (!its) return -1;
  const dialog::Sides sides = side.view() == "caller" ? dialog::kTellCaller : side.view() == "callee" ? dialog::kTellCallee : dialog::kTellBoth;
  return dialog::send_byes(*call.worker, its, sides) ? 1 : -1;
}

Code Dialog::dlg_get(Call& call, Text call_id, Text from_tag, Text to_tag) {
  if (call_id.empty() || from_tag.empty() || to_tag.empty()) return -1;
  dialog::DialogPtr its;
  dialog::Side from = dialog::kCaller;
  {
    const dialog::Table& table = dialog::table_of(call);
    const dialog::Table::Lock lock = table.lock();
    its = table.find({call_id, from_tag, to_tag}, &from);
  }
  if (!its) return -1;
  dialog::Context& context = dialog::context_of(call);
  context.dialog = its;
  context.direction = from == dialog::kCaller ? 1 : 2;
  return 1;
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

Code Dialog::dlg_set_timeout_by_profile(Call& call, Text profile, Int seconds) {
  return dialog::set_lifetimes(call, profile, Text(""), false, seconds);
}
Code Dialog::dlg_set_timeout_by_profile(Call& call, Text profile, Text value, Int seconds) {
  return dialog::set_lifetimes(call, profile, value, true, seconds);
}

Code Dialog::dlg_set_property(Call& call, Text property) { return dialog::change_property(call, property, true); }
Code Dialog::dlg_reset_property(Call& call, Text property) { return dialog::change_property(call, property, false); }

Code Dialog::dlg_set_ruri(Call& call) {
  const dialog::DialogPtr its = dialog::current_or_named(call);
  if (!its || !call.message().is_request()) return -1;
  const dialog::Names names = dialog::names_of(call.message());
  Text contact;
  {
    const dialog::Table::Lock lock = dialog::table_of(call).lock();
    dialog::Side from = dialog::kCaller;
    if (!dialog::Table::matches(*its, names, &from)) return -1;
    contact = call.arena->copy(Text(std::string_view(its->legs[dialog::other(from)].contact)));
  }
  if (contact.empty()) return -1;
  set_uri(*call.live, *call.arena, contact);
  return 1;
}

}  // namespace strowger
