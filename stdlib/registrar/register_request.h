// What a REGISTER asks for: contacts with their parameters, Expires, Path, Supported.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <new>

#include "runtime/script/call.h"
#include "stdlib/usrloc/contact.h"

namespace strowger::registrar {

/// The outcome as the REGISTER's sender learns it.
struct Refusal {
  int code = 200;
  Text reason = "OK";
  Text error;  ///< P-Registrar-Error
  bool fine() const { return code == 200; }
};

inline constexpr Refusal refusal(int code, Text error) {
  Text reason = "Bad Request";
  if (code == 420) reason = "Bad Extension";
  if (code == 421) reason = "Extension Required";
  if (code == 423) reason = "Interval Too Brief";
  if (code == 439) reason = "First Hop Lacks Outbound Support";
  if (code == 500) reason = "Server Internal Error";
  if (code == 503) reason = "Service Unavailable";
  return {code, reason, error};
}

/// A contact as requested: `contact.expires` is set by limit_expiry().
struct Wanted {
  usrloc::Contact contact;
  Text q, expires;  ///< parameters; null when absent
  bool removal = false;
};

class RegisterRequest {
 public:
  static constexpr int kMaxContacts = 64;  ///< in one request

  /// Reads Expires, Contact, and what Supported and Require say of outbound (RFC 5626).
  Refusal read(Call& call);
  /// Fills in everything of the contacts that is not their own: Call-ID, CSeq, User-Agent, socket, Path, q, expiry.
  Refusal complete(Call& call, bool exact_expiry);

  /// In the order of headers; those of one header from the last one up, as Kamailio takes them.
  Wanted* begin() { return reinterpret_cast<Wanted*>(storage_); }
  Wanted* end() { return begin() + count; }

  int count = 0;
  bool star = false;
  bool outbound = false;  ///< the phone uses outbound: Supported or Require says so, and outbound_mode allows it
  Text path;  ///< all Path values, joined; null when there are none or they are not used

 private:
  Refusal read_contacts(Call& call);
  Refusal read_outbound(sip::Message& message);
  Refusal read_path(Call& call);
  Refusal check_flows(sip::Message& message);
  bool add(const sip::NameAddr& address);
  Refusal limit_expiry(Call& call, Wanted& wanted, bool exact_expiry);
  std::int64_t header_expires_ = -1;  ///< -1: none or unreadable
  bool edge_has_outbound_ = false;    ///< the first Path value has the parameter ob
  alignas(Wanted) std::byte storage_[kMaxContacts * sizeof(Wanted)];
};

/// Is the option tag in any of the headers?
bool has_option(sip::Message& message, sip::HeaderId id, std::string_view tag);
/// The bits of a comma list of methods.
std::uint32_t methods_of(Text list);

}  // namespace strowger::registrar
