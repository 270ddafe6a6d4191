// $du, pv_printf(), is_myself(), the log level of a worker, unique ids.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kex.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/sip/print.h"

namespace strowger {

Code Kex::setdsturi(Call& call, Text uri) { return set_dst_uri(*call.live, *call.arena, uri); }

Code Kex::pv_printf(Call& call, const VariableRef& target, Text format) {
  if (!target.set) {
    log_line(call, LogLevel::Err, "kex", {"pv_printf(): ", target.name, " cannot be written"});
    return -1;
  }
  if (format.is_failed()) return -1;
  return target.set(&call, Value::of(format)) > 0 ? 1 : -1;
}

/// A host without a port, over one transport: all ports that are ours.
static bool is_myself_at_any_port(const Process& process, Text host, sip::Protocol protocol) {
  for (const auto& socket : process.sockets)
    if (process.is_myself(host, socket->address.port, protocol) || process.is_myself(host, socket->advertised_port, protocol)) return true;
  for (const Alias& alias : process.aliases)
    if (process.is_myself(host, alias.port, protocol)) return true;
  return false;
}

/// A URI counts with its port where it has one, and with its transport where it names one; a plain host always.
Code Kex::is_myself(Call& call, Text text) {
  if (text.empty()) return -1;
  const Process& process = call.process();
  const std::optional<sip::Uri> uri = sip::parse_uri(text);
  if (!uri) return process.is_my_host(text) ? 1 : -1;
  const bool names_one = !uri->transport().empty();   // "sips:" alone names none here
  if (uri->port == 0 && !names_one) return process.is_my_host(uri->host) ? 1 : -1;
  // as it is written: "sips:" makes no TLS of transport=tcp here
  const sip::Protocol protocol = names_one ? sip::parse_protocol(uri->transport().view()).value_or(sip::Protocol::Any) : sip::Protocol::Any;
  if (uri->port == 0) return is_myself_at_any_port(process, uri->host, protocol) ? 1 : -1;
  return process.is_myself(uri->host, uri->port, protocol) ? 1 : -1;
}

Code Kex::setdebug(Call& call, Int level) {
  if (level == INT64_MIN) return -1;
  call.worker->debug_override = level;
  return 1;
}

Code Kex::resetdebug(Call& call) {
  call.worker->debug_override = INT64_MIN;
  return 1;
}

Text Kex::get_sruid(Call& call) {
  constexpr std::size_t kRoom = 64;
  char* const room = static_cast<char*>(call.arena->allocate(kRoom));
  if (!room) return Text::null();
  Process& process = call.process();
  sip::Writer out(room, kRoom);
  out.put("srid-");
  out.put_hex(process.start_seconds, 8);
  out.put('-');
  out.put_hex(process.random_seed & 0xffffff, 1);
  out.put('-');
  out.put_hex(process.unique.fetch_add(1, std::memory_order_relaxed));
  return out.text();
}

}  // namespace strowger
