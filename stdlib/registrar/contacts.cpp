// Asking about registrations: registered(), unregister(), reg_fetch_contacts() and $ulc.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "registrar.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/print.h"
#include "stdlib/registrar/find.h"
#include "stdlib/registrar/records.h"
#include "stdlib/registrar/state.h"

namespace strowger {
namespace registrar {
namespace {

constexpr Code kBadUri = -1, kError = -2, kNoSuchContact = -3;

enum MatchBit : Int { kMatchCallId = 1, kMatchReceived = 2, kMatchContact = 4 };
enum ActionBit : Int { kRestoreXavps = 1, kNoRecord = 2 };   ///< there are no xavps of contacts to restore

/// Where the script has said nothing of it, everything matches.
bool matches(Text wished, Text text) { return wished.is_null() || wished.view() == text.view(); }

Code is_registered(Call& call, Text table_name, Text uri, Int match, Int action) {
  usrloc::Table* const table = usrloc::find_table(call.process(), table_name);
  if (!table) return -1;
  if (uri.empty()) {
    const sip::NameAddr* const to = call.message().is_request() ? nullptr : call.message().to();
    uri = call.message().is_request() ? call.live->uri() : to ? to->uri : Text::null();
  }
  const Found found = find_contacts(call, *table, uri);
  if (found.error) return -1;
  for (int i = 0; i < found.count; ++i) {
    const usrloc::Contact& contact = found.contacts[i];
    if ((match & kMatchCallId) && !matches(wished_text(call, "match_callid"), contact.call_id)) continue;
    if ((match & kMatchReceived) && !matches(wished_text(call, "match_received"), contact.received)) continue;
    if ((match & kMatchContact) && !matches(wished_text(call, "match_contact"), contact.address)) continue;
    if (!(action & kNoRecord)) {
      clear_record(call);
      add_record(call, contact);
    }
    return 1;
  }
  return -1;
}

Code unregister(Call& call, Text table_name, Text uri, Text ruid) {
  usrloc::Table* const table = usrloc::find_table(call.process(), table_name);
  if (!table) return kError;
  const Aor aor = aor_of(uri, *call.arena);
  if (aor.fault != AorFault::None) return kBadUri;
  usrloc::Table::Locked record(*table, aor.text);
  if (ruid.is_null()) {
    record.remove_all();
    return 1;
  }
  usrloc::Entry* const entry = record.find_ruid(ruid);
  if (!entry) return kNoSuchContact;
  record.remove(entry);
  return 1;
}

Profile* find_profile(WorkerState& state, Text name) {
  for (const auto& profile : state.profiles)
    if (profile->name == name.view()) return profile.get();
  return nullptr;
}

void clear(Profile& profile) {
  profile.count = 0;
  profile.contacts = nullptr;
  profile.arena.clear();
}

/// What $ulc shows: a contact, and what it belongs to.
struct Shown {
  const usrloc::Contact* contact = nullptr;
  Text aor, table;
  std::uint32_t hash = 0;
  int count = 0;
};

Value text_or_empty(Text text) { return Value::of(text.is_null() ? Text("") : text); }

Value attribute_of(const Shown& shown, std::string_view name) {
  const usrloc::Contact& c = *shown.contact;
  if (name == "aor") return Value::of(shown.aor);
  if (name == "domain") return Value::of(shown.table);
  if (name == "aorhash") return Value::of(Int{shown.hash});
  if (name == "addr") return Value::of(c.address);
  if (name == "path") return text_or_empty(c.path);
  if (name == "received") return text_or_empty(c.received);
  if (name == "expires") return Value::of(Int{c.expires});
  if (name == "callid") return Value::of(c.call_id);
  if (name == "regid") return Value::of(Int{c.reg_id});
  if (name == "q") return Value::of(Int{c.q});
  if (name == "cseq") return Value::of(Int{c.cseq});
  if (name == "flags") return Value::of(Int{c.flags});
  if (name == "cflags") return Value::of(Int{c.branch_flags});
  if (name == "user_agent") return Value::of(c.user_agent);
  if (name == "socket") return c.socket ? Value::of(c.socket->as_text) : Value::null();
  if (name == "modified") return Value::of(Int{c.modified});
  if (name == "methods") return Value::of(Int{c.methods});
  if (name == "count") return Value::of(Int{shown.count});
  if (name == "ruid") return Value::of(c.ruid);
  if (name == "instance") return Value::of(c.instance);
  if (name == "conid") return c.connection != 0 ? Value::of(Int{c.connection}) : Value::null();
  if (name == "server_id") return Value::of(Int{c.server_id});
  return Value::failed();
}

bool find_shown(Call& call, Text profile_name, Int index, Shown& shown) {
  if (const usrloc::Expired* const expired = usrloc::expired_in(call); expired && profile_name.view() == "exp") {
    if (index != 0) return false;
    shown = {&expired->entry->contact, std::string_view(expired->aor), expired->table, usrloc::shown_hash(std::string_view(expired->aor)), 1};
    return true;
  }
  const Profile* const profile = find_profile(state_of(*call.worker), profile_name);
  if (!profile || index >= profile->count) return false;
  shown = {&profile->contacts[index], profile->aor, profile->table, profile->hash, profile->count};
  return true;
}

}  // namespace
}  // namespace registrar

Code Registrar::registered(Call& call, Text table) { return registered(call, table, Text::null(), 0, 0); }
Code Registrar::registered(Call& call, Text table, Text uri) { return registered(call, table, uri, 0, 0); }
Code Registrar::registered(Call& call, Text table, Text uri, Int match) { return registered(call, table, uri, match, 0); }
Code Registrar::registered(Call& call, Text table, Text uri, Int match, Int action) {
  return registrar::is_registered(call, table, uri, match, action);
}

Code Registrar::unregister(Call& call, Text table, Text uri) {
  return registrar::unregister(call, table, uri, Text::null());
}
Code Registrar::unregister(Call& call, Text table, Text uri, Text ruid) {
  return registrar::unregister(call, table, uri, ruid.empty() ? Text::null() : ruid);
}

Code Registrar::reg_fetch_contacts(Call& call, Text table_name, Text uri, Text name) {
  usrloc::Table* const table = usrloc::find_table(call.process(), table_name);
  if (!table) return -1;
  registrar::WorkerState& state = registrar::state_of(*call.worker);
  registrar::Profile* profile = registrar::find_profile(state, name);
  if (!profile) {
    if (state.profiles.size() >= registrar::WorkerState::kMaxProfiles) {
      log_line(call, LogLevel::Err, "registrar", {"reg_fetch_contacts(): too many profiles"});
      return -1;
    }
    state.profiles.push_back(std::make_unique<registrar::Profile>(call.worker->pool));
    profile = state.profiles.back().get();
    profile->name = name.view();
  }
  registrar::clear(*profile);
  const registrar::Aor aor = registrar::aor_of(uri, *call.arena);
  if (aor.fault != registrar::AorFault::None) return -1;
  const int count = table->copy(aor.text, profile->arena, profile->contacts);
  profile->aor = profile->arena.copy(aor.text);
  if (count <= 0 || profile->aor.is_null()) {
    registrar::clear(*profile);
    return -1;
  }
  profile->table = table->name();
  profile->hash = usrloc::shown_hash(aor.text);
  profile->count = count;
  return 1;
}

Code Registrar::reg_free_contacts(Call& call, Text name) {
  registrar::Profile* const profile = registrar::find_profile(registrar::state_of(*call.worker), name);
  if (!profile) return -1;
  registrar::clear(*profile);
  return 1;
}

Value Registrar::get_ulc(Call& call, Text key, Index index) {
  const std::string_view text = key.view();
  const std::size_t arrow = text.find("=>");
  if (arrow == std::string_view::npos) return Value::failed();
  registrar::Shown shown;
  const Int place = index == kNoIndex || index < 0 ? 0 : index;
  if (!registrar::find_shown(call, sip::trim(text.substr(0, arrow)), place, shown)) return Value::null();
  return registrar::attribute_of(shown, sip::trim(text.substr(arrow + 2)).view());
}

Code Registrar::add_sock_hdr(Call& call, Text name) {
  LiveMessage& live = *call.live;
  if (!live.socket || name.empty()) return -1;
  const std::size_t room = name.len + live.socket->as_text.len + 8;
  char* const buffer = static_cast<char*>(call.arena->allocate(room));
  if (!buffer) return -1;
  sip::Writer out(buffer, room);
  out.put(name);
  out.put(": ");
  out.put(live.socket->as_text);
  out.put("\r\n");
  return live.edits.insert(*call.arena, live.message.headers_end(), out.text()) ? 1 : -1;
}

}  // namespace strowger
