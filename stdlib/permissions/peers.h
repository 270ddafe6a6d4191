// The table of trusted peers: a source, its protocol, and patterns of From and request URI.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/script/database.h"
#include "runtime/script/regex.h"
#include "runtime/sip/address.h"

namespace strowger::permissions {

/// "any" or the name of a protocol, in any case.
std::optional<sip::Protocol> protocol_of(std::string_view text);

/// One row.
struct Peer {
  std::string source;
  sip::Protocol protocol = sip::Protocol::Any;
  std::optional<std::string> from, ruri, tag;  ///< patterns, and what says who it is
  Int priority = 0;
  std::unique_ptr<Pattern> from_pattern, ruri_pattern;  ///< of tables that are kept
  unsigned slot = 0;
  std::size_t row = 0;  ///< its place in the table
};

/// A row of src_ip, proto, from_pattern, ruri_pattern, tag, priority. Nothing where one of the first two is missing, or
/// the protocol is unknown (`why`).
std::optional<Peer> read_peer(const db::Rows& rows, std::size_t place, std::string& why);

/// The whole table, made once, then only read.
class Peers {
 public:
  /// Null and `why` where a row is faulty. Rows with a faulty pattern are kept, and match nothing.
  static std::shared_ptr<const Peers> build(const db::Rows& rows, std::string& why);
  /// As dumps show them; those of a source by priority, the highest first.
  const std::vector<Peer>& all() const { return peers_; }
  /// Places in all(); null where there are none.
  const std::vector<std::uint32_t>* find(std::string_view source) const;

 private:
  std::vector<Peer> peers_;
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> places_;
};

}  // namespace strowger::permissions
