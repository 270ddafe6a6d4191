// A received SIP message: one buffer, the first line, and an index of its headers. Views only; nothing is copied.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bodies of headers are parsed when first asked for and memoised. A Message is trivially copyable; rebase() moves it onto
// a copy of its buffer (memoised views are dropped).
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/abi/values.h"
#include "runtime/sip/arena.h"
#include "runtime/sip/header_id.h"
#include "runtime/sip/uri.h"

namespace strowger::sip {

/// Everything that input may be at most; one place for all limits of the parser.
struct Limits {
  static constexpr std::size_t kMessage = 65535;
  static constexpr std::size_t kHeaders = 512;      ///< header lines
};

/// One header line, as offsets into the message. `next` is the index of the next line of the same id (and, for
/// HeaderId::Other, of any other Other line), or -1.
struct Header {
  std::uint32_t at = 0;         ///< first byte of the name
  std::uint32_t value_at = 0;   ///< first byte of the value, after blanks
  std::uint32_t value_len = 0;  ///< up to the line's CRLF (folds inside are kept, trailing blanks are kept)
  std::uint32_t end = 0;        ///< behind the line's CRLF
  std::uint16_t name_len = 0;
  std::int16_t next = -1;
  HeaderId id = HeaderId::Other;
};

/// A name-addr or addr-spec with header parameters: From, To, Contact, Route ... (RFC 3261 §20.10).
struct NameAddr {
  Text whole;      ///< from the display name to the last parameter, trimmed
  Text display;    ///< with its quotes, trimmed; null when absent
  Text uri;        ///< between <>, or the bare URI without header parameters
  Text params;     ///< behind the first ';' after the address; null when none
  bool bracketed = false;
  Text param(std::string_view name) const;   ///< null when absent
  Text address() const;   ///< name and URI, with its brackets, without parameters
};

struct UserHost { Text user, host; };

/// One Via value (RFC 3261 §20.42).
struct Via {
  Text whole;              ///< trimmed
  Text version;            ///< "SIP/2.0"
  Text transport;          ///< as written
  Text host;               ///< IPv6 with brackets
  std::uint16_t port = 0;  ///< 0 when absent
  Text params;             ///< behind the first ';'; null when none
  Text branch, received, rport;   ///< null when absent; rport without value is ""
  bool has_rport = false;
  Protocol protocol = Protocol::Any;
  Text param(std::string_view name) const;
};

struct CSeq { std::uint32_t number = 0; Text number_text, method; };

/// Room for a `T` that is written when it is first asked for: there is nothing in it before.
template <class T>
union Unset {
  Unset() {}
  T value;
};

enum class ParseFault : std::uint8_t {
  None, Empty, NotSip, BadFirstLine, BadHeader, TooManyHeaders, NoVia, NoEnd, BadContentLength, NulByte,
  TooLong,        ///< more than Limits::kMessage; nothing is indexed
  BadVia,         ///< the topmost Via (or another one, of a request) cannot be read
  BadTo, BadCSeq,
  NoDialogId,     ///< From, To, Call-ID or CSeq is missing
};

class Message {
 public:
  /// Indexes `buffer` (which must stay). On a fault the index may be partial; `fault()` tells. A fault of a request that
  /// has Via, From, To, Call-ID and CSeq can still be answered with 400.
  static Message parse(Text buffer, Arena& arena);

  ParseFault fault() const { return fault_; }
  /// Would Kamailio run a script for it? Looser than fault() == None: of the header lines only Via, To and CSeq must be
  /// proper, and a line that is no header, a bad or second Content-Length, or a missing empty line at the end do not
  /// count when From, To, Call-ID and CSeq come before it. (Such a request is not sent on, and not answered except for NoEnd.)
  bool runs_script() const { return runs_script_; }
  /// A line among the headers cannot be read, or a header that may be there once came again: what stands behind is not in
  /// the index (two readers of such a message may disagree about it), find() finds nothing, and no header may be added.
  bool is_cut() const { return cut_; }
  /// The first line says HTTP/1.0 or HTTP/1.1. fault() is NotSip when the rest is in order; method(), ruri() and the
  /// headers are as for a SIP request.
  bool is_http() const { return is_http_; }
  bool is_request() const { return is_request_; }
  Text buffer() const { return {base_, size_}; }
  const char* base() const { return base_; }

  // First line.
  Text method() const { return method_; }              ///< of a request; for replies the CSeq method
  std::uint32_t method_bit() const { return method_bit_; }
  Text ruri() const { return ruri_; }                  ///< as received
  Text version() const { return version_; }
  int status() const { return status_; }               ///< of a reply, else 0
  Text reason() const { return reason_; }
  Text first_line() const { return {base_, first_line_len_}; }   ///< without CRLF

  // Headers.
  const Header* begin() const { return headers_; }
  const Header* end() const { return headers_ + count_; }
  std::size_t header_count() const { return count_; }
  bool has(HeaderId id) const { return first_[static_cast<int>(id)] != 0; }
  const Header* first(HeaderId id) const {
    if (!has(id)) return nullptr;
    const Header* const h = headers_ + (first_[static_cast<int>(id)] - 1);
    __builtin_assume(h != nullptr);
    return h;
  }
  const Header* next(const Header* h) const { return h->next < 0 ? nullptr : headers_ + h->next; }
  Text name(const Header& h) const { return {base_ + h.at, h.name_len}; }
  Text value(const Header& h) const { return {base_ + h.value_at, h.value_len}; }
  Text line(const Header& h) const { return {base_ + h.at, h.end - h.at}; }
  /// The first header of a name (id first where it has one); null when absent.
  const Header* find(const HeaderId id, Text name) const;
  const Header* find_next(const Header* h, Text name) const;
  /// Value of the first header of an id; null when absent.
  Text value_of(HeaderId id) const { const Header* h = first(id); return h ? value(*h) : Text::null(); }

