// dns.*: the cache of DNS answers, seen and changed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <limits>

#include "core.interface.h"
#include "runtime/script/resolver.h"
#include "runtime/script/rpc.h"

namespace strowger {
namespace {

constexpr std::size_t kShown = 2000;       // entries of dns.view

struct TypeName { std::string_view text; dns::Type type; };
constexpr TypeName kTypes[] = {{"A", dns::Type::A}, {"AAAA", dns::Type::Aaaa}, {"SRV", dns::Type::Srv}, {"NAPTR", dns::Type::Naptr}};

std::string_view name_of(dns::Type type) {
  for (const auto& [text, one] : kTypes)
    if (one == type) return text;
  return "unknown";
}

dns::Cache& cache_of(RpcCall& call) { return dns_of(call.process()).cache; }

Int seconds_until(std::int64_t time, std::int64_t now) { return std::max<std::int64_t>(0, (time - now) / 1000); }

void add_record(RpcReply& out, const dns::Record& record, dns::Type type, Int index, const dns::Cache::Entry& entry, std::int64_t now) {
  out.begin_struct();
  out.add_named("rr_idx", index);
  if (type == dns::Type::A || type == dns::Type::Aaaa) {
    char ip[64];
    out.add_named("rr_ip", std::string_view(ip, sip::print_ip(record.address, ip)));
  } else if (type == dns::Type::Srv) {
    out.add_named("rr_name", std::string_view(record.name));
    out.add_named("rr_port", Int{record.port});
    out.add_named("rr_priority", Int{record.order});
    out.add_named("rr_weight", Int{record.preference});
  } else {
    out.add_named("rr_order", Int{record.order});
    out.add_named("rr_preference", Int{record.preference});
    out.add_named("rr_flags", std::string_view(record.flags));
    out.add_named("rr_service", std::string_view(record.services));
    out.add_named("rr_regexp", std::string_view(record.regexp));
    out.add_named("rr_replacement", std::string_view(record.name));
  }
  out.add_named("rr_permanent", entry.fixed ? "yes" : "no");
  if (!entry.fixed) out.add_named("rr_expires", seconds_until(entry.expires, now));
  out.end_struct();
}

void add_entry(RpcReply& out, const dns::Cache::Entry& entry, std::int64_t now) {
  out.begin_struct();
  out.add_named("name", entry.name());
  out.add_named("type", name_of(entry.type()));
  out.add_named("size_bytes", static_cast<Int>(entry.bytes));
  out.add_named("reference_counter", static_cast<Int>(entry.answer.use_count() - 1));
  out.add_named("permanent", entry.fixed ? "yes" : "no");
  if (!entry.fixed) out.add_named("expires", seconds_until(entry.given_until, now));
  out.add_named("last_used", entry.used ? (now - entry.used) / 1000 : Int{0});
  out.add_named("negative_entry", entry.answer->status == dns::Status::Found ? "no" : "yes");
  if (!entry.answer->records.empty()) {
    out.begin_array("records");
    Int index = 0;
    for (const dns::Record& record : entry.answer->records) add_record(out, record, entry.type(), index++, entry, now);
    out.end_array();
  }
  out.end_struct();
}

/// The next parameter as a name in lower case; empty (with the fault set) when it is none.
std::string next_name(RpcCall& call) {
  const auto text = call.next_text_of_any();
  std::string name = text ? dns::normal_name(*text) : std::string();
  if (name.empty()) call.fault(400, "Invalid name");
  return name;
}

void remove(RpcCall& call, dns::Type type) {
  const std::string name = next_name(call);
  if (!name.empty() && !cache_of(call).remove(name, type)) call.fault(400, "Not found");
}

/// A number of a range, or the fault.
template <class T>
bool next_number(RpcCall& call, T& out) {
  const auto number = call.next_int_of_any();
  if (!number || *number < 0 || *number > std::numeric_limits<T>::max()) return call.fault(400, "Invalid number"), false;
  out = static_cast<T>(*number);
  return true;
}

void add_to_cache(RpcCall& call, const std::string& name, dns::Type type, dns::Record record) {
  constexpr Int kForEver = 2;
  const bool for_ever = call.more() && (call.next_int_of_any().value_or(0) & kForEver) != 0;
  cache_of(call).add(name, type, std::move(record), for_ever, call.worker.now.mono);
}

/// name ttl ip [flags]
void add_address(RpcCall& call, int family) {
  const std::string name = next_name(call);
  dns::Record record;
  if (name.empty() || !next_number(call, record.ttl)) return;
  const auto ip = call.next_text_of_any();
  const auto address = ip ? sip::parse_ip(*ip) : std::nullopt;
  if (!address || address->family != family) return call.fault(400, "Failed to add the entry to the cache");
  record.address = *address;
  add_to_cache(call, name, family == 4 ? dns::Type::A : dns::Type::Aaaa, std::move(record));
}

}  // namespace

void Core::rpc_dns_view(RpcCall& call) {
  for (const auto& entry : cache_of(call).entries(kShown)) add_entry(call.reply, entry, call.worker.now.mono);
}

void Core::rpc_dns_mem_info(RpcCall& call) {
  call.reply.add(static_cast<Int>(cache_of(call).numbers().bytes));
  call.reply.add(static_cast<Int>(cache_of(call).limits().bytes));
}

void Core::rpc_dns_lookup(RpcCall& call) {
  const auto word = call.next_text_of_any();
  const auto type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeName& one) {
    return word && sip::equal_ignore_case(one.text, std::string_view(*word));
  });
  if (type == std::end(kTypes)) return call.fault(400, "Invalid type");
  const std::string name = next_name(call);
  if (name.empty()) return;
  Worker& worker = call.worker;
  const dns::SharedAnswer answer = resolver_of(worker).find(name, type->type);
  if (answer->status != dns::Status::Found) return call.fault(400, "Not found");
  auto entry = cache_of(call).entry(name, type->type);
  if (!entry) {                              // the cache keeps nothing, or not this
    entry.emplace();
    entry->key = dns::Cache::key_of(name, type->type);
    entry->answer = answer;
    entry->expires = entry->given_until = worker.now.mono + Int{answer->ttl} * 1000;
  }
  add_entry(call.reply, *entry, worker.now.mono);
}

