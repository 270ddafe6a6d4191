// permissions.*: tables read again, shown, and rules tried.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include "stdlib/permissions/state.h"

namespace strowger {
namespace permissions {
namespace {

constexpr Int kUsualDelta = 5;

std::string_view shown(const std::optional<std::string>& text) { return text ? std::string_view(*text) : "NULL"; }

void put_row(RpcReply& out, std::string_view what, const Entry& entry, bool with_mask) {
  out.add_named("group", entry.group);
  out.begin_struct("item");
  out.add_named(what, std::string_view(entry.name));
  if (with_mask) out.add_named("mask", Int{entry.mask});
  out.add_named("port", entry.port);
  out.add_named("tag", shown(entry.tag));
  out.end_struct();
}

std::shared_ptr<const Addresses> table_of(RpcCall& call, std::string_view missing) {
  PerWorker& state = state_of(call.worker);
  auto table = state.addresses.get(state.shared->addresses);
  if (!table) call.fault(500, missing);
  return table;
}

/// Loads in a thread of its own what is there already, and publishes it.
template <class T>
void reload(RpcCall& call, Snapshot<T>& snapshot, std::shared_ptr<const T> (*load)(const Process&, std::string& why)) {
  Shared& shared = *state_of(call.worker).shared;
  const Int delta = Permissions::Param::reload_delta < 0 ? kUsualDelta : Permissions::Param::reload_delta;
  const std::int64_t now = call.worker.now.mono / 1000;
  if (now < shared.reloaded + delta) return call.fault(500, "ongoing reload");
  shared.reloaded = now;
  if (!snapshot.load()) return call.fault(500, "Reload failed.");
  const auto good = std::make_shared<std::atomic<bool>>(false);
  const Aside::Result result = shared.aside.run(call.worker, [good, load, &snapshot, process = &call.process()] {
    std::string why;
    auto loaded = load(*process, why);
    if (!loaded) return process->log.write(LogLevel::Err, "permissions: " + why);
    snapshot.publish(std::move(loaded));
    *good = true;
  });
  if (result == Aside::Result::Busy) return call.fault(500, "ongoing reload");
  if (!*good) return call.fault(500, "Reload failed.");
  call.reply.add(std::string_view("Reload OK"));
}

void try_uris(RpcCall& call) {
  const auto basename = call.next_text(), from = call.next_text(), to = call.next_text();
  if (!basename || !from || !to) return call.fault(500, "Not enough parameters (basename, URI and contact)");
  const auto& rules = state_of(call.worker).shared->rules;
  const auto find = [&](Text suffix) {
    return rules.find(path_of(call.process(), Text(std::string_view(*basename)), suffix));
  };
  const auto allow = find(Permissions::Param::allow_suffix), deny = find(Permissions::Param::deny_suffix);
  const bool are_read = allow != rules.end() && deny != rules.end();
  if (!are_read)
    call.process().log.write(LogLevel::Err,
                             "permissions: the files of '" + *basename + "' are none that the script names");
  const bool good = are_read && RulePair{&allow->second, &deny->second}.allows(Text(std::string_view(*from)),
                                                                               Text(std::string_view(*to)));
  call.reply.add(good ? std::string_view("Allowed") : std::string_view("Denied"));
}

}  // namespace
}  // namespace permissions

using permissions::Entry;

void Permissions::rpc_permissions_addressReload(RpcCall& call) {
  permissions::reload(call, permissions::state_of(call.worker).shared->addresses, permissions::load_addresses);
}

void Permissions::rpc_permissions_trustedReload(RpcCall& call) {
  permissions::reload(call, permissions::state_of(call.worker).shared->peers, permissions::load_peers);
}

void Permissions::rpc_permissions_addressDump(RpcCall& call) {
  const auto table = permissions::table_of(call, "No address table");
  if (!table) return;
  for (const Entry& entry : table->hosts()) {
    call.reply.begin_struct();
    call.reply.add_named("table", Int{entry.slot});
    permissions::put_row(call.reply, "ip", entry, false);
    call.reply.end_struct();
  }
}

void Permissions::rpc_permissions_subnetDump(RpcCall& call) {
  const auto table = permissions::table_of(call, "No subnet table");
  if (!table) return;
  Int id = 0;
  for (const Entry& entry : table->networks()) {
    call.reply.begin_struct();
    call.reply.add_named("id", id++);
    permissions::put_row(call.reply, "ip", entry, true);
    call.reply.end_struct();
  }
}

void Permissions::rpc_permissions_domainDump(RpcCall& call) {
  const auto table = permissions::table_of(call, "No domain list table");
  if (!table) return;
  call.reply.begin_struct();
  for (const Entry& entry : table->names()) {
    call.reply.add_named("table", Int{entry.slot});
    permissions::put_row(call.reply, "domain_name", entry, false);
  }
  call.reply.end_struct();
}

void Permissions::rpc_permissions_trustedDump(RpcCall& call) {
  permissions::PerWorker& state = permissions::state_of(call.worker);
  const auto peers = state.peers.get(state.shared->peers);
  if (!peers) return call.fault(500, "No trusted table");
  call.reply.begin_struct();
  for (const permissions::Peer& peer : peers->all()) {
    call.reply.add_named("table", Int{peer.slot});
    call.reply.begin_struct("item");
    call.reply.add_named("ip", std::string_view(peer.source));
    call.reply.add_named("proto", static_cast<Int>(peer.protocol));
    call.reply.add_named("pattern", permissions::shown(peer.from));
    call.reply.add_named("ruri_pattern", permissions::shown(peer.ruri));
    call.reply.add_named("tag", permissions::shown(peer.tag));
    call.reply.add_named("priority", peer.priority);
    call.reply.end_struct();
  }
  call.reply.end_struct();
}

void Permissions::rpc_permissions_allowUri(RpcCall& call) { permissions::try_uris(call); }
void Permissions::rpc_permissions_testUri(RpcCall& call) { permissions::try_uris(call); }

}  // namespace strowger
