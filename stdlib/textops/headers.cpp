// Adding, removing and looking for header lines.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <ctime>

#include "runtime/script/header_edits.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/script/regex.h"
#include "textops.interface.h"

namespace strowger {
namespace {

using sip::Header;
using sip::HeaderId;
using sip::Message;

HeaderId id_of(const HeaderName& name) { return static_cast<HeaderId>(name.id); }
HeaderName named(Text name) { return {name, static_cast<std::uint64_t>(sip::header_id_of(name.view()))}; }
const Header* find(Call& call, const HeaderName& name) { return call.live->message.find(id_of(name), name.name); }

Code refuse(Call& call, std::string_view why) {
  log_line(call, LogLevel::Err, "textops", {why});
  return -1;
}

Code insert(Call& call, std::uint32_t at, Text text) {
  if (text.empty()) return refuse(call, "a header line to be added is empty");
  if (call.live->message.is_cut()) return refuse(call, "the message's headers cannot be read to their end");
  return insert_text(call, at, text) ? 1 : refuse(call, "there are too many edits");
}

template <class Wanted>
Code remove_where(Call& call, Wanted wanted) {
  bool any = false;
  if (call.live->message.is_cut()) return -1;
  for (const Header& header : call.live->message) {
    if (!wanted(header)) continue;
    if (!remove_line(call, header)) return refuse(call, "a header to be removed overlaps an earlier edit");
    any = true;
  }
  return any ? 1 : -1;
}

Code remove_named(Call& call, const HeaderName& name) {
  const Message& message = call.live->message;
  const Header* header = message.find(id_of(name), name.name);
  if (!header) return -1;
  for (; header; header = message.find_next(header, name.name))
    if (!remove_line(call, *header)) return refuse(call, "a header to be removed overlaps an earlier edit");
  return 1;
}

Code remove_matching(Call& call, const Pattern& match, const Pattern* skip) {
  const Message& message = call.live->message;
  return remove_where(call, [&](const Header& header) {
    const Text name = message.name(header);
    return match.matches(name) && !(skip && skip->matches(name));
  });
}

Code present_matching(Call& call, const Pattern& pattern) {
  const Message& message = call.live->message;
  for (const Header& header : message)
    if (pattern.matches(message.name(header))) return 1;
  return -1;
}

const Pattern* name_pattern(Call& call, Text pattern) { return dynamic_pattern(call, pattern, {true, false}); }

/// "Date: Sat, 13 Nov 2010 23:29:00 GMT" with CRLF (RFC 3261 §20.17).
Text date_line(Call& call) {
  const auto now = static_cast<std::time_t>(call.worker->now.wall_seconds());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char line[64];
  const std::size_t length = std::strftime(line, sizeof line, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  return call.arena->copy({line, length});
}

Code add_to_reply(Call& call, Text lines) {
  const Text copy = call.arena->copy(lines);
  auto* header = copy.empty() ? nullptr : call.arena->make<ReplyHeader>(copy);
  if (!header) return -1;
  ReplyHeader** last = &call.live->reply_headers;
  while (*last) last = &(*last)->next;
  *last = header;
  return 1;
}

}  // namespace

Code Textops::append_hf(Call& call, Text text) { return insert(call, call.live->message.headers_end(), text); }
Code Textops::append_hf(Call& call, Text text, const HeaderName& after) {
  const Message& message = call.live->message;
  const Header* header = find(call, after);
  for (const Header* next = header; next; next = message.find_next(next, after.name)) header = next;   // the last one
  return insert(call, header ? header->end : call.live->message.headers_end(), text);
}
Code Textops::insert_hf(Call& call, Text text) { return insert(call, call.live->message.headers_at(), text); }
Code Textops::insert_hf(Call& call, Text text, const HeaderName& before) {
  const Header* header = find(call, before);
  return insert(call, header ? header->at : call.live->message.headers_at(), text);
}

Code Textops::append_urihf(Call& call, Text prefix, Text suffix) {
  const Text parts[] = {prefix, call.live->uri(), suffix};
  const Text line = Operators::concat(&call, parts, 3, 0);
  return line.is_null() ? -1 : insert(call, call.live->message.headers_end(), line);
}

Code Textops::append_to_reply(Call& call, Text text) { return add_to_reply(call, text); }
Code Textops::append_time(Call& call) { return add_to_reply(call, date_line(call)); }
// Behind the first header.
Code Textops::append_time_to_request(Call& call) {
  const Message& message = call.live->message;
  const std::uint32_t at = message.header_count() ? message.begin()->end : message.headers_at();
  return insert(call, at, date_line(call));
}

Code Textops::remove_hf(Call& call, const HeaderName& name) { return remove_named(call, name); }
// Good where there is none, too.
Code Textops::remove_hf_pv(Call& call, Text name) { return name.empty() ? -1 : std::max<Code>(remove_named(call, named(name)), 1); }

Code Textops::remove_hf_idx(Call& call, Text text, Int index) {
  if (text.empty()) return -1;
  const Message& message = call.live->message;
  const HeaderName name = named(text);
  if (index < 0) {
    for (const Header* h = find(call, name); h; h = message.find_next(h, name.name)) ++index;
    if (index < 0) return 1;
  }
  const Header* header = find(call, name);
  for (; header && index > 0; --index) header = message.find_next(header, name.name);
  if (!header) return 2;
  return remove_line(call, *header) ? 1 : refuse(call, "a header to be removed overlaps an earlier edit");
}

Code Textops::remove_hf_re(Call& call, const Regex& pattern) { return remove_matching(call, pattern_of(pattern), nullptr); }
Code Textops::remove_hf_exp(Call& call, const Regex& match, const Regex& skip) {
  return remove_matching(call, pattern_of(match), &pattern_of(skip));
}
Code Textops::remove_hf_re_pv(Call& call, Text text) {
  const Pattern* pattern = name_pattern(call, text);
  return pattern ? remove_matching(call, *pattern, nullptr) : -1;
}
// The cache may drop a pattern when it gets another one: both are looked up twice.
Code Textops::remove_hf_exp_pv(Call& call, Text match, Text skip) {
  if (!name_pattern(call, match) || !name_pattern(call, skip)) return -1;
  const Message& message = call.live->message;
  return remove_where(call, [&](const Header& header) {
    const Text name = message.name(header);
    const Pattern* pattern = name_pattern(call, match);
    if (!pattern || !pattern->matches(name)) return false;
    pattern = name_pattern(call, skip);
    return pattern && !pattern->matches(name);
  });
}

Code Textops::remove_hf_match(Call& call, Text text, Text operation, Text value) {
  const std::string_view op = operation.view();
  const Message& message = call.live->message;
  if (text.empty()) return -1;
  const HeaderName name = named(text);
  const Pattern* pattern = nullptr;
  if (op == "re") {
    pattern = dynamic_pattern(call, value, {true, false});
    if (!pattern) return -1;
  } else if (op != "eq" && op != "ne" && op != "in") {
    return refuse(call, "remove_hf_match() knows eq, ne, in and re");
  }
  bool any = false;
  for (const Header* h = find(call, name); h; h = message.find_next(h, name.name)) {
    const std::string_view body = message.value(*h).view();
    const bool is = pattern          ? pattern->matches(message.value(*h))
                    : op == "eq"     ? body == value.view()
                    : op == "ne"     ? body != value.view()
                                     : body.find(value.view()) != std::string_view::npos;
    if (!is) continue;
    if (!remove_line(call, *h)) return refuse(call, "a header to be removed overlaps an earlier edit");
    any = true;
  }
  return any ? 1 : -2;
}

Code Textops::is_present_hf(Call& call, const HeaderName& name) { return find(call, name) ? 1 : -1; }
Code Textops::is_present_hf_pv(Call& call, Text name) { return !name.empty() && find(call, named(name)) ? 1 : -1; }
Code Textops::is_present_hf_re(Call& call, const Regex& pattern) { return present_matching(call, pattern_of(pattern)); }
Code Textops::is_present_hf_re_pv(Call& call, Text text) {
  const Pattern* pattern = name_pattern(call, text);
  return pattern ? present_matching(call, *pattern) : -1;
}

Code Textops::is_privacy(Call& call, Text type) {
  const Message& message = call.live->message;
  for (const Header* h = message.first(HeaderId::Privacy); h; h = message.next(h)) {
    Text rest = message.value(*h);
    for (std::size_t i = 0; i < rest.len;) {
      std::size_t end = i;
      while (end < rest.len && rest.ptr[end] != ';' && rest.ptr[end] != ',') ++end;
      if (sip::equal_ignore_case(sip::trim({rest.ptr + i, end - i}), type)) return 1;
      i = end + 1;
    }
  }
  return -1;
}

}  // namespace strowger
