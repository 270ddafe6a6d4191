// What a REGISTER asks for (RFC 3261 §10.2, RFC 3327, RFC 5627).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/registrar/register_request.h"

#include <algorithm>

#include "registrar.interface.h"
#include "runtime/script/contact_uri.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/print.h"
#include "stdlib/registrar/aor.h"
#include "stdlib/registrar/records.h"
#include "stdlib/registrar/state.h"

namespace strowger::registrar {
namespace {

constexpr std::size_t kMaxCallId = 255, kMaxUserAgent = 255, kMaxReceived = 255, kMaxPath = 4096;
constexpr std::int64_t kMaxExpires = 0x7fffffff;  // 68 years: what others read into 32 bits

/// "0.5" as 500; nothing when it is no q value.
std::optional<std::int16_t> q_of(Text text) {
  int value = 0, unit = 1000;
  std::size_t i = 0;
  for (; i < text.len && sip::is_digit(text.ptr[i]); ++i) {
    value = value * 10 + (text.ptr[i] - '0') * 1000;
    if (value > 1000) return std::nullopt;
  }
  if (i < text.len) {
    if (text.ptr[i++] != '.' || i == text.len) return std::nullopt;
    for (; i < text.len; ++i) {
      if (!sip::is_digit(text.ptr[i])) return std::nullopt;
      unit /= 10;
      value += (text.ptr[i] - '0') * unit;
    }
  }
  if (value > 1000) return std::nullopt;
  return static_cast<std::int16_t>(value);
}

/// `value` changed at random by up to `percent` in both directions.
std::int64_t vary(Worker& worker, std::int64_t value, Int percent) {
  const std::int64_t span = value * percent / 100;
  if (span <= 0) return value;
  return value - span + static_cast<std::int64_t>(worker.random() % static_cast<std::uint64_t>(2 * span + 1));
}

bool is_star(Text value) {
  return value.len > 0 && value.ptr[0] == '*' &&
         (value.len == 1 || sip::is_lws(value.ptr[1]) || value.ptr[1] == ',' || value.ptr[1] == ';');
}

/// Where the request came in, or what a header says of another proxy's socket.
const Socket* socket_of(Call& call) {
  LiveMessage& live = *call.live;
  const Int flag = Registrar::Param::sock_flag;
  const Text name = Registrar::Param::sock_hdr_name;
  if (flag >= 0 && flag < 32 && !name.empty() && (live.flags & (1u << flag)) != 0)
    if (const sip::Header* h = live.message.find(sip::header_id_of(name.view()), name))
      if (const Socket* socket = call.process().find_socket(sip::trim(live.message.value(*h)))) return socket;
  return live.socket;
}

}  // namespace

namespace {

/// The methods of Allow. Phones of one make send the same list again and again: the last one is kept.
std::uint32_t allowed_methods(Call& call) {
  sip::Message& message = call.message();
  WorkerState& state = state_of(*call.worker);
  const sip::Header* const top = message.first(sip::HeaderId::Allow);
  const Text value = message.value(*top);
  if (value.len <= WorkerState::kMaxAllow && !message.next(top)) {
    if (value.len != state.allow_len || std::memcmp(value.ptr, state.allow, value.len) != 0) {
      std::memcpy(state.allow, value.ptr, value.len);
      state.allow_len = value.len;
      state.allow_methods = methods_of(value);
    }
    return state.allow_methods;
  }
  std::uint32_t methods = 0;
  for (const sip::Header* h = top; h; h = message.next(h)) methods |= methods_of(message.value(*h));
  return methods;
}

}  // namespace

std::uint32_t methods_of(Text list) {
  std::uint32_t bits = 0;
  while (!list.empty()) {
    std::size_t n = 0;
    while (n < list.len && list.ptr[n] != ',') ++n;
    const Text one = sip::trim({list.ptr, n});
    if (!one.empty()) bits |= sip::method_bit_of(one);
    const std::size_t skip = n < list.len ? n + 1 : n;
    list = {list.ptr + skip, list.len - skip};
  }
  return bits;
}

bool has_option(sip::Message& message, sip::HeaderId id, std::string_view tag) {
  for (const sip::Header* h = message.first(id); h; h = message.next(h)) {
    Text list = message.value(*h);
    while (!list.empty()) {
      std::size_t n = 0;
      while (n < list.len && list.ptr[n] != ',') ++n;
      if (sip::equal_ignore_case(sip::trim({list.ptr, n}), Text(tag))) return true;
      const std::size_t skip = n < list.len ? n + 1 : n;
      list = {list.ptr + skip, list.len - skip};
    }
  }
  return false;
}

bool RegisterRequest::add(const sip::NameAddr& address) {
  if (count == kMaxContacts) return false;
  Wanted& wanted = *new (begin() + count++) Wanted;
  usrloc::Contact& contact = wanted.contact;
  contact.address = address.uri;
  Text rest = address.params;
  sip::Param param;
  while (!rest.empty() && sip::next_param(rest, param)) {
    if (sip::equal_ignore_case(param.name, "received") && !param.value.empty()) contact.received = param.value;
    switch (param.name.len) {
      case 1:
        if (sip::equal_ignore_case(param.name, "q")) wanted.q = param.value;
        break;
      case 6:
        if (sip::equal_ignore_case(param.name, "reg-id")) contact.reg_id = sip::parse_number(param.value).value_or(0);
        break;
      case 7:
        if (sip::equal_ignore_case(param.name, "expires"))
          wanted.expires = param.value;
        else if (sip::equal_ignore_case(param.name, "methods"))
          contact.methods = methods_of(param.value);
        break;
      case 13:
        if (sip::equal_ignore_case(param.name, "+sip.instance")) contact.instance = param.value;
        break;
      default:
        break;
    }
  }
  return true;
}

Refusal RegisterRequest::read_contacts(Call& call) {
  sip::Message& message = call.message();
  for (const sip::Header* h = message.first(sip::HeaderId::Contact); h; h = message.next(h)) {
    Text rest = sip::trim(message.value(*h));
    if (star) return refusal(400, "* used in contact and more than 1 contact");
    if (is_star(rest)) {
      if (count != 0) return refusal(400, "* used in contact and more than 1 contact");
      star = true;
      continue;
    }
    const int before = count;
    if (!rest.empty() && rest.ptr[rest.len - 1] == ',') return refusal(400, "Contact parse error");
    do {
      auto address = sip::next_name_addr(rest);
      if (!address || address->uri.empty() || is_star(address->uri)) return refusal(400, "Contact parse error");
      if (!address->bracketed && address->uri.view().find(':') == std::string_view::npos) return refusal(400, "Contact parse error");
      if (address->uri.len > static_cast<std::size_t>(Registrar::Param::contact_max_size))
        return refusal(400, "Contact/received too long");
      sip::NameAddr& now = *address;
      if (const Text rewritten = rewritten_contact_uri(*call.live, now.uri); !rewritten.is_null()) now.uri = rewritten;
      if (!add(now)) return refusal(503, "Too many registered contacts");
    } while (!sip::trim(rest).empty());
    std::reverse(begin() + before, end());
  }
  return {};
}

Refusal RegisterRequest::read(Call& call) {
  sip::Message& message = call.message();
  if (const sip::Header* h = message.first(sip::HeaderId::Expires)) {
    const Text value = sip::trim(message.value(*h));
    if (value.empty()) return refusal(400, "Expires parse error");
    if (const auto number = sip::parse_number(value)) header_expires_ = *number;
  }
  if (const Refusal bad = read_contacts(call); !bad.fine()) return bad;
  if (star && header_expires_ != 0) return refusal(400, "* used in contact and expires is not zero");
  return read_outbound(message);
}

/// A phone without Supported may register where outbound is mandatory, as in Kamailio.
Refusal RegisterRequest::read_outbound(sip::Message& message) {
  const bool required = message.first(sip::HeaderId::Require) && has_option(message, sip::HeaderId::Require, "outbound");
  const Int mode = Registrar::Param::outbound_mode;
  if (mode == 0) return required ? refusal(420, "No support for Outbound on server") : Refusal();
  const bool says = message.first(sip::HeaderId::Supported);
  outbound = required || (says && has_option(message, sip::HeaderId::Supported, "outbound"));
  if (mode == 2 && says && !has_option(message, sip::HeaderId::Supported, "outbound"))
    return refusal(421, "No support for Outbound indicated");
  return {};
}

/// A reg-id makes a flow, which the first hop has to support unless the phone is our neighbour (RFC 5626 §6).
Refusal RegisterRequest::check_flows(sip::Message& message) {
  if (Registrar::Param::outbound_mode == 0 || Registrar::Param::regid_mode != 0 || edge_has_outbound_) return {};
  const sip::Header* const top = message.first(sip::HeaderId::Via);
  Text rest = message.value(*top);
  const bool neighbour = !message.next(top) && sip::next_via(rest) && sip::trim(rest).empty();
  if (neighbour) return {};
  for (Wanted& wanted : *this) {
    if (wanted.contact.instance.empty() || wanted.contact.reg_id == 0) continue;
    if (message.first(sip::HeaderId::Supported) && has_option(message, sip::HeaderId::Supported, "outbound"))
      return refusal(439, "No support for Outbound on edge proxy");
    wanted.contact.reg_id = 0;
  }
  return {};
}

/// Joins the Path values; the first must be that of a loose router.
Refusal RegisterRequest::read_path(Call& call) {
  sip::Message& message = call.message();
  const sip::Header* const top = message.first(sip::HeaderId::Path);
  if (Registrar::Param::use_path == 0 || !top) return {};
  std::size_t room = 0;
  int first = 0;
  for (const sip::Header* h = top; h; h = message.next(h)) {
    room += h->value_len + 2;
    Text rest = sip::trim(message.value(*h));
    while (!rest.empty()) {
      const auto value = sip::next_name_addr(rest);
      if (!value || !value->bracketed || value->uri.empty()) return refusal(400, "Path parse error");
      if (!first++) {
        const auto uri = sip::parse_uri(value->uri);
        if (!uri || uri->param("lr").is_null()) return refusal(400, "Path parse error");
        edge_has_outbound_ = !uri->param("ob").is_null();
      }
      rest = sip::trim(rest);
    }
  }
  if (room > kMaxPath) return refusal(400, "Path parse error");
  char* const buffer = static_cast<char*>(call.arena->allocate(room));
  if (!buffer) return refusal(500, "Path parse error");
  sip::Writer out(buffer, room);
  for (const sip::Header* h = top; h; h = message.next(h)) {
    if (h != top) out.put(',');
    out.put(sip::trim(message.value(*h)));
  }
  path = out.text();
  return {};
}

Refusal RegisterRequest::limit_expiry(Call& call, Wanted& wanted, bool exact) {
  using Param = Registrar::Param;
  std::int64_t seconds;
  if (const auto wished = wished_number(call, "expires"); wished && *wished >= 0) {
    seconds = *wished;
  } else if (!wanted.expires.empty()) {
    const auto number = sip::parse_number(wanted.expires);
    seconds = number ? static_cast<std::int64_t>(*number) : Param::default_expires;
  } else if (header_expires_ >= 0) {
    seconds = header_expires_;
  } else {
    seconds = exact ? Param::default_expires : vary(*call.worker, Param::default_expires, Param::default_expires_range);
  }
  wanted.removal = seconds == 0;
  if (wanted.removal) return {};
  if (!exact) seconds = vary(*call.worker, seconds, Param::expires_range);
  if (seconds < Param::min_expires) {
    if (Param::min_expires_mode != 0) return refusal(423, "Interval too brief");
    seconds = Param::min_expires;
  }
  if (Param::max_expires > 0 && seconds > Param::max_expires) seconds = Param::max_expires;
  if (seconds > kMaxExpires) seconds = kMaxExpires;
  wanted.contact.expires = call.worker->now.wall_seconds() + seconds;
  return {};
}

Refusal RegisterRequest::complete(Call& call, bool exact_expiry) {
  LiveMessage& live = *call.live;
  sip::Message& message = live.message;
  const Text call_id = sip::trim(message.call_id());
  const sip::CSeq* const cseq = message.cseq();
  if (call_id.len > kMaxCallId) return refusal(400, "Callid too long");
  if (!cseq) return refusal(400, "Invalid CSeq number");
  if (const Refusal bad = read_path(call); !bad.fine()) return bad;
  if (const Refusal bad = check_flows(message); !bad.fine()) return bad;

  Text agent =
      message.first(sip::HeaderId::UserAgent) ? sip::trim(message.value_of(sip::HeaderId::UserAgent)) : Text("n/a");
  if (agent.len > kMaxUserAgent) agent.len = kMaxUserAgent;
  Text received;
  if (const VariableRef* avp = Registrar::Param::received_avp) received = avp->get(&call).text();
  if (received.empty()) received = Text::null();
  if (received.is_null() && !path.is_null() && Registrar::Param::path_use_received != 0) {
    Text rest = path;
    const auto first = sip::next_name_addr(rest);
    const auto uri = first ? sip::parse_uri(first->uri) : std::nullopt;
    if (uri && !uri->param("received").empty()) {
      received = unescaped(uri->param("received"), *call.arena);
      if (received.is_null()) return refusal(400, "Path parse error");
    }
  }
  if (!received.is_null() && received.len > kMaxReceived) return refusal(400, "Contact/received too long");
  const bool any_method = !message.first(sip::HeaderId::Allow);
  const std::uint32_t methods = any_method ? 0 : allowed_methods(call);
  const Socket* const socket = socket_of(call);

  const auto wished_q = wished_number(call, "q");
  if (wished_q && (*wished_q < 0 || *wished_q > 1000)) return refusal(400, "Invalid q param in contact");
  for (Wanted& wanted : *this) {
    usrloc::Contact& contact = wanted.contact;
    if (const Refusal bad = limit_expiry(call, wanted, exact_expiry); !bad.fine()) return bad;
    contact.q = static_cast<std::int16_t>(Registrar::Param::default_q);
    if (!wanted.q.empty()) {
      const auto q = q_of(wanted.q);
      if (!q) return refusal(400, "Invalid q param in contact");
      contact.q = *q;
    }
    if (wished_q) contact.q = static_cast<std::int16_t>(*wished_q);
    contact.call_id = call_id;
    contact.cseq = cseq->number;
    contact.user_agent = agent;
    if (!received.is_null()) contact.received = received;
    if (contact.received.len > kMaxReceived) return refusal(400, "Contact/received too long");
    contact.path = path;
    contact.socket = socket;
    contact.connection = live.connection;
    contact.modified = call.worker->now.wall_seconds();
    contact.branch_flags = live.branch_flags;
    if (!any_method) contact.methods = methods;
    contact.server_id = static_cast<std::uint32_t>(call.process().settings.server_id);
  }
  return {};
}

}  // namespace strowger::registrar
