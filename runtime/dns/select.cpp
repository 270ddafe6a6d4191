// From a host name to addresses, ports and protocols.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/dns/select.h"

#include <algorithm>

namespace strowger::dns {
namespace {

using sip::Protocol;

constexpr std::size_t kMostNaptr = 8;      // NAPTR records that are followed

struct Service { std::string_view text; Protocol protocol; bool secure; const char* prefix; };
/// RFC 3263 §4.1, RFC 4168; the second column of names is that of §4.2.
constexpr Service kServices[] = {
    {"SIP+D2U", Protocol::Udp, false, "_sip._udp."},
    {"SIP+D2T", Protocol::Tcp, false, "_sip._tcp."},
    {"SIPS+D2T", Protocol::Tls, true, "_sips._tcp."},
    {"SIP+D2S", Protocol::Sctp, false, "_sip._sctp."},
};

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

const Service* service_of(std::string_view text) {
  for (const Service& service : kServices)
    if (same(service.text, text)) return &service;
  return nullptr;
}

const char* prefix_of(Protocol protocol) {
  for (const Service& service : kServices)
    if (service.protocol == protocol) return service.prefix;
  return nullptr;
}

int preference_of(const Rules& rules, Protocol protocol) { return rules.preference[static_cast<std::size_t>(protocol)]; }

bool usable(const Rules& rules, Protocol protocol) { return rules.has(protocol) && preference_of(rules, protocol) >= 0; }

/// What can be tried where nothing was said: by preference; sips means TLS.
std::vector<Protocol> candidates(const Rules& rules, bool secure) {
  std::vector<Protocol> out;
  for (const Service& service : kServices)
    if ((!secure || service.secure) && usable(rules, service.protocol)) out.push_back(service.protocol);
  std::sort(out.begin(), out.end(), [&](Protocol a, Protocol b) {
    const int left = preference_of(rules, a), right = preference_of(rules, b);
    return left != right ? left > right : a < b;
  });
  return out;
}

}  // namespace

std::uint16_t default_port(Protocol protocol) { return protocol == Protocol::Tls || protocol == Protocol::Wss ? 5061 : 5060; }

std::vector<const Record*> order_of(const Answer& srv, bool weights, Lookup& lookup) {
  std::vector<const Record*> list;
  for (const Record& record : srv.records) list.push_back(&record);
  std::sort(list.begin(), list.end(), [](const Record* a, const Record* b) {
    if (a->order != b->order) return a->order < b->order;
    return a->preference != b->preference ? a->preference > b->preference : a < b;
  });
  if (!weights) return list;
  for (auto first = list.begin(); first != list.end();) {
    const auto end = std::find_if(first, list.end(), [&](const Record* r) { return r->order != (*first)->order; });
    std::rotate(first, std::find_if(first, end, [](const Record* r) { return r->preference == 0; }), end);
    for (; first != end; ++first) {        // one of those that are left, by chance
      std::uint64_t sum = 0, running = 0;
      for (auto at = first; at != end; ++at) sum += (*at)->preference;
      const std::uint64_t pick = lookup.random() % (sum + 1);
      const auto chosen = std::find_if(first, end, [&](const Record* r) { return (running += r->preference) >= pick; });
      std::rotate(first, chosen, std::next(chosen));
    }
  }
  return list;
}

void Targets::add(std::string name, std::uint16_t port, Protocol protocol) {
  if (servers_.size() < kMost && !name.empty()) servers_.push_back({std::move(name), port, protocol});
}

void Targets::add_srv(const Rules& rules, Lookup& lookup, const std::string& name, Protocol protocol) {
  const SharedAnswer answer = lookup.find(name, Type::Srv);
  for (const Record* record : order_of(*answer, rules.srv_weights, lookup)) add(record->name, record->port, protocol);
}

void Targets::add_naptr(const Rules& rules, Lookup& lookup, const Wanted& wanted) {
  const SharedAnswer answer = lookup.find(wanted.host, Type::Naptr);
  struct Choice { const Record* record; const Service* service; };
  std::vector<Choice> choices;
  for (const Record& record : answer->records) {
    const Service* const service = service_of(record.services);
    if (service == nullptr || (wanted.secure && !service->secure) || !usable(rules, service->protocol)) continue;
    if (record.name.empty() || (!same(record.flags, "s") && !same(record.flags, "a"))) continue;
    choices.push_back({&record, service});
  }
  std::sort(choices.begin(), choices.end(), [&](const Choice& a, const Choice& b) {
    const int left = preference_of(rules, a.service->protocol), right = preference_of(rules, b.service->protocol);
    if (rules.own_order && left != right) return left > right;
    if (a.record->order != b.record->order) return a.record->order < b.record->order;
    return a.record->preference != b.record->preference ? a.record->preference < b.record->preference : a.record < b.record;
  });
  if (choices.size() > kMostNaptr) choices.resize(kMostNaptr);
  for (const Choice& choice : choices) {
    const Protocol protocol = choice.service->protocol;
    if (same(choice.record->flags, "s")) add_srv(rules, lookup, choice.record->name, protocol);
    else add(choice.record->name, default_port(protocol), protocol);
    if (!servers_.empty() && !rules.failover) return;
  }
}

Targets::Targets(const Rules& rules, Lookup& lookup, const Wanted& wanted) {
  const Protocol usual = wanted.secure ? Protocol::Tls : Protocol::Udp;
  const bool said = wanted.protocol != Protocol::Any;
  const Protocol protocol = said ? wanted.protocol : usual;
  if (wanted.port != 0) {
    add(wanted.host, wanted.port, protocol);
  } else if (said) {
    if (const char* const prefix = prefix_of(protocol)) add_srv(rules, lookup, prefix + wanted.host, protocol);
  } else {
    if (rules.try_naptr) add_naptr(rules, lookup, wanted);
    if (servers_.empty()) {
      if (!rules.try_naptr && !rules.failover) {
        add_srv(rules, lookup, prefix_of(usual) + wanted.host, usual);
      } else {
        for (const Protocol one : candidates(rules, wanted.secure)) {
          add_srv(rules, lookup, prefix_of(one) + wanted.host, one);
          if (!servers_.empty() && !rules.failover) break;
        }
      }
    }
  }
  if (servers_.empty()) add(wanted.host, default_port(protocol), protocol);
}

std::optional<Target> Targets::next(const Rules& rules, Lookup& lookup) {
  if (given_ >= kMost) return std::nullopt;
  while (next_address_ == addresses_.size()) {
    if (at_ >= servers_.size()) return std::nullopt;
    const Server server = servers_[at_++];
    addresses_.clear();
    next_address_ = 0;
    const auto index = static_cast<std::size_t>(server.protocol);
    // Where no socket has the protocol, an address is found all the same: what is missing is the socket, not the name.
    const bool none = !rules.has(server.protocol), has4 = none || rules.has4[index], has6 = none || rules.has6[index];
    const auto take = [&](sip::Address address) {
      address.port = server.port;
      if ((address.family == 4 ? has4 : has6) && addresses_.size() < kMost) addresses_.push_back({address, server.protocol});
    };
    if (const auto numeric = sip::parse_ip(server.name)) {
      take(*numeric);
      continue;
    }
    const bool four = !rules.ipv6_only && has4;
    const bool six = !rules.ipv4_only && rules.try_ipv6 && has6;
    const bool six_first = rules.prefer_ipv6 || !four;
    for (const bool is_six : {six_first, !six_first}) {
      if (is_six ? !six : !four) continue;
      if (!addresses_.empty() && !rules.failover) break;
      const SharedAnswer answer = lookup.find(server.name, is_six ? Type::Aaaa : Type::A);
      for (const Record& record : answer->records) take(record.address);
    }
  }
  ++given_;
  return addresses_[next_address_++];
}

}  // namespace strowger::dns
