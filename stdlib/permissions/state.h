// What permissions keeps in a process and in each worker.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>

#include "permissions.interface.h"
#include "runtime/script/aside.h"
#include "runtime/script/call.h"
#include "runtime/script/queries.h"
#include "runtime/script/snapshot.h"
#include "stdlib/permissions/addresses.h"
#include "stdlib/permissions/peers.h"
#include "stdlib/permissions/rules.h"

namespace strowger::permissions {

/// The rules that allow and those that deny.
struct RulePair {
  const Rules *allow = nullptr, *deny = nullptr;  ///< never null where the script uses the pair
  /// Nothing is forbidden, whatever the URIs are.
  bool empty() const { return allow->empty() && deny->empty(); }
  bool allows(Text left, Text right) const { return allow->match(left, right) || !deny->match(left, right); }
};

struct Shared {
  Snapshot<Addresses> addresses;       ///< nothing: there is no table
  Snapshot<Peers> peers;               ///< nothing: the table is not kept
  std::optional<db::Queries> queries;  ///< about peers, where it is not
  // Fixed after the start:
  std::map<std::string, Rules> rules;                      ///< by path
  std::map<std::string, const Rules*, std::less<>> files;  ///< by the names that the script uses
  std::map<std::string, RulePair, std::less<>> pairs;      ///< by the names that the script uses for both files
  RulePair default_pair;
  std::int64_t reloaded = INT64_MIN / 2;  ///< monotonic seconds; worker 0's
  Aside aside;
};

struct PerWorker {
  Shared* shared = nullptr;
  SnapshotReader<Addresses> addresses;
  SnapshotReader<Peers> peers;
};

inline PerWorker& state_of(Worker& worker) { return worker.state<PerWorker>(Permissions::slot); }

/// Reads the address table; null and `why` where it cannot be read.
std::shared_ptr<const Addresses> load_addresses(const Process& process, std::string& why);
/// Reads the trusted peers; null and `why` where they cannot be read.
std::shared_ptr<const Peers> load_peers(const Process& process, std::string& why);
/// The columns of a trusted peer, as read_peer() wants them.
std::vector<std::string> peer_columns();

/// The path of a file of rules: a name without "/" is beside the script.
std::string path_of(const Process& process, Text name, Text suffix = Text());

/// The URI in From; null where that cannot be read.
inline Text from_uri(Call& call) {
  const sip::NameAddr* const from = call.message().from();
  return from ? from->uri : Text::null();
}

/// The tag of what matched, for the script.
void tell_tag(Call& call, const std::optional<std::string>& tag);

}  // namespace strowger::permissions
