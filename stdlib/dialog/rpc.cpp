// dlg.*: listing dialogs and ending them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdlib>

#include "runtime/script/regex.h"
#include "runtime/script/rpc.h"
#include "stdlib/dialog/state.h"

namespace strowger {
namespace dialog {
namespace {

void put_leg(RpcReply& out, const char* name, const Leg& leg) {
  const auto text = [&](const std::string& of) { return leg.known || !of.empty() ? Text(std::string_view(of)) : Text::null(); };
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
  out.add_named("timeout", dialog.due ? Int{now + 1 + (dialog.due - call.worker.now.mono) / 1000} : Int{0});
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
    for (const auto& [name, value] : dialog.variables.all) {
      out.begin_struct();
      out.add_named(name, std::string_view(value));
      out.end_struct();
    }
  out.end_array();
  out.end_struct();
}

Table& table_of(RpcCall& call) { return shared_of(call.process()).table; }

/// Calls `use` for each dialog; the lock is held for some of them at a time.
template <class F>
void each(RpcCall& call, F use) {
  constexpr std::size_t kTogether = 64;
  const Table& table = table_of(call);
  std::uint64_t at = 0;
  do {
    const Table::Lock lock = table.lock();
    at = table.visit(at, kTogether, [&](const DialogPtr& dialog) { use(*dialog); });
  } while (at != 0 && !call.reply.failed());
}

/// What dlg.list_match asks.
struct Filter {
  std::string Dialog::*text = nullptr;  ///< null: start_ts
  enum class Op : std::uint8_t { Equal, Match, StartsWith, Greater, Less } op = Op::Equal;
  std::string value;
  Int number = 0;
  std::unique_ptr<Pattern> pattern;

  /// Null, or what is wrong.
  const char* read(const std::string& key, const std::string& operation, const std::string& wanted) {
    if (key == "ruri") text = &Dialog::request_uri;
    else if (key == "furi") text = &Dialog::from_uri;
    else if (key == "turi") text = &Dialog::to_uri;
    else if (key == "callid") text = &Dialog::call_id;
    else if (key != "start_ts") return "Invalid matching key parameter";
    if (operation == "eq") op = Op::Equal;
    else if (operation == "re") op = Op::Match;
    else if (operation == "sw") op = Op::StartsWith;
    else if (operation == "gt") op = Op::Greater;
    else if (operation == "lt") op = Op::Less;
    else return "Invalid matching operator parameter";
    const bool compares = op == Op::Greater || op == Op::Less;
    if (!text && !compares) return "Matching operator not supported with start_ts key";
    if (text && compares) return "Matching operator not supported";
    value = wanted;
    number = std::strtoll(wanted.c_str(), nullptr, 10);
    if (!text && number == 0) number = INT64_MAX;   // no number: nothing matches
    std::string why;
    if (op == Op::Match && !(pattern = Pattern::compile(Text(std::string_view(value)), {true, false}, why))) return "Invalid matching value parameter";
    return nullptr;
  }

