// ul.*: what is registered, and changes by hand.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include <algorithm>
#include <cmath>

#include "stdlib/usrloc/location.h"
#include "usrloc.interface.h"

namespace strowger {
namespace {

using usrloc::Contact;
using usrloc::Table;

Text or_not_set(Text text) { return text.empty() ? Text("[not set]") : text; }

/// Every field of a contact, in the order that tools expect.
void add_contact(RpcCall& call, const Contact& contact) {
  RpcReply& out = call.reply;
  const std::int64_t now = call.worker.now.wall_seconds();
  out.begin_struct();
  out.begin_struct("Contact");
  out.add_named("Address", contact.address);
  if (contact.expires == 0) out.add_named("Expires", "permanent");
  else if (!contact.is_valid(now)) out.add_named("Expires", "expired");
  else out.add_named("Expires", static_cast<Int>(contact.expires - now));
  if (contact.q == kNoQ) out.add_named("Q", Int{-1});   // kamcmd cannot read negative fractions
  else out.add_named("Q", contact.q / 1000.0);
  out.add_named("Call-ID", contact.call_id.is_null() ? Text("") : contact.call_id);
  out.add_named("CSeq", static_cast<Int>(contact.cseq));
  out.add_named("User-Agent", contact.user_agent.empty() ? Text("n/a") : contact.user_agent);
  out.add_named("Received", or_not_set(contact.received));
  out.add_named("Path", or_not_set(contact.path));
  out.add_named("State", "CS_NEW");
  out.add_named("Flags", static_cast<Int>(contact.flags));
  out.add_named("CFlags", static_cast<Int>(contact.branch_flags));
  out.add_named("Socket", contact.socket ? contact.socket->as_text : Text("[not set]"));
  out.add_unsigned("Methods", contact.methods);
  out.add_named("Ruid", contact.ruid);
  out.add_named("Instance", or_not_set(contact.instance));
  out.add_named("Reg-Id", static_cast<Int>(contact.reg_id));
  out.add_named("Server-Id", static_cast<Int>(contact.server_id));
  out.add_named("Tcpconn-Id", contact.connection != 0 ? static_cast<Int>(contact.connection) : Int{-1});
  out.add_named("Keepalive", Int{0});
  out.add_named("Last-Keepalive", static_cast<Int>(contact.modified));
  out.add_named("KA-Roundtrip", Int{0});
  out.add_named("Last-Modified", static_cast<Int>(contact.modified));
  out.end_struct();
  out.end_struct();
}

/// The array of an address of record's contacts.
void add_contacts(RpcCall& call, const Contact* contacts, int count) {
  call.reply.begin_array("Contacts");
  for (int i = 0; i < count; ++i) add_contact(call, contacts[i]);
  call.reply.end_array();
}

struct Asked {
  Table* table = nullptr;
  std::string aor;
};

/// A table that exists already: commands make none.
Table* known_table(Process& process, std::string_view name) {
  auto* const state = static_cast<usrloc::ProcessState*>(process.module_state[Usrloc::slot]);
  const int count = state->count.load(std::memory_order_acquire);
  for (int i = 0; i < count; ++i)
    if (state->tables[static_cast<std::size_t>(i)]->name().view() == name) return state->tables[static_cast<std::size_t>(i)].get();
  return nullptr;
}

/// Table and address of record; without use_domain the latter is a user. False after a fault.
bool read(RpcCall& call, std::string_view too_few, Asked& out) {
  const auto table = call.next_text();
  auto aor = table ? call.next_text() : std::nullopt;
  if (!aor) return call.fault(500, too_few), false;
  out.table = known_table(call.process(), *table);
  if (!out.table) return call.fault(500, "Domain table not found"), false;
  out.aor = std::move(*aor);
  if (Usrloc::Param::use_domain == 0) out.aor.resize(std::min(out.aor.find('@'), out.aor.size()));
  if (out.aor.size() > usrloc::kMaxAor) return call.fault(500, "Invalid AOR"), false;
  return true;
}

constexpr std::string_view kTooFew = "Not enough parameters (table and AOR to lookup)";

void add_aor(RpcCall& call, Table& table, const std::string& aor, bool brief) {
  RpcReply& out = call.reply;
  out.begin_struct();
  if (!brief) {
    out.begin_struct("Info");
    out.add_named("AoR", std::string_view(aor));
    out.add_named("HashID", static_cast<Int>(static_cast<std::int32_t>(usrloc::shown_hash(std::string_view(aor)))));
    sip::Arena arena(call.worker.pool);
    Contact* contacts = nullptr;
    const int count = table.copy(std::string_view(aor), arena, contacts);
    if (count < 0) call.fault(500, "Not enough memory");
    add_contacts(call, contacts, count);
    out.end_struct();
  } else {
    out.add_named("AoR", std::string_view(aor));
  }
  out.end_struct();
}

/// The addresses of record by the slots that a table of Kamailio's with `slots` of them has.
std::vector<std::pair<std::uint32_t, std::string>> by_slot(const Table& table, std::uint32_t slots) {
  std::vector<std::pair<std::uint32_t, std::string>> all;
  for (unsigned shard = 0; shard < Table::kShards; ++shard)
    for (std::string& aor : table.aors(shard)) {
      const std::uint32_t slot = usrloc::shown_hash(std::string_view(aor)) & (slots - 1);
      all.emplace_back(slot, std::move(aor));
    }
  std::sort(all.begin(), all.end());
  return all;
}

template <std::uint64_t (Table::*count)() const>
std::uint64_t sum(const Process& process) {
  const auto* const state = static_cast<const usrloc::ProcessState*>(process.module_state[Usrloc::slot]);
  std::uint64_t all = 0;
  for (int i = 0; i < state->count.load(std::memory_order_acquire); ++i) all += (state->tables[static_cast<std::size_t>(i)].get()->*count)();
  return all;
}

}  // namespace

void usrloc::add_statistics(Process& process) {
  process.statistics.push_back({"usrloc", "registered_users", sum<&Table::records>, true});
  const auto* const state = static_cast<const usrloc::ProcessState*>(process.module_state[Usrloc::slot]);
  for (int i = 0; i < state->count.load(std::memory_order_acquire); ++i) {   // those that the script names
    const Table* const table = state->tables[static_cast<std::size_t>(i)].get();
    const std::string name(table->name().view());
    process.statistics.push_back({"usrloc", name + "_users", [table](const Process&) { return table->records(); }, true});
    process.statistics.push_back({"usrloc", name + "_contacts", [table](const Process&) { return table->contacts(); }, true});
    process.statistics.push_back({"usrloc", name + "_expires", [table](const Process&) { return table->expired(); }, false});
  }
}

void Usrloc::rpc_ul_dump(RpcCall& call) {
  const bool brief = call.next_text() == std::optional<std::string>("brief");
  auto* const state = static_cast<usrloc::ProcessState*>(call.process().module_state[slot]);
  RpcReply& out = call.reply;
  out.begin_struct();
  out.begin_array("Domains");
  const int count = state->count.load(std::memory_order_acquire);
  for (int i = count - 1; i >= 0 && !out.failed(); --i) {   // the latest first
    Table& table = *state->tables[static_cast<std::size_t>(i)];
    std::size_t records = 0, longest = 0, run = 0;
    out.begin_struct();
    out.begin_struct("Domain");
    out.add_named("Domain", table.name());
    const std::uint32_t slots = 1u << std::clamp<Int>(Usrloc::Param::hash_size, 0, 30);
    out.add_named("Size", static_cast<Int>(slots));
    out.begin_array("AoRs");
    if (table.records() > RpcReply::kMaxBytes / 48) return call.fault(500, "Too many records for one reply");
    std::uint32_t slot_before = slots;
    for (const auto& [slot, aor] : by_slot(table, slots)) {
      if (out.failed()) break;                   // too much for one answer
      ++records;
      longest = std::max(longest, run = slot == slot_before ? run + 1 : 1);
      slot_before = slot;
      add_aor(call, table, aor, brief);
    }
    out.end_array();
    out.begin_struct("Stats");
    out.add_named("Records", static_cast<Int>(records));
    out.add_named("Max-Slots", static_cast<Int>(longest));
    out.end_struct();
    out.end_struct();
    out.end_struct();
  }
  out.end_array();
  out.end_struct();
}

void Usrloc::rpc_ul_lookup(RpcCall& call) {
  Asked asked;
  if (!read(call, kTooFew, asked)) return;
  sip::Arena arena(call.worker.pool);
  Contact* contacts = nullptr;
  const int count = asked.table->copy(std::string_view(asked.aor), arena, contacts);
  if (count < 0) return call.fault(500, "Not enough memory");
  if (count == 0) return call.fault(500, "AOR not found in location table");
  call.reply.begin_struct();
  call.reply.add_named("AoR", std::string_view(asked.aor));
  add_contacts(call, contacts, count);
  call.reply.end_struct();
}

void Usrloc::rpc_ul_rm(RpcCall& call) {
  Asked asked;
  if (!read(call, kTooFew, asked)) return;
  Table::Locked(*asked.table, std::string_view(asked.aor)).remove_all();
}

void Usrloc::rpc_ul_rm_contact(RpcCall& call) {
  Asked asked;
  constexpr std::string_view kNeeds = "Not enough parameters (table, AOR and contact)";
  if (!read(call, kNeeds, asked)) return;
  const auto address = call.next_text();
  if (!address) return call.fault(500, kNeeds);
  Table::Locked record(*asked.table, std::string_view(asked.aor));
  if (record.count() == 0) return call.fault(404, "AOR not found");
  for (usrloc::Entry* entry = record.first(); entry; entry = entry->next)
    if (entry->contact.address.view() == *address) return record.remove(entry);
  call.fault(404, "Contact not found");
}

void Usrloc::rpc_ul_add(RpcCall& call) {
  Asked asked;
  constexpr std::string_view kNeeds = "Not enough parameters or wrong format";
  if (!read(call, kNeeds, asked)) return;
  const auto address = call.next_text();
  const auto seconds = call.next_int();
  const auto q = call.next_double();
  const auto path = call.next_text();
  const auto flags = call.next_int(), branch_flags = call.next_int(), methods = call.next_int();
  if (!address || !seconds || !q || !path || !flags || !branch_flags || !methods) return call.fault(500, kNeeds);
  if (address->empty() || *seconds < 0 || *seconds > 0x7fffffff || *q > 1) return call.fault(500, kNeeds);
  Contact contact;
  contact.address = std::string_view(*address);
  contact.call_id = "dfjrewr12386fd6-343@kamailio.rpc";
  contact.user_agent = "kamailio SIP Router - RPC Server";
  if (!path->empty() && *path != "0") contact.path = std::string_view(*path);
  contact.modified = call.worker.now.wall_seconds();
  contact.expires = *seconds == 0 ? 0 : contact.modified + *seconds;
  contact.cseq = 1;
  contact.q = *q < 0 ? kNoQ : static_cast<std::int16_t>(std::lround(*q * 1000));
  contact.flags = static_cast<std::uint32_t>(*flags);
  contact.branch_flags = static_cast<std::uint32_t>(*branch_flags);
  contact.methods = static_cast<std::uint32_t>(*methods);
  contact.server_id = static_cast<std::uint32_t>(call.process().settings.server_id);
  char ruid[64];
  const Text name = usrloc::make_ruid(call.process(), ruid);
  Table::Locked record(*asked.table, std::string_view(asked.aor));
  usrloc::Entry* const known = record.find(contact);
  if (!(known ? record.update(known, contact) : record.insert(contact, name))) call.fault(500, "Failed to insert contact");
}

void Usrloc::rpc_ul_flush(RpcCall&) {}

// Contacts are kept in memory only (db_mode 0).
static void refuse_without_database(RpcCall& call) { call.fault(500, "Command is not supported in db_mode=0"); }
void Usrloc::rpc_ul_db_users(RpcCall& call) { refuse_without_database(call); }
void Usrloc::rpc_ul_db_contacts(RpcCall& call) { refuse_without_database(call); }
void Usrloc::rpc_ul_db_expired_contacts(RpcCall& call) { refuse_without_database(call); }

}  // namespace strowger
