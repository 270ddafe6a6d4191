// The xavps of the destinations, and going to the next one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/dispatcher/failover.h"

#include "runtime/script/log_line.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/script/xavp_fields.h"
#include "runtime/sip/print.h"

namespace strowger {
namespace dispatcher {
namespace {

enum RecordBit : Int { kNoAttributes = 1, kSocketText = 2, kSocketName = 4 };  ///< xavp_dst_mode
constexpr Int kNoCount = 1;                                                    ///< xavp_ctx_mode

bool keep(Call& call, const Chosen& chosen) {
  Avps& avps = *call.avps;
  const Destination& one = *chosen.one;
  const Attributes& attributes = one.attributes;
  Xavp* const record = new_xavp(avps, Dispatcher::Param::xavp_dst);
  if (!record) return false;
  const auto text = [&](Text name, const std::string& value) {
    return value.empty() || put_field(avps, *record, name, Value::of(Text(std::string_view(value))));
  };
  const Int mode = Dispatcher::Param::xavp_dst_mode;
  bool done = text("uri", one.uri) && put_field(avps, *record, "grp", Value::of(chosen.set->id));
  if (chosen.counted) done = done && text("dstid", attributes.duid);
  if (!(mode & kNoAttributes)) done = done && text("attrs", attributes.body);
  if (one.socket) done = done && put_field(avps, *record, "sock", Value::of(Int{one.socket->id}));
  if (one.socket && (mode & kSocketText))
    done = done && put_field(avps, *record, "socket", Value::of(one.socket->as_text));
  if (mode & kSocketName) done = done && text("sockname", attributes.sockname);
  return done;
}

std::optional<Kept> read(Call& call, const Xavp& record) {
  Kept kept;
  if (const Value* uri = field_of(record, "uri"); uri && uri->is_text()) kept.uri = uri->text();
  if (kept.uri.empty()) return std::nullopt;
  if (const Value* set = field_of(record, "grp"); set && set->is_int()) kept.set = set->number();
  if (const Value* duid = field_of(record, "dstid"); duid && duid->is_text()) kept.duid = duid->text();
  if (const Value* sock = field_of(record, "sock"); sock && sock->is_int()) {
    const auto& sockets = call.process().sockets;
    const auto id = static_cast<std::size_t>(sock->number());
    if (id < sockets.size()) kept.socket = sockets[id].get();
  }
  return kept;
}

/// Where the pointer to the first record of destinations is.
Xavp** first_record(Call& call) { return xavp_link(*call.avps, Dispatcher::Param::xavp_dst); }

Code refuse(Call& call, const char* function) {
  log_line(call, LogLevel::Err, "dispatcher",
           {Text(std::string_view(function)), ": there are no destinations to try (parameter flags needs 2)"});
  return -1;
}

/// The call goes to another destination.
void move_load(Call& call, const Kept& next) {
  Calls* const calls = state_of(*call.worker).shared->calls.get();
  const Text id = call.message().call_id();
  CallPlace before;
  const CallPlace place{next.set, std::string(next.duid.view())};
  if (!calls || next.duid.empty() || id.is_null() || !calls->move(id.view(), place, before)) return;
  const auto list = current(*call.worker);
  change_load(*list, before, -1);
  change_load(*list, place, 1);
}

Code go_on(Call& call, Target target, const char* function) {
  if (!settings_of(call).failover) return refuse(call, function);
  Xavp** const first = first_record(call);
  if (!*first) return -1;
  *first = (*first)->next;
  Xavp* const next = *first_record(call);
  const auto kept = next ? read(call, *next) : std::nullopt;
  if (!kept || !aim(call, kept->uri.view(), kept->socket, target)) return -1;
  move_load(call, *kept);
  return 1;
}

Code aim_at_used(Call& call, Target target, const char* function) {
  if (!settings_of(call).failover) return refuse(call, function);
  const auto kept = in_use(call);
  return kept && aim(call, kept->uri.view(), kept->socket, target) ? 1 : -1;
}

}  // namespace

bool keep(Call& call, const std::vector<Chosen>& chosen) {
  for (auto one = chosen.rbegin(); one != chosen.rend(); ++one)
    if (!keep(call, *one)) return false;
  if (Dispatcher::Param::xavp_ctx_mode & kNoCount) return true;
  Xavp* const context = new_xavp(*call.avps, Dispatcher::Param::xavp_ctx);
  return context && put_field(*call.avps, *context, "cnt", Value::of(static_cast<Int>(chosen.size())));
}

std::optional<Kept> in_use(Call& call) {
  const Xavp* const first = *first_record(call);
  return first ? read(call, *first) : std::nullopt;
}

Text request_uri_at(Call& call, std::string_view destination) {
  const sip::Uri* const own = call.live->parsed_uri();
  const auto to = sip::parse_uri(Text(destination));
  if (!own || !to || own->scheme_text.is_null()) return Text::null();
  const std::size_t room = own->whole.len + destination.size() + 8;
  auto* const out = static_cast<char*>(call.arena->allocate(room));
  if (!out) return Text::null();
  sip::Writer writer(out, room);
  const bool is_sip = own->scheme == sip::Scheme::Sip || own->scheme == sip::Scheme::Sips;
  writer.put(is_sip ? own->scheme_text : to->scheme_text);
  writer.put(':');
  if (!own->user.empty()) {
    writer.put(own->user);
    if (!own->password.empty()) {
      writer.put(':');
      writer.put(own->password);
    }
    writer.put('@');
  }
  writer.put(to->host);
  if (!to->port_text.empty()) {
    writer.put(':');
    writer.put(to->port_text);
  }
  if (!to->params.empty()) {
    writer.put(';');
    writer.put(to->params);
  }
  return writer.ok() ? writer.text() : Text::null();
}

bool aim(Call& call, std::string_view uri, const Socket* socket, Target target) {
  bool done = true;
  if (target == Target::NextHop) {
    done = set_dst_uri(*call.live, *call.arena, Text(uri)) == 1;
  } else if (target == Target::RequestUri) {
    const Text made = request_uri_at(call, uri);
    if ((done = !made.is_null())) call.live->set_uri(made);
  }
  if (!done)
    log_line(call, LogLevel::Err, "dispatcher", {"the message cannot be aimed at ", uri});
  else if (socket && target != Target::None)
    call.live->send_socket = socket;
  return done;
}

void change_load(const List& list, const CallPlace& place, int change) {
  const Set* const set = list.find(place.set);
  if (!set) return;
  for (const auto& one : set->all) {
    if (one->attributes.duid != place.duid) continue;
    int load = one->load.load(std::memory_order_relaxed);
    while (load + change >= 0 && !one->load.compare_exchange_weak(load, load + change, std::memory_order_relaxed)) {
    }
    return;
  }
}

void expire_calls(Worker& worker) {
  const auto list = current(worker);
  state_of(worker).shared->calls->expire(worker.now.mono,
                                         [&](const CallPlace& place) { change_load(*list, place, -1); });
}

}  // namespace dispatcher

using dispatcher::Target;

Code Dispatcher::ds_next_dst(Call& call) { return dispatcher::go_on(call, Target::NextHop, "ds_next_dst()"); }
Code Dispatcher::ds_next_domain(Call& call) { return dispatcher::go_on(call, Target::RequestUri, "ds_next_domain()"); }
Code Dispatcher::ds_set_dst(Call& call) { return dispatcher::aim_at_used(call, Target::NextHop, "ds_set_dst()"); }
Code Dispatcher::ds_set_domain(Call& call) {
  return dispatcher::aim_at_used(call, Target::RequestUri, "ds_set_domain()");
}

Code Dispatcher::ds_load_update(Call& call) {
  dispatcher::Calls* const calls = dispatcher::state_of(*call.worker).shared->calls.get();
  const Text id = call.message().call_id();
  if (!calls) return 1;   // nothing is counted without ds_hash_size
  if (id.is_null()) return -1;
  const std::uint32_t method = call.message().method_bit();
  if (call.message().is_request() && (method == kBye || method == kCancel)) return ds_load_unset(call);
  const Millis end = call.worker->now.mono + std::max<Int>(Param::ds_hash_expire, 1) * 1000;
  return calls->confirm(id.view(), end) ? 1 : -1;
}

Code Dispatcher::ds_load_unset(Call& call) {
  dispatcher::Calls* const calls = dispatcher::state_of(*call.worker).shared->calls.get();
  const Text id = call.message().call_id();
  dispatcher::CallPlace place;
  if (!calls || id.is_null()) return -1;
  // A call that is being set up is where its list of destinations says: one that has come to its end keeps the last count.
  const std::uint32_t method = call.message().method_bit();
  if (call.message().is_request() && method != kBye && method != kCancel && !dispatcher::in_use(call)) return 1;
  if (!calls->remove(id.view(), place)) {
    log_line(call, LogLevel::Err, "dispatcher", {"no destination has the call ", id});
    return -1;
  }
  dispatcher::change_load(*dispatcher::current(*call.worker), place, -1);
  return 1;
}

}  // namespace strowger
