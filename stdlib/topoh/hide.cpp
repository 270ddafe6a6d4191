// Hiding and finding, header by header, by edits of the message.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/topoh/hide.h"

#include <algorithm>

#include "runtime/sip/chars.h"
#include "runtime/sip/edits.h"
#include "runtime/sip/message.h"
#include "runtime/sip/print.h"
#include "runtime/sip/uri.h"

namespace strowger::topoh {

using sip::Header;
using sip::HeaderId;
using sip::Message;

namespace {

/// Who sent the request that a message is, or belongs to: one who sees Call-IDs as they are, or hidden ones.
enum class Mark { None, PlainRequest, HiddenRequest, ReplyToPlain, ReplyToHidden };
constexpr std::string_view kMarks[] = {" ", " \t", "\t ", " \t\t", "\t\t "};

Mark mark_of(const Message& message) {
  const Header* const line = message.first(HeaderId::CallId);
  if (!line) return Mark::None;
  const char* const colon = message.base() + line->at + line->name_len;
  const char* const value = message.base() + line->value_at;
  const auto* behind = static_cast<const char*>(std::memchr(colon, ':', static_cast<std::size_t>(value - colon)));
  if (!behind) return Mark::None;
  const std::string_view blanks(behind + 1, static_cast<std::size_t>(value - behind - 1));
  for (int i = 1; i < 5; ++i)
    if (blanks == kMarks[i]) return static_cast<Mark>(i);
  return Mark::None;
}

}  // namespace

class Rewriter {
 public:
  Rewriter(const Hider& hider, Message& message, sip::Arena& arena) : hider_(hider), message_(message), arena_(arena) {}

  void put_mark(Mark mark, bool hide_call_id) {
    const Header* const line = message_.first(HeaderId::CallId);
    if (!line) return;
    const Text value = sip::trim(message_.value(*line));
    Text text = hide_call_id ? join(hider_.names_.call_id_prefix, hider_.cipher_.encode(value, arena_)) : value;
    if (text.is_null()) return fail();
    text = join("Call-ID:", kMarks[static_cast<int>(mark)], text, "\r\n");
    replace({message_.base() + line->at, line->end - line->at}, text);
  }

  /// The Call-ID as it was where it is hidden, with one mark or the other.
  void find_call_id(Mark plain, Mark hidden) {
    const Header* const line = message_.first(HeaderId::CallId);
    if (!line) return;
    const Text value = sip::trim(message_.value(*line));
    const Text prefix = hider_.names_.call_id_prefix;
    Text was = Text::null();
    if (hider_.names_.mask_call_id && value.view().starts_with(prefix.view()))
      was = hider_.cipher_.decode({value.ptr + prefix.len, value.len - prefix.len}, arena_);
    const Mark mark = was.is_null() ? plain : hidden;
    const Text text = join("Call-ID:", kMarks[static_cast<int>(mark)], was.is_null() ? value : was, "\r\n");
    replace({message_.base() + line->at, line->end - line->at}, text);
  }

  /// What is no URI stays. Brackets come where there were none: else our parameter would be the header's.
  void hide_uri(const sip::NameAddr& address) {
    if (!sip::parse_uri(address.uri)) return;
    const Names& names = hider_.names_;
    const Text hidden = hider_.cipher_.encode(address.uri, arena_);
    if (hidden.is_null()) return fail();
    const Text open(address.bracketed ? "" : "<"), close(address.bracketed ? "" : ">");
    replace(address.uri, join(open, "sip:", names.ip, ";", names.uri_param, "=", names.uri_prefix, hidden, close));
  }

  /// Null where the URI is none that was hidden. Headers that somebody has put behind it stay (a Refer-To's `?Replaces=`).
  Text found_uri(Text text) {
    const Names& names = hider_.names_;
    if (names.exact_uri && !text.view().starts_with(join("sip:", names.ip, ";", names.uri_param, "=", names.uri_prefix).view()))
      return Text::null();
    const auto uri = sip::parse_uri(text);
    if (!uri || uri->host.view() != names.ip.view()) return Text::null();
    const Text value = uri->param(names.uri_param.view());
    if (value.is_null() || !value.view().starts_with(names.uri_prefix.view())) return Text::null();
    const Text was = hider_.cipher_.decode({value.ptr + names.uri_prefix.len, value.len - names.uri_prefix.len}, arena_);
    if (was.is_null() || !sip::parse_uri(was)) return Text::null();
    return uri->headers.is_null() || was.view().find('?') != std::string_view::npos ? was : join(was, "?", uri->headers);
  }

