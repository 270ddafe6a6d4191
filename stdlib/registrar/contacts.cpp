// Asking about registrations: registered(), unregister(), reg_fetch_contacts() and $ulc.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "registrar.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/print.h"
#include "stdlib/registrar/find.h"
#include "stdlib/registrar/state.h"

namespace strowger {
namespace registrar {
namespace {

constexpr Code kBadUri = -1, kError = -2, kNoSuchContact = -3;

Code is_registered(Call& call, Text table_name, Text uri) {
  usrloc::Table* const table = usrloc::find_table(call.process(), table_name);
  if (!table) return -1;
  const Found found = find_contacts(call, *table, uri);
  return !found.error && found.count > 0 ? 1 : -1;
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
    shown = {&expired->entry->contact, std::string_view(expired->aor), expired->table, expired->hash, 1};
    return true;
  }
  const Profile* const profile = find_profile(state_of(*call.worker), profile_name);
  if (!profile || index >= profile->count) return false;
  shown = {&profile->contacts[index], profile->aor, profile->table, profile->hash, profile->count};
  return true;
}

}  // namespace
}  // namespace registrar

Code Registrar::registered(Call& call, Text table) {
  if (call.message().is_request()) return registrar::is_registered(call, table, call.live->uri());
  const sip::NameAddr* const to = call.message().to();
  return to ? registrar::is_registered(call, table, to->uri) : -1;
}
Code Registrar::registered(Call& call, Text table, Text uri) {
  return uri.empty() ? registered(call, table) : registrar::is_registered(call, table, uri);
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
  profile->hash = table->hash(aor.text);
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
