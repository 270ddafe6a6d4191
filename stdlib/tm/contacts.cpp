// Serial forking by q: t_load_contacts(), t_next_contacts(), t_next_contact_flow() over the xavps that parameters name.
//
// Each record holds one destination: uri, dst_uri, path, sock, instance, flags, ruid, ua, q, and `last` where a group of
// equal q ends. The newest record is the one to be tried first.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <array>

#include "stdlib/tm/relay.h"
#include "stdlib/tm/transaction.h"
#include "tm.interface.h"

namespace strowger {
namespace {

struct Contact {
  BranchTarget target;
  std::uint16_t order = 0;
};

/// Texts live as long as the store.
bool put_field(Xavp& record, sip::Arena& arena, std::string_view name, Value value) {
  if (value.is_null()) return true;
  auto* field = arena.make<Xavp>();
  if (!field) return false;
  field->name = Text(name);
  field->value = value.is_text() ? Value::of(arena.copy(value.text())) : value;
  field->next = record.fields;
  record.fields = field;
  return !field->value.is_null();
}

const Value* field_of(const Xavp& record, std::string_view name) {
  for (const Xavp* field = record.fields; field; field = field->next)
    if (field->name.view() == name) return &field->value;
  return nullptr;
}

Text text_of(const Xavp& record, std::string_view name) {
  const Value* value = field_of(record, name);
  return value ? value->text() : Text::null();
}

Int number_of(const Xavp& record, std::string_view name, Int otherwise = 0) {
  const Value* value = field_of(record, name);
  return value && value->is_int() ? value->number() : otherwise;
}

bool push(Avps& avps, Text list, const BranchTarget& target, bool last) {
  auto* record = avps.arena->make<Xavp>();
  if (!record) return false;
  record->name = list;
  record->is_record = true;
  sip::Arena& arena = *avps.arena;
  const bool kept = put_field(*record, arena, "uri", Value::of(target.uri)) &&
                    put_field(*record, arena, "dst_uri", Value::of(target.dst_uri)) &&
                    put_field(*record, arena, "path", Value::of(target.path)) &&
                    put_field(*record, arena, "instance", Value::of(target.instance)) &&
                    put_field(*record, arena, "ruid", Value::of(target.ruid)) &&
                    put_field(*record, arena, "ua", Value::of(target.location_ua)) &&
                    put_field(*record, arena, "sock", target.send_socket ? Value::of(target.send_socket->as_text) : Value::null()) &&
                    put_field(*record, arena, "flags", Value::of(Int{target.flags})) &&
                    put_field(*record, arena, "connection", Value::of(Int{target.connection})) &&
                    put_field(*record, arena, "q", Value::of(Int{target.q})) &&
                    put_field(*record, arena, "last", Value::of(Int{last}));
  if (!kept) return false;
  record->next = avps.xavps;
  avps.xavps = record;
  return true;
}

Xavp** find_link(Avps& avps, Text list) {
  for (Xavp** link = &avps.xavps; *link; link = &(*link)->next)
    if ((*link)->name.view() == list.view()) return link;
  return nullptr;
}

void remove_all(Avps& avps, Text list) {
  while (Xavp** link = find_link(avps, list)) *link = (*link)->next;
}

BranchTarget target_of(const Process& process, const Xavp& record) {
  BranchTarget target;
  target.uri = text_of(record, "uri");
  target.dst_uri = text_of(record, "dst_uri");
  target.path = text_of(record, "path");
  target.instance = text_of(record, "instance");
  target.ruid = text_of(record, "ruid");
  target.location_ua = text_of(record, "ua");
  if (const Text socket = text_of(record, "sock"); !socket.is_null()) target.send_socket = process.find_socket(socket);
  target.flags = static_cast<std::uint32_t>(number_of(record, "flags"));
  target.connection = static_cast<std::uint32_t>(number_of(record, "connection"));
  target.q = static_cast<std::int16_t>(number_of(record, "q", kNoQ));
  return target;
}

/// The target becomes the request URI.
void make_main(Call& call, const BranchTarget& target) {
  LiveMessage& live = *call.live;
  live.set_uri(target.uri);
  live.dst_uri = target.dst_uri;
  live.path = target.path;
  live.instance = target.instance;
  live.ruid = target.ruid;
  live.location_ua = target.location_ua;
  live.send_socket = target.send_socket;
  live.branch_flags = target.flags;
  live.q = target.q;
}

bool add_target(Call& call, const BranchTarget& target, bool first) {
  if (!first) return call.live->add_branch(*call.arena, target, call.process().settings.max_branches);
  make_main(call, target);
  return true;
}

bool same_instance(const BranchTarget& a, const BranchTarget& b) {
  return !a.instance.empty() && a.instance.view() == b.instance.view();
}

}  // namespace

Code Tm::t_load_contacts(Call& call) { return t_load_contacts(call, 0); }

Code Tm::t_load_contacts(Call& call, Int mode) {
  if (Param::contacts_avp.empty()) {
    call.log(LogLevel::Err, "tm: t_load_contacts() needs modparam contacts_avp\n");
    return -1;
  }
  LiveMessage& live = *call.live;
  if (live.branch_count == 0) return 1;
  std::array<Contact, kMaxBranches + 1> contacts;
  std::size_t count = 0;
  if (live.uri_is_new) {
    Contact& main = contacts[count++];
    main.target.uri = live.uri();
    main.target.dst_uri = live.dst_uri;
    main.target.path = live.path;
    main.target.instance = live.instance;
    main.target.ruid = live.ruid;
    main.target.location_ua = live.location_ua;
    main.target.send_socket = live.send_socket;
    main.target.flags = live.branch_flags;
    main.target.q = live.q;
  }
  for (std::uint16_t i = 0; i < live.branch_count && count < contacts.size(); ++i) contacts[count++].target = live.branches[i];
  for (std::size_t i = 0; i < count; ++i) contacts[i].order = static_cast<std::uint16_t>(i);
  auto* const end = contacts.data() + count;
  if (mode == 1) {   // drawn one after the other, with q as weight
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t sum = 0;
      for (std::size_t j = i; j < count; ++j) sum += static_cast<std::uint64_t>(std::max<int>(contacts[j].target.q, 1));
      std::uint64_t draw = call.worker->random() % sum;
      std::size_t chosen = i;
      for (; chosen + 1 < count; ++chosen) {
        const auto weight = static_cast<std::uint64_t>(std::max<int>(contacts[chosen].target.q, 1));
        if (draw < weight) break;
        draw -= weight;
      }
      std::rotate(contacts.data() + i, contacts.data() + chosen, contacts.data() + chosen + 1);
    }
  } else {
    std::sort(contacts.data(), end, [](const Contact& a, const Contact& b) {
      return a.target.q != b.target.q ? a.target.q > b.target.q : a.order < b.order;
    });
  }
  remove_all(*call.avps, Param::contacts_avp);
  for (std::size_t i = count; i-- > 0;) {   // the first to be tried is pushed last
    const bool last = mode == 1 || i + 1 == count || contacts[i].target.q != contacts[i + 1].target.q;
    if (!push(*call.avps, Param::contacts_avp, contacts[i].target, last)) return -1;
  }
  live.branch_count = 0;
  live.uri_is_new = false;
  return 1;
}

