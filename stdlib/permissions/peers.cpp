// The table of trusted peers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/permissions/peers.h"

#include <algorithm>

#include "runtime/script/core_hash.h"
#include "runtime/sip/message.h"
#include "stdlib/permissions/addresses.h"

namespace strowger::permissions {
namespace {

std::optional<std::string> text_or_none(const db::Field& field) {
  return db::is_null(field) ? std::nullopt : std::optional(db::text_in(field));
}

}  // namespace

std::optional<sip::Protocol> protocol_of(std::string_view text) {
  return sip::equal_ignore_case(Text(text), "any") ? sip::Protocol::Any : sip::parse_protocol(text);
}

std::optional<Peer> read_peer(const db::Rows& rows, std::size_t place, std::string& why) {
  const db::Row& row = rows[place];
  const std::string *const source = std::get_if<std::string>(&row[0]), *const name = std::get_if<std::string>(&row[1]);
  if (!source || !name) return why = "a row has no source or no protocol", std::nullopt;
  const auto protocol = protocol_of(*name);
  if (!protocol) return why = "'" + *name + "' is no protocol", std::nullopt;
  Peer peer;
  peer.row = place;
  peer.source = *source;
  peer.protocol = *protocol;
  peer.from = text_or_none(row[2]);
  peer.ruri = text_or_none(row[3]);
  peer.tag = text_or_none(row[4]);
  peer.priority = db::number_in(row[5]).value_or(0);
  return peer;
}

std::shared_ptr<const Peers> Peers::build(const db::Rows& rows, std::string& why) {
  auto peers = std::make_shared<Peers>();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (const std::string* const name = std::get_if<std::string>(&rows[i][1]);
        name && sip::equal_ignore_case(Text(std::string_view(*name)), "none"))
      continue;
    std::optional<Peer> peer = read_peer(rows, i, why);
    if (!peer) return nullptr;
    std::string ignored;
    if (peer->from) peer->from_pattern = Pattern::compile(Text(std::string_view(*peer->from)), {}, ignored);
    if (peer->ruri) peer->ruri_pattern = Pattern::compile(Text(std::string_view(*peer->ruri)), {}, ignored);
    peer->slot = core_hash_of(core_hash_sum(Text(std::string_view(peer->source)))) % kSlots;
    peers->peers_.push_back(std::move(*peer));
  }
  std::sort(peers->peers_.begin(), peers->peers_.end(), [](const Peer& a, const Peer& b) {
    if (a.slot != b.slot) return a.slot < b.slot;
    return a.priority != b.priority ? a.priority > b.priority : a.row < b.row;
  });
  for (std::uint32_t i = 0; i < peers->peers_.size(); ++i) peers->places_[peers->peers_[i].source].push_back(i);
  return peers;
}

const std::vector<std::uint32_t>* Peers::find(std::string_view source) const {
  const auto found = places_.find(source);
  return found == places_.end() ? nullptr : &found->second;
}

}  // namespace strowger::permissions
