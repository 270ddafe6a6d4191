// What registrar keeps per worker: the reply that save() prepared, and copies of contacts for $ulc.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "registrar.interface.h"
#include "runtime/script/call.h"
#include "stdlib/usrloc/contact.h"

namespace strowger::registrar {

/// reg_fetch_contacts(): the contacts of an address of record, as they were.
struct Profile {
  explicit Profile(sip::ChunkPool& pool) : arena(pool) {}
  std::string name;
  sip::Arena arena;
  Text aor, table;
  std::uint32_t hash = 0;
  usrloc::Contact* contacts = nullptr;
  int count = 0;  ///< 0: freed
};

struct WorkerState {
  static constexpr std::size_t kMaxProfiles = 64;
  int reply_code = 0;  ///< of the reply that save() prepared; 0 none
  Text reply_reason;   ///< a constant
  std::vector<std::unique_ptr<Profile>> profiles;
  static constexpr std::size_t kMaxAllow = 256;
  char allow[kMaxAllow];  ///< the last Allow header, and what it says
  std::size_t allow_len = 0;
  std::uint32_t allow_methods = 0;
  bool is_empty() const { return reply_code == 0 && profiles.empty(); }
};

WorkerState& state_of(Worker& worker);

/// For registrar:* of stats.get_statistics.
struct Counts {
  std::atomic<std::uint64_t> accepted{0}, rejected{0};   ///< replies to REGISTER, by their code
};
inline Counts& counts_of(const Process& process) { return *static_cast<Counts*>(process.module_state[Registrar::slot]); }

}  // namespace strowger::registrar
