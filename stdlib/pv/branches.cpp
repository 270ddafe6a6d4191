// Destinations besides the request URI: $branch, $br, $bR, $ds; the contact that lookup() chose.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/forward.h"
#include "runtime/script/log_line.h"
#include "runtime/script/q_value.h"
#include "stdlib/pv/text_output.h"

namespace strowger {
namespace {

/// All branches with commas between; those with q in brackets.
Text print_branches(Call& call) {
  const LiveMessage& live = *call.live;
  std::size_t room = 0;
  for (int i = 0; i < live.branch_count; ++i) room += live.branches[i].uri.len + 16;
  pv::Output out(call, room);
  for (int i = 0; i < live.branch_count; ++i) {
    const BranchTarget& branch = live.branches[i];
    const bool brackets = branch.q != kNoQ;
    if (i) out.put(", ");
    if (brackets) out.put('<');
    out.put(branch.uri);
    if (brackets) out.put('>');
    if (branch.q == kNoQ) continue;
    put_q(out, branch.q);
  }
  return out.done();
}

/// The branch at the index; null when there is none.
BranchTarget* branch_at(LiveMessage& live, Index index) {
  if (index == kNoIndex) index = 0;
  if (index < 0) index += live.branch_count;
  return index >= 0 && index < live.branch_count ? live.branches + index : nullptr;
}

void remove_branch(LiveMessage& live, BranchTarget* branch) {
  for (BranchTarget* const last = live.branches + live.branch_count - 1; branch < last; ++branch) branch[0] = branch[1];
  --live.branch_count;
}

Code refuse(Call& call, std::string_view why) {
  log_line(call, LogLevel::Err, "pv", {"$branch: ", why});
  return -1;
}

Text* text_field(BranchTarget& branch, std::string_view name) {
  if (name == "uri") return &branch.uri;
  if (name == "dst_uri") return &branch.dst_uri;
  if (name == "path") return &branch.path;
  if (name == "ruid") return &branch.ruid;
  if (name == "location_ua") return &branch.location_ua;
  if (name == "instance") return &branch.instance;
  return nullptr;
}

}  // namespace

Text Pv::get_ds(Call& call) {
  const Text contacts = contacts_of_branches(call, *call.arena, 0);
  if (!contacts.is_null()) return {contacts.ptr, contacts.len - 2};   // without the line's end
  log_line(call, LogLevel::Warn, "pv", {"$ds: there are no branches"});
  return Text::null();
}

Text Pv::get_bR(Call& call) { return call.live->branch_count ? print_branches(call) : Text::null(); }
Text Pv::get_br(Call& call) { return call.live->branch_count ? call.live->branches[0].uri : Text::null(); }

Code Pv::set_br(Call& call, Value value) {
  if (!value.is_text() || value.len == 0) return refuse(call, "$br takes a text");
  BranchTarget target;
  target.uri = call.arena->copy(value.text());
  if (target.uri.is_null()) return -1;
  target.flags = call.live->branch_flags;
  if (call.live->add_branch(*call.arena, target, call.process().settings.max_branches)) return 1;
  return refuse(call, "there are max_branches already");
}

Value Pv::get_branch(Call& call, Text attribute, Index index) {
  LiveMessage& live = *call.live;
  const std::string_view name = attribute.view();
  if (name == "count") return live.branch_count ? Value::of(static_cast<Int>(live.branch_count)) : Value::null();
  BranchTarget* branch = branch_at(live, index == kAllIndex ? 0 : index);
  if (!branch) return Value::null();
  if (const Text* text = text_field(*branch, name)) return Value::of(text->empty() ? Text::null() : *text);
  if (name == "q") return branch->q == kNoQ ? Value::null() : Value::of(static_cast<Int>(branch->q));
  if (name == "flags") return Value::of(static_cast<Int>(branch->flags));
  if (name == "send_socket") return Value::of(branch->send_socket ? branch->send_socket->as_text : Text::null());
  if (name == "otcpid") return Value::of(static_cast<Int>(branch->connection));
  return Value::null();
}

Code Pv::set_branch(Call& call, Text attribute, Index index, Value value) {
  LiveMessage& live = *call.live;
  const std::string_view name = attribute.view();
  BranchTarget* branch = branch_at(live, index);
  if (!branch) return refuse(call, "there is no such branch");
  if (name == "location_ua" || name == "ruid" || name == "instance") return refuse(call, "the attribute cannot be written");
  if (Text* text = text_field(*branch, name)) {
    if (value.is_null() || (name == "uri" && value.is_text() && value.len == 0)) {
      if (name == "uri") {
        remove_branch(live, branch);
      } else {
        *text = Text::null();
      }
      return 1;
    }
    if (!value.is_text()) return refuse(call, "the attribute takes a text");
    const Text copy = call.arena->copy(value.text());
    if (copy.is_null()) return -1;
    *text = copy;
    return 1;
  }
  if (name == "send_socket") {
    if (!value.is_null() && !value.is_text()) return refuse(call, "send_socket takes a text");
    const Socket* socket = value.is_null() ? nullptr : call.process().find_socket(value.text());
    if (!socket && !value.is_null()) return refuse(call, "there is no such listen socket");
    branch->send_socket = socket;
    return 1;
  }
  if (name != "q" && name != "flags" && name != "otcpid") return refuse(call, "the attribute cannot be written");
  if (!value.is_null() && !value.is_int()) return refuse(call, "the attribute takes an int");
  const Int number = value.is_null() ? 0 : value.number();
  if (name == "q") {
    if (number < -1 || number > 1000) return refuse(call, "q is -1 to 1000");
    branch->q = value.is_null() ? kNoQ : static_cast<std::int16_t>(number);
  } else if (name == "flags") {
    branch->flags = static_cast<std::uint32_t>(number);
  } else {
    branch->connection = static_cast<std::uint32_t>(number);
  }
  return 1;
}

Text Pv::get_ruid(Call& call) { return call.live->ruid; }
Text Pv::get_location_ua(Call& call) { return call.live->location_ua; }

}  // namespace strowger
