// dispatcher.*: the list seen and changed by hand.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include <algorithm>

#include "stdlib/dispatcher/core_hash.h"
#include "stdlib/dispatcher/state.h"

namespace strowger {
namespace {

using dispatcher::Changed;
using dispatcher::Destination;
using dispatcher::Set;

constexpr std::string_view kInvalid = "Invalid Parameters";

enum class Detail : std::uint8_t { Short, Usual, Full };

std::string letters(std::uint32_t flags) {
  std::string text = flags & dispatcher::kDisabled   ? "D"
                     : flags & dispatcher::kInactive ? "I"
                     : flags & dispatcher::kTrying   ? "T"
                                                     : "A";
  return text += flags & dispatcher::kProbing ? 'P' : 'X';
}

Text or_null(const std::string& text) { return text.empty() ? Text::null() : Text(std::string_view(text)); }

void put_address(RpcReply& out, const Destination& one) {
  char ip[46];
  const std::size_t length = one.address.family ? sip::print_ip(one.address, ip) : 0;
  out.add_named("HOST", std::string_view(one.host));
  out.add_named("IPADDR", std::string_view(ip, length));
  out.add_named("PORT", Int{one.address.port});
  out.add_named("PROTOID", Int{static_cast<std::uint8_t>(one.protocol)});
  out.add_named("DNSTIME_SEC", Int{0});  // names are looked up once
  out.add_named("DNSTIME_USEC", Int{0});
}

void put(RpcReply& out, const Destination& one, Detail detail, const dispatcher::Shared& shared) {
  const dispatcher::Attributes& attributes = one.attributes;
  out.begin_struct();
  out.begin_struct("DEST");
  out.add_named("URI", std::string_view(one.uri));
  out.add_named("FLAGS", std::string_view(letters(one.flags.load())));
  out.add_named("PRIORITY", Int{one.priority});
  if (detail == Detail::Full) put_address(out, one);
  if (detail != Detail::Short && !attributes.body.empty()) {
    out.begin_struct("ATTRS");
    out.add_named("BODY", std::string_view(attributes.body));
    out.add_named("DUID", or_null(attributes.duid));
    out.add_named("MAXLOAD", Int{attributes.max_load});
    out.add_named("WEIGHT", Int{attributes.weight});
    out.add_named("RWEIGHT", Int{attributes.relative_weight});
    out.add_named("SOCKET", or_null(attributes.socket));
    out.add_named("SOCKNAME", or_null(attributes.sockname));
    out.add_named("OBPROXY", or_null(attributes.outbound_proxy));
    out.end_struct();
  }
  if (shared.settings.latency_stats) {
    out.begin_struct("LATENCY");
    out.add_named("AVG", one.latency.average());
    out.add_named("STD", one.latency.deviation());
    out.add_named("EST", one.latency.estimate());
    out.add_named("MAX", static_cast<Int>(one.latency.max()));
    out.add_named("TIMEOUT", static_cast<Int>(one.latency.timeouts()));
    out.end_struct();
  }
  if (shared.calls) {
    out.begin_struct("RUNTIME");
    out.add_named("DLGLOAD", Int{one.load.load()});
    out.end_struct();
  }
  out.end_struct();
  out.end_struct();
}

/// A letter for the state, whatever its case, and perhaps P behind it: what is disabled is not probed.
std::optional<std::uint32_t> parse_state(std::string_view text) {
  const bool probing = text.size() > 1 && (text[1] == 'p' || text[1] == 'P');
  const std::uint32_t more = probing ? std::uint32_t{dispatcher::kProbing} : 0;
  switch (text.front()) {
    case 'a':
    case 'A':
      return more;
    case 'i':
    case 'I':
      return dispatcher::kInactive | more;
    case 't':
    case 'T':
      return dispatcher::kTrying | more;
    case 'd':
    case 'D':
      return dispatcher::kDisabled;
    default:
      return std::nullopt;
  }
}

/// State, set and destination, in this order; false after a fault.
bool read_state(RpcCall& call, std::uint32_t& state, Int& id, std::string& name) {
  const auto text = call.next_text_of_any();
  const auto group = text ? call.next_int() : std::nullopt;
  auto named = group ? call.next_text() : std::nullopt;
  if (!named) return call.fault(500, kInvalid), false;
  if (text->empty()) return call.fault(500, "Invalid State Parameter"), false;
  const auto parsed = parse_state(*text);
  if (!parsed) return call.fault(500, "Unknown State Value"), false;
  state = *parsed;
  id = *group;
  name = std::move(*named);
  return true;
}

/// Sets the state of those that `is_it` takes; `any`: it is fine where there are none.
template <class F>
void set_states(RpcCall& call, std::uint32_t state, Int id, bool any, F is_it) {
  const auto list = dispatcher::current(call.worker);
  const Set* const set = list->find(id);
  for (std::size_t i = 0; set && i < set->all.size(); ++i) {
    if (!is_it(*set->all[i])) continue;
    dispatcher::set_state(*set, *set->all[i], state);
    any = true;
  }
  any ? call.reply.add(std::string_view("Ok. Dispatcher state updated.")) : call.fault(500, "State Update Failed");
}

void report(RpcCall& call, Changed changed, std::string_view done, std::string_view failed) {
  switch (changed) {
    case Changed::Yes:
      return call.reply.add(done);
    case Changed::Ongoing:
      return call.fault(500, "Ongoing reload");
    case Changed::Failed:
      return call.fault(500, failed);
  }
}

}  // namespace

void Dispatcher::rpc_dispatcher_list(RpcCall& call) {
  const std::string how = call.next_text().value_or("");
  const Detail detail = how == "short" ? Detail::Short : how == "full" ? Detail::Full : Detail::Usual;
  const auto list = dispatcher::current(call.worker);
  const dispatcher::Shared& shared = dispatcher::shared_of(call.process());
  if (list->sets.empty()) return call.fault(500, "No Destination Sets");
  RpcReply& out = call.reply;
  out.begin_struct();
  out.add_named("NRSETS", static_cast<Int>(list->sets.size()));
  out.begin_array("RECORDS");
  for (const auto& set : list->sets) {
    out.begin_struct();
    out.begin_struct("SET");
    out.add_named("ID", set->id);
    out.begin_array("TARGETS");
    for (const auto& one : set->all) put(out, *one, detail, shared);
    out.end_array();
    out.end_struct();
    out.end_struct();
  }
  out.end_array();
  out.end_struct();
}

void Dispatcher::rpc_dispatcher_reload(RpcCall& call) {
  report(call, dispatcher::reload(call.worker), "Ok. Dispatcher successfully reloaded.", "Reload Failed");
}

void Dispatcher::rpc_dispatcher_set_state(RpcCall& call) {
  std::uint32_t state = 0;
  Int id = 0;
  std::string uri;
  if (!read_state(call, state, id, uri)) return;
  const bool all = uri == "all";
  set_states(call, state, id, all, [&](const Destination& one) { return all || one.uri == uri; });
}

void Dispatcher::rpc_dispatcher_set_duid_state(RpcCall& call) {
  std::uint32_t state = 0;
  Int id = 0;
  std::string duid;
  if (!read_state(call, state, id, duid)) return;
  set_states(call, state, id, false, [&](const Destination& one) { return one.attributes.duid == duid; });
}

void Dispatcher::rpc_dispatcher_ping_active(RpcCall& call) {
  std::atomic<Int>& pinging = dispatcher::shared_of(call.process()).pinging;
  const auto wanted = call.next_int();
  const Int old = pinging.load();
  call.reply.begin_struct();
  if (wanted && *wanted >= 0) {
    pinging = *wanted;
    call.reply.add_named("NewPingState", *wanted);
  }
  call.reply.add_named("OldPingState", old);
  call.reply.end_struct();
}

void Dispatcher::rpc_dispatcher_add(RpcCall& call) {
  const auto id = call.next_int();
  const auto uri = id ? call.next_text() : std::nullopt;
  if (!uri) return call.fault(500, kInvalid);
  dispatcher::Row row{*id, *uri, 0, 0, {}, nullptr};
  Int flags = 0, priority = 0;
  for (Int* const number : {&flags, &priority}) {
    if (!call.more()) break;
    const auto given = call.next_int();
    if (!given) return call.fault(500, kInvalid);
    *number = *given;
  }
  row.flags = static_cast<std::uint32_t>(flags) & 31;
  row.priority = static_cast<int>(std::clamp<Int>(priority, INT32_MIN, INT32_MAX));
  if (call.more()) row.attributes = call.next_text().value_or("");
  const Changed changed = dispatcher::rebuild(call.worker, [&](auto& rows) { rows.push_back(row); });
  report(call, changed, "Ok. Dispatcher destination added.", "Adding dispatcher dst failed");
}

void Dispatcher::rpc_dispatcher_remove(RpcCall& call) {
  const auto id = call.next_int();
  const auto uri = id ? call.next_text() : std::nullopt;
  if (!uri) return call.fault(500, kInvalid);
  const Changed changed = dispatcher::rebuild(call.worker, [&](auto& rows) {
    std::erase_if(rows, [&](const dispatcher::Row& row) { return row.id == *id && row.uri == *uri; });
  });
  report(call, changed, "Ok. Dispatcher destination removed.", "Removing dispatcher dst failed");
}

void Dispatcher::rpc_dispatcher_hash(RpcCall& call) {
  const auto slots = call.next_int();
  const auto first = slots ? call.next_text() : std::nullopt;
  if (!first) return call.fault(500, kInvalid);
  dispatcher::CoreHash hash;
  hash.add(Text(std::string_view(*first)));
  const bool has_second = call.more();
  const auto second = has_second ? call.next_text() : std::nullopt;
  if (has_second && !second) return call.fault(500, kInvalid);
  if (second && !second->empty()) hash.add(Text(std::string_view(*second)));
  call.reply.begin_struct();
  call.reply.add_unsigned("hashid", hash.result());
  call.reply.add_named("slot",
                       *slots > 0 ? static_cast<Int>(hash.result() % static_cast<std::uint64_t>(*slots)) : Int{0});
  call.reply.end_struct();
}

}  // namespace strowger