  bool matches(const Dialog& dialog) const {
    if (!text) return op == Op::Greater ? dialog.start_time > number : dialog.start_time < number && number != INT64_MAX;
    const std::string& its = dialog.*text;
    if (op == Op::Match) return pattern->matches(Text(std::string_view(its)));
    return op == Op::Equal ? its == value : its.starts_with(value);
  }
};

/// Call-ID, From tag, To tag.
struct Asked {
  std::string call_id, from_tag, to_tag;
  bool read(RpcCall& call) {
    for (std::string* const one : {&call_id, &from_tag, &to_tag}) {
      auto text = call.next_text();
      if (!text) return false;
      *one = std::move(*text);
    }
    return true;
  }
  DialogPtr find(RpcCall& call) const {
    const auto text = [](const std::string& of) { return Text(std::string_view(of)); };
    const Table& table = table_of(call);
    const Table::Lock lock = table.lock();
    return table.find({text(call_id), text(from_tag), text(to_tag)});
  }
};

/// Its own worker sends the BYEs, behind the answer to the command.
void end_later(const Process& process, const DialogPtr& dialog, std::string headers) {
  Worker& worker = *process.workers[dialog->worker % process.workers.size()];
  worker.scripts.post_job([&worker, dialog, lines = std::move(headers)] { send_byes(worker, dialog, kTellBoth, Text(std::string_view(lines))); });
}

/// The counters follow. With the lock held.
void change_state(Shared& shared, Dialog& dialog, State state) {
  if (dialog.state == State::Early) --shared.early;
  if (state == State::Early) ++shared.early;
  const bool was_active = dialog.is_active();
  dialog.state = state;
  if (was_active && !dialog.is_active()) --shared.active;
  if (!was_active && dialog.is_active()) ++shared.active;
}

}  // namespace
}  // namespace dialog

void Dialog::rpc_dlg_list(RpcCall& call) {
  dialog::each(call, [&](const dialog::Dialog& one) { dialog::put(call, one); });
}

void Dialog::rpc_dlg_list_ctx(RpcCall& call) { rpc_dlg_list(call); }

void Dialog::rpc_dlg_list_match(RpcCall& call) {
  const auto key = call.next_text(), op = call.next_text(), value = call.next_text();
  dialog::Filter filter;
  if (!key || !op || !value) return call.fault(500, "Invalid parameters");
  if (const char* const why = filter.read(*key, *op, *value)) return call.fault(500, why);
  Int left = call.next_int().value_or(0);
  if (left <= 0) left = INT64_MAX;
  bool any = false;
  dialog::each(call, [&](const dialog::Dialog& one) {
    if (left == 0 || !filter.matches(one)) return;
    any = true;
    --left;
    dialog::put(call, one);
  });
  if (!any) call.fault(404, "Not found");
}

void Dialog::rpc_dlg_list_match_ctx(RpcCall& call) { rpc_dlg_list_match(call); }

void Dialog::rpc_dlg_dlg_list(RpcCall& call) {
  const auto call_id = call.next_text(), from_tag = call.next_text();
  bool found = false;
  if (call_id)
    dialog::each(call, [&](const dialog::Dialog& one) {
      if (found || one.call_id != *call_id || (from_tag && one.legs[dialog::kCaller].tag != *from_tag)) return;
      found = true;
      dialog::put(call, one);
    });
}

void Dialog::rpc_dlg_dlg_list_ctx(RpcCall& call) { rpc_dlg_dlg_list(call); }

void Dialog::rpc_dlg_briefing(RpcCall& call) {
  const std::string wanted = call.next_text().value_or("ftcFT");
  RpcReply& out = call.reply;
  dialog::each(call, [&](const dialog::Dialog& one) {
    const auto wants = [&](char letter) { return wanted.find(letter) != std::string::npos; };
    out.begin_struct();
    out.add_named("h_entry", Int{one.h_entry});
    out.add_named("h_id", Int{one.h_id});
    if (wants('f')) out.add_named("from_uri", std::string_view(one.from_uri));
    if (wants('t')) out.add_named("to_uri", std::string_view(one.to_uri));
    if (wants('c')) out.add_named("call-id", std::string_view(one.call_id));
    if (wants('F')) out.add_named("from_tag", std::string_view(one.legs[dialog::kCaller].tag));
    if (wants('T')) out.add_named("to_tag", std::string_view(one.legs[dialog::kCaller].tag));   // as in Kamailio 5.6.3
    if (wants('I')) out.add_named("init_ts", Int{one.init_time});
    if (wants('S')) out.add_named("start_ts", Int{one.start_time});
    if (wants('E')) out.add_named("end_ts", Int{one.end_time});
    if (wants('s')) out.add_named("state", Int{static_cast<int>(one.state)});
    out.end_struct();
  });
}

void Dialog::rpc_dlg_end_dlg(RpcCall& call) {
  const auto h_entry = call.next_int(), h_id = call.next_int();
  if (!h_entry || !h_id) return call.fault(500, "Invalid parameters");
  const auto headers = call.next_text();
  dialog::DialogPtr its;
  {
    const dialog::Table& table = dialog::table_of(call);
    const dialog::Table::Lock lock = table.lock();
    its = table.find({static_cast<std::uint32_t>(*h_entry), static_cast<std::uint32_t>(*h_id)});
  }
  if (!its) return call.fault(404, "Dialog not found");
  dialog::end_later(call.process(), its, headers.value_or(""));
}

void Dialog::rpc_dlg_terminate_dlg(RpcCall& call) {
  dialog::Asked asked;
  if (!asked.read(call)) return call.fault(400, "Need a Callid ,from tag ,to tag");
  const dialog::DialogPtr its = asked.find(call);
  if (!its) return call.fault(500, "Couldnt find callid in dialog");
  dialog::end_later(call.process(), its, "");
}

void Dialog::rpc_dlg_is_alive(RpcCall& call) {
  dialog::Asked asked;
  if (!asked.read(call)) return call.fault(400, "Too few parameters (required callid, from-tag, to-tag)");
  if (!asked.find(call)) return call.fault(404, "Dialog not found");
  call.reply.add(std::string_view("Alive"));
}

void Dialog::rpc_dlg_set_state(RpcCall& call) {
  dialog::Asked asked;
  const bool named = asked.read(call);
  const RpcParam* const state = named ? call.next() : nullptr;
  if (!state) return call.fault(400, "Need the callid, from tag,to tag and state");
  if (state->kind != RpcParam::Kind::Int || state->number < 1 || state->number > 5) return call.fault(500, "Invalid state value");
  const dialog::DialogPtr its = asked.find(call);
  if (!its) return call.fault(500, "Dialog not found");
  {
    const dialog::Table::Lock lock = dialog::table_of(call).lock();
    dialog::change_state(dialog::shared_of(call.process()), *its, static_cast<dialog::State>(state->number));
  }
  call.reply.add(std::string_view("Done"));
}

void Dialog::rpc_dlg_profile_list(RpcCall& call) {
  const auto name = call.next_text(), value = call.next_text();
  if (!name) return;
  const dialog::Profile* const profile = dialog::table_of(call).profile(*name);
  if (!profile) return call.fault(404, "Profile not found: " + *name);
  dialog::each(call, [&](const dialog::Dialog& one) {   // once for each time that it is in it
    for (const dialog::Membership& member : one.profiles)
      if (member.profile == profile && (!value || !profile->has_value || member.value == *value)) dialog::put(call, one);
  });
}

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
  if (!name) return;
  const auto value = call.next_text();
  dialog::Table& table = dialog::table_of(call);
  const dialog::Table::Lock lock = table.lock();
  const dialog::Profile* const profile = table.profile(*name);
  if (!profile) return call.fault(404, "Profile not found: " + *name);
  call.reply.add(static_cast<Int>(value && profile->has_value ? profile->size_of(*value) : profile->size));
}

}  // namespace strowger