Code Tm::t_next_contacts(Call& call) {
  if (Param::contacts_avp.empty()) {
    call.log(LogLevel::Err, "tm: t_next_contacts() needs modparam contacts_avp\n");
    return -1;
  }
  Avps& avps = *call.avps;
  if (!Param::contact_flows_avp.empty()) remove_all(avps, Param::contact_flows_avp);
  call.live->branch_count = 0;
  std::array<BranchTarget, kMaxBranches + 1> taken;
  std::size_t count = 0;
  for (bool last = false; !last;) {
    Xavp** link = find_link(avps, Param::contacts_avp);
    if (!link) break;
    const Xavp& record = **link;
    *link = record.next;
    last = number_of(record, "last", 1) != 0;
    const BranchTarget target = target_of(call.process(), record);
    const bool flow = std::any_of(taken.data(), taken.data() + count, [&](const BranchTarget& it) { return same_instance(it, target); });
    if (flow) {   // another way to the same phone is for later (RFC 5626 §5.3)
      if (!Param::contact_flows_avp.empty() && !push(avps, Param::contact_flows_avp, target, true)) return -1;
      continue;
    }
    if (count == taken.size() || !add_target(call, target, count == 0)) return count ? 1 : -1;
    taken[count++] = target;
  }
  return count ? 1 : -2;
}

Code Tm::t_next_contact_flow(Call& call) {
  if (Param::contact_flows_avp.empty()) {
    call.log(LogLevel::Err, "tm: t_next_contact_flow() needs modparam contact_flows_avp\n");
    return -1;
  }
  const auto* transaction = static_cast<const tm::Transaction*>(call.transaction);
  const tm::Branch* failed = transaction ? transaction->winner : nullptr;
  if (!failed) return -1;
  for (Xavp** link = &call.avps->xavps; *link; link = &(*link)->next) {
    const Xavp& record = **link;
    if (record.name.view() != Param::contact_flows_avp.view()) continue;
    const BranchTarget target = target_of(call.process(), record);
    if (failed->instance.empty() || target.instance.view() != failed->instance.view()) continue;
    *link = record.next;
    return call.live->add_branch(*call.arena, target, call.process().settings.max_branches) ? 1 : -1;
  }
  return -2;
}

}  // namespace strowger
