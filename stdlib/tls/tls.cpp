// The module: settings, the layers of connections, and what scripts say about them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <openssl/x509_vfy.h>

#include <utility>

#include "runtime/script/core_param.h"
#include "runtime/script/log_line.h"
#include "runtime/script/sending_event.h"
#include "runtime/script/streams.h"
#include "stdlib/tls/state.h"
#include "tls.interface.h"

namespace strowger {
namespace tls {
namespace {

/// The field of the xavp that `xavp_cfg` names; null when it is not there.
Text wished(const Avps& avps, std::string_view field) {
  for (const Xavp* xavp = avps.xavps; xavp != nullptr; xavp = xavp->next) {
    if (xavp->name.view() != Tls::Param::xavp_cfg.view()) continue;
    for (const Xavp* one = xavp->fields; one != nullptr; one = one->next)
      if (one->name.view() == field && one->value.is_text()) return one->value.text();
    return Text::null();
  }
  return Text::null();
}

std::uint32_t wish_of(Worker& worker, const Avps& avps) {
  const Text name = wished(avps, "server_name"), id = wished(avps, "server_id");
  if (name.empty() && id.empty()) return 0;
  return state_of(worker.process).wishes.put({std::string(name.view()), std::string(id.view())});
}

/// Asks event_route[tls:connection-out]. This is the middle of emptying the outbox: what the route sends waits until that is done.
bool passes_event(Worker& worker, RouteFunction route, const net::StreamStart& start) {
  Departure departure;
  departure.from = worker.process.sockets[start.socket].get();
  departure.to = start.peer;
  departure.protocol = start.protocol;
  const auto beside = std::make_shared<Outbox>();
  std::swap(worker.outbox, *beside);
  const bool passes = run_sending_event(worker, route, departure);
  std::swap(worker.outbox, *beside);
  if (!beside->empty())
    worker.scripts.post_job([&worker, beside] {
      for (const Departure& one : beside->entries()) worker.outbox.push(one, beside->bytes(one));
    });
  return passes;
}

std::unique_ptr<net::StreamLayer> make_layer(Worker& worker, const net::StreamStart& start, std::string& why) {
  State& state = state_of(worker.process);
  auto snapshot = state.snapshot();
  std::unique_ptr<net::StreamLayer> layer;
  if (!start.connecting) {
    layer = make_server_layer(std::move(snapshot), worker.process.sockets[start.socket]->address, state.options, why);
  } else {
    if (state.connection_out != nullptr && !passes_event(worker, state.connection_out, start))
      return why = "event_route[tls:connection-out] dropped it", nullptr;
    Wish wish;
    if (start.wish != 0) {
      auto found = state.wishes.take(start.wish);
      if (!found) return why = "too many wishes for connections at once", nullptr;
      wish = std::move(*found);
    }
    const Context* const context = snapshot->for_client(start.peer, wish.server_name, wish.server_id);
    if (context == nullptr) return why = "no client profile has the server_id '" + wish.server_id + "'", nullptr;
    const std::string name = wish.server_name.empty() ? context->profile.server_name : wish.server_name;
    layer = make_client_layer(snapshot, *context, name, state.options, why);
  }
  if (layer) layer->lifetime_ms = state.lifetime_ms;
  return layer;
}

}  // namespace

State& state_of(const Process& process) { return *static_cast<State*>(process.module_state[Tls::slot]); }

std::shared_ptr<const Facts> facts_of(Call& call) {
  const Streams* const streams = call.process().streams;
  if (streams == nullptr || call.live->connection == 0) return nullptr;
  auto facts = streams->facts(call.live->connection);
  if (!facts || facts->module != Tls::slot) return nullptr;
  return std::static_pointer_cast<const Facts>(std::move(facts));
}

}  // namespace tls

void Tls::start(Process& process) {
  auto* const state = new tls::State;
  process.module_state[slot] = state;
  if (core_number(process.image, "enable_tls", 0) == 0) return;   // as in Kamailio: loaded, but nothing is read
  tls::Common& common = state->common;
  common.session_id = Param::session_id.view();
  common.session_cache = Param::session_cache != 0;
  common.disable_compression = Param::tls_disable_compression != 0;
  common.renegotiation = Param::renegotiation != 0;
  common.release_buffers = Param::ssl_release_buffers != 0;
  common.max_send_fragment = static_cast<int>(Param::ssl_max_send_fragment);
  state->options.module = slot;
  state->options.most_kept = static_cast<std::size_t>(Param::con_ct_wq_max);
  state->options.most_kept_by_all = static_cast<std::size_t>(Param::ct_wq_max);
  state->options.kept_by_all = &state->kept;
  if (common.max_send_fragment > 0) state->options.most_in_record = static_cast<std::size_t>(common.max_send_fragment);
  state->options.send_close_notify = Param::send_close_notify != 0;
  state->lifetime_ms = Param::connection_timeout * 1000;
  std::string why;
  auto snapshot = tls::load(process, *state, why);
  if (!snapshot) {
    process.log.write(LogLevel::Err, "tls: " + why);
    process.failed = true;
    return;
  }
  state->set_snapshot(std::move(snapshot));
  state->connection_out = process.event_route("tls:connection-out");
  process.services.stream_layer = tls::make_layer;
  if (!Param::xavp_cfg.empty()) process.services.stream_wish = tls::wish_of;
}

void Tls::stop(Process& process) {
  delete static_cast<tls::State*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Code Tls::tls_set_connect_server_id(Call& call, Text id) {
  if (Param::xavp_cfg.empty()) {
    log_line(call, LogLevel::Err, "tls", {"tls_set_connect_server_id(): needs modparam(\"tls\", \"xavp_cfg\", \"NAME\")"});
    return -1;
  }
  sip::Arena& arena = *call.avps->arena;
  auto* const field = arena.make<Xavp>();
  auto* const record = arena.make<Xavp>();
  const Text copy = arena.copy(id);
  if (field == nullptr || record == nullptr || copy.is_null()) return -1;
  field->name = Text("server_id");
  field->value = Value::of(copy);
  record->name = Param::xavp_cfg;
  record->is_record = true;
  record->fields = field;
  for (Xavp* there = call.avps->xavps; there != nullptr; there = there->next) {
    if (there->name.view() != Param::xavp_cfg.view()) continue;
    field->next = there->fields;           // the newest of a name is the one that counts
    there->fields = field;
    return 1;
  }
  record->next = call.avps->xavps;
  call.avps->xavps = record;
  return 1;
}

Code Tls::is_peer_verified(Call& call) {
  const auto facts = tls::facts_of(call);
  if (!facts) {
    log_line(call, LogLevel::Info, "tls", {"is_peer_verified(): the message did not come over TLS"});
    return -1;
  }
  return facts->peer && facts->verify_result == X509_V_OK ? 1 : -1;
}

}  // namespace strowger
