// avp_copy(), avp_delete(), avp_op(), avp_pushto(), is_avp_set(), avp_print().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "avpops.interface.h"
#include "runtime/script/branch_target.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/script/rewrite_uri.h"
#include "stdlib/avpops/fields.h"

namespace strowger {
namespace {

using avpops::attribute;
using avpops::Ends;
using avpops::ends;
using avpops::lower_case;
using avpops::Name;

Code refuse(Call& call, std::string_view why) {
  log_line(call, LogLevel::Err, "avpops", {why});
  return -1;
}

/// The value as `n` or `s` asks for; nothing where it is no number.
std::optional<Value> converted(Call& call, Value value, bool to_int, bool to_text) {
  if (to_text) {
    const Text text = Operators::value_to_text(&call, value);
    if (text.is_null()) return std::nullopt;
    return Value::of(text);
  }
  if (!to_int || value.is_int()) return value;
  const Text text = value.text();
  if (!text.is_null() && text.empty()) return Value::of(Int{0});
  std::string_view digits = text.is_null() ? std::string_view() : text.view();
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return Value::of(Operators::text_to_int(&call, text));
}

std::optional<Int> computed(Call& call, std::string_view op, Int a, Int b) {
  if (op == "add") return static_cast<Int>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  if (op == "sub") return static_cast<Int>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  if (op == "mul") return static_cast<Int>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  if (op == "and") return a & b;
  if (op == "or") return a | b;
  if (op == "xor") return a ^ b;
  if (op == "not") return ~b;
  if (op != "div" && op != "mod") return std::nullopt;
  if (b == 0) {
    refuse(call, "division by 0");
    return Int{0};
  }
  if (b == -1) return op == "div" ? static_cast<Int>(-static_cast<std::uint64_t>(a)) : Int{0};
  return op == "div" ? a / b : a % b;
}

Code push_uri_part(Call& call, std::string_view part, Text text) {
  if (part.empty()) return set_uri(*call.live, *call.arena, text);
  if (part == "username") return set_user(*call.live, *call.arena, text);
  if (part == "domain") return set_host(*call.live, *call.arena, text);
  return refuse(call, "a part of $ru is username or domain");
}

constexpr int kMostResults = 4096;   // of one avp_op(): where source and operand are one attribute, it doubles with every number

/// A branch to this URI; empty: to the request URI as it is.
bool push_branch(Call& call, Text uri) {
  BranchTarget branch;
  if (uri.empty()) branch = main_target(*call.live);
  branch.uri = uri.empty() ? call.live->uri() : call.arena->copy(uri);
  return !branch.uri.is_null() && call.live->add_branch(*call.arena, branch, call.process().settings.max_branches);
}

}  // namespace

Code Avpops::avp_print(Call& call) {
  for (const Avp* avp = call.avps->first; avp; avp = avp->next) {
    const Text value = Operators::value_to_text(&call, avp->value);
    log_line(call, LogLevel::Info, "avpops", {"$avp(", avp->numbered ? Text("i:") : Text(""), avp->name, ") = ", value});
  }
  return 1;
}

Code Avpops::avp_delete(Call& call, const Path& what) {
  const std::string_view kind = avpops::word(what, 0);
  int removed = 0;
  if (kind == "*" || kind == "a" || kind == "s" || kind == "i") {
    for (Avp** link = &call.avps->first; *link;) {
      if (kind == "*" || kind == "a" || (*link)->numbered == (kind == "i")) {
        *link = (*link)->next;
        ++removed;
      } else {
        link = &(*link)->next;
      }
    }
    return removed ? 1 : -1;
  }
  const std::optional<Name> name = attribute(call, what, 0);
  if (!name) return -1;
  if (avpops::has_flag(what, 1, 'g')) return call.avps->remove_all(name->text, name->numbered) > 0 ? 1 : -1;
  return call.avps->pop(name->text, name->numbered) ? 1 : -1;
}

Code Avpops::avp_copy(Call& call, const Path& from, const Path& to) {
  const std::optional<Name> source = attribute(call, from, 0), target = attribute(call, to, 0);
  if (!source || !target) return -1;
  const bool all = avpops::has_flag(to, 1, 'g'), gone = avpops::has_flag(to, 1, 'd');
  int copied = 0;
  const Avp* next = nullptr;
  for (const Avp* avp = avpops::first_of(*call.avps, *source); avp; avp = next) {
    next = all ? avpops::next_of(*avp, *source) : nullptr;
    const std::optional<Value> value = converted(call, avp->value, avpops::has_flag(to, 1, 'n'), avpops::has_flag(to, 1, 's'));
    if (!value) return refuse(call, "the value is no number");
    call.avps->push(target->text, target->numbered, *value);
    ++copied;
    if (gone) avpops::remove(*call.avps, avp);
  }
  return copied ? 1 : -1;
}

// With /g every value takes its turn; where it goes into the request URI, the URI of the turn before becomes a branch.
Code Avpops::avp_pushto(Call& call, const Path& target, const Path& from) {
  if (target.count == 0 || from.count == 0 || !target.steps[0].index_variable) return refuse(call, "the target is $ru, $du or $br");
  const std::string_view written = target.steps[0].index_variable->name.view();
  const std::string_view where = written.substr(written.find_first_not_of("$("), 2);
  const std::optional<Name> name = avpops::attribute_of(from.steps[0]);
  const Avp* avp = name ? avpops::first_of(*call.avps, *name) : nullptr;
  if (name && !avp) return -1;
  const bool all = avpops::has_flag(from, 1, 'g');
  LiveMessage& live = *call.live;
  for (bool first = true; first || avp; first = false) {
    const Value value = avp ? avp->value : avpops::operand(call, from.steps[0]);
    Text text = Operators::value_to_text(&call, value);
    if (text.is_null()) text = "";
    if (where == "ru") {
      if (!first && !push_branch(call, Text::null())) return -1;
      if (push_uri_part(call, avpops::word(target, 1), text) < 0) return -1;
    } else if (value.is_int()) {
      return refuse(call, "a number is no URI");
    } else if (where == "du") {
      live.dst_uri = text.empty() ? Text::null() : call.arena->copy(text);
      if (live.dst_uri.is_null() && !text.empty()) return -1;
    } else if (where == "br") {
      if (!push_branch(call, text)) return -1;
    } else {
      return refuse(call, "the target is $ru, $du or $br");
    }
    avp = avp && all ? avpops::next_of(*avp, *name) : nullptr;
  }
  return 1;
}

// Each number with all numbers of the operand, one after the other, each on the result of the one before; an attribute that is
// both takes part with what was added to it.
Code Avpops::avp_op(Call& call, const Path& what, const Path& operation) {
  const std::optional<Ends> named = ends(call, what);
  if (!named || operation.count < 2) return named ? refuse(call, "the operation is as add/i:5") : -1;
  const std::optional<Name> by = avpops::attribute_of(operation.steps[1]);
  const Value fixed = by ? Value::null() : avpops::operand(call, operation.steps[1]);
  if (by && !avpops::first_of(*call.avps, *by)) return -1;
  if (!by && !fixed.is_int()) return refuse(call, "the operand is no number");
  const std::string op = lower_case(avpops::word(operation, 0));
  const bool gone = avpops::has_flag(operation, 2, 'd');
  int done = 0;
  const Avp* next = nullptr;
  for (const Avp* avp = avpops::first_of(*call.avps, named->source); avp; avp = next) {
    next = avpops::next_of(*avp, named->source);
    if (!avp->value.is_int()) continue;
    Int value = avp->value.number();
    const int before = done;
    for (const Avp* other = by ? avpops::first_of(*call.avps, *by) : nullptr; !by || other; other = avpops::next_of(*other, *by)) {
      if (by && !other->value.is_int()) continue;
      const std::optional<Int> result = computed(call, op, value, by ? other->value.number() : fixed.number());
      if (!result) return refuse(call, "no such operation");
      if (++done > kMostResults) return refuse(call, "too many results");
      value = *result;
      call.avps->push(named->target.text, named->target.numbered, Value::of(value));
      if (!by) break;
    }
    if (gone && done > before) avpops::remove(*call.avps, avp);
  }
  return done ? 1 : -1;
}

Code Avpops::is_avp_set(Call& call, const Path& what) {
  const std::optional<Name> name = attribute(call, what, 0);
  if (!name) return -1;
  const Avp* const avp = avpops::first_of(*call.avps, *name);
  if (!avp) return -1;
  if (avpops::has_flag(what, 1, 's') && !avp->value.is_text()) return -1;
  if (avpops::has_flag(what, 1, 'n') && !avp->value.is_int()) return -1;
  if (!avpops::has_flag(what, 1, 'e')) return 1;
  return (avp->value.is_int() ? avp->value.number() == 0 : avp->value.text().empty()) ? 1 : -1;
}

}  // namespace strowger