  std::uint32_t headers_at() const { return headers_at_; }   ///< offset of the first header line
  std::uint32_t headers_end() const { return headers_end_; } ///< offset of the empty line that ends the headers
  std::uint32_t body_at() const { return body_at_; }
  Text body() const { return {base_ + body_at_, size_ - body_at_}; }  ///< all bytes behind the headers, maybe ""
  /// The body ends after `length` bytes, which are there. What came behind them is no part of the message.
  void cut_body(std::uint32_t length) { size_ = body_at_ + length; }
  /// Content-Length as a number, -1 when absent, -2 when malformed.
  Int content_length() const { return content_length_; }

  // Parsed bodies; nothing when absent or malformed. Memoised.
  const Via* via() { return good_ & kVia ? &via_.value : read_top_via(); }   ///< the topmost
  const NameAddr* from() { return good_ & kFrom ? &from_.value.address : read_from(); }
  const NameAddr* to() { return good_ & kTo ? &to_.value.address : read_to(); }
  /// User and host of the URI in From and To: null where it cannot be parsed, null texts for parts that are absent.
  const UserHost* from_parts() { return good_ & kFromParts ? &from_parts_.value : read_from_parts(); }
  const UserHost* to_parts() { return good_ & kToParts ? &to_parts_.value : read_to_parts(); }
  const CSeq* cseq() { return good_ & kCSeq ? &cseq_.value : read_first_cseq(); }
  Text call_id() const { return value_of(HeaderId::CallId); }
  Text from_tag() { return from() ? from_.value.tag : Text::null(); }
  Text to_tag() { return to() ? to_.value.tag : Text::null(); }   ///< null when absent

  /// The same message on a copy of its bytes at `base`; header index in `arena`. Drops memoised views.
  Message rebase(const char* base, Arena& arena) const;

 private:
  const char* base_ = nullptr;
  std::uint32_t size_ = 0, first_line_len_ = 0, headers_at_ = 0, headers_end_ = 0, body_at_ = 0;
  Header* headers_ = nullptr;
  std::uint16_t count_ = 0;
  bool is_request_ = false, is_http_ = false, runs_script_ = false, cut_ = false;
  ParseFault fault_ = ParseFault::None;
  std::uint32_t method_bit_ = 0;
  int status_ = 0;
  Text method_, ruri_, version_, reason_;
  Int content_length_ = -1;
  std::int16_t first_[kHeaderIds] = {};   ///< index of the first line of an id plus one; 0 when absent
  struct Tagged { NameAddr address; Text tag; };
  Unset<Via> via_;                        // what `good_` tells
  Unset<Tagged> from_, to_;
  Unset<UserHost> from_parts_, to_parts_;
  Unset<CSeq> cseq_;
  enum Memo : std::uint8_t { kVia = 1, kFrom = 2, kTo = 4, kCSeq = 8, kFromParts = 16, kToParts = 32 };
  std::uint8_t known_ = 0, good_ = 0;   ///< of Memo

  const char* text_end() const { return base_ + size_; }
  const char* parse_usual_first_line();   ///< the line feed at its end; null where it is not as nearly all requests have it
  bool parse_first_line(const char* line_end);
  void index_headers(const char* p, const char* end, Arena& arena);
  void check_headers();
  bool check_usual_headers();
  void cut(std::size_t count);
  void cut_at(const Header& header, ParseFault why);
  void check_other_vias();
  const Via* read_top_via();
  const NameAddr* read_from();
  const NameAddr* read_to();
  const NameAddr* read_tagged(HeaderId id, Memo memo, Unset<Tagged>& out);
  const CSeq* read_first_cseq();
  const UserHost* read_from_parts();
  const UserHost* read_to_parts();
  void fail(ParseFault fault) { if (fault_ == ParseFault::None) fault_ = fault; }
};

// ---- bodies of headers -------------------------------------------------------------------------------------------

/// One Via value at the start of `rest`; `rest` moves behind it and its comma.
std::optional<Via> next_via(Text& rest);
/// One name-addr at the start of a comma list.
std::optional<NameAddr> next_name_addr(Text& rest);
/// A single From or To value: the whole of `value`. A bare URI may be anything without blanks ("junk", "*").
std::optional<NameAddr> parse_name_addr(Text value);
/// The tag of a parsed From or To; null when absent or empty. The last one wins, quotes are removed.
Text tag_of(const NameAddr& address);
/// `number` is 0 where `number_text` is no 32-bit number (Kamailio lets such pass: "CSeq: OPTIONS 1").
std::optional<CSeq> parse_cseq(Text value);
/// Decimal digits only, blanks around allowed; nothing on overflow of 32 bits.
std::optional<std::uint32_t> parse_number(Text value);
std::uint32_t method_bit_of(Text method);      ///< any case, as Kamailio has it; kOtherMethod for unknown ones
Text trim(Text text);                          ///< blanks, tabs, CR, LF at both ends
bool equal_ignore_case(Text a, Text b);

}  // namespace strowger::sip
