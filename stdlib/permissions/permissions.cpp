// The module's life, and the functions about addresses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/read_file.h"
#include "stdlib/permissions/state.h"

namespace strowger {
namespace permissions {
namespace {

using P = Permissions::Param;

constexpr Int kTableVersion = 6;  // of both tables
enum Backend : Int { kAddresses = 1, kPeers = 2, kDefaultAllow = 4, kDefaultDeny = 8 };
constexpr Int kDefaultGroup = 1;

/// The folder of the script, with its "/".
std::string_view folder_of(const Process& process) {
  const std::string_view script = process.image.cfg_path.view();
  const std::size_t slash = script.rfind('/');
  return slash == script.npos ? std::string_view() : script.substr(0, slash + 1);
}

/// A relative path counts from there, other than those of rules (path_of()).
std::string beside_script(const Process& process, Text path) {
  return std::string(path.view().starts_with('/') ? "" : folder_of(process)).append(path.view());
}

bool has(Backend backend) { return (P::load_backends & backend) != 0; }

std::vector<std::string> strings(std::initializer_list<Text> texts) {
  std::vector<std::string> out;
  for (const Text text : texts) out.emplace_back(text.view());
  return out;
}

/// Kamailio works without a file that is missing; so do we, and say so. An empty path: no rules.
const Rules* load_rules(const Process& process, Shared& shared, const std::string& path) {
  const auto [place, is_new] = shared.rules.try_emplace(path);
  if (!is_new || path.empty()) return &place->second;
  const auto content = read_file(path);
  if (!content)
    process.log.write(LogLevel::Info, "permissions: the file '" + path + "' cannot be read: there are no rules");
  place->second = Rules::parse(content.value_or(""), [&](const std::string& why) {
    process.log.write(LogLevel::Err, "permissions: " + path + ": " + why);
  });
  return &place->second;
}

void load_all_rules(const Process& process, Shared& shared) {
  shared.default_pair = {load_rules(process, shared, has(kDefaultAllow) ? path_of(process, P::default_allow_file) : ""),
                         load_rules(process, shared, has(kDefaultDeny) ? path_of(process, P::default_deny_file) : "")};
  for (std::uint64_t i = 0; i < P::basename.count; ++i) {
    const Text name = P::basename.items[i];
    shared.pairs[std::string(name.view())] = {load_rules(process, shared, path_of(process, name, P::allow_suffix)),
                                              load_rules(process, shared, path_of(process, name, P::deny_suffix))};
  }
  for (const TextList& files : {P::allow_file, P::deny_file})
    for (std::uint64_t i = 0; i < files.count; ++i)
      shared.files[std::string(files.items[i].view())] = load_rules(process, shared, path_of(process, files.items[i]));
}

/// The trusted peers: kept, or asked for. False and `why`.
bool start_peers(const Process& process, Shared& shared, std::string& why) {
  if (!has(kPeers) || P::db_url.is_null()) return true;
  if (!db::has_version(process, P::db_url.view(), P::trusted_table.view(), kTableVersion, why)) return false;
  if (P::db_mode == 0) {
    shared.queries.emplace(*db::find_driver(process, P::db_url.view()), std::string(P::db_url.view()));
    return true;
  }
  auto peers = load_peers(process, why);
  if (!peers) return false;
  shared.peers.publish(std::move(peers));
  return true;
}

bool start_addresses(const Process& process, Shared& shared, std::string& why) {
  if (!has(kAddresses) || (P::address_file.empty() && P::db_url.is_null())) return true;
  if (P::address_file.empty() &&
      !db::has_version(process, P::db_url.view(), P::address_table.view(), kTableVersion, why))
    return false;
  auto addresses = load_addresses(process, why);
  if (!addresses) return false;
  shared.addresses.publish(std::move(addresses));
  return true;
}

/// The entry for an address or a name; null where there is none, or no table. It stays while the table does.
const Entry* find(const Addresses* table, Text text, std::optional<Int> group, Int port) {
  if (!table || text.empty()) return nullptr;
  const auto address = address_in(text.view());
  return address ? table->find(*address, group, port) : table->find(text.view(), group, port);
}

std::shared_ptr<const Addresses> addresses_of(Call& call) {
  PerWorker& state = state_of(*call.worker);
  return state.addresses.get(state.shared->addresses);
}

const Entry* find_source(const Addresses* table, Call& call, std::optional<Int> group) {
  return table ? table->find(call.live->source, group, call.live->source.port) : nullptr;
}

}  // namespace

std::shared_ptr<const Addresses> load_addresses(const Process& process, std::string& why) {
  std::optional<std::vector<Entry>> entries;
  std::string from;
  if (!P::address_file.empty()) {
    from = beside_script(process, P::address_file);
    const auto content = read_file(from);
    content ? void(entries = parse_addresses(*content, why)) : void(why = "it cannot be read");
  } else {
    from = std::string(P::db_url.view()) + ", table " + std::string(P::address_table.view());
    const auto columns = strings({P::grp_col, P::ip_addr_col, P::mask_col, P::port_col, P::tag_col});
    if (const auto rows = db::load_table(process, P::db_url.view(), P::address_table.view(), columns, why))
      entries = read_addresses(*rows, why);
  }
  if (!entries) return why = from + ": " + why, nullptr;
  auto table =
      std::make_shared<Addresses>(std::move(*entries), static_cast<std::size_t>(std::max<Int>(P::max_subnets, 0)));
  if (table->left_out() > 0)
    process.log.write(LogLevel::Crit, "permissions: " + from + ": " + std::to_string(table->left_out()) +
                                          " networks above max_subnets are left out");
  return table;
}

std::vector<std::string> peer_columns() {
  return strings({P::source_col, P::proto_col, P::from_col, P::ruri_col, P::tag_col, P::priority_col});
}

std::shared_ptr<const Peers> load_peers(const Process& process, std::string& why) {
  const auto rows = db::load_table(process, P::db_url.view(), P::trusted_table.view(), peer_columns(), why);
  auto peers = rows ? Peers::build(*rows, why) : nullptr;
  if (!peers) why = std::string(P::db_url.view()) + ", table " + std::string(P::trusted_table.view()) + ": " + why;
  return peers;
}

std::string path_of(const Process& process, Text name, Text suffix) {
  return std::string(name.view().find('/') == std::string_view::npos ? folder_of(process) : "")
      .append(name.view())
      .append(suffix.view());
}

void tell_tag(Call& call, const std::optional<std::string>& tag) {
  if (tag && P::peer_tag_avp && P::peer_tag_avp->set)
    P::peer_tag_avp->set(&call, Value::of(call.arena->copy(std::string_view(*tag))));
}

}  // namespace permissions

using permissions::Shared;

void Permissions::start(Process& process) {
  auto* const shared = new Shared;
  process.module_state[slot] = shared;
  permissions::load_all_rules(process, *shared);
  std::string why;
  if (permissions::start_peers(process, *shared, why) && permissions::start_addresses(process, *shared, why)) return;
  process.log.write(LogLevel::Crit, "permissions: " + why);
  process.failed = true;
}

void Permissions::worker_start(Worker& worker) {
  auto* const state = new permissions::PerWorker;
  state->shared = static_cast<Shared*>(worker.process.module_state[slot]);
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state, &worker] {
    if (state->shared->queries) state->shared->queries->leave(worker);
    delete state;
  });
}

