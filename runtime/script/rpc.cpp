// Replies as tapes, parameters that convert, and the table of commands.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace strowger {

RpcReply::Item& RpcReply::put(Kind kind, std::string_view name) {
  bytes_ += 16 + name.size() + (items_.empty() ? 0 : items_.back().text.size());
  if (bytes_ > kMaxBytes) {
    fault(500, "Reply too big");
    lost_ = Item{};
    return lost_;
  }
  Item& item = items_.emplace_back();
  item.kind = kind;
  item.name = name;
  return item;
}

void RpcReply::add_named(std::string_view name, Text text) {
  if (text.is_null()) {
    put(Kind::Null, name);
  } else {
    put(Kind::Text, name).text = text.view();
  }
}

void RpcReply::add_unsigned(std::string_view name, std::uint32_t number) {
  Item& item = put(Kind::Int, name);
  item.number = number;
  item.is_unsigned = true;
}

void RpcReply::begin(Kind kind, std::string_view name) {
  if (open_.size() >= kMaxDepth) return fault(500, "Reply too deep");
  put(kind, name);
  open_.push_back(kind);
}

void RpcReply::end(Kind opened, Kind kind) {
  if (open_.empty() || open_.back() != opened) return;
  open_.pop_back();
  put(kind, {});
}

void RpcReply::fault(Int code, std::string_view text) {
  fault_code_ = code;
  fault_text_ = text;
}

const std::vector<RpcReply::Item>& RpcReply::finish() {
  while (!open_.empty()) end(open_.back(), open_.back() == Kind::BeginStruct ? Kind::EndStruct : Kind::EndArray);
  return items_;
}

RpcCall::RpcCall(Worker& worker, const std::vector<RpcParam>& params, Answer answer, bool typed)
    : worker(worker), params_(params), answer_(std::move(answer)), typed_(typed) {}

namespace {

Int cut(double real) { return real > -9e18 && real < 9e18 ? static_cast<Int>(real) : 0; }

}  // namespace

const RpcParam* RpcCall::next_of(const char* kind) {
  wanted_ = kind;
  wanted_at_ = at_;
  return next();
}

std::optional<Int> RpcCall::next_int() {
  const RpcParam* const param = next_of("integer");
  if (!param || (typed_ && param->kind != RpcParam::Kind::Int)) return std::nullopt;
  if (param->kind == RpcParam::Kind::Text) return 0;
  return param->kind == RpcParam::Kind::Double ? cut(param->real) : param->number;
}

std::optional<Int> RpcCall::next_int_of_any() {
  const RpcParam* const param = more() ? &params_[at_] : nullptr;
  if (!typed_ || !param || param->kind == RpcParam::Kind::Int) return next_int();
  next_of("integer");
  if (param->kind != RpcParam::Kind::Text) return cut(param->real);
  Int number = 0;
  const char* const end = param->text.data() + param->text.size();
  if (!param->text.empty() && std::from_chars(param->text.data(), end, number).ptr != end) return std::nullopt;
  return number;
}

std::optional<double> RpcCall::next_double() {
  const RpcParam* const param = next_of("float");
  if (!param || (typed_ && param->kind != RpcParam::Kind::Double)) return std::nullopt;
  if (param->kind == RpcParam::Kind::Double) return param->real;
  return param->kind == RpcParam::Kind::Int ? static_cast<double>(param->number) : 0;
}

std::optional<std::string> RpcCall::next_text() {
  const RpcParam* const param = next_of("string");
  return param && param->kind == RpcParam::Kind::Text ? std::optional(param->text) : std::nullopt;
}

std::optional<std::string> RpcCall::next_text_of_any() {
  const RpcParam* const param = next_of("string");
  if (!param || param->kind == RpcParam::Kind::Other || (typed_ && param->kind == RpcParam::Kind::Double)) return std::nullopt;
  if (param->kind == RpcParam::Kind::Text) return param->text;
  return std::to_string(param->kind == RpcParam::Kind::Int ? param->number : cut(param->real));
}

void RpcCall::refuse(Int code, std::string_view text) {
  if (!typed_) return fault(code, text);
  const bool ended = wanted_at_ == params_.size();
  fault(400, "error at parameter " + std::to_string(wanted_at_) + ": expected " + wanted_ + " type but " +
                 (ended ? "end of packet encountered" : "record doesn't match type"));
}

void RpcCall::refuse_kind() {
  if (typed_ && wanted_at_ == 0 && !params_.empty()) refuse(400, "");
}

const RpcRef* find_rpc(const Process& process, std::string_view name) {
  const RpcRef* const begin = process.image.rpcs;
  const RpcRef* const end = begin + process.image.rpc_count;
  const RpcRef* const found =
      std::lower_bound(begin, end, name, [](const RpcRef& rpc, std::string_view n) { return rpc.name.view() < n; });
  return found != end && found->name.view() == name ? found : nullptr;
}

void run_rpc(Worker& worker, const RpcRef& rpc, const std::vector<RpcParam>& params, RpcCall::Answer answer, bool typed) {
  worker.scripts.enter([&worker, &rpc, params, answer = std::move(answer), typed] {
    RpcCall call(worker, params, answer, typed);
    rpc.run(call);
    if (!call.deferred()) answer(call.reply);
  });
}

}  // namespace strowger
