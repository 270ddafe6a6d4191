// lookup(): the contacts of an address of record become the destination set.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "registrar.interface.h"
#include "runtime/script/branch_target.h"
#include "runtime/script/log_line.h"
#include "runtime/script/streams.h"
#include "stdlib/registrar/find.h"
#include "stdlib/registrar/records.h"

namespace strowger {
namespace registrar {
namespace {

constexpr Code kFound = 1, kNone = -1, kNotThisMethod = -2, kError = -3;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// "RUID-HASH", the user of a temporary GRUU.
bool split_temporary(Text user, Text& ruid, std::uint32_t& hash) {
  std::size_t dash = user.len;
  while (dash > 0 && user.ptr[dash - 1] != '-') --dash;
  if (dash < 2 || user.len - dash < 1 || user.len - dash > 8) return false;
  hash = 0;
  for (std::size_t i = dash; i < user.len; ++i) {
    const int digit = hex_digit(user.ptr[i]);
    if (digit < 0) return false;
    hash = hash << 4 | static_cast<std::uint32_t>(digit);
  }
  ruid = {user.ptr, dash - 1};
  return true;
}

bool has_instance(const usrloc::Contact& contact, Text urn) {
  const std::string_view kept = contact.instance.view();
  if (kept.size() == urn.len + 2 && kept.front() == '<' && kept.back() == '>')
    return kept.substr(1, urn.len) == urn.view();
  return !kept.empty() && kept == urn.view();
}

bool is_ours(Call& call, Text uri_text) {
  const auto uri = sip::parse_uri(uri_text);
  return uri && call.process().is_myself(uri->host, uri->port, uri->protocol().value_or(sip::Protocol::Any));
}

/// The Path of a contact without a first hop that is this proxy (modparam path_check_local).
Text path_of(Call& call, const usrloc::Contact& contact) {
  if (contact.path.empty() || Registrar::Param::path_check_local == 0) return contact.path;
  Text rest = contact.path;
  const auto first = sip::next_name_addr(rest);
  if (!first || !is_ours(call, first->uri)) return contact.path;
  return sip::trim(rest).empty() ? Text::null() : rest;
}

BranchTarget target_of(Call& call, const usrloc::Contact& contact) {
  BranchTarget target;
  target.uri = contact.address;
  target.path = path_of(call, contact);
  target.dst_uri = target.path.empty() ? contact.received : first_hop(target.path);
  target.instance = contact.instance;
  target.ruid = contact.ruid;
  target.location_ua = contact.user_agent;
  target.send_socket = contact.socket;
  target.flags = contact.branch_flags;
  target.connection = contact.connection;
  target.q = contact.q;
  return target;
}

/// The branch flags one of which a contact must have (lookup_filter_mode 1 and $xavp(cfg=>rlf_bflags)); 0: any contact will do.
std::uint32_t flag_filter(Call& call) {
  if ((Registrar::Param::lookup_filter_mode & 1) == 0) return 0;
  return static_cast<std::uint32_t>(wished_number(call, "rlf_bflags").value_or(0));
}

/// lookup_filter_mode 2: the connection that the contact registered over has ended.
bool is_cut_off(Call& call, const usrloc::Contact& contact) {
  if ((Registrar::Param::lookup_filter_mode & 2) == 0 || contact.connection == 0) return false;
  const Streams* const streams = call.process().streams;
  return !streams || !streams->is_open(contact.connection);
}

/// `keep_uri`: all contacts become branches (lookup_to_dset()).
Code look_up(Call& call, usrloc::Table& table, Text uri, bool keep_uri) {
  LiveMessage& live = *call.live;
  const Found found = find_contacts(call, table, uri);
  if (found.error) return kError;
  if (found.count == 0) return kNone;
  const std::uint32_t method = live.message.method_bit();
  clear_record(call);
  const auto flags = flag_filter(call);
  bool taken = false, filtered = false;
  for (int i = 0; i < found.count; ++i) {
    const usrloc::Contact& contact = found.contacts[i];
    if ((flags && (contact.branch_flags & flags) == 0) || is_cut_off(call, contact)) {
      filtered = true;
      continue;
    }
    if (Registrar::Param::method_filtering != 0 && live.message.is_request() && (contact.methods & method) == 0)
      continue;
    if (!taken && !keep_uri) {
      aim(live, target_of(call, contact));
      add_record(call, contact);
      taken = true;
      if (Registrar::Param::append_branches == 0) break;
      continue;
    }
    taken = true;
    if (Registrar::Param::append_branches == 0) break;
    if (!live.add_branch(*call.arena, target_of(call, contact), call.process().settings.max_branches - 1)) {
      log_line(call, LogLevel::Warn, "registrar",
               {"more contacts of \"", found.aor.text, "\" than branches are allowed"});
      break;
    }
  }
  return taken ? kFound : filtered ? kNone : kNotThisMethod;
}

Code look_up(Call& call, Text table_name, Text uri, bool keep_uri) {
  usrloc::Table* const table = usrloc::find_table(call.process(), table_name);
  if (!table || !call.live->message.is_request()) return kError;
  return look_up(call, *table, uri.empty() ? call.live->uri() : uri, keep_uri);
}

}  // namespace

Text first_hop(Text path) {
  Text rest = path;
  if (rest.empty()) return Text::null();
  const auto first = sip::next_name_addr(rest);
  return first ? first->uri : Text::null();
}

Found find_contacts(Call& call, usrloc::Table& table, Text text) {
  Found found;
  const auto uri = text.is_null() ? std::nullopt : sip::parse_uri(text);
  if (!uri) {
    found.error = true;
    return found;
  }
  const std::int64_t now = call.worker->now.wall_seconds();
  const bool any_age = Registrar::Param::use_expired_contacts != 0;
  const Text gr = Registrar::Param::gruu_enabled != 0 ? uri->param("gr") : Text::null();
  if (!gr.is_null() && gr.len == 0) {
    Text ruid;
    std::uint32_t hash = 0;
    auto* const one = call.arena->make<usrloc::Contact>();
    found.error = one == nullptr;
    if (!one || !split_temporary(uri->user, ruid, hash)) return found;
    if (table.copy_by_ruid(hash, ruid, *call.arena, *one) && (any_age || one->is_valid(now))) {
      found.contacts = one;
      found.count = 1;
    }
    return found;
  }
  found.aor = aor_of(*uri, *call.arena);
  if (found.aor.fault != AorFault::None) {
    found.error = true;
    return found;
  }
  usrloc::Contact* all = nullptr;
  const int count = table.copy(found.aor.text, *call.arena, all);
  found.error = count < 0;
  found.contacts = all;
  for (int i = 0; i < count; ++i) {
    if (!any_age && !all[i].is_valid(now)) continue;
    if (!gr.is_null() && !has_instance(all[i], gr)) continue;
    if (found.count != i) all[found.count] = all[i];
    ++found.count;
    if (!gr.is_null()) break;  // a GRUU is one contact
  }
  return found;
}

}  // namespace registrar

Code Registrar::lookup(Call& call, Text table) { return registrar::look_up(call, table, Text::null(), false); }
Code Registrar::lookup(Call& call, Text table, Text uri) { return registrar::look_up(call, table, uri, false); }
Code Registrar::lookup_to_dset(Call& call, Text table) { return registrar::look_up(call, table, Text::null(), true); }
Code Registrar::lookup_to_dset(Call& call, Text table, Text uri) { return registrar::look_up(call, table, uri, true); }

/// The request URI first; then each branch that only has a URI becomes its best contact, and gets branches for the
/// others.
Code Registrar::lookup_branches(Call& call, Text table_name) {
  usrloc::Table* const table = usrloc::find_table(call.process(), table_name);
  LiveMessage& live = *call.live;
  if (!table || !live.message.is_request()) return registrar::kError;
  const std::uint16_t before = live.branch_count;
  Code best = registrar::look_up(call, *table, live.uri(), false);
  for (std::uint16_t i = 0; i < before; ++i) {
    BranchTarget& branch = live.branches[i];
    if (!branch.dst_uri.empty() || !branch.path.empty() || branch.flags != 0) continue;
    const registrar::Found found = registrar::find_contacts(call, *table, branch.uri);
    Code code = found.error ? registrar::kError : found.count == 0 ? registrar::kNone : registrar::kNotThisMethod;
    for (int c = 0; c < found.count; ++c) {
      const usrloc::Contact& contact = found.contacts[c];
      if (Param::method_filtering != 0 && (contact.methods & live.message.method_bit()) == 0) continue;
      const BranchTarget target = registrar::target_of(call, contact);
      if (code != registrar::kFound) {
        branch = target;
        code = registrar::kFound;
        if (Param::append_branches == 0) break;
      } else if (!live.add_branch(*call.arena, target, call.process().settings.max_branches - 1)) {
        break;
      }
    }
    if (code > best) best = code;
  }
  return best;
}

}  // namespace strowger
