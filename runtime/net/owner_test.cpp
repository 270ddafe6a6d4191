// Tests of the owner scan: where Call-ID and branch are found, and that nothing outside the message is read.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/owner.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace strowger::net {
namespace {

struct CallIdCase { std::string_view message, call_id; };

TEST(Owner, finds_the_call_id) {
  const CallIdCase cases[] = {
      {"OPTIONS sip:x SIP/2.0\r\nCall-ID: abc@host\r\n\r\n", "abc@host"},
      {"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a\r\ncall-id:abc\r\n\r\n", "abc"},
      {"OPTIONS sip:x SIP/2.0\r\nCALL-ID \t:  abc  \r\n\r\n", "abc"},
      {"OPTIONS sip:x SIP/2.0\r\ni: short\r\n\r\n", "short"},
      {"OPTIONS sip:x SIP/2.0\r\nI : short\r\n\r\n", "short"},
      {"OPTIONS sip:x SIP/2.0\r\nCall-ID:\r\n folded\r\n\r\n", "folded"},
      {"OPTIONS sip:x SIP/2.0\nCall-ID: bare\n\n", "bare"},
      {"OPTIONS sip:x SIP/2.0\r\nCall-IDX: no\r\nIdentity: no\r\nCall-ID: yes\r\n\r\n", "yes"},
      {"OPTIONS sip:x SIP/2.0\r\nTo: x\r\n\r\nCall-ID: body\r\n", ""},
      {"OPTIONS sip:x SIP/2.0\r\nCall-ID: \r\n\r\n", ""},
      {"OPTIONS sip:x SIP/2.0\r\nCall-ID", ""},
      {"Call-ID: first-line\r\n\r\n", ""},
      {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(find_call_id(Text(c.message)).view(), c.call_id) << c.message;
}

struct BranchCase { std::string_view message, branch; };

TEST(Owner, finds_the_top_branch) {
  const BranchCase cases[] = {
      {"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h:5060;branch=z9hG4bKsw0a.1;rport\r\n\r\n", "z9hG4bKsw0a.1"},
      {"SIP/2.0 200 OK\r\nv:SIP/2.0/UDP h ; rport ; BRANCH = z9 \r\n\r\n", "z9"},
      {"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n ;branch=folded\r\n\r\n", "folded"},
      {"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;x=\";branch=no\";branch=yes\r\n\r\n", "yes"},
      {"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h, SIP/2.0/UDP g;branch=second\r\n\r\n", ""},
      {"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=one, SIP/2.0/UDP g;branch=two\r\n\r\n", "one"},
      {"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\nVia: SIP/2.0/UDP g;branch=second\r\n\r\n", ""},
      {"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=", ""},
      {"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(find_top_branch(Text(c.message)).view(), c.branch) << c.message;
}

TEST(Owner, finds_the_port_of_a_via_with_alias) {
  const auto port = [](std::string_view via) {
    const std::string message = "OPTIONS sip:x SIP/2.0\r\nVia: " + std::string(via) + "\r\nCall-ID: x\r\n\r\n";
    return find_alias_port(Text(std::string_view(message)));
  };
  EXPECT_EQ(port("SIP/2.0/TCP h:5070;branch=b;alias"), 5070);
  EXPECT_EQ(port("SIP/2.0/TCP h : 5070 ; alias ; branch=b"), 5070);
  EXPECT_EQ(port("SIP/2.0/TCP h;Alias;branch=b"), 5060);
  EXPECT_EQ(port("SIP/2.0/TCP [2001:db8::1];alias"), 5060);
  EXPECT_EQ(port("SIP/2.0/TCP [2001:db8::1]:5071;alias=1"), 5071);
  EXPECT_EQ(port("SIP/2.0/TCP h:5070;branch=b;aliased"), std::nullopt);
  EXPECT_EQ(port("SIP/2.0/TCP h:5070, SIP/2.0/TCP g:5071;alias"), std::nullopt);
  EXPECT_EQ(port("SIP/2.0/TCP h:70000;alias"), std::nullopt);
}

TEST(Owner, reads_the_worker_of_our_branches_only) {
  EXPECT_EQ(owner_of_branch("z9hG4bKsw1f.abc"), 31u);
  EXPECT_EQ(owner_of_branch("z9hG4bKsw00"), 0u);
  EXPECT_EQ(owner_of_branch("z9hG4bKsw1"), std::nullopt);
  EXPECT_EQ(owner_of_branch("z9hG4bKsw1G.abc"), std::nullopt);
  EXPECT_EQ(owner_of_branch("z9hG4bK-other"), std::nullopt);
  EXPECT_EQ(owner_of_branch(Text::null()), std::nullopt);
}

TEST(Owner, request_and_reply_of_a_call_have_one_owner) {
  for (int i = 0; i < 100; ++i) {
    const std::string id = "Call-ID: call-" + std::to_string(i) + "@host\r\n\r\n";
    const std::string request = "INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n" + id;
    const std::string reply = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n" + id;
    EXPECT_EQ(owner_of(Text(std::string_view(request)), 7, 42), owner_of(Text(std::string_view(reply)), 7, 42));
  }
}

TEST(Owner, a_branch_of_a_worker_that_does_not_exist_counts_for_nothing) {
  const Text reply = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKsw09.1\r\nCall-ID: c\r\n\r\n";
  ASSERT_TRUE(owner_of(reply, 4, 1).has_value());
  EXPECT_LT(*owner_of(reply, 4, 1), 4u);
  EXPECT_EQ(owner_of(reply, 10, 1), 9u);
}

TEST(Owner, calls_spread_over_all_workers) {
  std::set<std::uint32_t> seen;
  int counts[8] = {};
  for (int i = 0; i < 8000; ++i) {
    const std::string request = "BYE sip:x SIP/2.0\r\nCall-ID: " + std::to_string(i) + "-1234@192.0.2.1\r\n\r\n";
    ++counts[*owner_of(Text(std::string_view(request)), 8, 99)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
}

TEST(Owner, short_call_ids_count_in_full) {
  for (std::size_t length = 1; length <= 24; ++length)
    for (std::size_t i = 0; i < length; ++i) {
      std::string one(length, 'a'), other = one;
      other[i] = 'b';
      EXPECT_NE(hash_call_id(Text(std::string_view(one)), 7), hash_call_id(Text(std::string_view(other)), 7)) << length << " " << i;
    }
}

TEST(Owner, the_short_way_to_a_branch_gives_what_the_long_one_gives) {
  const std::string usual = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h:5060;branch=z9hG4bKsw01.2;rport\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKsw02\r\nCall-ID: c@h\r\n\r\n";
  const auto by_the_long_way = [](Text message) -> std::optional<std::uint32_t> {
    if (message.view().starts_with("SIP/2.0 "))
      if (const auto owner = owner_of_branch(find_top_branch(message)); owner && *owner < 3) return owner;
    const Text call_id = find_call_id(message);
    if (call_id.is_null()) return std::nullopt;
    return static_cast<std::uint32_t>((hash_call_id(call_id, 5) >> 32U) * 3 >> 32U);
  };
  const auto same = [&](const std::string& message) {
    const std::unique_ptr<char[]> copy(new char[message.size()]);
    std::memcpy(copy.get(), message.data(), message.size());
    EXPECT_EQ(owner_of({copy.get(), message.size()}, 3, 5), by_the_long_way({copy.get(), message.size()})) << message;
  };
  EXPECT_EQ(owner_of(Text(std::string_view(usual)), 3, 5), 1u);
  for (std::size_t i = 0; i <= usual.size(); ++i) {
    same(usual.substr(0, i));
    if (i < usual.size()) same(usual.substr(0, i) + usual.substr(i + 1));
    for (const char c : {'\n', '\r', ' ', ',', ';', '"', '=', '0'}) {
      same(usual.substr(0, i) + c + usual.substr(i));
      if (i < usual.size()) same(usual.substr(0, i) + c + usual.substr(i + 1));
    }
  }
}

TEST(Owner, stays_inside_every_prefix_of_a_message) {
  const std::string_view whole =
      "SIP/2.0 200 OK\r\nVia : SIP/2.0/UDP h:5060 ;x=\"a\\\"b\" ;branch = z9hG4bKsw01.1\r\nCall-ID :\r\n abc@host\r\n\r\n";
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    // An exact heap copy: a sanitizer sees a read behind it.
    const std::unique_ptr<char[]> copy(new char[n]);
    std::memcpy(copy.get(), whole.data(), n);
    const auto owner = owner_of({copy.get(), n}, 16, 5);
    if (n == whole.size()) EXPECT_EQ(owner, 1u);
  }
}

}  // namespace
}  // namespace strowger::net
