// Tests of TLS as a layer: two of them talk in memory, whatever the pieces are that arrive.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tls/layer.h"

#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

#include "stdlib/tls/tests/authority.h"

namespace strowger::tls {
namespace {

using State = net::StreamLayer::State;

std::shared_ptr<const Snapshot> snapshot_of(std::vector<Profile> profiles) {
  std::string why;
  auto snapshot = Snapshot::make(std::move(profiles), Common(), why);
  EXPECT_TRUE(snapshot) << why;
  return snapshot;
}

/// A client and a server layer, and the bytes between them.
struct Pair {
  Pair(const std::shared_ptr<const Snapshot>& snapshot, const std::string& name = "", std::uint16_t port = 5061) {
    std::string why;
    LayerOptions options;
    options.send_close_notify = true;
    options.kept_by_all = &kept;
    server = make_server_layer(snapshot, {4, port, {127, 0, 0, 1}}, options, why);
    client = make_client_layer(snapshot, snapshot->for_client({}, "", ""), name, options, why);
    EXPECT_TRUE(server && client) << why;
  }

  /// Carries bytes both ways, `piece` at a time, until nobody has any more or somebody fails.
  bool run(std::size_t piece = 1 << 20) {
    while (!to_server.empty() || !to_client.empty()) {
      for (const bool up : {true, false}) {
        std::string& wire = up ? to_server : to_client;
        const std::string bytes = wire.substr(0, piece);
        wire.erase(0, bytes.size());
        if (bytes.empty()) continue;
        const State state = up ? server->receive(Text(std::string_view(bytes)), at_server, to_client)
                               : client->receive(Text(std::string_view(bytes)), at_client, to_server);
        if (state == State::Failed) return false;
        ended = ended || state == State::Ended;
      }
    }
    return true;
  }
  bool say(std::string_view text) { return client->send(Text(text), to_server) == State::Open; }
  bool answer(std::string_view text) { return server->send(Text(text), to_client) == State::Open; }
  std::shared_ptr<const Facts> server_facts() const { return std::static_pointer_cast<const Facts>(server->facts()); }
  std::shared_ptr<const Facts> client_facts() const { return std::static_pointer_cast<const Facts>(client->facts()); }
  std::string client_sees() const {
    std::string name;
    return client_facts() && find_name_entry(*X509_get_subject_name(client_facts()->peer.get()), NID_commonName, name) ? name : "";
  }

