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

}  // namespace

const Header* Message::find(HeaderId id, Text name) const {
  const Header* h = cut_ ? nullptr : first(id);
  if (id == HeaderId::Other)
    while (h && !equal_ignore_case(this->name(*h), name)) h = next(h);
  return h;
}

const Header* Message::find_next(const Header* h, Text name) const {
  const bool by_name = h->id == HeaderId::Other;
  h = next(h);
  if (by_name)
    while (h && !equal_ignore_case(this->name(*h), name)) h = next(h);
  return h;
}

const Via* Message::via() {
  if (!(known_ & kVia)) {
    known_ |= kVia;
    if (const Header* h = first(HeaderId::Via)) {
      Text rest = value(*h);
      if (read_via(rest, via_)) good_ |= kVia;
    }
  }
  return good_ & kVia ? &via_ : nullptr;
}

const NameAddr* Message::from() {
  if (!(known_ & kFrom)) {
    known_ |= kFrom;
    if (const Header* h = first(HeaderId::From)) {
      if (read_name_addr(value(*h), from_)) {
        from_tag_ = tag_of(from_);
        good_ |= kFrom;
      }
    }
  }
  return good_ & kFrom ? &from_ : nullptr;
}

const NameAddr* Message::to() {
  if (!(known_ & kTo)) {
    known_ |= kTo;
    if (const Header* h = first(HeaderId::To)) {
      if (read_name_addr(value(*h), to_)) {
        to_tag_ = tag_of(to_);
        good_ |= kTo;
      }
    }
  }
  return good_ & kTo ? &to_ : nullptr;
}

const UserHost* Message::read_from_parts() {
  if (!(known_ & kFromParts)) {
    known_ |= kFromParts;
    if (read_parts(from(), from_parts_)) good_ |= kFromParts;
  }
  return good_ & kFromParts ? &from_parts_ : nullptr;
}

const UserHost* Message::read_to_parts() {
  if (!(known_ & kToParts)) {
    known_ |= kToParts;
    if (read_parts(to(), to_parts_)) good_ |= kToParts;
  }
  return good_ & kToParts ? &to_parts_ : nullptr;
}

const CSeq* Message::cseq() {
  if (!(known_ & kCSeq)) {
    known_ |= kCSeq;
    if (const Header* h = first(HeaderId::CSeq)) {
      if (read_cseq(value(*h), cseq_)) good_ |= kCSeq;
    }
  }
  return good_ & kCSeq ? &cseq_ : nullptr;
}

Text Message::from_tag() { return from() ? from_tag_ : Text::null(); }
Text Message::to_tag() { return to() ? to_tag_ : Text::null(); }

}  // namespace strowger::sip