void Permissions::stop(Process& process) {
  delete static_cast<Shared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Code Permissions::allow_address(Call& call, Int group, Text addr, Int port) {
  const auto table = permissions::addresses_of(call);
  const permissions::Entry* const entry = permissions::find(table.get(), addr, group, port);
  if (!entry) return -1;
  permissions::tell_tag(call, entry->tag);
  return 1;
}

Code Permissions::allow_source_address(Call& call) { return allow_source_address(call, permissions::kDefaultGroup); }
Code Permissions::allow_source_address(Call& call, Int group) {
  const auto table = permissions::addresses_of(call);
  const permissions::Entry* const entry = permissions::find_source(table.get(), call, group);
  if (!entry) return -1;
  permissions::tell_tag(call, entry->tag);
  return 1;
}

Code Permissions::allow_source_address_group(Call& call) {
  const auto table = permissions::addresses_of(call);
  const permissions::Entry* const entry = permissions::find_source(table.get(), call, std::nullopt);
  if (!entry) return -1;
  permissions::tell_tag(call, entry->tag);
  return static_cast<Code>(entry->group);
}

Code Permissions::allow_address_group(Call& call, Text addr, Int port) {
  const auto table = permissions::addresses_of(call);
  const permissions::Entry* const entry = permissions::find(table.get(), addr, std::nullopt, port);
  if (!entry) return -1;
  if (entry->address.family != 0) permissions::tell_tag(call, entry->tag);  // a name's tag is not told, as in 5.6.3
  return static_cast<Code>(entry->group);
}

}  // namespace strowger
