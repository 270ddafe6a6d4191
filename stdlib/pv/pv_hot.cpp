// The variables that scripts read most; also compiled to bitcode for inlining into routes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/call.h"
#include "stdlib/pv/slow_paths.h"

namespace strowger {

// ---- first line --------------------------------------------------------------------------------------------------

Text Pv::get_rm(Call& call) { return call.live->message.method(); }
Int Pv::get_rmid(Call& call) { return call.live->message.method_bit(); }
Text Pv::get_rv(Call& call) { return call.live->message.version(); }
Int Pv::get_rsi(Call& call) { return call.live->message.status(); }
Value Pv::get_rs(Call& call) {
  const sip::Message& message = call.live->message;
  return message.is_request() ? Value::null() : Value::of(static_cast<Int>(message.status()));
}
Text Pv::get_rr(Call& call) {
  const sip::Message& message = call.live->message;
  return message.is_request() ? Text::null() : message.reason();
}
Int Pv::get_mt(Call& call) { return call.live->message.is_request() ? 1 : 2; }
Text Pv::get_mts(Call& call) { return call.live->message.is_request() ? Text("rq") : Text("rp"); }

// ---- request URI -------------------------------------------------------------------------------------------------

Text Pv::get_ru(Call& call) {
  LiveMessage& live = *call.live;
  if (!live.message.is_request()) return Text::null();
  return live.parsed_uri() ? live.uri() : pv::bad_request_uri(call);
}
Text Pv::get_rU(Call& call) {
  LiveMessage& live = *call.live;
  if (!live.message.is_request()) return Text::null();
  const sip::Uri* uri = live.parsed_uri();
  if (!uri) return pv::bad_request_uri(call);
  return uri->user.len ? uri->user : Text::null();
}
Text Pv::get_rd(Call& call) {
  LiveMessage& live = *call.live;
  if (!live.message.is_request()) return Text::null();
  const sip::Uri* uri = live.parsed_uri();
  return uri ? uri->host : pv::bad_request_uri(call);
}
Value Pv::get_rUl(Call& call) {
  LiveMessage& live = *call.live;
  const sip::Uri* uri = live.message.is_request() ? live.parsed_uri() : nullptr;
  return uri ? Value::of(static_cast<Int>(uri->user.len)) : Value::null();
}
Text Pv::get_du(Call& call) { return call.live->dst_uri; }

// ---- From and To ------------------------------------------------------------------------------------------------

namespace {
inline Text user_in(const sip::UserHost* parts) { return parts && parts->user.len ? parts->user : Text::null(); }
inline Text host_in(const sip::UserHost* parts) { return parts ? parts->host : Text::null(); }
}  // namespace

Text Pv::get_fU(Call& call) { return user_in(call.live->message.from_parts()); }
Text Pv::get_fd(Call& call) { return host_in(call.live->message.from_parts()); }
Int Pv::get_fUl(Call& call) { return static_cast<Int>(get_fU(call).len); }
Text Pv::get_tU(Call& call) { return user_in(call.live->message.to_parts()); }
Text Pv::get_td(Call& call) { return host_in(call.live->message.to_parts()); }
Int Pv::get_tUl(Call& call) { return static_cast<Int>(get_tU(call).len); }

// ---- headers and body --------------------------------------------------------------------------------------------

Text Pv::get_ci(Call& call) { return call.live->message.call_id(); }
Text Pv::get_ua(Call& call) { return call.live->message.value_of(sip::HeaderId::UserAgent); }
Text Pv::get_cT(Call& call) { return call.live->message.value_of(sip::HeaderId::ContentType); }
Text Pv::get_ct(Call& call) {
  const Text value = call.live->message.value_of(sip::HeaderId::Contact);
  return value.len == 0 ? Text::null() : value;
}
Text Pv::get_ft(Call& call) { return call.live->message.from_tag(); }
Text Pv::get_tt(Call& call) { return call.live->message.to_tag(); }
// Where the headers do not end there is no body.
Text Pv::get_rb(Call& call) {
  const sip::Message& message = call.live->message;
  return message.fault() == sip::ParseFault::None || message.is_http() ? message.body() : Text::null();
}
Int Pv::get_bs(Call& call) { return static_cast<Int>(get_rb(call).len); }
Int Pv::get_ml(Call& call) { return static_cast<Int>(call.live->message.buffer().len); }
Text Pv::get_mb(Call& call) { return call.live->message.buffer(); }
Int Pv::get_mi(Call& call) { return static_cast<Int>(call.live->number); }
Value Pv::get_cl(Call& call) {
  const Int length = call.live->message.content_length();
  return length < 0 ? Value::null() : Value::of(length);
}

// ---- network -----------------------------------------------------------------------------------------------------

Text Pv::get_si(Call& call) {
  const Text text = call.live->source_text;
  return text.is_null() ? pv::print_source(call) : text;
}
Int Pv::get_sp(Call& call) { return call.live->source.port; }
Text Pv::get_Ri(Call& call) {
  const Socket* socket = call.live->socket;
  if (!socket) return Text::null();
  const Text host = socket->host;
  return host.len > 2 && host.ptr[0] == '[' ? Text(host.ptr + 1, host.len - 2) : host;
}
Int Pv::get_Rp(Call& call) { return call.live->socket ? call.live->socket->address.port : 0; }
Text Pv::get_Rn(Call& call) { return call.live->socket ? call.live->socket->name : Text::null(); }
Text Pv::get_Ras(Call& call) { return call.live->socket ? call.live->socket->as_text : Text::null(); }
Int Pv::get_prid(Call& call) { return call.live->socket ? static_cast<Int>(call.live->socket->protocol) : 0; }

// ---- slots -------------------------------------------------------------------------------------------------------

Value Pv::get_var(Call& call, Int slot) {
  const Value value = call.worker->slots[static_cast<std::size_t>(slot)].value;
  return value.is_null() ? Value::of(Int{0}) : value;
}
Value Pv::get_vz(Call& call, Int slot) { return get_var(call, slot); }
Value Pv::get_vn(Call& call, Int slot) { return call.worker->slots[static_cast<std::size_t>(slot)].value; }
Code Pv::set_var(Call& call, Int slot, Value value) {
  SlotVariable& variable = call.worker->slots[static_cast<std::size_t>(slot)];
  if (value.kind != Value::kInt && value.kind != Value::kNull) return pv::keep_in_slot(variable, value);
  variable.value = value;
  return 1;
}
Code Pv::set_vz(Call& call, Int slot, Value value) { return set_var(call, slot, value); }
Code Pv::set_vn(Call& call, Int slot, Value value) { return set_var(call, slot, value); }

// ---- flags and time ----------------------------------------------------------------------------------------------

Int Pv::get_mf(Call& call) { return call.live->flags; }
Int Pv::get_sf(Call& call) { return call.live->script_flags; }
Int Pv::get_bf(Call& call) { return call.live->branch_flags; }
Int Pv::get_Mf(Call& call, Int flag) { return call.live->flags >> (flag & 31) & 1; }
Int Pv::get_Sf(Call& call, Int flag) { return call.live->script_flags >> (flag & 31) & 1; }
Int Pv::get_Bf(Call& call, Int flag) { return call.live->branch_flags >> (flag & 31) & 1; }
Int Pv::get_Ts(Call& call) { return call.live->received_us / 1000000; }
Int Pv::get_TS(Call& call) { return call.worker->now.wall_seconds(); }
Int Pv::get_true_(Call&) { return 1; }
/// Its format has been evaluated already.
Text Pv::get__s(Call&, Text format) { return format; }

}  // namespace strowger
