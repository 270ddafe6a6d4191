// What the arguments of avpops name: attributes, values, flags.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/avpops/fields.h"

#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"

namespace strowger::avpops {
namespace {

const Avp* from(const Avp* avp, const Name& name) {
  while (avp && !name.is(*avp)) avp = avp->next;
  return avp;
}

/// "5" or "0x1f".
std::optional<Int> number_in(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  if (text.empty() || text.size() > 15) return std::nullopt;
  Int number = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : hex && (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    number = number * (hex ? 16 : 10) + digit;
  }
  return negative ? -number : number;
}

}  // namespace

std::optional<Name> attribute_of(const PathStep& step) {
  if (!step.index_variable) return std::nullopt;
  std::string_view name = step.index_variable->name.view();
  name.remove_prefix(1);                                       // '$'
  if (name.starts_with('(')) name.remove_prefix(1);
  if (!name.starts_with("avp(")) return std::nullopt;
  name.remove_prefix(4);
  const std::size_t end = name.find(')');
  if (end == std::string_view::npos || end == 0 || name[0] == '$') return std::nullopt;
  name = name.substr(0, end);
  const bool numbered = name.starts_with("i:");
  if (numbered || name.starts_with("s:")) name.remove_prefix(2);
  return Name{Text(name), numbered};
}

std::optional<Name> attribute(Call& call, const Path& fields, std::uint64_t at) {
  std::optional<Name> name;
  if (at < fields.count) name = attribute_of(fields.steps[at]);
  if (!name) log_line(call, LogLevel::Err, "avpops", {"an attribute is needed, as $avp(name)"});
  return name;
}

std::optional<Ends> ends(Call& call, const Path& fields) {
  const std::optional<Name> source = attribute(call, fields, 0);
  if (!source) return std::nullopt;
  Ends out{*source, *source};
  if (fields.count < 2 || !fields.steps[1].index_variable) return out;
  const std::optional<Name> target = attribute(call, fields, 1);
  if (!target) return std::nullopt;
  out.target = *target;
  out.in_place = false;
  out.flags_at = 2;
  return out;
}

std::string_view word(const Path& fields, std::uint64_t at) {
  return at < fields.count && !fields.steps[at].name.is_null() ? fields.steps[at].name.view() : std::string_view();
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 32);
  return out;
}

bool has_flag(const Path& fields, std::uint64_t at, char flag) {
  for (; at < fields.count; ++at)
    for (const char c : word(fields, at))
      if ((c | 32) == flag) return true;
  return false;
}

Value operand(Call& call, const PathStep& step) {
  if (step.index_variable) return step.index_variable->get(&call);
  const std::string_view text = step.name.view();
  if (text.starts_with("s:") || text.starts_with("S:")) return Value::of(Text(text.substr(2)));
  if (text.starts_with("i:") || text.starts_with("I:"))
    if (const std::optional<Int> number = number_in(text.substr(2))) return Value::of(*number);
  return Value::of(step.name);
}

const Avp* first_of(const Avps& avps, const Name& name) { return from(avps.first, name); }
const Avp* next_of(const Avp& avp, const Name& name) { return from(avp.next, name); }

void remove(Avps& avps, const Avp* gone) {
  for (Avp** link = &avps.first; *link; link = &(*link)->next) {
    if (*link != gone) continue;
    *link = (*link)->next;
    return;
  }
}

}  // namespace strowger::avpops