  std::atomic<std::size_t> kept{0};
  std::unique_ptr<net::StreamLayer> server, client;
  std::string to_server, to_client, at_server, at_client;
  bool ended = false;
};

class TlsLayer : public ::testing::Test {
 protected:
  Authority authority;
  const std::string a = authority.issue("a.example", "DNS:a.example,DNS:*.a.example,IP:127.0.0.1,URI:sip:a.example,email:ops@a.example");
};

TEST_F(TlsLayer, carries_both_ways_whatever_the_pieces) {
  const auto snapshot = snapshot_of({test_profile(true, a), test_profile(false)});
  const std::string text(40000, 'x');
  for (const std::size_t piece : {1UL, 2UL, 5UL, 7UL, 1460UL, 100000UL}) {
    Pair pair(snapshot);
    ASSERT_TRUE(pair.say("hello"));
    EXPECT_TRUE(pair.client->holds());
    EXPECT_EQ(pair.kept, 5U);
    EXPECT_FALSE(pair.client->ready());
    ASSERT_TRUE(pair.run(piece)) << piece << pair.client->fault << pair.server->fault;
    EXPECT_TRUE(pair.client->ready() && pair.server->ready());
    EXPECT_FALSE(pair.client->holds());
    EXPECT_EQ(pair.kept, 0U);
    EXPECT_EQ(pair.at_server, "hello");
    ASSERT_TRUE(pair.answer(text) && pair.say("more"));
    ASSERT_TRUE(pair.run(piece));
    EXPECT_EQ(pair.at_client, text) << piece;
    EXPECT_EQ(pair.at_server, "hellomore");
    EXPECT_FALSE(pair.server->inside());
    EXPECT_STREQ(pair.server_facts()->version, "TLSv1.3");
    pair.client->finish(pair.to_server);
    ASSERT_TRUE(pair.run(piece));
    EXPECT_TRUE(pair.ended);
  }
}

TEST_F(TlsLayer, a_record_that_has_begun_is_seen) {
  Pair pair(snapshot_of({test_profile(true, a), test_profile(false)}));
  ASSERT_TRUE(pair.say("hello") && pair.run());
  ASSERT_TRUE(pair.say("again"));
  const std::string record = std::exchange(pair.to_server, {});
  for (std::size_t i = 0; i + 1 < record.size(); ++i) {
    ASSERT_EQ(pair.server->receive({record.data() + i, 1}, pair.at_server, pair.to_client), State::Open);
    ASSERT_TRUE(pair.server->inside()) << i;
  }
  ASSERT_EQ(pair.server->receive({record.data() + record.size() - 1, 1}, pair.at_server, pair.to_client), State::Open);
  EXPECT_FALSE(pair.server->inside());
  EXPECT_EQ(pair.at_server, "helloagain");
}

TEST_F(TlsLayer, the_name_that_is_asked_for_chooses_the_profile) {
  const std::string b = authority.issue("b.example", "DNS:b.example");
  const std::string c = authority.issue("c.example", "DNS:c.example");
  Profile any = test_profile(true, b);
  any.place = Profile::Place::Any;
  any.server_name = "b.example";
  any.server_name_mode = 1;
  any.versions = Versions{TLS1_2_VERSION, TLS1_2_VERSION};
  any.verify_client = VerifyClient::On;
  any.ca_list = authority.path("ca.pem");
  Profile address = test_profile(true, c);
  address.place = Profile::Place::Address;
  address.address = {4, 5099, {127, 0, 0, 1}};
  Profile client = test_profile(false, a);
  const auto snapshot = snapshot_of({test_profile(true, a), any, address, client});
  const auto seen = [&](const std::string& name, std::uint16_t port) {
    Pair pair(snapshot, name, port);
    EXPECT_TRUE(pair.say("x") && pair.run()) << pair.server->fault;
    EXPECT_EQ(pair.server_facts()->server_name, name);
    return pair.client_sees() + " " + pair.client_facts()->version + (pair.server_facts()->peer ? " with client" : "");
  };
  EXPECT_EQ(seen("", 5061), "a.example TLSv1.3");
  EXPECT_EQ(seen("nobody.example", 5061), "a.example TLSv1.3");
  EXPECT_EQ(seen("B.example", 5061), "b.example TLSv1.2 with client");
  EXPECT_EQ(seen("x.b.example", 5061), "b.example TLSv1.2 with client");
  EXPECT_EQ(seen("", 5099), "c.example TLSv1.3");
}

TEST_F(TlsLayer, an_address_without_a_name_has_one_certificate) {
  const std::string b = authority.issue("b.example", "DNS:b.example");
  Profile any = test_profile(true, b);
  any.place = Profile::Place::Any;
  any.server_name = "b.example";
  Profile address = test_profile(true, authority.issue("c.example", "DNS:c.example"));
  address.place = Profile::Place::Address;
  address.address = {4, 5061, {127, 0, 0, 1}};
  Profile named = test_profile(true, authority.issue("d.example", "DNS:d.example"));
  named.place = Profile::Place::Address;
  named.address = {4, 5061, {127, 0, 0, 1}};
  named.server_name = "d.example";
  const auto seen = [&](const std::vector<Profile>& sections, const std::string& name) {
    std::vector<Profile> all = {test_profile(true, a), test_profile(false)};
    all.insert(all.end(), sections.begin(), sections.end());
    Pair pair(snapshot_of(all), name);
    EXPECT_TRUE(pair.say("x") && pair.run()) << pair.server->fault;
    return pair.client_sees();
  };
  EXPECT_EQ(seen({any, address}, "b.example"), "c.example");
  EXPECT_EQ(seen({address, any}, "b.example"), "c.example");
  EXPECT_EQ(seen({named, any}, "b.example"), "b.example");
  EXPECT_EQ(seen({named, any}, "z.example"), "a.example");
  any.server_name = "d.example";
  EXPECT_EQ(seen({named, any}, "d.example"), "b.example");       // the last one that fits
  EXPECT_EQ(seen({any, named}, "d.example"), "d.example");
  EXPECT_EQ(seen({named, any}, ""), "d.example");
  EXPECT_EQ(seen({address, named}, "d.example"), "d.example");
  EXPECT_EQ(seen({address, named}, "z.example"), "c.example");
  EXPECT_EQ(seen({named, address}, "d.example"), "c.example");
}

TEST_F(TlsLayer, client_profiles_are_found_by_id_name_and_address) {
  std::vector<Profile> all(4, test_profile(false));
  for (Profile& one : all) one.place = Profile::Place::Any;
  all[0].place = Profile::Place::Default;
  all[1].server_name = "s.example";
  all[1].server_id = "one";
  all[2].server_name = "t.example";
  all[3].place = Profile::Place::Address;
  all[3].address = {4, 5061, {192, 0, 2, 1}};
  all.push_back(test_profile(true, a));
  const auto snapshot = snapshot_of(all);
  const auto found = [&](std::uint8_t last, std::string_view name, std::string_view id) {
    return snapshot->for_client({4, 5061, {192, 0, 2, last}}, name, id).profile.label();
  };
  EXPECT_EQ(found(9, "", ""), "client:default");
  EXPECT_EQ(found(1, "", ""), "client:192.0.2.1:5061");
  EXPECT_EQ(found(1, "", "ONE"), "client:any (s.example)");
  EXPECT_EQ(found(9, "t.example", "one"), "client:any (s.example)");
  EXPECT_EQ(found(9, "t.example", "two"), "client:any (t.example)");
  EXPECT_EQ(found(9, "", "two"), "client:default");
  EXPECT_EQ(found(1, "t.example", ""), "client:192.0.2.1:5061");   // the last one that fits
}

TEST_F(TlsLayer, servers_are_verified_with_their_names) {
  Profile client = test_profile(false);
  client.verify_certificate = true;
  client.ca_list = authority.path("ca.pem");
  const auto snapshot = snapshot_of({test_profile(true, a), client});
  const auto good = [&](const std::string& name) {
    Pair pair(snapshot, name);
    return pair.say("x") && pair.run() && pair.client->ready();
  };
  EXPECT_TRUE(good("a.example"));
  EXPECT_TRUE(good("www.a.example"));
  EXPECT_TRUE(good("127.0.0.1"));
  EXPECT_TRUE(good(""));
  EXPECT_FALSE(good("b.example"));
  EXPECT_FALSE(good("127.0.0.2"));

  Authority other("Other CA");
  client.ca_list = other.path("ca.pem");
  Pair pair(snapshot_of({test_profile(true, a), client}), "a.example");
  EXPECT_FALSE(pair.say("x") && pair.run());
  EXPECT_NE(pair.client->fault.find("unable to get local issuer certificate"), std::string::npos) << pair.client->fault;
  EXPECT_FALSE(pair.run()) << "the server hears of it, too";

  // verify_client counts here, too: the one verifies, the other takes anything.
  client.verify_certificate = false;
  client.verify_client = VerifyClient::Optional;
  Pair strict(snapshot_of({test_profile(true, a), client}));
  EXPECT_FALSE(strict.say("x") && strict.run());
  client.verify_certificate = true;
  client.verify_client = VerifyClient::OptionalNoCa;
  Pair lax(snapshot_of({test_profile(true, a), client}));
  EXPECT_TRUE(lax.say("x") && lax.run());
  EXPECT_NE(lax.client_facts()->verify_result, X509_V_OK);
}

TEST_F(TlsLayer, clients_certificates_are_asked_for_and_verified) {
  const std::string alice = authority.issue("alice", "DNS:alice.example");
  const std::string late = authority.issue("late", "DNS:late.example", -60);
  Authority other("Other CA");
  const std::string stranger = other.issue("stranger", "DNS:s.example");
  const auto outcome = [&](VerifyClient verify, const std::string& certificate, bool required = false) -> std::string {
    Profile server = test_profile(true, a);
    server.verify_certificate = server.require_certificate = required;
    server.verify_client = verify;
    server.ca_list = authority.path("ca.pem");
    Pair pair(snapshot_of({server, test_profile(false, certificate)}));
    if (!pair.say("x") || !pair.run()) return "refused";
    const auto facts = pair.server_facts();
    return !facts->peer ? "none" : facts->verify_result == X509_V_OK ? "good" : "bad";
  };
  EXPECT_EQ(outcome(VerifyClient::Off, alice), "none");
  EXPECT_EQ(outcome(VerifyClient::On, alice), "good");
  EXPECT_EQ(outcome(VerifyClient::On, ""), "refused");
  EXPECT_EQ(outcome(VerifyClient::On, stranger), "refused");
  EXPECT_EQ(outcome(VerifyClient::On, late), "refused");
  EXPECT_EQ(outcome(VerifyClient::Optional, ""), "none");
  EXPECT_EQ(outcome(VerifyClient::Optional, stranger), "refused");
  EXPECT_EQ(outcome(VerifyClient::OptionalNoCa, stranger), "bad");
  EXPECT_EQ(outcome(VerifyClient::OptionalNoCa, alice), "good");
  EXPECT_EQ(outcome(VerifyClient::OptionalNoCa, stranger, true), "bad");
  EXPECT_EQ(outcome(VerifyClient::OptionalNoCa, "", true), "refused");
}

TEST_F(TlsLayer, facts_read_certificates) {
  Pair pair(snapshot_of({test_profile(true, a), test_profile(false)}), "a.example");
  ASSERT_TRUE(pair.say("x") && pair.run());
  X509& peer = *pair.client_facts()->peer;
  EXPECT_EQ(print_name_line(*X509_get_subject_name(&peer)), "/C=DE/O=Acme/CN=a.example");
  EXPECT_EQ(print_serial(peer), "2");
  EXPECT_EQ(print_pem(peer).substr(0, 28), "-----BEGIN CERTIFICATE-----\n");
  std::string text;
  EXPECT_TRUE(find_alternative_name(peer, GEN_DNS, text));
  EXPECT_EQ(text, "a.example");
  EXPECT_TRUE(find_alternative_name(peer, GEN_IPADD, text));
  EXPECT_EQ(text, "127.0.0.1");
  EXPECT_TRUE(find_alternative_name(peer, GEN_URI, text));
  EXPECT_EQ(text, "sip:a.example");
  EXPECT_TRUE(find_alternative_name(peer, GEN_EMAIL, text));
  EXPECT_EQ(text, "ops@a.example");
  EXPECT_FALSE(find_name_entry(*X509_get_subject_name(&peer), NID_localityName, text));
  EXPECT_TRUE(print_time(*X509_get0_notAfter(&peer)).ends_with(" GMT"));
  EXPECT_EQ(X509_cmp(&peer, pair.server_facts()->own.get()), 0);
}

TEST_F(TlsLayer, what_is_no_tls_fails_and_what_waits_is_bounded) {
  const auto snapshot = snapshot_of({test_profile(true, a), test_profile(false)});
  Pair pair(snapshot);
  pair.to_server = "OPTIONS sip:x SIP/2.0\r\n\r\n";
  EXPECT_FALSE(pair.run());
  EXPECT_NE(pair.server->fault, "");
  EXPECT_FALSE(pair.say(std::string(70000, 'x')));
}

TEST_F(TlsLayer, faulty_files_are_named) {
  const auto why_of = [&](Profile profile) {
    std::string why;
    EXPECT_FALSE(Snapshot::make({std::move(profile), test_profile(false)}, Common(), why));
    return why;
  };
  EXPECT_NE(why_of(test_profile(true, "/nope.pem")).find("server:default: the certificate file '/nope.pem' cannot be loaded"), std::string::npos);
  Profile other_key = test_profile(true, a);
  other_key.private_key = authority.issue("b.example", "DNS:b.example");
  EXPECT_NE(why_of(other_key).find("key values mismatch"), std::string::npos);
  Profile no_authority = test_profile(true, a);
  no_authority.ca_list = "/nope";
  EXPECT_NE(why_of(no_authority).find("the CA list '/nope' cannot be loaded"), std::string::npos);
  Profile no_cipher = test_profile(true, a);
  no_cipher.cipher_list = "FOO";
  EXPECT_NE(why_of(no_cipher).find("the cipher list 'FOO' names no cipher"), std::string::npos);
}

}  // namespace
}  // namespace strowger::tls
