// The address table: addresses, networks and names, each with a group, a port and a tag.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/script/database.h"
#include "runtime/script/hash_text.h"
#include "runtime/sip/address.h"

namespace strowger::permissions {

/// Slots that dumps tell of. They say in which order entries come there, nothing else.
inline constexpr unsigned kSlots = 128;

/// An address as Kamailio reads it: an IPv6 address with an IPv4 part is none.
std::optional<sip::Address> address_in(std::string_view text);

/// One row.
struct Entry {
  Int group = 0;
  std::string name;   ///< the address as it is printed, or what is no address
  unsigned mask = 0;  ///< bits of a network
  Int port = 0;       ///< 0: any
  std::optional<std::string> tag;
  sip::Address address;  ///< family 0: `name` is no address. Port 0
  unsigned slot = 0;     ///< of an address or a name
  std::size_t row = 0;
};

/// Made once, then only read. An address is found by a hash of it and one of each length of network that there is,
/// whatever was asked before and however many rows there are.
class Addresses {
 public:
  /// Rows in their order. Networks above `max_networks` are left out and counted.
  Addresses(std::vector<Entry> rows, std::size_t max_networks);

  /// The entry for an address: the last row with it, else the first network by group and row. No group: any. Null where
  /// there is none.
  const Entry* find(const sip::Address& address, std::optional<Int> group, Int port) const;
  /// The same for what is no address.
  const Entry* find(std::string_view name, std::optional<Int> group, Int port) const;

  /// As dumps show them.
  const std::vector<Entry>& hosts() const { return hosts_; }
  const std::vector<Entry>& networks() const { return networks_; }
  const std::vector<Entry>& names() const { return names_; }
  std::size_t left_out() const { return left_out_; }

 private:
  struct Prefix {
    sip::Address address;  ///< the bits behind it are 0
    unsigned bits = 0;
    bool operator==(const Prefix&) const = default;
  };
  struct PrefixHash {
    std::size_t operator()(const Prefix& prefix) const {
      const Text bytes(reinterpret_cast<const char*>(prefix.address.ip.data()), prefix.address.ip.size());
      return hash_text(prefix.bits * 8 + prefix.address.family, bytes);
    }
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return hash_text(0, Text(text)); }
  };
  using Places = std::vector<std::uint32_t>;  ///< in the order in which they count
  static Prefix prefix_of(const sip::Address& address, unsigned bits);

  std::vector<Entry> hosts_, networks_, names_;
  std::unordered_map<Prefix, Places, PrefixHash> host_places_, network_places_;
  std::unordered_map<std::string, Places, TextHash, std::equal_to<>> name_places_;
  std::vector<std::pair<std::uint8_t, unsigned>> lengths_;  ///< family and bits of the networks
  std::size_t left_out_ = 0;
};

/// Rows of grp, ip_addr, mask, port, tag. Nothing and `why` where one is faulty.
std::optional<std::vector<Entry>> read_addresses(const db::Rows& rows, std::string& why);

/// Lines "GROUP ADDRESS [MASK [PORT [TAG]]]", `#` begins a comment. Nothing and `why` where one is faulty.
std::optional<std::vector<Entry>> parse_addresses(std::string_view content, std::string& why);

}  // namespace strowger::permissions
