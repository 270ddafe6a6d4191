// The body as a whole, and the parts of multipart bodies (RFC 2046 §5.1).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/header_edits.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/sip/hex.h"
#include "runtime/sip/multipart.h"
#include "textops.interface.h"

namespace strowger {
namespace {

using sip::Header;
using sip::HeaderId;
using sip::Message;
using sip::Part;
using sip::bare_type;
using sip::boundary_of;
using sip::find_part;
using sip::is_delimiter;
using sip::next_line;

constexpr std::string_view kOwnBoundary = "unique-boundary-1";

Code refuse(Call& call, std::string_view why) {
  log_line(call, LogLevel::Err, "textops", {why});
  return -1;
}

Text type_line(Call& call, Text type) {
  const Text parts[] = {"Content-Type: ", type, "\r\n"};
  return Operators::concat(&call, parts, 3, 0);
}

/// Replaces the body, with all that was changed in it; a new type goes behind the other headers.
Code put_body(Call& call, Text body, Text type, Text more_headers) {
  const Message& message = call.live->message;
  const Header* old_type = message.first(HeaderId::ContentType);
  if (!old_type || !sip::equal_ignore_case(sip::trim(message.value(*old_type)), type)) {
    const Text line = type_line(call, type);
    if (line.is_null() || (old_type && !remove_line(call, *old_type)) || !insert_text(call, message.headers_end(), line))
      return refuse(call, "Content-Type cannot be edited");
  }
  if (!insert_text(call, message.headers_end(), more_headers)) return refuse(call, "there are too many edits");
  const Text old = message.body();
  constexpr std::uint8_t kGone = 255;
  for (sip::Edit& edit : call.live->edits)
    if (edit.at >= message.body_at()) edit.tag = kGone;
  call.live->edits.withdraw(kGone);
  if (!remove_bytes(call, message.body_at(), static_cast<std::uint32_t>(old.len))) return refuse(call, "the body is edited already");
  return insert_text(call, message.body_at(), body) ? 1 : refuse(call, "there are too many edits");
}

Code make_multipart(Call& call, Text text, Text type, Text boundary) {
  if (type.empty()) return refuse(call, "the content has no type");
  if (boundary.empty()) boundary = Text(kOwnBoundary);
  const Text body[] = {"--", boundary, "\r\nContent-Type: ", type, "\r\n\r\n", text, "\r\n--", boundary, "\r\n"};
  const Text header[] = {"multipart/mixed;boundary=\"", boundary, "\""};
  const Text all = Operators::concat(&call, body, 9, sip::Limits::kMessage), head = Operators::concat(&call, header, 3, 0);
  if (all.is_null() || head.is_null()) return refuse(call, "the body is too long");
  const bool has_version = call.live->message.first(HeaderId::MimeVersion) != nullptr;
  return put_body(call, all, head, has_version ? Text("") : Text("Mime-Version: 1.0\r\n"));
}

/// In front of the last delimiter, which becomes the closing one.
Code append_part(Call& call, Text text, Text type, Text disposition) {
  const Message& message = call.live->message;
  const Text boundary = boundary_of(message);
  if (boundary.empty() || type.empty()) return refuse(call, "the body is not multipart, or the part has no type");
  Text rest = message.body(), line, last;
  while (next_line(rest, line))
    if (is_delimiter(line, boundary)) last = line;
  if (last.is_null()) return refuse(call, "the body has no delimiter");
  const bool placed = !disposition.empty();
  const Text parts[] = {"--", boundary, "\r\nContent-Type: ", type, "\r\n", placed ? Text("Content-Disposition: ") : Text(""),
                        disposition, placed ? Text("\r\n") : Text(""), "\r\n", text, "\r\n--", boundary, "--\r\n"};
  const Text added = Operators::concat(&call, parts, 13, sip::Limits::kMessage);
  const std::uint32_t at = offset_of(call, last);
  const auto length = static_cast<std::uint32_t>(message.buffer().len - at);
  if (added.is_null() || !call.live->edits.replace(*call.arena, at, length, added)) return refuse(call, "the body is edited already");
  return 1;
}

Text from_hex(Call& call, Text hex) {
  char* const out = static_cast<char*>(call.arena->allocate(hex.len / 2 + 1));
  if (!out || hex.len % 2) return Text::null();
  for (std::size_t i = 0; i < hex.len; i += 2) {
    const int high = sip::hex_value(hex.ptr[i]), low = sip::hex_value(hex.ptr[i + 1]);
    if (high < 0 || low < 0) return Text::null();
    out[i / 2] = static_cast<char>(high << 4 | low);
  }
  return {out, hex.len / 2};
}

}  // namespace

// As Content-Length says, and without one there is none, also in a datagram with more behind its headers.
Code Textops::has_body(Call& call) { return call.live->message.content_length() > 0 ? 1 : -1; }
Code Textops::has_body(Call& call, Text type) {
  if (has_body(call) < 0) return -1;
  if (type.empty()) return 1;
  Text value = call.live->message.value_of(HeaderId::ContentType);
  if (value.is_null()) value = "application/sdp";
  return sip::equal_ignore_case(bare_type(value), bare_type(type)) ? 1 : -1;
}

Code Textops::set_body(Call& call, Text text, Text type) {
  if (text.empty() || type.empty()) return refuse(call, "set_body() needs a text and a type");
  return put_body(call, text, type, Text::null());
}

Code Textops::set_reply_body(Call& call, Text text, Text type) {
  LiveMessage& live = *call.live;
  const Text body = call.arena->copy(text.is_null() ? Text("") : text), kind = call.arena->copy(type);
  if (body.is_null() || kind.empty()) return refuse(call, "set_reply_body() needs a type");
  live.reply_body = body;
  live.reply_body_type = kind;
  return 1;
}

// The content of the part becomes the body; Content-Type stays as it is.
Code Textops::filter_body(Call& call, Text type) {
  const Message& message = call.live->message;
  const Text boundary = boundary_of(message), body = message.body();
  Part part;
  if (boundary.empty()) return refuse(call, "filter_body: the body has no parts");
  if (!find_part(body, boundary, type, part)) return -1;
  const std::uint32_t at = offset_of(call, part.content), end = at + static_cast<std::uint32_t>(part.content.len);
  if (remove_bytes(call, message.body_at(), at - message.body_at()) &&
      remove_bytes(call, end, static_cast<std::uint32_t>(message.buffer().len) - end))
    return 1;
  return refuse(call, "the body is edited already");
}

Code Textops::set_body_multipart(Call& call) {
  const Message& message = call.live->message;
  return make_multipart(call, message.body(), sip::trim(message.value_of(HeaderId::ContentType)), Text::null());
}
Code Textops::set_body_multipart(Call& call, Text text) {
  return make_multipart(call, text, sip::trim(call.live->message.value_of(HeaderId::ContentType)), Text::null());
}
Code Textops::set_body_multipart(Call& call, Text text, Text type) { return make_multipart(call, text, type, Text::null()); }
Code Textops::set_body_multipart(Call& call, Text text, Text type, Text boundary) { return make_multipart(call, text, type, boundary); }

Code Textops::append_body_part(Call& call, Text text, Text type) { return append_part(call, text, type, Text::null()); }
Code Textops::append_body_part(Call& call, Text text, Text type, Text disposition) {
  return append_part(call, text, type, disposition);
}
Code Textops::append_body_part_hex(Call& call, Text hex, Text type) { return append_body_part_hex(call, hex, type, Text::null()); }
Code Textops::append_body_part_hex(Call& call, Text hex, Text type, Text disposition) {
  const Text bytes = from_hex(call, hex);
  return bytes.is_null() ? refuse(call, "the part is not in hexadecimal") : append_part(call, bytes, type, disposition);
}

Code Textops::remove_body_part(Call& call, Text type) {
  const Message& message = call.live->message;
  const Text boundary = boundary_of(message);
  Part part;
  if (boundary.empty() || !find_part(message.body(), boundary, type, part)) return -1;
  const auto length = static_cast<std::uint32_t>(part.delimiter.len + part.whole.len);
  return remove_bytes(call, offset_of(call, part.delimiter), length) ? 1 : refuse(call, "the body is edited already");
}

// A body that is not multipart is taken whole. Of a part, all that follows its Content-Type line.
Code Textops::get_body_part(Call& call, Text type, const VariableRef& target) {
  const Message& message = call.live->message;
  const Text boundary = boundary_of(message), body = message.body();
  if (body.len == 0 || !target.set) return -1;
  if (boundary.empty()) return target.set(&call, Value::of(body));
  Part part;
  if (!find_part(body, boundary, type, part)) return -1;
  const char* const from = part.type_line.ptr + part.type_line.len;
  return target.set(&call, Value::of(Text(from, static_cast<std::size_t>(part.whole.ptr + part.whole.len - from))));
}

Code Textops::get_body_part_raw(Call& call, Text type, const VariableRef& target) {
  const Message& message = call.live->message;
  const Text boundary = boundary_of(message), body = message.body();
  if (body.len == 0 || !target.set) return -1;
  if (boundary.empty()) return target.set(&call, Value::of(body));
  Part part;
  return find_part(body, boundary, type, part) ? target.set(&call, Value::of(part.whole)) : -1;
}

// A null address holds wherever it stands before the next media; sendonly and inactive count for the session and audio.
Code Textops::is_audio_on_hold(Call& call) {
  Text rest = call.live->message.body(), line;
  enum { kSession, kAudio, kOther } where = kSession;
  bool has_audio = false, null_address = false, silent = false, session_null = false, session_silent = false;
  while (next_line(rest, line)) {
    const std::string_view text = sip::trim(line).view();
    if (text.starts_with("m=")) {
      where = text.starts_with("m=audio") && !has_audio ? kAudio : kOther;
      if (where == kAudio) {
        has_audio = true;
        null_address = session_null;
        silent = session_silent;
      }
      continue;
    }
    if (where == kOther) continue;
    bool& address = where == kSession ? session_null : null_address;
    bool& direction = where == kSession ? session_silent : silent;
    if (text.starts_with("c=")) address = text == "c=IN IP4 0.0.0.0" || text == "c=IN IP6 ::";
    if (text == "a=sendonly" || text == "a=inactive") direction = true;
    if (text == "a=sendrecv" || text == "a=recvonly") direction = false;
  }
  if (!has_audio) return -1;
  return null_address ? 1 : silent ? 2 : -1;
}

}  // namespace strowger
