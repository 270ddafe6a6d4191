// Searching and replacing by patterns and by plain texts, in the message, its headers or its body.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/header_edits.h"
#include "runtime/script/log_line.h"
#include "runtime/script/regex.h"
#include "textops.interface.h"

namespace strowger {
namespace {

Text headers_and_body(Call& call) {
  const sip::Message& message = call.live->message;
  const Text buffer = message.buffer();
  return {buffer.ptr + message.headers_at(), buffer.len - message.headers_at()};
}

Text headers(Call& call) {
  const sip::Message& message = call.live->message;
  return {message.base() + message.headers_at(), message.headers_end() - message.headers_at()};
}

Code found(bool yes) { return yes ? 1 : -1; }

Code overlaps(Call& call) {
  log_line(call, LogLevel::Err, "textops", {"a match overlaps an earlier edit, or there are too many"});
  return -1;
}

Code append(Call& call, Text part, const Regex& regex, Text text) {
  Text match;
  if (!pattern_of(regex).search(part, 0, &match, 1)) return -1;
  const std::uint32_t behind = offset_of(call, match) + static_cast<std::uint32_t>(match.len);
  return insert_text(call, behind, text) ? 1 : overlaps(call);
}

// An empty match is replaced, too, by which the text is inserted there; it ends the search.
Code replace_matches(Call& call, Text part, const Pattern& pattern, Text text, bool all) {
  Text match;
  bool any = false;
  for (std::size_t at = 0; pattern.search(part, at, &match, 1) && (match.len > 0 || !all);) {
    if (!replace_text(call, offset_of(call, match), static_cast<std::uint32_t>(match.len), text)) return overlaps(call);
    any = true;
    if (!all) break;
    at = static_cast<std::size_t>(match.ptr - part.ptr) + match.len;
  }
  return found(any);
}

/// `mode` a: all, f: the first. Good where there is nothing to replace, too, as in Kamailio 5.6.3.
Code replace_plain(Call& call, Text part, Text what, Text text, Text mode) {
  if (what.empty()) return 1;
  const bool all = !mode.empty() && (mode.ptr[0] | 32) == 'a';
  for (std::size_t at = 0; (at = part.view().find(what.view(), at)) != std::string_view::npos; at += what.len) {
    if (!replace_text(call, offset_of(call, {part.ptr + at, what.len}), static_cast<std::uint32_t>(what.len), text))
      return overlaps(call);
    if (!all) break;
  }
  return 1;
}

}  // namespace

Code Textops::search(Call& call, const Regex& pattern) { return found(pattern_of(pattern).matches(call.live->message.buffer())); }
Code Textops::search_body(Call& call, const Regex& pattern) {
  const Text body = call.live->message.body();
  return found(body.len > 0 && pattern_of(pattern).matches(body));
}

Code Textops::search_hf(Call& call, const HeaderName& name, const Regex& pattern, Text which) {
  const sip::Message& message = call.live->message;
  const auto id = static_cast<sip::HeaderId>(name.id);
  const char mode = which.empty() ? 'a' : static_cast<char>(which.ptr[0] | 32);
  for (const sip::Header* h = message.find(id, name.name); h;) {
    const sip::Header* next = message.find_next(h, name.name);
    if ((mode != 'l' || !next) && pattern_of(pattern).matches(message.value(*h))) return 1;
    if (mode == 'f') break;
    h = next;
  }
  return -1;
}

Code Textops::search_append(Call& call, const Regex& pattern, Text text) {
  return append(call, headers_and_body(call), pattern, text);
}
Code Textops::search_append_body(Call& call, const Regex& pattern, Text text) {
  return append(call, call.live->message.body(), pattern, text);
}

Code Textops::replace(Call& call, const Regex& pattern, Text text) {
  return replace_matches(call, headers_and_body(call), pattern_of(pattern), text, false);
}
Code Textops::replace_all(Call& call, const Regex& pattern, Text text) {
  return replace_matches(call, headers_and_body(call), pattern_of(pattern), text, true);
}
Code Textops::replace_hdrs(Call& call, const Regex& pattern, Text text) {
  return replace_matches(call, headers(call), pattern_of(pattern), text, false);
}
Code Textops::replace_body(Call& call, const Regex& pattern, Text text) {
  return replace_matches(call, call.live->message.body(), pattern_of(pattern), text, false);
}
Code Textops::replace_body_all(Call& call, const Regex& pattern, Text text) {
  return replace_matches(call, call.live->message.body(), pattern_of(pattern), text, true);
}

// ^ and $ are the ends of the body, and . matches line ends: the pattern is compiled once more, without REG_NEWLINE.
Code Textops::replace_body_atonce(Call& call, const Regex& pattern, Text text) {
  const Pattern* whole = dynamic_pattern(call, pattern.pattern, {pattern.ignore_case != 0, false});
  return whole ? replace_matches(call, call.live->message.body(), *whole, text, true) : -1;
}

Code Textops::replace_str(Call& call, Text match, Text text, Text mode) {
  return replace_plain(call, headers_and_body(call), match, text, mode);
}
Code Textops::replace_body_str(Call& call, Text match, Text text, Text mode) {
  return replace_plain(call, call.live->message.body(), match, text, mode);
}
Code Textops::replace_hdrs_str(Call& call, Text match, Text text, Text mode) {
  return replace_plain(call, headers(call), match, text, mode);
}

Code Textops::search_str(Call& call, Text text, Text pattern) {
  if (pattern.empty()) return 2;
  if (text.empty()) return -2;
  const Pattern* compiled = dynamic_pattern(call, pattern, {true, true});
  return compiled ? found(compiled->matches(text)) : -2;
}

Code Textops::regex_substring(Call& call, Text text, Text pattern, Int group, Int count, const VariableRef& target) {
  constexpr int kGroups = 10;
  Text groups[kGroups];
  if (group < 0 || group >= kGroups || count <= group || text.empty() || !target.set) return -1;
  const Pattern* compiled = dynamic_pattern(call, pattern, {false, true});
  if (!compiled) return -1;
  if (!compiled->search(text, 0, groups, kGroups)) return -2;
  if (groups[group].is_null()) return -1;
  return target.set(&call, Value::of(groups[group]));
}

}  // namespace strowger
