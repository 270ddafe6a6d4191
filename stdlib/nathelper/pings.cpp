// natping_interval: every contact once in so many seconds, spread over them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/nathelper/pings.h"

#include <atomic>

#include "nathelper.interface.h"
#include "runtime/script/rpc.h"
#include "runtime/sip/message.h"
#include "runtime/sip/print.h"
#include "stdlib/usrloc/visit.h"

namespace strowger::usrloc {
/// Null where the script does not load usrloc.
[[gnu::weak]] void visit_contacts(Worker& worker, unsigned shard, const std::function<void(const Contact&)>& work);
[[gnu::weak]] std::uint32_t nat_mask();
}  // namespace strowger::usrloc

namespace strowger {
namespace nathelper {
namespace {

constexpr std::string_view kZeros("\0\0\0\0", 4);

struct ProcessState {
  PingOptions options;
  std::atomic<bool> on{true};
};

struct WorkerState {
  std::int64_t owed = 0;      ///< shards to be visited, times natping_interval
  unsigned next = 0;
};

ProcessState& state_of(Process& process) { return *static_cast<ProcessState*>(process.module_state[Nathelper::slot]); }

std::uint32_t mask_of(Int flag) { return flag >= 0 && flag < 32 ? 1U << flag : 0; }

/// The address of a SIP URI over UDP with a numeric host.
std::optional<sip::Address> address_of(Text text) {
  const auto uri = sip::parse_uri(text);
  if (!uri || uri->protocol() != sip::Protocol::Udp) return std::nullopt;
  auto address = sip::parse_ip(uri->host.view());
  if (address) address->port = uri->port_or_default();
  return address;
}

Text request(Worker& worker, const usrloc::Contact& contact, const Socket& socket, const PingOptions& options, char* out, std::size_t room) {
  sip::Writer writer(out, room);
  writer.put(options.method);
  writer.put(' ');
  writer.put(contact.address);
  writer.put(" SIP/2.0\r\nVia: SIP/2.0/UDP ");
  writer.put(socket.via_sent_by);
  writer.put(";branch=z9hG4bK-ping-");
  writer.put_hex(worker.random(), 16);
  if (!contact.path.empty()) {
    writer.put("\r\nRoute: ");
    writer.put(contact.path);
  }
  writer.put("\r\nMax-Forwards: 70\r\nFrom: ");
  writer.put(options.from);
  writer.put(";tag=");
  writer.put(contact.ruid);
  writer.put("\r\nTo: ");
  writer.put(contact.address);
  writer.put("\r\nCall-ID: ");
  writer.put_hex(worker.random(), 16);
  writer.put('@');
  writer.put(socket.host);
  writer.put("\r\nCSeq: 1 ");
  writer.put(options.method);
  writer.put("\r\nContent-Length: 0\r\n\r\n");
  return writer.ok() ? writer.text() : Text::null();
}

}  // namespace

bool ping(Worker& worker, const usrloc::Contact& contact, const PingOptions& options, std::int64_t now) {
  if (!contact.is_valid(now) || contact.branch_flags & options.never_mask) return false;
  if (options.only_nated && !(contact.branch_flags & options.nat_mask)) return false;
  if (options.own_only && contact.server_id != static_cast<std::uint32_t>(worker.process.settings.server_id)) return false;
  // Who pings all contacts pings them by requests, as Kamailio does.
  const bool by_request = !options.from.empty() && (!options.only_nated || contact.branch_flags & options.sip_mask);
  Text target = contact.received.empty() ? contact.address : contact.received;
  if (!contact.path.empty()) {
    if (!by_request && !options.by_path) return false;
    Text rest = contact.path;
    const auto first = sip::next_name_addr(rest);
    if (!first) return false;
    target = first->uri;
  }
  const std::optional<sip::Address> address = address_of(target);
  if (!address || !sip::parse_uri(contact.address)) return false;
  sip::Protocol protocol = sip::Protocol::Udp;
  const Socket* const preferred = options.socket ? options.socket : contact.socket;
  const Socket* const socket = worker.process.socket_for(*address, protocol, preferred);
  if (!socket) return false;
  Departure departure;
  departure.from = socket;
  departure.to = *address;
  if (!by_request) {
    worker.outbox.push(departure, kZeros);
    return true;
  }
  const std::size_t room = 512 + 2 * contact.address.len + contact.path.len + contact.ruid.len + options.from.len + 2 * options.method.len;
  sip::Arena arena(worker.pool);
  char* const out = static_cast<char*>(arena.allocate(room));
  const Text bytes = out ? request(worker, contact, *socket, options, out, room) : Text::null();
  if (bytes.is_null()) return false;
  worker.outbox.push(departure, bytes);
  return true;
}

}  // namespace nathelper

void Nathelper::start(Process& process) {
  using namespace nathelper;   // NOLINT: its own
  auto* const state = new ProcessState;
  process.module_state[slot] = state;
  PingOptions& options = state->options;
  options.only_nated = Param::ping_nated_only != 0;
  options.sip_mask = mask_of(Param::sipping_bflag);
  options.never_mask = mask_of(Param::natping_disable_bflag);
  options.from = Param::sipping_from;
  options.method = Param::sipping_method;
  options.by_path = Param::udpping_from_path != 0;
  options.own_only = Param::filter_server_id != 0;
  if (usrloc::nat_mask) options.nat_mask = usrloc::nat_mask();
  if (Param::natping_interval == 0) return;
  if (!usrloc::visit_contacts) {
    process.log.write(LogLevel::Err, "nathelper: natping_interval is set, but usrloc is not loaded");
    process.failed = true;
  }
  if (!Param::force_socket.empty() && !(options.socket = process.find_socket(Param::force_socket))) {
    process.log.write(LogLevel::Err, "nathelper: force_socket names no listen socket");
    process.failed = true;
  }
}

void Nathelper::stop(Process& process) { delete static_cast<nathelper::ProcessState*>(process.module_state[slot]); }

void Nathelper::worker_start(Worker& worker) {
  auto* const state = new nathelper::WorkerState;
  worker.module_state[slot] = state;
  worker.cleanups.emplace_back([state] { delete state; });
}

/// Each worker has its share of the shards.
void Nathelper::tick(Worker& worker) {
  using namespace nathelper;   // NOLINT: its own
  ProcessState& process = state_of(worker.process);
  if (Param::natping_interval == 0 || !process.on.load(std::memory_order_relaxed)) return;
  WorkerState& state = worker.state<WorkerState>(slot);
  state.owed += usrloc::Table::kShards;
  for (; state.owed >= Param::natping_interval; state.owed -= Param::natping_interval) {
    const unsigned shard = state.next;
    state.next = (state.next + 1) % usrloc::Table::kShards;
    if (shard % worker.process.workers.size() != worker.index) continue;
    usrloc::visit_contacts(worker, shard, [&](const usrloc::Contact& contact) {
      nathelper::ping(worker, contact, process.options, worker.now.wall_seconds());
    });
  }
}

void Nathelper::rpc_nathelper_enable_ping(RpcCall& call) {
  const auto on = call.next_int_of_any();
  if (!on) return call.fault(400, "Invalid parameters");
  nathelper::state_of(call.process()).on.store(*on != 0, std::memory_order_relaxed);
}

}  // namespace strowger
