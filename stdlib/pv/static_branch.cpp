// $sbranch: a branch that a worker prepares, for sbranch_append() and sbranch_set_ruri(). It stays from message to message.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/pv/static_branch.h"

#include "pv.interface.h"
#include "runtime/script/log_line.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

namespace pv {

std::string* StaticBranch::text(std::string_view name) {
  if (name == "uri") return &uri;
  if (name == "dst_uri") return &dst_uri;
  if (name == "path") return &path;
  if (name == "ruid") return &ruid;
  if (name == "location_ua") return &location_ua;
  if (name == "instance") return &instance;
  return nullptr;
}

}  // namespace pv

namespace {

Code refuse(Call& call, std::string_view why) {
  log_line(call, LogLevel::Err, "pv", {"$sbranch: ", why});
  return -1;
}

/// A copy in the arena; null for an empty text. `good` becomes false without memory.
Text copied(Call& call, const std::string& text, bool& good) {
  if (text.empty()) return Text::null();
  const Text copy = call.arena->copy(Text(std::string_view(text)));
  good = good && !copy.is_null();
  return copy;
}

}  // namespace

Value Pv::get_sbranch(Call& call, Text attribute) {
  pv::StaticBranch& branch = call.state<pv::StaticBranch>(slot);
  const std::string_view name = attribute.view();
  if (const std::string* text = branch.text(name)) {
    return text->empty() ? Value::null() : Value::of(call.arena->copy(Text(std::string_view(*text))));
  }
  if (name == "q") return branch.q == kNoQ ? Value::null() : Value::of(static_cast<Int>(branch.q));
  if (name == "flags") return Value::of(static_cast<Int>(branch.flags));
  if (name == "otcpid") return Value::of(static_cast<Int>(branch.connection));
  if (name == "send_socket") return Value::of(branch.send_socket ? branch.send_socket->as_text : Text::null());
  return name == "count" ? Value::of(Int{0}) : Value::null();
}

Code Pv::set_sbranch(Call& call, Text attribute, Value value) {
  pv::StaticBranch& branch = call.state<pv::StaticBranch>(slot);
  const std::string_view name = attribute.view();
  if (std::string* text = branch.text(name)) {
    if (!value.is_null() && !value.is_text()) return refuse(call, "the attribute takes a text");
    *text = std::string(value.text().view());
    return 1;
  }
  if (name == "send_socket") {
    if (!value.is_null() && !value.is_text()) return refuse(call, "send_socket takes a text");
    const Socket* socket = value.is_null() ? nullptr : call.process().find_socket(value.text());
    if (!socket && !value.is_null()) return refuse(call, "there is no such listen socket");
    branch.send_socket = socket;
    return 1;
  }
  if (name != "q" && name != "flags" && name != "otcpid") return refuse(call, "there is no such attribute");
  if (!value.is_null() && !value.is_int()) return refuse(call, "the attribute takes an int");
  const Int number = value.is_null() ? 0 : value.number();
  if (name == "q") {
    if (number < -1 || number > 1000) return refuse(call, "q is -1 to 1000");
    branch.q = value.is_null() ? kNoQ : static_cast<std::int16_t>(number);
  } else if (name == "flags") {
    branch.flags = static_cast<std::uint32_t>(number);
  } else {
    branch.connection = static_cast<std::uint32_t>(number);
  }
  return 1;
}

Code Pv::sbranch_reset(Call& call) {
  call.state<pv::StaticBranch>(slot) = {};
  return 1;
}

Code Pv::sbranch_append(Call& call) {
  const pv::StaticBranch& branch = call.state<pv::StaticBranch>(slot);
  if (branch.uri.empty()) return refuse(call, "it has no uri");
  bool good = true;
  BranchTarget target;
  target.uri = copied(call, branch.uri, good);
  target.dst_uri = copied(call, branch.dst_uri, good);
  target.path = copied(call, branch.path, good);
  target.instance = copied(call, branch.instance, good);
  target.ruid = copied(call, branch.ruid, good);
  target.location_ua = copied(call, branch.location_ua, good);
  target.send_socket = branch.send_socket;
  target.flags = branch.flags;
  target.connection = branch.connection;
  target.q = branch.q;
  if (good && call.live->add_branch(*call.arena, target, call.process().settings.max_branches)) return 1;
  return refuse(call, "there are max_branches already");
}

Code Pv::sbranch_set_ruri(Call& call) {
  const pv::StaticBranch& branch = call.state<pv::StaticBranch>(slot);
  if (branch.uri.empty() || !call.live->message.is_request()) return refuse(call, "it has no uri, or this is no request");
  LiveMessage& live = *call.live;
  bool good = true;
  const Text uri = copied(call, branch.uri, good), dst_uri = copied(call, branch.dst_uri, good),
             path = copied(call, branch.path, good), instance = copied(call, branch.instance, good),
             ruid = copied(call, branch.ruid, good), location_ua = copied(call, branch.location_ua, good);
  if (!good) return refuse(call, "out of memory");
  live.set_uri(uri);
  live.dst_uri = dst_uri;
  live.path = path;
  live.instance = instance;
  live.ruid = ruid;
  live.location_ua = location_ua;
  live.send_socket = branch.send_socket;
  live.branch_flags = branch.flags;
  live.q = branch.q;
  return 1;
}

}  // namespace strowger
