// Conversions, comparisons by run-time type, joining, matching, and what stops expressions and routes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/operators.h"

#include "runtime/script/append.h"
#include "runtime/script/arguments.h"
#include "runtime/script/joining.h"
#include "runtime/script/log_line.h"
#include "runtime/script/regex.h"

namespace strowger {
namespace {

bool digit_of(char c, unsigned& digit) {
  if (c >= '0' && c <= '9') {
    digit = static_cast<unsigned>(c - '0');
  } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
    digit = static_cast<unsigned>((c | 32) - 'a' + 10);
  } else {
    return false;
  }
  return true;
}

/// Sign and decimal digits, or 0x and hexadecimal ones; nothing else. Hexadecimal wraps, decimal must fit.
bool parse_int(std::string_view text, Int& out) {
  std::uint64_t value = 0;
  unsigned digit = 0;
  if (text.size() > 2 && text[0] == '0' && (text[1] | 32) == 'x') {
    for (char c : text.substr(2)) {
      if (!digit_of(c, digit)) return false;
      value = value << 4 | digit;
    }
    out = static_cast<Int>(value);
    return true;
  }
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  if (text.empty()) return false;
  const std::uint64_t limit = static_cast<std::uint64_t>(INT64_MAX) + negative;
  for (char c : text) {
    if (!digit_of(c, digit) || digit > 9) return false;
    if (value > (limit - digit) / 10) return false;
    value = value * 10 + digit;
  }
  out = static_cast<Int>(negative ? ~value + 1 : value);
  return true;
}

/// "00" to "99".
constexpr struct Pairs {
  char digits[200];
  constexpr Pairs() : digits() {
    for (int i = 0; i < 100; ++i) {
      digits[2 * i] = static_cast<char>('0' + i / 10);
      digits[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
  }
} kPairs;

Text or_empty(Text text) { return text.is_null() ? Text("") : text; }

}  // namespace

Int Operators::text_to_int(Call* call, Text text) {
  if (text.empty()) return 0;
  Int number = 0;
  if (parse_int(text.view(), number)) return number;
  log_line(*call, LogLevel::Warn, "<core>", {"\"", text, "\" is no number, taken as 0"});
  return 0;
}

Text Joining::print_int(char* room, Int number) {
  char* const end = room + 24;
  char* at = end;
  std::uint64_t rest = number < 0 ? ~static_cast<std::uint64_t>(number) + 1 : static_cast<std::uint64_t>(number);
  for (; rest > 99; rest /= 100) std::memcpy(at -= 2, kPairs.digits + rest % 100 * 2, 2);
  if (rest > 9) {
    std::memcpy(at -= 2, kPairs.digits + rest * 2, 2);
  } else {
    *--at = static_cast<char>('0' + rest);
  }
  if (number < 0) *--at = '-';
  return {at, static_cast<std::size_t>(end - at)};
}

char* LongWays::append_int(char* at, Int number) {
  char digits[24];
  return append_short(at, Joining::print_int(digits, number));
}

char* LongWays::room(Call* call, std::uint64_t bytes) { return static_cast<char*>(call->arena->allocate(bytes)); }

Text Operators::int_to_text(Call* call, Int number) {
  char digits[24];
  return call->arena->copy(Joining::print_int(digits, number));
}

Int LongWays::value_to_int(Call* call, Value value) {
  if (value.is_int()) return value.number();
  return value.is_text() ? Operators::text_to_int(call, value.text()) : 0;
}

Int Operators::int_only(Call* call, Value value) {
  if (value.is_int()) return value.number();
  log_line(*call, LogLevel::Err, "<core>", {"an int was expected, not \"", value.text(), "\""});
  return INT64_MIN;
}

Text LongWays::value_to_text(Call* call, Value value) {
  return value.kind == Value::kInt ? Operators::int_to_text(call, value.number()) : value.text();
}

Text Operators::format_value(Call* call, Value value) { return format_text(value_to_text(call, value)); }

Value LongWays::add_text(Call* call, Value left, Value right) {
  const Text parts[2] = {Operators::value_to_text(call, left), Operators::value_to_text(call, right)};
  return Value::of(Operators::concat(call, parts, 2, 0));
}

Text Operators::concat(Call* call, const Text* parts, std::uint64_t count, std::uint64_t limit) {
  std::size_t length = 0;
  for (std::uint64_t i = 0; i < count; ++i) length += parts[i].is_null() ? 0 : parts[i].len;
  if (limit && length > limit) return Text::failed();
  char* const out = Joining::room(call, length);
  if (!out) return Text::failed();
  char* at = out;
  for (std::uint64_t i = 0; i < count; ++i) at = append_short(at, parts[i]);
  return {out, length};
}

char* Joining::append(char* at, Text text) { return append_short(at, text); }

Text Operators::keep(Call* call, Text text) {
  if (text.is_null()) return text;
  char* const at = Joining::room(call, text.len);
  if (!at) return Text::failed();
  Joining::append(at, text);
  return {at, text.len};
}

const HeaderName* Operators::header_name(Call* call, Text name) {
  const Text kept = call->arena->copy(or_empty(name));
  if (kept.empty()) return nullptr;
  return call->arena->make<HeaderName>(kept, static_cast<std::uint64_t>(sip::header_id_of(kept.view())));
}

Int Arguments::number(Call* call, Value value) {
  if (value.is_int()) return value.number();
  Int number = 0;
  if (value.is_text() && !value.text().empty() && parse_int(value.text().view(), number)) return number;
  log_line(*call, LogLevel::Err, "<core>", {"an argument is no int: \"", value.text(), "\""});
  return INT64_MIN;
}

const Regex* Arguments::regex(Call* call, Text text) {
  const Text kept = call->arena->copy(or_empty(text));
  const Pattern* pattern = kept.is_null() ? nullptr : dynamic_pattern(*call, kept, {true, true});
  if (!pattern) return nullptr;
  auto* made = call->arena->make<Regex>();
  if (made) *made = {kept, 1, 1, pattern, nullptr};
  return made;
}

bool Operators::match(Call*, const Regex* regex, Text text) { return pattern_of(*regex).matches(text); }

std::int32_t Operators::match_dynamic(Call* call, Text subject, Text pattern) {
  const Pattern* compiled = dynamic_pattern(*call, or_empty(pattern), {true, false});
  if (!compiled) return -1;
  return compiled->matches(subject);
}

void Operators::division_by_zero(Call* call, std::uint32_t line) {
  call->line = line;
  call->expression_error = 1;
  log_line(*call, LogLevel::Err, "<core>", {"division by zero"});
}

void Operators::loop_limit(Call* call, std::uint32_t line) {
  call->line = line;
  log_line(*call, LogLevel::Err, "<core>", {"the loop ran max_while_loops times and was left"});
}

void Operators::assignment_failed(Call* call, std::uint32_t line) {
  call->line = line;
  log_line(*call, LogLevel::Err, "<core>", {"assignment failed"});
}

bool Operators::enter_route(Call* call, Text name, Int limit) {
  if (call->depth >= limit || call->depth == UINT16_MAX) {
    log_line(*call, LogLevel::Err, "<core>", {"route[", name, "]: max_recursive_level reached, not called"});
    return false;
  }
  ++call->depth;
  return true;
}

RouteFunction Operators::find_route(Call* call, Text name) {
  const ScriptImage& image = call->process().image;
  for (std::uint64_t i = 0; i < image.route_count; ++i)
    if (image.routes[i].kind == kRequestRoute && text_eq(image.routes[i].name, name) && image.routes[i].function)
      return image.routes[i].function;
  log_line(*call, LogLevel::Err, "<core>", {"there is no route[", name, "]"});
  return nullptr;
}

}  // namespace strowger
