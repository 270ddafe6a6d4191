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

RpcCall::RpcCall(Worker& worker, const std::vector<RpcParam>& params, Answer answer)
    : worker(worker), params_(params), answer_(std::move(answer)) {}

std::optional<Int> RpcCall::next_int() {
  const RpcParam* param = next();
  if (!param) return std::nullopt;
  if (param->kind == RpcParam::Kind::Int) return param->number;
  if (param->kind == RpcParam::Kind::Double)
    return param->real > -9e18 && param->real < 9e18 ? static_cast<Int>(param->real) : 0;
  Int number = 0;                                  // a text that is no number is 0, as Kamailio has it
  std::from_chars(param->text.data(), param->text.data() + param->text.size(), number);
  return number;
}

std::optional<Int> RpcCall::next_number() {
  const RpcParam* const param = next();
  if (!param) return std::nullopt;
  return param->kind == RpcParam::Kind::Int ? param->number : 0;
}

std::optional<double> RpcCall::next_double() {
  const RpcParam* param = next();
  if (!param) return std::nullopt;
  if (param->kind == RpcParam::Kind::Double) return param->real;
  if (param->kind == RpcParam::Kind::Int) return static_cast<double>(param->number);
  return 0;
}

std::optional<std::string> RpcCall::next_text() {
  const RpcParam* param = next();
  if (!param) return std::nullopt;
  if (param->kind == RpcParam::Kind::Text) return param->text;
  if (param->kind == RpcParam::Kind::Int) return std::to_string(param->number);
  return std::to_string(param->real > -9e18 && param->real < 9e18 ? static_cast<Int>(param->real) : 0);
}

const RpcRef* find_rpc(const Process& process, std::string_view name) {
  const RpcRef* const begin = process.image.rpcs;
  const RpcRef* const end = begin + process.image.rpc_count;
  const RpcRef* const found =
      std::lower_bound(begin, end, name, [](const RpcRef& rpc, std::string_view n) { return rpc.name.view() < n; });
  return found != end && found->name.view() == name ? found : nullptr;
}

void run_rpc(Worker& worker, const RpcRef& rpc, const std::vector<RpcParam>& params, RpcCall::Answer answer) {
  worker.scripts.enter([&worker, &rpc, params, answer = std::move(answer)] {
    RpcCall call(worker, params, answer);
    rpc.run(call);
    if (!call.deferred()) answer(call.reply);
  });
}

}  // namespace strowger
