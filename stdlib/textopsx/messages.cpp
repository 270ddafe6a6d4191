// The message as a whole: rebuilt with its edits, replaced, its status line, its body, its headers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/header_edits.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/script/regex.h"
#include "textopsx.interface.h"

namespace strowger {
namespace {

using sip::HeaderId;
using sip::Message;

Code refuse(Call& call, std::string_view why) {
  log_line(call, LogLevel::Err, "textopsx", {why});
  return -1;
}

/// Only where no transaction holds the message yet.
bool may_rebuild(const Call& call) {
  if (call.route_kind == kCoreReplyRoute) return true;
  return (call.route_kind == kRequestRoute || call.route_kind == kEventRoute) && !call.transaction;
}

/// The bytes become the message; its edits and the rewritten request URI are in them already. 0 when it cannot be parsed.
Code take_over(Call& call, Text bytes) {
  LiveMessage& live = *call.live;
  Message parsed = Message::parse(bytes, *call.arena);
  if (!parsed.runs_script() || parsed.is_request() != live.message.is_request()) {
    log_line(call, LogLevel::Err, "textopsx", {"the new message cannot be parsed"});
    call.stop = 1;
    return 0;
  }
  const bool is_new = live.uri_is_new;
  live.message = parsed;
  live.edits.clear();
  live.revert_uri();
  live.uri_is_new = is_new;
  return 1;
}

Code change_status(Call& call, Int code, Text reason) {
  LiveMessage& live = *call.live;
  const Message& message = live.message;
  const Int now = message.status();
  if (message.is_request() || code < 100 || code > 699) return refuse(call, "no such code, or not a reply");
  if ((now < 200) != (code < 200) || (now / 100 == 2) != (code / 100 == 2))
    return refuse(call, "1xx and 2xx keep their class");
  const Text version = message.version();
  const std::uint32_t at = offset_of(call, version) + static_cast<std::uint32_t>(version.len);
  const auto line_end = static_cast<std::uint32_t>(message.first_line().len);
  const Text kept = reason.is_null() ? message.reason() : reason;
  const Text parts[] = {" ", Operators::int_to_text(&call, code), " ", kept};
  const Text text = Operators::concat(&call, parts, 4, 0);
  if (text.is_null() || !remove_bytes(call, at, line_end - at)) return refuse(call, "the first line cannot be edited");
  return live.edits.insert(*call.arena, at, text) ? 1 : -1;
}

bool is_needed(HeaderId id) {
  switch (id) {
    case HeaderId::Via: case HeaderId::From: case HeaderId::To: case HeaderId::CallId: case HeaderId::CSeq:
    case HeaderId::Contact: case HeaderId::MaxForwards: case HeaderId::Route: case HeaderId::RecordRoute:
    case HeaderId::ContentType: case HeaderId::ContentLength:
      return true;
    default: return false;
  }
}

// The code is always -1, as in Kamailio 5.6.3.
Code keep(Call& call, const Pattern* pattern) {
  const Message& message = call.live->message;
  for (const sip::Header& header : message) {
    if (is_needed(header.id) || (pattern && pattern->matches(message.name(header)))) continue;
    if (!remove_line(call, header)) return refuse(call, "a header to be removed overlaps an earlier edit");
  }
  return -1;
}

/// One element of a shell pattern against a byte: '?', [a-z], [!a-z], \c, or itself. `at` moves behind the element.
bool matches_one(std::string_view p, std::size_t& at, char c) {
  const char k = p[at++];
  if (k == '?') return true;
  if (k == '\\' && at < p.size()) return p[at++] == c;
  if (k != '[') return k == c;
  const std::size_t close = p.find(']', at + (at < p.size() && (p[at] == '!' || p[at] == '^') ? 2 : 1));
  if (close == std::string_view::npos) return c == '[';
  const bool negated = p[at] == '!' || p[at] == '^';
  bool in = false;
  for (std::size_t i = at + negated; i < close; ++i) {
    if (i + 2 < close && p[i + 1] == '-') {
      in = in || (c >= p[i] && c <= p[i + 2]);
      i += 2;
    } else {
      in = in || c == p[i];
    }
  }
  at = close + 1;
  return in != negated;
}

/// Linear in text times pattern: only the last '*' is tried again.
bool shell_match(std::string_view text, std::string_view p) {
  std::size_t t = 0, at = 0, star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (at < p.size() && p[at] == '*') {
      star = ++at;
      star_text = t;
      continue;
    }
    std::size_t next = at;
    if (at < p.size() && matches_one(p, next, text[t])) {
      at = next;
      ++t;
      continue;
    }
    if (star == std::string_view::npos) return false;
    at = star;
    t = ++star_text;
  }
  while (at < p.size() && p[at] == '*') ++at;
  return at == p.size();
}

}  // namespace

Code Textopsx::msg_apply_changes(Call& call) {
  LiveMessage& live = *call.live;
  const Message& message = live.message;
  if (!may_rebuild(call)) return refuse(call, "msg_apply_changes() is for messages without a transaction");
  if (live.edits.empty() && live.new_uri.is_null()) return 1;
  Text first_line = Text::null();
  if (message.is_request() && !live.new_uri.is_null()) {
    const Text parts[] = {message.method(), " ", live.new_uri, " ", message.version()};
    first_line = Operators::concat(&call, parts, 5, 0);
    if (first_line.is_null()) return -1;
  }
  constexpr std::size_t kRoom = sip::Limits::kMessage;
  char* const bytes = static_cast<char*>(call.arena->allocate(kRoom));
  if (!bytes) return refuse(call, "out of memory");
  const sip::SendPlan plan{live.socket, live.socket, live.socket ? live.socket->protocol : sip::Protocol::Udp, call.arena, &live};
  const std::size_t size = sip::apply(message, live.edits, first_line, plan, bytes, kRoom);
  if (size == 0) return refuse(call, "the new message is too long");
  call.arena->shrink(bytes, size);
  return take_over(call, {bytes, size});
}

Code Textopsx::msg_set_buffer(Call& call, Text text) {
  if (!may_rebuild(call)) return refuse(call, "msg_set_buffer() is for messages without a transaction");
  if (text.empty() || text.len > sip::Limits::kMessage) return refuse(call, "the new message is empty or too long");
  const Text copy = call.arena->copy(text);
  return copy.is_null() ? -1 : take_over(call, copy);
}

Code Textopsx::change_reply_status(Call& call, Int code, Text reason) { return change_status(call, code, reason); }
Code Textopsx::change_reply_status_code(Call& call, Int code) { return change_status(call, code, Text::null()); }

Code Textopsx::remove_body(Call& call) {
  const Message& message = call.live->message;
  const auto length = static_cast<std::uint32_t>(message.body().len);
  return remove_bytes(call, message.body_at(), length) ? 1 : refuse(call, "the body is edited already");
}

Code Textopsx::keep_hf(Call& call) { return keep(call, nullptr); }
Code Textopsx::keep_hf(Call& call, const Regex& pattern) { return keep(call, &pattern_of(pattern)); }

Code Textopsx::fnmatch(Call&, Text text, Text pattern) { return shell_match(text.view(), pattern.view()) ? 1 : -1; }
/// Kamailio takes flag i without effect, and scripts rely on what matches there.
Code Textopsx::fnmatch(Call& call, Text text, Text pattern, Text) { return fnmatch(call, text, pattern); }

}  // namespace strowger
