// The file format of tls.cfg: sections of a name and addresses, and what they set. Pure: text in, profiles or a fault out.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/sip/address.h"

namespace strowger::tls {

enum class VerifyClient : std::uint8_t { Off, OptionalNoCa, Optional, On };

/// TLS versions as OpenSSL numbers them; 0: whatever the library takes.
struct Versions {
  int lowest = 0, highest = 0;
};
/// "TLSv1.2", "TLSv1.2+", "SSLv23" ...; nothing for what is no method.
std::optional<Versions> parse_method(std::string_view text);
/// "off", "on", "optional", "optional_no_ca".
std::optional<VerifyClient> parse_verify_client(std::string_view text);

/// One section: how connections of some kind are set up. Without tls.cfg there are two, of the module's parameters.
struct Profile {
  enum class Place : std::uint8_t { Default, Any, Address };
  bool server = true;
  Place place = Place::Default;
  sip::Address address;                        ///< of Place::Address; port 0: any
  int line = 0;                                ///< where the section begins; 0: made from parameters

  std::string server_name, server_id;          ///< what chooses it among others
  int server_name_mode = 0;                    ///< 0 the name, 1 and those below it, 2 only those below it
  std::optional<std::string> certificate, private_key, ca_list, ca_path, crl, cipher_list;
  std::optional<Versions> versions;
  std::optional<bool> verify_certificate, require_certificate;
  std::optional<int> verify_depth;
  std::optional<VerifyClient> verify_client;

  /// "server:127.0.0.1:5061", "client:default": for messages.
  std::string label() const;
  /// Does it serve this name, by server_name and its mode? Names ignore case.
  bool has_name(std::string_view name) const;
  /// Is it of this address? Its port 0 is any.
  bool is_at(const sip::Address& where) const;
  /// Is this its server_id? Ignores case.
  bool has_id(std::string_view id) const;
};

/// Where a file cannot be read, and why.
struct ConfigFault {
  int line = 0, column = 0;
  std::string text;
};

/// Profiles in the order of their sections, of which there are
/// 10,000 at most.
std::optional<std::vector<Profile>> parse_config(std::string_view text, ConfigFault& fault);

}  // namespace strowger::tls