  /// Replaces of an INVITE names a call as its sender knows it: who is called knows it the other way round.
  void turn_replaces() {
    const Header* const line = message_.first(HeaderId::Replaces);
    if (!line) return;
    Text rest = message_.value(*line);
    const Text value = sip::trim({rest.ptr, std::min(rest.len, rest.view().find(';'))});
    const Text prefix = hider_.names_.call_id_prefix;
    if (value.empty()) return;
    if (!value.view().starts_with(prefix.view())) return replace(value, join(prefix, hider_.cipher_.encode(value, arena_)));
    const Text was = hider_.cipher_.decode({value.ptr + prefix.len, value.len - prefix.len}, arena_);
    if (!was.is_null()) replace(value, was);
  }

  template <class Work>
  void each_address(HeaderId id, Work work) {
    for (const Header* h = message_.first(id); h; h = message_.next(h)) {
      Text rest = message_.value(*h);
      while (rest.len > 0) {
        const auto address = sip::next_name_addr(rest);
        if (!address) break;
        work(*address);
      }
    }
  }

  /// All Vias below the topmost.
  template <class Work>
  void each_other_via(Work work) {
    bool top = true;
    for (const Header* h = message_.first(HeaderId::Via); h; h = message_.next(h)) {
      Text rest = message_.value(*h);
      while (rest.len > 0) {
        const auto via = sip::next_via(rest);
        if (!via) break;
        if (!top) work(*via);
        top = false;
      }
    }
  }

  void hide_via(const sip::Via& via) {
    const Names& names = hider_.names_;
    const Text hidden = hider_.cipher_.encode(via.whole, arena_);
    if (hidden.is_null()) return fail();
    replace(via.whole, join("SIP/2.0/UDP ", names.ip, ";", names.via_param, "=", names.via_prefix, hidden));
  }

  void find_via(const sip::Via& via) {
    const Names& names = hider_.names_;
    if (via.host.view() != names.ip.view()) return;
    const Text value = via.param(names.via_param.view());
    if (value.is_null() || !value.view().starts_with(names.via_prefix.view())) return;
    Text was = hider_.cipher_.decode({value.ptr + names.via_prefix.len, value.len - names.via_prefix.len}, arena_);
    Text rest = was;
    if (!was.is_null() && sip::next_via(rest) && rest.len == 0) replace(via.whole, was);
  }

  void replace(Text place, Text text) {
    if (text.is_null() || !edits_.replace(arena_, static_cast<std::uint32_t>(place.ptr - message_.base()), static_cast<std::uint32_t>(place.len), text))
      return fail();
    room_ += text.len;
  }

  template <class... T>
  Text join(T... parts) {
    std::size_t length = 0;
    bool whole = true;
    const auto measure = [&](Text text) {
      whole = whole && !text.is_null();
      length += text.is_null() ? 0 : text.len;
    };
    (measure(Text(parts)), ...);
    char* const out = whole ? static_cast<char*>(arena_.allocate(length + 1)) : nullptr;
    if (!out) return Text::null();
    sip::Writer writer(out, length);
    (writer.put(Text(parts)), ...);
    return writer.text();
  }

  /// What came of it; `bytes` where something did not fit.
  Text result(Text bytes, Text first_line = Text::null()) {
    const std::size_t room = message_.buffer().len + room_ + (first_line.is_null() ? 0 : first_line.len) + 64;
    char* const out = failed_ ? nullptr : static_cast<char*>(arena_.allocate(room));
    if (!out) return bytes;
    const std::size_t written = sip::apply(message_, edits_, first_line, {}, out, room);
    return written ? Text(out, written) : bytes;
  }

