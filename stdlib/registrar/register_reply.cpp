// The reply to a REGISTER (RFC 3261 §10.3 step 8, RFC 5627 §5.4).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/registrar/register_reply.h"

#include "registrar.interface.h"
#include "runtime/script/q_value.h"
#include "runtime/sip/print.h"
#include "stdlib/registrar/records.h"
#include "stdlib/registrar/state.h"

namespace strowger::registrar {
namespace {

constexpr std::size_t kMaxLine = 60000;  // of what fits a datagram, with the other headers

bool append(Call& call, Text text) {
  auto* const header = call.arena->make<ReplyHeader>(text);
  if (!header) return false;
  ReplyHeader** last = &call.live->reply_headers;
  while (*last) last = &(*last)->next;
  *last = header;
  return true;
}

/// The instance id without its angle brackets.
Text urn_of(Text instance) {
  if (instance.len >= 2 && instance.ptr[0] == '<' && instance.ptr[instance.len - 1] == '>')
    return {instance.ptr + 1, instance.len - 2};
  return instance;
}

void put_gruus(sip::Writer& out, const usrloc::Contact& contact, const Aor& aor, std::uint32_t hash) {
  const bool has_domain = std::memchr(aor.text.ptr, '@', aor.text.len) != nullptr;
  out.put(";pub-gruu=\"sip:");
  out.put(aor.text);
  if (!has_domain) {
    out.put('@');
    out.put(aor.host);
  }
  out.put(";gr=");
  out.put(urn_of(contact.instance));
  out.put("\";temp-gruu=\"sip:");
  out.put(contact.ruid);
  out.put('-');
  out.put_hex(hash);
  out.put('@');
  out.put(aor.host);
  out.put(";gr\"");
}

}  // namespace

bool list_contacts(Call& call, const usrloc::Table::Locked& record, const Aor& aor) {
  const std::int64_t now = call.worker->now.wall_seconds();
  const Text received_param = Registrar::Param::received_param;
  std::size_t room = 32;
  bool any = false, instances = false;
  clear_record(call);
  for (const usrloc::Entry* e = record.first(); e; e = e->next) {
    const usrloc::Contact& c = e->contact;
    if (!c.is_valid(now)) continue;
    add_record(call, c);
    any = true;
    room += c.address.len + 64;
    if (!c.received.is_null()) room += c.received.len + received_param.len + 8;
    if (c.instance.empty()) continue;
    instances = true;
    room += 2 * c.instance.len + c.ruid.len + aor.text.len + 2 * aor.host.len + 96;
  }
  if (!any) return true;
  const bool with_gruu =
      instances && Registrar::Param::gruu_enabled != 0 && has_option(call.message(), sip::HeaderId::Supported, "gruu");
  if (room > kMaxLine) room = kMaxLine;
  char* const buffer = static_cast<char*>(call.arena->allocate(room));
  if (!buffer) return false;
  sip::Writer out(buffer, room);
  out.put("Contact: ");
  bool first = true;
  for (const usrloc::Entry* e = record.first(); e; e = e->next) {
    const usrloc::Contact& c = e->contact;
    if (!c.is_valid(now)) continue;
    if (!first) out.put(", ");
    first = false;
    out.put('<');
    out.put(c.address);
    out.put('>');
    if (c.q != kNoQ) put_q(out, c.q);
    out.put(";expires=");
    out.put_number(c.expires == 0 ? 0 : c.expires - now);
    if (!c.received.is_null()) {
      out.put(';');
      out.put(received_param);
      out.put("=\"");
      out.put(c.received);
      out.put('"');
    }
    if (c.instance.empty()) continue;
    if (with_gruu) put_gruus(out, c, aor, record.hash());
    out.put(";+sip.instance=\"");
    out.put(c.instance);
    out.put('"');
    if (c.reg_id != 0) {
      out.put(";reg-id=");
      out.put_number(c.reg_id);
    }
  }
  out.put("\r\n");
  if (!out.ok()) return false;
  call.arena->shrink(buffer, out.size());
  return append(call, out.text());
}

bool add_outcome(Call& call, const Refusal& outcome, Text path, Text unsupported, bool outbound) {
  const Int mode = outcome.code == 439 ? 0 : Registrar::Param::outbound_mode;
  if (outcome.fine() && path.is_null() && mode == 0) return true;
  const std::size_t room = 256 + path.len + unsupported.len + outcome.error.len;
  char* const buffer = static_cast<char*>(call.arena->allocate(room));
  if (!buffer) return false;
  sip::Writer out(buffer, room);
  const auto line = [&](Text name, Text value) {
    out.put(name);
    out.put(": ");
    out.put(value);
    out.put("\r\n");
  };
  if (!unsupported.is_null()) line("Unsupported", unsupported);
  if (outcome.code == 423) {
    out.put("Min-Expires: ");
    out.put_number(Registrar::Param::min_expires);
    out.put("\r\n");
  }
  if (!path.is_null()) line("Path", path);
  if (mode == 1) line("Supported", "outbound");
  if (mode == 2 || (mode == 1 && outbound)) line("Require", "outbound");
  if (mode == 2) line("Supported", "outbound");
  if (mode != 0 && (mode == 2 || outbound) && outcome.code != 421 && Registrar::Param::flow_timer > 0) {
    out.put("Flow-Timer: ");
    out.put_number(Registrar::Param::flow_timer);
    out.put("\r\n");
  }
  if (!outcome.fine()) line("P-Registrar-Error", outcome.error);
  if (outcome.code >= 500 && Registrar::Param::retry_after > 0) {
    out.put("Retry-After: ");
    out.put_number(Registrar::Param::retry_after);
    out.put("\r\n");
  }
  if (!out.ok()) return false;
  call.arena->shrink(buffer, out.size());
  return append(call, out.text());
}

Code send_outcome(Call& call, int code, Text reason) {
  const Services& services = call.process().services;
  if (services.reply_in_transaction)
    if (const Code done = services.reply_in_transaction(call, code, reason)) return done;
  return services.reply_stateless ? services.reply_stateless(call, code, reason) : -1;
}

}  // namespace strowger::registrar
