// allow_trusted(): peers of a table that is kept, or asked for.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/script/log_line.h"
#include "runtime/sip/print.h"
#include "stdlib/permissions/state.h"

namespace strowger {
namespace permissions {
namespace {

/// Who asks: a source, a protocol, a URI.
struct Asked {
  Text source;
  sip::Protocol protocol = sip::Protocol::Any;
  Text from;
};

/// The patterns of tables that are not kept are compiled when they are seen, and the last ones are kept (PatternCache).
bool matches(Call& call, const std::optional<std::string>& pattern, const Pattern* compiled, bool is_kept, Text text) {
  if (!pattern) return true;
  if (!is_kept) compiled = dynamic_pattern(call, Text(std::string_view(*pattern)), {});
  return compiled && compiled->matches(text);
}

bool matches(Call& call, const Peer& peer, bool is_kept, const Asked& asked) {
  if (asked.protocol != sip::Protocol::Any && peer.protocol != sip::Protocol::Any && asked.protocol != peer.protocol)
    return false;
  return matches(call, peer.from, peer.from_pattern.get(), is_kept, asked.from) &&
         (!call.message().is_request() || matches(call, peer.ruri, peer.ruri_pattern.get(), is_kept, call.live->uri()));
}

/// Counts the peers that match, the first one only where not all are wanted.
class Matching {
 public:
  Matching(Call& call, const Asked& asked, bool is_kept) : call_(call), asked_(asked), is_kept_(is_kept) {}
  /// False when it is enough.
  bool add(const Peer& peer) {
    if (!matches(call_, peer, is_kept_, asked_)) return true;
    tell_tag(call_, peer.tag);
    ++count_;
    return Permissions::Param::peer_tag_mode != 0;
  }
  Code result() const { return count_ > 0 ? count_ : -1; }

 private:
  Call& call_;
  const Asked& asked_;
  const bool is_kept_;
  Code count_ = 0;
};

Code find_kept(Call& call, const Peers& peers, const Asked& asked) {
  Matching matching(call, asked, true);
  if (const auto* const places = peers.find(asked.source.view()))
    for (const std::uint32_t i : *places)
      if (!matching.add(peers.all()[i])) break;
  return matching.result();
}

Code ask(Call& call, db::Queries& queries, const Asked& asked) {
  using P = Permissions::Param;
  db::Question question{std::string(P::trusted_table.view()),
                        peer_columns(),
                        {{std::string(P::source_col.view()), std::string(asked.source.view())}}};
  const db::Queries::Answer answer = queries.ask(*call.worker, std::move(question));
  if (!answer.rows) {
    log_line(call, LogLevel::Err, "permissions",
             {std::string_view(queries.url()), ", table ", P::trusted_table, ": ", std::string_view(answer.why)});
    return -1;
  }
  std::vector<Peer> peers;
  std::string ignored;
  for (std::size_t i = 0; i < answer.rows->size(); ++i)
    if (auto peer = read_peer(*answer.rows, i, ignored)) peers.push_back(std::move(*peer));
  std::sort(peers.begin(), peers.end(), [](const Peer& a, const Peer& b) {
    return a.priority != b.priority ? a.priority < b.priority : a.row < b.row;
  });
  Matching matching(call, asked, false);
  for (const Peer& peer : peers)
    if (!matching.add(peer)) break;
  return matching.result();
}

Code is_trusted(Call& call, const Asked& asked) {
  PerWorker& state = state_of(*call.worker);
  if (const auto peers = state.peers.get(state.shared->peers)) return find_kept(call, *peers, asked);
  if (state.shared->queries) return ask(call, *state.shared->queries, asked);
  call.log(LogLevel::Err,
           "permissions: allow_trusted() has no table: there is no db_url, or load_backends leaves it out\n");
  return -1;
}

Code is_trusted(Call& call, Text source, Text protocol, Text from) {
  const auto known = protocol_of(protocol.view());
  if (!known) {
    log_line(call, LogLevel::Err, "permissions", {"allow_trusted(): '", protocol, "' is no protocol"});
    return -1;
  }
  // What lies in a $var may change while the database is asked.
  return is_trusted(call, {call.arena->copy(source), *known, call.arena->copy(from)});
}

}  // namespace
}  // namespace permissions

Code Permissions::allow_trusted(Call& call) {
  char source[46];
  const LiveMessage& live = *call.live;
  const Text text(source, sip::print_ip(live.source, source));
  const sip::Protocol protocol = live.socket ? live.socket->protocol : sip::Protocol::Any;
  return permissions::is_trusted(call, {call.arena->copy(text), protocol, permissions::from_uri(call)});
}
Code Permissions::allow_trusted(Call& call, Text src, Text proto) {
  return permissions::is_trusted(call, src, proto, permissions::from_uri(call));
}
Code Permissions::allow_trusted(Call& call, Text src, Text proto, Text furi) {
  return permissions::is_trusted(call, src, proto, furi);
}

}  // namespace strowger