 private:
  void fail() { failed_ = true; }
  const Hider& hider_;
  Message& message_;
  sip::Arena& arena_;
  sip::Edits edits_;
  std::size_t room_ = 0;
  bool failed_ = false;
};

/// REGISTER and PUBLISH, and the replies to them: contacts are what they are about.
static bool stays_open(Message& message) {
  const sip::CSeq* const cseq = message.is_request() ? nullptr : message.cseq();
  const std::string_view method = cseq ? cseq->method.view() : message.is_request() ? message.method().view() : "";
  return method == "REGISTER" || method == "PUBLISH";
}

Text Hider::find(Text bytes, sip::Arena& arena, bool from_here) const {
  Message message = Message::parse(bytes, arena);
  if (message.fault() != sip::ParseFault::None || (from_here && mark_of(message) != Mark::None)) return bytes;
  Rewriter rewriter(*this, message, arena);
  if (stays_open(message)) {
    if (mark_of(message) == Mark::None) return bytes;
    rewriter.put_mark(Mark::None, false);          // nobody but us writes marks
    return rewriter.result(bytes);
  }
  const auto find_uri = [&](const sip::NameAddr& address) {
    if (const Text was = rewriter.found_uri(address.uri); !was.is_null()) rewriter.replace(address.uri, was);
  };
  if (!message.is_request()) {
    // The one who gets this reply sees Call-IDs the other way round than the one who has sent it.
    rewriter.find_call_id(names_.mask_call_id ? Mark::ReplyToHidden : Mark::ReplyToPlain, Mark::ReplyToPlain);
    rewriter.each_other_via([&](const sip::Via& via) { rewriter.find_via(via); });
    rewriter.each_address(HeaderId::RecordRoute, find_uri);
    return rewriter.result(bytes);
  }
  rewriter.find_call_id(Mark::PlainRequest, Mark::HiddenRequest);
  rewriter.each_address(HeaderId::Route, find_uri);
  if (message.method().view() == "REFER") rewriter.each_address(HeaderId::ReferTo, find_uri);
  Text first_line;
  if (const Text was = rewriter.found_uri(message.ruri()); !was.is_null())
    first_line = rewriter.join(message.method(), " ", was, " ", message.version());
  return rewriter.result(bytes, first_line);
}

Text Hider::leave_open(Text bytes, sip::Arena& arena) const {
  if (bytes.len < 16 || static_cast<unsigned char>(bytes.ptr[0]) <= ' ') return bytes;   // a ping
  Message message = Message::parse(bytes, arena);
  if (message.fault() != sip::ParseFault::None || mark_of(message) == Mark::None) return bytes;
  Rewriter rewriter(*this, message, arena);
  rewriter.put_mark(Mark::None, false);
  return rewriter.result(bytes);
}

Text Hider::hide(Text bytes, sip::Arena& arena, const std::function<bool(const sip::Uri&)>& is_ours) const {
  if (bytes.len < 16 || static_cast<unsigned char>(bytes.ptr[0]) <= ' ') return bytes;   // a ping
  Message message = Message::parse(bytes, arena);
  const Mark mark = message.fault() == sip::ParseFault::None ? mark_of(message) : Mark::None;
  if (mark == Mark::None) return bytes;
  const bool is_request = message.is_request();
  const bool relayed = is_request || mark == Mark::ReplyToPlain || mark == Mark::ReplyToHidden;
  const bool from_plain = mark == Mark::PlainRequest || mark == Mark::ReplyToPlain;
  Rewriter rewriter(*this, message, arena);
  rewriter.put_mark(Mark::None, names_.mask_call_id && from_plain == is_request);
  if (!relayed) return rewriter.result(bytes);

  rewriter.each_address(HeaderId::Contact, [&](const sip::NameAddr& contact) { rewriter.hide_uri(contact); });
  if (is_request) rewriter.each_other_via([&](const sip::Via& via) { rewriter.hide_via(via); });
  if (is_request && names_.mask_call_id && message.method().view() == "INVITE") rewriter.turn_replaces();
  // In a request the proxies of the side it comes from stand below us, in a reply those of the other side above us.
  bool seen_ours = false;
  rewriter.each_address(HeaderId::RecordRoute, [&](const sip::NameAddr& address) {
    const auto uri = sip::parse_uri(address.uri);
    const bool own = uri && is_ours(*uri);
    seen_ours = seen_ours || own;
    if (!own && (is_request || !seen_ours)) rewriter.hide_uri(address);
  });
  return rewriter.result(bytes);
}

}  // namespace strowger::topoh
