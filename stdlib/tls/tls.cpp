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

/// Where tls_set_connect_server_id() keeps its id, with the message's variables: a name that no script can write.
constexpr std::string_view kChosen = "tls connect";

/// The newest record of a name; null when there is none.
Xavp* find_record(const Avps& avps, std::string_view name) {
  Xavp* xavp = avps.xavps;
  while (xavp != nullptr && xavp->name.view() != name) xavp = xavp->next;
  return xavp;
}

Text find_text(const Xavp* record, std::string_view field) {
  if (record == nullptr) return Text::null();
  for (const Xavp* one = record->fields; one != nullptr; one = one->next)
    if (one->name.view() == field && one->value.is_text()) return one->value.text();
  return Text::null();
}

std::uint32_t wish_of(Worker& worker, const Avps& avps) {
  if (avps.xavps == nullptr) return 0;
  const Xavp* const wished = Tls::Param::xavp_cfg.empty() ? nullptr : find_record(avps, Tls::Param::xavp_cfg.view());
  const Text name = find_text(wished, "server_name");
  Text id = find_text(wished, "server_id");
  if (id.empty()) id = find_text(find_record(avps, kChosen), "server_id");
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
    const Context& context = snapshot->for_client(start.peer, wish.server_name, wish.server_id);
    layer = make_client_layer(snapshot, context, wish.server_name, state.options, why);
  }
  if (layer) layer->lifetime_ms = state.lifetime_ms;
  return layer;
}

/// Parameters that tls.cfg takes the place of, where the script sets them all the same; empty: none.
std::string idle_parameters() {
  std::string names;
  const auto name = [&](bool is_set, std::string_view what) {
    if (is_set) names.append(names.empty() ? "" : ", ").append(what);
  };
  name(!Tls::Param::tls_method.empty(), "tls_method");
  name(Tls::Param::verify_certificate != 0, "verify_certificate");
  name(Tls::Param::require_certificate != 0, "require_certificate");
  name(Tls::Param::verify_client.view() != "off", "verify_client");
  name(!Tls::Param::private_key.empty(), "private_key");
  name(!Tls::Param::certificate.empty(), "certificate");
  name(!Tls::Param::ca_list.empty(), "ca_list");
  name(!Tls::Param::ca_path.empty(), "ca_path");
  name(!Tls::Param::crl.empty(), "crl");
  name(!Tls::Param::cipher_list.empty(), "cipher_list");
  return names;
}

}  // namespace

/// connection_timeout=-1, in seconds: Kamailio's own longest time.
constexpr std::int64_t kForever = 134217727;

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
  if (common.max_send_fragment >= 0) state->options.most_in_record = static_cast<std::size_t>(common.max_send_fragment);
  state->options.send_close_notify = Param::send_close_notify != 0;
  state->lifetime_ms = (Param::connection_timeout < 0 ? tls::kForever : Param::connection_timeout) * 1000;
  std::string why;
  auto snapshot = tls::load(process, *state, why);
  if (!snapshot) {
    process.log.write(LogLevel::Err, "tls: " + why);
    process.failed = true;
    return;
  }
  if (const std::string names = tls::idle_parameters(); !Param::config.empty() && !names.empty())
    process.log.write(LogLevel::Warn, "tls: beside the file of 'config' these parameters do nothing: " + names);
  state->set_snapshot(std::move(snapshot));
  state->connection_out = process.event_route("tls:connection-out");
  process.services.stream_layer = tls::make_layer;
  process.services.stream_wish = tls::wish_of;
}

void Tls::stop(Process& process) {
  delete static_cast<tls::State*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Code Tls::tls_set_connect_server_id(Call& call, Text id) {
  sip::Arena& arena = *call.avps->arena;
  const Text copy = arena.copy(id);
  if (copy.is_null()) return -1;
  if (Xavp* const there = tls::find_record(*call.avps, tls::kChosen)) {
    there->fields->value = Value::of(copy);
    return 1;
  }
  auto* const field = arena.make<Xavp>();
  auto* const record = arena.make<Xavp>();
  if (field == nullptr || record == nullptr) return -1;
  field->name = Text("server_id");
  field->value = Value::of(copy);
  record->name = Text(tls::kChosen);
  record->is_record = true;
  record->fields = field;
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
