// Serial forking by q: t_load_contacts(), t_next_contacts(), t_next_contact_flow() over the xavps that parameters name.
//
// Each record holds one destination: uri, dst_uri, path, sock, instance, flags, ruid, ua, and q_flag, 4 where a group of
// equal q ends. The newest record is the one to be tried first.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/contacts_of.h"

#include <algorithm>

#include "runtime/script/branch_target.h"
#include "runtime/script/call.h"
#include "runtime/script/xavp_fields.h"
#include "stdlib/tm/transaction.h"
#include "tm.interface.h"

namespace strowger {

namespace tm {
namespace {

Text text_of(const Xavp& record, std::string_view name) {
  const Value* value = field_of(record, name);
  return value ? value->text() : Text::null();
}

Int number_of(const Xavp& record, std::string_view name, Int otherwise = 0) {
  const Value* value = field_of(record, name);
  return value && value->is_int() ? value->number() : otherwise;
}

constexpr int kLastOfGroup = 4;

bool push(Avps& avps, Text list, const BranchTarget& target, bool last) {
  Xavp* const record = new_xavp(avps, list);
  if (!record) return false;
  const bool kept = put_field(avps, *record, "uri", Value::of(target.uri)) &&
                    put_field(avps, *record, "dst_uri", Value::of(target.dst_uri)) &&
                    put_field(avps, *record, "path", Value::of(target.path)) &&
                    put_field(avps, *record, "instance", Value::of(target.instance)) &&
                    put_field(avps, *record, "ruid", Value::of(target.ruid)) &&
                    put_field(avps, *record, "ua", Value::of(target.location_ua)) &&
                    put_field(avps, *record, "sock", target.send_socket ? Value::of(target.send_socket->as_text) : Value::null()) &&
                    put_field(avps, *record, "flags", Value::of(Int{target.flags})) &&
                    put_field(avps, *record, "connection", Value::of(Int{target.connection})) &&
                    put_field(avps, *record, "q_flag", Value::of(Int{last ? kLastOfGroup : 0}));
  return kept;
}

void remove_all(Avps& avps, Text list) {
  for (Xavp** link; *(link = xavp_link(avps, list));) *link = (*link)->next;
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
  target.q = 0;   // it has done its work
  return target;
}

bool same_instance(const BranchTarget& a, const BranchTarget& b) {
  return !a.instance.empty() && a.instance.view() == b.instance.view();
}

}  // namespace

bool store_groups(Avps& avps, Text list, BranchTarget* targets, std::size_t count, const std::function<std::uint64_t()>& random) {
  if (random) {
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t sum = 0;
      for (std::size_t j = i; j < count; ++j) sum += static_cast<std::uint64_t>(std::max<int>(targets[j].q, 1));
      std::uint64_t draw = random() % sum;
      std::size_t chosen = i;
      for (; chosen + 1 < count; ++chosen) {
        const auto weight = static_cast<std::uint64_t>(std::max<int>(targets[chosen].q, 1));
        if (draw < weight) break;
        draw -= weight;
      }
      std::rotate(targets + i, targets + chosen, targets + chosen + 1);
    }
  } else {   // of equals the last one comes first, as in Kamailio
    for (std::size_t i = 1; i < count; ++i)
      for (std::size_t j = i; j > 0 && targets[j - 1].q <= targets[j].q; --j) std::swap(targets[j - 1], targets[j]);
  }
  remove_all(avps, list);
  for (std::size_t i = count; i-- > 0;) {   // the first to be tried is pushed last
    const bool last = i + 1 < count && (random || targets[i].q != targets[i + 1].q);   // not that of the last group
    if (!push(avps, list, targets[i], last)) return false;
  }
  return true;
}

int take_next_group(Avps& avps, const Process& process, Text list, Text flows, std::array<BranchTarget, kMaxBranches + 1>& taken) {
  if (!flows.empty()) remove_all(avps, flows);
  std::size_t count = 0;
  for (bool last = false; !last && count < taken.size();) {
    Xavp** const link = xavp_link(avps, list);
    if (!*link) break;
    const Xavp& record = **link;
    *link = record.next;
    last = (number_of(record, "q_flag", kLastOfGroup) & kLastOfGroup) != 0;
    const BranchTarget target = target_of(process, record);
    if (target.uri.empty()) continue;   // the script wrote something else there
    const bool flow = std::any_of(taken.data(), taken.data() + count, [&](const BranchTarget& it) { return same_instance(it, target); });
    if (!flow)
      taken[count++] = target;
    else if (!flows.empty())   // another way to the same phone is for later (RFC 5626 §5.3)
      push(avps, flows, target, true);
  }
  return static_cast<int>(count);
}

bool take_flow(Avps& avps, const Process& process, Text flows, Text instance, BranchTarget& out) {
  if (instance.empty()) return false;
  for (Xavp** link = &avps.xavps; *link; link = &(*link)->next) {
    const Xavp& record = **link;
    if (record.name.view() != flows.view()) continue;
    out = target_of(process, record);
    if (out.instance.view() != instance.view()) continue;
    *link = record.next;
    return true;
  }
  return false;
}

}  // namespace tm

namespace {

bool is_configured(Call& call, Text name) {
  if (name.empty()) call.log(LogLevel::Err, "tm: the functions for contacts need modparam contacts_avp and contact_flows_avp\n");
  return !name.empty();
}

}  // namespace

Code Tm::t_load_contacts(Call& call) { return t_load_contacts(call, 0); }

Code Tm::t_load_contacts(Call& call, Int mode) {
  if (!is_configured(call, Param::contacts_avp)) return -1;
  LiveMessage& live = *call.live;
  std::array<BranchTarget, kMaxBranches + 1> targets;
  std::size_t count = 0;
  if (live.uri_is_new) {
    targets[count] = main_target(live);
    targets[count++].uri = live.uri();
  }
  for (std::uint16_t i = 0; i < live.branch_count && count < targets.size(); ++i) targets[count++] = live.branches[i];
  if (count < 2) return 1;   // nothing to put in order: it stays where it is, and so does an earlier list
  std::function<std::uint64_t()> random;
  if (mode == 1) random = [&] { return call.worker->random(); };
  if (!tm::store_groups(*call.avps, Param::contacts_avp, targets.data(), count, random)) return -1;
  live.branch_count = 0;
  live.uri_is_new = false;
  return 1;
}

Code Tm::t_next_contacts(Call& call) {
  if (!is_configured(call, Param::contacts_avp)) return -1;
  std::array<BranchTarget, kMaxBranches + 1> taken;
  const int count = tm::take_next_group(*call.avps, call.process(), Param::contacts_avp, Param::contact_flows_avp, taken);
  if (count == 0) return -2;
  call.live->branch_count = 0;
  aim(*call.live, taken[0]);
  for (int i = 1; i < count; ++i)
    if (!call.live->add_branch(*call.arena, taken[static_cast<std::size_t>(i)], call.process().settings.max_branches - 1)) return -1;
  return 1;
}

Code Tm::t_next_contact_flow(Call& call) {
  if (!is_configured(call, Param::contact_flows_avp)) return -1;
  const auto* failed = static_cast<const tm::Branch*>(call.failed_branch);
  BranchTarget target;
  if (!failed || !tm::take_flow(*call.avps, call.process(), Param::contact_flows_avp, failed->instance, target)) return -2;
  return call.live->add_branch(*call.arena, target, call.process().settings.max_branches - 1) ? 1 : -1;
}

}  // namespace strowger
