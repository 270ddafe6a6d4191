// dlg.*: listing dialogs and ending them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include "stdlib/dialog/state.h"

namespace strowger {
namespace dialog {
namespace {

void put_leg(RpcReply& out, const char* name, const Leg& leg) {
  const auto text = [&](const std::string& of) { return leg.known ? Text(std::string_view(of)) : Text::null(); };
  out.begin_struct(name);
  out.add_named("tag", text(leg.tag));
  out.add_named("contact", text(leg.contact));
  out.add_named("cseq", text(leg.cseq));
  out.add_named("route_set", text(leg.route_set));
  out.add_named("socket", leg.socket ? leg.socket->as_text : Text::null());
  out.end_struct();
}

/// With the lock held.
void put(RpcCall& call, const Dialog& dialog) {
  RpcReply& out = call.reply;
  const std::int64_t now = call.worker.now.wall_seconds();
  out.begin_struct();
  out.add_named("h_entry", Int{dialog.h_entry});
  out.add_named("h_id", Int{dialog.h_id});
  out.add_named("ref", Int{1 + (dialog.due != 0)});
  out.add_named("call-id", std::string_view(dialog.call_id));
  out.add_named("from_uri", std::string_view(dialog.from_uri));
  out.add_named("to_uri", std::string_view(dialog.to_uri));
  out.add_named("state", Int{static_cast<int>(dialog.state)});
  out.add_named("start_ts", Int{dialog.start_time});
  out.add_named("init_ts", Int{dialog.init_time});
  out.add_named("end_ts", Int{dialog.end_time});
  const bool counts = dialog.start_time != 0 || dialog.end_time != 0;   // one that never began lasted since 1970
  out.add_named("duration", counts ? Int{(dialog.end_time ? dialog.end_time : now) - dialog.start_time} : Int{0});
  out.add_named("timeout", dialog.due ? Int{now + (dialog.due - call.worker.now.mono) / 1000} : Int{0});
  out.add_named("lifetime", dialog.lifetime);
  out.add_named("dflags", Int{dialog.flags});
  out.add_named("sflags", Int{dialog.script_flags});
  out.add_named("iflags", Int{dialog.properties});
  put_leg(out, "caller", dialog.legs[kCaller]);
  put_leg(out, "callee", dialog.legs[kCallee]);
  out.begin_array("profiles");
  for (const Membership& one : dialog.profiles) {
    if (one.profile->has_value) {
      out.begin_struct();
      out.add_named(one.profile->name, std::string_view(one.value));
      out.end_struct();
    } else {
      out.add(std::string_view(one.profile->name));
    }
  }
  out.end_array();
  out.begin_array("variables");
  if (dialog.state != State::Deleted)
    for (const auto& [name, value] : dialog.variables) {
      out.begin_struct();
      out.add_named(name, std::string_view(value));
      out.end_struct();
    }
  out.end_array();
  out.end_struct();
}

Table& table_of(RpcCall& call) { return shared_of(call.process()).table; }

/// Calls `use` for each dialog; the lock is held for one entry at a time.
template <class F>
void each(RpcCall& call, F use) {
  const Table& table = table_of(call);
  for (std::size_t i = 0; i < table.entry_count() && !call.reply.failed(); ++i) {
    const Table::Lock lock = table.lock();
    for (const DialogPtr& dialog : table.entry(i)) use(*dialog);
  }
}

}  // namespace
}  // namespace dialog

void Dialog::rpc_dlg_list(RpcCall& call) {
  dialog::each(call, [&](const dialog::Dialog& one) { dialog::put(call, one); });
}

void Dialog::rpc_dlg_list_ctx(RpcCall& call) { rpc_dlg_list(call); }

void Dialog::rpc_dlg_stats_active(RpcCall& call) {
  Int counts[6] = {};
  dialog::each(call, [&](const dialog::Dialog& one) { ++counts[static_cast<int>(one.state)]; });
  RpcReply& out = call.reply;
  out.begin_struct();
  out.add_named("starting", counts[1]);
  out.add_named("connecting", counts[2]);
  out.add_named("answering", counts[3]);
  out.add_named("ongoing", counts[4]);
  out.add_named("all", counts[1] + counts[2] + counts[3] + counts[4]);
  out.end_struct();
}

void Dialog::rpc_dlg_profile_get_size(RpcCall& call) {
  const auto name = call.next_text();
  if (!name) return call.fault(400, "Profile name not found");
  const auto value = call.next_text();
  dialog::Table& table = dialog::table_of(call);
  const dialog::Table::Lock lock = table.lock();
  const dialog::Profile* const profile = table.profile(*name);
  if (!profile) return call.fault(404, "Profile not found: " + *name);
  if (!value || !profile->has_value) return call.reply.add(static_cast<Int>(profile->size));
  const auto found = profile->sizes.find(*value);
  call.reply.add(static_cast<Int>(found == profile->sizes.end() ? 0 : found->second));
}

}  // namespace strowger
