// DNS for scripts: dns_query(), srv_query(), naptr_query(), their variables, and comparisons of names with addresses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <charconv>
#include <map>

#include "ipops.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/resolver.h"

namespace strowger {
namespace {

constexpr Code kNoMatch = -1, kNoAddress = -3, kUnresolvable = -4;
constexpr std::size_t kMaxIds = 256;       // of each kind

using Records = std::vector<dns::Record>;
using Results = std::map<std::string, Records, std::less<>>;

/// What the queries of the running script found, by id. A script that waits takes its own along.
struct Queries {
  Results addresses, servers, services;
  bool is_empty() const { return addresses.empty() && servers.empty() && services.empty(); }
};

Queries& queries_of(Call& call) { return call.state<Queries>(Ipops::slot); }

/// Makes `id` name the records; false (logged) when there are too many ids.
bool keep(Call& call, Results& results, std::string_view id, Records records) {
  if (results.size() >= kMaxIds && results.find(id) == results.end()) {
    call.log(LogLevel::Err, "ipops: a query has more than 256 ids\n");
    return false;
  }
  results.insert_or_assign(std::string(id), std::move(records));
  return true;
}

/// IPv6 addresses first, as the C library's resolver orders them; by the hosts file, or by DNS.
Records addresses_of(Call& call, Text host) {
  Records out;
  if (const auto numeric = sip::parse_ip(host.view())) {
    out.emplace_back().address = *numeric;
    return out;
  }
  const std::string name = dns::normal_name(host.view());
  for (const HostName& one : call.process().hosts)
    if (one.name == name) out.emplace_back().address = one.address;
  if (!out.empty() || name.empty()) return out;
  Resolver& resolver = resolver_of(*call.worker);
  for (const dns::Type type : {dns::Type::Aaaa, dns::Type::A}) {
    const dns::SharedAnswer answer = resolver.find(name, type);
    out.insert(out.end(), answer->records.begin(), answer->records.end());
  }
  return out;
}

Code match(Call& call, Text host, Text ip) {
  const auto wanted = sip::parse_ip(ip.view());
  if (!wanted) return kNoAddress;
  const Records records = addresses_of(call, host);
  if (records.empty()) return kUnresolvable;
  const bool same = std::any_of(records.begin(), records.end(), [&](const dns::Record& record) { return record.address.same_ip(*wanted); });
  return same ? 1 : kNoMatch;
}

/// Asks for records and keeps them in their order; nothing found is no failure.
Code query(Call& call, Text name, Text id, dns::Type type, Results Queries::*results) {
  const std::string kept_id(id.view());    // texts of arguments may go while the script waits
  const std::string asked = dns::normal_name(name.view());
  Records records;
  if (!asked.empty()) records = resolver_of(*call.worker).find(asked, type)->records;
  const bool heavy_first = type == dns::Type::Srv;
  std::sort(records.begin(), records.end(), [&](const dns::Record& a, const dns::Record& b) {
    if (a.order != b.order) return a.order < b.order;
    return heavy_first ? a.preference > b.preference : a.preference < b.preference;
  });
  return keep(call, queries_of(call).*results, kept_id, std::move(records)) ? 1 : -1;
}

/// "id=>field[place]".
struct Place {
  std::string_view id, field;
  Int place = 0;
};

std::optional<Place> read_key(Text key) {
  const std::string_view text = key.view();
  const std::size_t arrow = text.find("=>");
  if (arrow == std::string_view::npos) return std::nullopt;
  Place path;
  path.id = text.substr(0, arrow);
  path.field = text.substr(arrow + 2);
  const std::size_t bracket = path.field.find('[');
  if (bracket == std::string_view::npos) return path;
  std::string_view place = path.field.substr(bracket + 1);
  path.field = path.field.substr(0, bracket);
  if (!place.ends_with(']')) return std::nullopt;
  place.remove_suffix(1);
  const auto [end, error] = std::from_chars(place.data(), place.data() + place.size(), path.place);
  return error == std::errc{} && end == place.data() + place.size() ? std::optional<Place>(path) : std::nullopt;
}

const Records* find(const Results& results, const Place& path) {
  const auto at = results.find(path.id);
  return at == results.end() ? nullptr : &at->second;
}

/// The record at a place, which counts from the end where it is negative.
const dns::Record* at(const Records& records, Int place) {
  const Int size = static_cast<Int>(records.size());
  if (place < 0) place += size;
  return place >= 0 && place < size ? &records[static_cast<std::size_t>(place)] : nullptr;
}

Value text_of(Call& call, std::string_view text) { return Value::of(call.arena->copy(Text(text))); }

Int count(const Records* records) { return records ? static_cast<Int>(records->size()) : 0; }

bool any_of_family(const Records& records, int family) {
  return std::any_of(records.begin(), records.end(), [&](const dns::Record& record) { return record.address.family == family; });
}

}  // namespace

void Ipops::worker_start(Worker& worker) {
  auto* const queries = new Queries;
  worker.module_state[slot] = queries;
  worker.cleanups.emplace_back([queries] { delete queries; });
  worker.scripts.add_run_state(movable_state<Queries, &slot>());
}

Code Ipops::dns_sys_match_ip(Call& call, Text host, Text ip) { return match(call, host, ip); }
Code Ipops::dns_int_match_ip(Call& call, Text host, Text ip) { return match(call, host, ip); }

Code Ipops::dns_query(Call& call, Text host, Text id) {
  const std::string kept_id(id.view());
  Records records = addresses_of(call, host);
  if (records.empty()) {
    queries_of(call).addresses.erase(kept_id);
    return kUnresolvable;
  }
  return keep(call, queries_of(call).addresses, kept_id, std::move(records)) ? 1 : -1;
}

Code Ipops::srv_query(Call& call, Text name, Text id) { return query(call, name, id, dns::Type::Srv, &Queries::servers); }
Code Ipops::naptr_query(Call& call, Text domain, Text id) { return query(call, domain, id, dns::Type::Naptr, &Queries::services); }

Value Ipops::get_dns(Call& call, Text key) {
  const auto path = read_key(key);
  const Records* const records = path ? find(queries_of(call).addresses, *path) : nullptr;
  if (!records) return Value::null();
  if (path->field == "count") return Value::of(count(records));
  if (path->field == "ipv4") return Value::of(Int{any_of_family(*records, 4)});
  if (path->field == "ipv6") return Value::of(Int{any_of_family(*records, 6)});
  const dns::Record* const record = at(*records, path->place);
  if (!record) return Value::null();
  if (path->field == "type") return Value::of(Int{record->address.family});
  if (path->field != "addr") return Value::null();
  char ip[64];
  return text_of(call, {ip, sip::print_ip(record->address, ip)});
}

Value Ipops::get_srvquery(Call& call, Text key) {
  const auto path = read_key(key);
  if (!path) return Value::null();
  const Records* const records = find(queries_of(call).servers, *path);
  if (path->field == "count") return Value::of(count(records));
  const dns::Record* const record = records ? at(*records, path->place) : nullptr;
  if (!record) return Value::null();
  if (path->field == "port") return Value::of(Int{record->port});
  if (path->field == "priority") return Value::of(Int{record->order});
  if (path->field == "weight") return Value::of(Int{record->preference});
  return path->field == "target" ? text_of(call, record->name) : Value::null();
}

Value Ipops::get_naptrquery(Call& call, Text key) {
  const auto path = read_key(key);
  if (!path) return Value::null();
  const Records* const records = find(queries_of(call).services, *path);
  if (path->field == "count") return Value::of(count(records));
  const dns::Record* const record = records ? at(*records, path->place) : nullptr;
  if (!record) return Value::null();
  if (path->field == "order") return Value::of(Int{record->order});
  if (path->field == "pref") return Value::of(Int{record->preference});
  if (path->field == "flags") return text_of(call, record->flags);
  if (path->field == "services") return text_of(call, record->services);
  if (path->field == "regex") return text_of(call, record->regexp);
  return path->field == "replace" ? text_of(call, record->name) : Value::null();
}

}  // namespace strowger
