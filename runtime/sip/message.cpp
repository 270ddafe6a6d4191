// Looking up headers, and the bodies that are parsed when first asked for.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/message.h"

#include "runtime/sip/bodies.h"

namespace strowger::sip {
namespace {

bool read_parts(const NameAddr* address, UserHost& out) {
  Uri uri;
  if (!address || !read_uri(address->uri, uri)) return false;
  out = {uri.user, uri.host};
  return true;
}

/// The long form of a compact name of RFC 3841, which has no id; other names as they are.
Text long_form(Text name) {
  if (name.len != 1) return name;
  switch (name.ptr[0] | 32) {
    case 'a': return "Accept-Contact";
    case 'd': return "Request-Disposition";
    case 'j': return "Reject-Contact";
    default: return name;
  }
}

bool same_name(Text a, Text b) { return equal_ignore_case(long_form(a), b); }

}  // namespace

const Header* Message::find(HeaderId id, Text name) const {
  const Header* h = cut_ ? nullptr : first(id);
  if (id != HeaderId::Other) return h;
  name = long_form(name);
  while (h && !same_name(this->name(*h), name)) h = next(h);
  return h;
}

const Header* Message::find_next(const Header* h, Text name) const {
  const bool by_name = h->id == HeaderId::Other;
  h = next(h);
  if (!by_name) return h;
  name = long_form(name);
  while (h && !same_name(this->name(*h), name)) h = next(h);
  return h;
}

const Via* Message::read_top_via() {
  const Header* const h = known_ & kVia ? nullptr : first(HeaderId::Via);
  known_ |= kVia;
  if (!h) return nullptr;
  Text rest = value(*h);
  if (!read_via(rest, via_.value, text_end())) return nullptr;
  good_ |= kVia;
  return &via_.value;
}

const NameAddr* Message::read_tagged(HeaderId id, Memo memo, Unset<Tagged>& out) {
  const Header* const h = known_ & memo ? nullptr : first(id);
  known_ |= memo;
  if (!h || !read_tagged_address(value(*h), out.value.address, out.value.tag, text_end())) return nullptr;
  good_ |= memo;
  return &out.value.address;
}

const NameAddr* Message::read_from() { return read_tagged(HeaderId::From, kFrom, from_); }
const NameAddr* Message::read_to() { return read_tagged(HeaderId::To, kTo, to_); }

const UserHost* Message::read_from_parts() {
  if (!(known_ & kFromParts)) {
    known_ |= kFromParts;
    if (read_parts(from(), from_parts_.value)) good_ |= kFromParts;
  }
  return good_ & kFromParts ? &from_parts_.value : nullptr;
}

const UserHost* Message::read_to_parts() {
  if (!(known_ & kToParts)) {
    known_ |= kToParts;
    if (read_parts(to(), to_parts_.value)) good_ |= kToParts;
  }
  return good_ & kToParts ? &to_parts_.value : nullptr;
}

const CSeq* Message::read_first_cseq() {
  const Header* const h = known_ & kCSeq ? nullptr : first(HeaderId::CSeq);
  known_ |= kCSeq;
  if (!h || !read_cseq(value(*h), cseq_.value, text_end())) return nullptr;
  good_ |= kCSeq;
  return &cseq_.value;
}

}  // namespace strowger::sip
