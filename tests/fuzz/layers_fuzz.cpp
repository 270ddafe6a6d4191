// Fuzzes TLS as a stream layer: however the bytes between two layers are split, what is said arrives whole and in order; bytes that
// are changed on the way end the connection and never become text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdio>
#include <cstdlib>

#include <string>

#include "stdlib/tls/layer.h"
#include "stdlib/tls/tests/authority.h"

using namespace strowger;       // NOLINT: one short program
using namespace strowger::tls;  // NOLINT

namespace {

using State = net::StreamLayer::State;

void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

const std::shared_ptr<const Snapshot>& snapshot(bool old) {
  static const auto make = [](int highest) {
    Authority authority;
    Profile server = test_profile(true, authority.issue("a.example", "DNS:a.example"));
    server.versions->highest = highest;
    std::string why;
    auto made = Snapshot::make({server, test_profile(false)}, Common(), why);
    require(made != nullptr, why.c_str());
    return made;
  };
  static const auto kNew = make(0), kOld = make(TLS1_2_VERSION);
  return old ? kOld : kNew;
}

/// The fuzzer's bytes as choices.
struct Choices {
  const unsigned char* at;
  const unsigned char* end;
  unsigned next() { return at < end ? *at++ : 0; }
};

struct Side {
  std::unique_ptr<net::StreamLayer> layer;
  std::string out, got, said;
  bool good = true;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  Choices choices{data, data + size};
  const unsigned mode = choices.next();
  std::string why;
  Side sides[2];
  sides[0].layer = make_client_layer(snapshot(mode & 1U), snapshot(mode & 1U)->for_client({}, "", ""), mode & 2U ? "a.example" : "", {}, why);
  sides[1].layer = make_server_layer(snapshot(mode & 1U), {4, 5061, {127, 0, 0, 1}}, {}, why);
  bool changed = false;
  const auto say = [&](Side& side, std::size_t length) {
    if (!side.layer->ready() && side.said.size() + length > LayerOptions().most_kept) return;   // more would be refused
    const std::string text(length, static_cast<char>('a' + length % 26));
    side.good = side.good && side.layer->send(Text(std::string_view(text)), side.out) != State::Failed;
    if (side.good) side.said += text;
  };
  say(sides[0], 10);
  for (int step = 0; step < 4000 && sides[0].good && sides[1].good; ++step) {
    const bool more = choices.at < choices.end;
    if (!more && sides[0].out.empty() && sides[1].out.empty()) break;
    const unsigned what = choices.next();
    Side& from = sides[more ? what & 1U : (sides[0].out.empty() ? 1U : 0U)];
    Side& to = &from == sides ? sides[1] : sides[0];
    if (more && (what & 6U) == 2U) say(from, choices.next() * 40U);
    std::string piece = from.out.substr(0, more ? 1U + choices.next() * (what & 8U ? 1U : 64U) : std::string::npos);
    from.out.erase(0, piece.size());
    if (more && (mode & 4U) && (what & 0xf0U) == 0xf0U && !piece.empty()) {
      piece[choices.next() % piece.size()] ^= static_cast<char>(1U + choices.next() % 255U);
      changed = true;
    }
    if (!piece.empty()) to.good = to.layer->receive(Text(std::string_view(piece)), to.got, to.out) == State::Open;
  }
  for (const auto& [one, other] : {std::pair<Side&, Side&>(sides[0], sides[1]), std::pair<Side&, Side&>(sides[1], sides[0])}) {
    require(other.said.starts_with(one.got), "what arrives was said");
    if (!changed) require(one.good, "nothing fails by itself");
    if (!changed && one.out.empty() && other.out.empty()) require(one.got == other.said, "all that was said arrives");
  }
  return 0;
}
