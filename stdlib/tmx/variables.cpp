// $T_...: the transaction, its request, replies and branches.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/print.h"
#include "stdlib/tm/relay.h"
#include "stdlib/tm/reply.h"
#include "stdlib/tm/suspend.h"
#include "stdlib/tm/table.h"
#include "tmx.interface.h"

namespace strowger {
namespace {

bool in_reply_route(const Call& call) { return call.route_kind == kReplyRoute || call.route_kind == kCoreReplyRoute; }
bool in_failure_route(const Call& call) { return call.route_kind == kFailureRoute || call.route_kind == kBranchFailureRoute; }

/// The branch that the running route is about.
tm::Branch* branch_of(Call& call) {
  if (call.branch) return static_cast<tm::Branch*>(call.branch);
  tm::Transaction* transaction = tm::current_or_of_reply(call);
  if (!transaction) return nullptr;
  return in_failure_route(call) ? static_cast<tm::Branch*>(call.failed_branch) : nullptr;
}

Value evaluate(Call& call, LiveMessage* live, const VariableRef& variable) {
  if (!live) return Value::null();
  Call other = call;
  other.live = live;
  return variable.get(&other);
}

/// The request as it came: without the target that the script has set since.
Value evaluate_request(Call& call, const tm::Transaction* transaction, const VariableRef& variable) {
  if (!transaction) return Value::null();
  LiveMessage request = transaction->request;
  request.revert_uri();
  request.uri_is_new = false;
  request.dst_uri = request.path = request.instance = request.ruid = request.location_ua = Text::null();
  Call other = call;
  other.live = &request;
  other.transaction = other.branch = nullptr;
  other.branch_index = -1;
  other.route_kind = kRequestRoute;
  return variable.get(&other);
}

Value text_or_null(Text text) { return text.empty() ? Value::null() : Value::of(text); }

Text decimal(Call& call, Int number) {
  char digits[24];
  sip::Writer writer(digits, sizeof digits);
  writer.put_number(number);
  return call.arena->copy(writer.text());
}

}  // namespace

Int Tmx::get_T_branch_idx(Call& call) {
  if (call.route_kind == kOnsendRoute || (!call.message().is_request() && !call.branch)) return -1;
  if (call.route_kind == kRequestRoute) return call.live->branch_count;
  const auto* transaction = static_cast<const tm::Transaction*>(call.transaction);
  if (call.route_kind != kFailureRoute || !transaction) return call.branch_index;
  return Int{transaction->branch_count} + call.live->branch_count;   // the next one's
}

Int Tmx::get_T_reply_code(Call& call) { return tm::visible_status(call); }

Text Tmx::get_T_reply_reason(Call& call) {
  if (call.route_kind == kEventRoute) return "";
  if (!call.message().is_request()) return call.message().reason();
  if (call.route_kind == kFailureRoute) {
    if (call.reply) return call.reply->message.reason();
    const tm::Branch* branch = branch_of(call);
    if (branch && !branch->made_reason.is_null()) return branch->made_reason;
  }
  return "";
}

Value Tmx::get_T_reply_last(Call& call) {
  const tm::Branch* branch = in_reply_route(call) ? branch_of(call) : nullptr;
  return branch ? Value::of(Int{branch->status}) : Value::failed();
}

Text Tmx::get_T_reply_ruid(Call& call) {
  const tm::Branch* branch = branch_of(call);
  return branch && !branch->ruid.is_null() ? branch->ruid : Text("");
}

Value Tmx::get_T_req(Call& call, const VariableRef& variable) {
  tm::Transaction* transaction = in_reply_route(call) ? tm::current_or_of_reply(call) : nullptr;
  return evaluate_request(call, transaction, variable);
}

Value Tmx::get_T_rpl(Call& call, const VariableRef& variable) {
  return evaluate(call, in_failure_route(call) ? call.reply : nullptr, variable);
}

Value Tmx::get_T_inv(Call& call, const VariableRef& variable) {
  if (call.message().method_bit() != kCancel || !call.message().is_request()) return Value::null();
  const tm::Transaction* invite = tm::table_of(*call.worker).find(call.message(), "INVITE");
  return evaluate_request(call, invite, variable);
}

Value Tmx::get_T(Call& call, Text name) {
  const auto* transaction = static_cast<const tm::Transaction*>(call.transaction);   // no lookup, as in Kamailio
  const std::string_view what = name.view();
  if (what == "reply_code") return Value::of(Int{tm::visible_status(call)});
  if (what == "branch_index") return Value::of(get_T_branch_idx(call));
  if (!transaction) return Value::null();
  if (what == "id_index_n") return Value::of(tm::index_of(*transaction));
  if (what == "id_label_n") return Value::of(Int{transaction->label});
  if (what == "id_index") return Value::of(decimal(call, tm::index_of(*transaction)));
  if (what == "id_label") return Value::of(decimal(call, Int{transaction->label}));
  if (what == "reply_reason") return text_or_null(get_T_reply_reason(call));
  if (what == "reply_type") return Value::of(Int{in_failure_route(call) && !call.reply});
  if (what == "ruid") return text_or_null(get_T_reply_ruid(call));
  return Value::null();
}

Value Tmx::get_T_branch(Call& call, Text name) {
  const tm::Branch* branch = branch_of(call);
  if (!branch) return Value::null();
  const std::string_view what = name.view();
  if (what == "flags") return Value::of(Int{branch->flags});
  if (!in_reply_route(call)) return Value::null();   // the URIs are the reply route's only
  if (what == "uri") return text_or_null(branch->uri);
  if (what == "dst_uri") return text_or_null(branch->dst_uri);
  if (what == "path") return text_or_null(branch->path);
  if (what == "instance") return text_or_null(branch->instance);
  if (what == "ruid") return text_or_null(branch->ruid);
  return Value::null();
}

}  // namespace strowger