void Core::rpc_dns_delete_a(RpcCall& call) { remove(call, dns::Type::A); }
void Core::rpc_dns_delete_aaaa(RpcCall& call) { remove(call, dns::Type::Aaaa); }
void Core::rpc_dns_delete_srv(RpcCall& call) { remove(call, dns::Type::Srv); }
void Core::rpc_dns_delete_naptr(RpcCall& call) { remove(call, dns::Type::Naptr); }

void Core::rpc_dns_delete_all(RpcCall& call) {
  cache_of(call).clear(false);
  call.reply.begin_struct();
  call.reply.add_named("status", "ok");
  call.reply.end_struct();
}

void Core::rpc_dns_delete_all_force(RpcCall& call) {
  cache_of(call).clear(true);
  call.reply.begin_struct();
  call.reply.add_named("status", "ok");
  call.reply.end_struct();
}

void Core::rpc_dns_add_a(RpcCall& call) { add_address(call, 4); }
void Core::rpc_dns_add_aaaa(RpcCall& call) { add_address(call, 6); }

void Core::rpc_dns_add_srv(RpcCall& call) {   // name ttl priority weight port target [flags]
  const std::string name = next_name(call);
  dns::Record record;
  if (name.empty() || !next_number(call, record.ttl) || !next_number(call, record.order) || !next_number(call, record.preference) ||
      !next_number(call, record.port))
    return;
  record.name = next_name(call);
  if (!record.name.empty()) add_to_cache(call, name, dns::Type::Srv, std::move(record));
}

}  // namespace strowger
