// TLS 1.3 behind the handshake, against OpenSSL's own connections: both roles, every cipher, key updates, alerts, tickets, faults.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tls/records.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include "stdlib/tls/layer.h"
#include "stdlib/tls/tests/authority.h"

namespace strowger::tls {
namespace {

using State = net::StreamLayer::State;

/// OpenSSL's connection with memory on both sides.
struct Peer {
  Peer(SSL_CTX& context, bool server) : ssl(SSL_new(&context)) {
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (server) SSL_set_accept_state(ssl.get());
    else SSL_set_connect_state(ssl.get());
  }
  void take(std::string_view bytes) { BIO_write(SSL_get_rbio(ssl.get()), bytes.data(), static_cast<int>(bytes.size())); }
  std::string written() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl.get()), &data);
    std::string out(data, static_cast<std::size_t>(size));
    static_cast<void>(BIO_reset(SSL_get_wbio(ssl.get())));
    return out;
  }
  /// What it reads; handshakes on the way.
  void read() {
    char bytes[20000];
    for (int n = 0; (n = SSL_read(ssl.get(), bytes, sizeof bytes)) > 0;) got.append(bytes, static_cast<std::size_t>(n));
    error = SSL_get_error(ssl.get(), 0);
  }
  bool say(std::string_view text) { return SSL_write(ssl.get(), text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size()); }

  SslPtr ssl;
  std::string got;
  int error = 0;
};

class TlsRecords : public ::testing::Test {
 protected:
  TlsRecords() {
    SSL_CTX_use_certificate_chain_file(server_context.get(), certificate.c_str());
    SSL_CTX_use_PrivateKey_file(server_context.get(), certificate.c_str(), SSL_FILETYPE_PEM);
    std::string why;
    snapshot = Snapshot::make({test_profile(true, certificate), test_profile(false)}, Common(), why);
    EXPECT_TRUE(snapshot) << why;
  }

  /// Our layer in one role, OpenSSL in the other, shaken hands.
  void begin(bool we_serve) {
    std::string why;
    LayerOptions options;
    options.send_close_notify = true;
    peer = std::make_unique<Peer>(we_serve ? *client_context : *server_context, !we_serve);
    ours = we_serve ? make_server_layer(snapshot, {4, 5061, {127, 0, 0, 1}}, options, why)
                    : make_client_layer(snapshot, snapshot->for_client({}, "", ""), "", options, why);
    ASSERT_TRUE(ours) << why;
    to_peer.clear();
    got.clear();
    if (!we_serve) ASSERT_EQ(ours->send(Text("first"), to_peer), State::Open);
    ASSERT_EQ(run(), State::Open) << ours->fault;
    ASSERT_TRUE(ours->ready());
    if (!we_serve) EXPECT_EQ(peer->got, "first");
    peer->got.clear();
  }
  /// Carries bytes until nobody has any; what became of us.
  State run(std::size_t piece = 1 << 20) {
    State state = State::Open;
    for (bool moved = true; moved && state == State::Open;) {
      if (!to_peer.empty()) peer->take(std::exchange(to_peer, {}));
      peer->read();
      std::string bytes = peer->written();
      moved = !bytes.empty();
      for (std::size_t at = 0; at < bytes.size() && state == State::Open; at += piece)
        state = ours->receive(Text(std::string_view(bytes).substr(at, piece)), got, to_peer);
      moved = moved || !to_peer.empty();
    }
    if (!to_peer.empty()) peer->take(std::exchange(to_peer, {}));
    peer->read();
    return state;
  }
  void both_ways(const std::string& text) {
    got.clear();
    peer->got.clear();
    ASSERT_EQ(ours->send(Text(std::string_view(text)), to_peer), State::Open);
    ASSERT_TRUE(peer->say(text));
    ASSERT_EQ(run(1000), State::Open) << ours->fault;
    ASSERT_EQ(got, text);
    ASSERT_EQ(peer->got, text);
    ASSERT_FALSE(ours->inside());
  }

  Authority authority;
  const std::string certificate = authority.issue("a.example", "DNS:a.example");
  ContextPtr server_context{SSL_CTX_new(TLS_server_method())}, client_context{SSL_CTX_new(TLS_client_method())};
  std::shared_ptr<const Snapshot> snapshot;
  std::unique_ptr<net::StreamLayer> ours;
  std::unique_ptr<Peer> peer;
  std::string to_peer, got;
};

TEST_F(TlsRecords, every_cipher_in_both_roles) {
  for (const char* suite : {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"})
    for (const bool we_serve : {true, false}) {
      SCOPED_TRACE(std::string(suite) + (we_serve ? " server" : " client"));
      SSL_CTX_set_ciphersuites(server_context.get(), suite);
      SSL_CTX_set_ciphersuites(client_context.get(), suite);
      begin(we_serve);
      ASSERT_STREQ(SSL_get_cipher_name(peer->ssl.get()), suite);
      for (int i = 0; i < 3; ++i) both_ways("OPTIONS " + std::to_string(i));
      both_ways(std::string(50000, 'x'));
    }
}

TEST_F(TlsRecords, keys_are_renewed_when_the_peer_does_or_demands_it) {
  for (const bool we_serve : {true, false})
    for (const int kind : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
      begin(we_serve);
      for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(SSL_key_update(peer->ssl.get(), kind), 1);
        ASSERT_EQ(SSL_do_handshake(peer->ssl.get()), 1);
        both_ways("after " + std::to_string(i));
        both_ways("and again");
      }
    }
}

TEST_F(TlsRecords, an_end_in_order_is_told_both_ways) {
  begin(true);
  ASSERT_TRUE(peer->say("last"));
  SSL_shutdown(peer->ssl.get());
  EXPECT_EQ(run(), State::Ended);
  EXPECT_EQ(got, "last");
  begin(true);
  ours->finish(to_peer);
  EXPECT_EQ(run(), State::Open);
  EXPECT_EQ(peer->error, SSL_ERROR_ZERO_RETURN);
}

TEST_F(TlsRecords, a_changed_byte_ends_the_connection_with_an_alert) {
  begin(true);
  ASSERT_TRUE(peer->say("hello"));
  const std::string record = peer->written();
  for (std::size_t i = 5; i < record.size(); ++i) {
    begin(true);
    ASSERT_TRUE(peer->say("hello"));
    std::string changed = peer->written();
    changed[i] = static_cast<char>(changed[i] ^ 1);
    ASSERT_EQ(ours->receive(Text(std::string_view(changed)), got, to_peer), State::Failed);
    EXPECT_EQ(got, "");
    EXPECT_NE(ours->fault.find("changed on its way"), std::string::npos) << ours->fault;
    peer->take(to_peer);
    peer->read();
    EXPECT_EQ(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_SSLV3_ALERT_BAD_RECORD_MAC);
  }
}

TEST_F(TlsRecords, a_record_cannot_be_repeated_left_out_or_swapped) {
  for (const int order : {0, 1, 2}) {
    begin(true);
    ASSERT_TRUE(peer->say("one"));
    const std::string one = peer->written();
    ASSERT_TRUE(peer->say("two"));
    const std::string two = peer->written();
    const std::string wire = order == 0 ? one + one : order == 1 ? two : two + one;
    EXPECT_EQ(ours->receive(Text(std::string_view(wire)), got, to_peer), State::Failed);
    EXPECT_EQ(got, order == 0 ? "one" : "");
  }
}

TEST_F(TlsRecords, what_is_no_record_of_ours_fails) {
  using namespace std::string_literals;
  struct Case { std::string bytes; const char* words; };
  for (const Case& one : {Case{"\x14\x03\x03\x00\x01\x01"s, "another kind"}, Case{"\x17\x03\x03\x41\x01"s, "too long"}, Case{"\x17\x03\x03\x00\x10"s, "too short"},
                          Case{"GET / HTTP/1.1\r\n\r\n"s, "another kind"}, Case{"\x17\x02\x03\x00\x20"s, "another kind"}}) {
    begin(true);
    EXPECT_EQ(ours->receive(Text(std::string_view(one.bytes)), got, to_peer), State::Failed);
    EXPECT_NE(ours->fault.find(one.words), std::string::npos) << ours->fault;
  }
}

TEST_F(TlsRecords, tickets_are_ours_to_give_and_sessions_go_on) {
  begin(true);
  SSL_SESSION* const session = SSL_get1_session(peer->ssl.get());   // with the ticket that came behind the handshake
  both_ways("first");
  ASSERT_TRUE(SSL_SESSION_is_resumable(session));
  SSL_shutdown(peer->ssl.get());
  std::string why;
  auto again = std::make_unique<Peer>(*client_context, false);
  SSL_set_session(again->ssl.get(), session);
  SSL_SESSION_free(session);
  peer = std::move(again);
  ours = make_server_layer(snapshot, {4, 5061, {127, 0, 0, 1}}, {}, why);
  ASSERT_EQ(run(), State::Open) << ours->fault;
  EXPECT_EQ(SSL_session_reused(peer->ssl.get()), 1);
  both_ways("resumed");
}

TEST_F(TlsRecords, an_older_version_stays_with_openssl) {
  SSL_CTX_set_max_proto_version(client_context.get(), TLS1_2_VERSION);
  begin(true);
  both_ways("hello");
  EXPECT_STREQ(std::static_pointer_cast<const Facts>(ours->facts())->version, "TLSv1.2");
}

TEST_F(TlsRecords, padding_is_taken_off) {
  for (const bool we_serve : {true, false}) {
    SSL_CTX_set_block_padding((we_serve ? client_context : server_context).get(), 256);
    begin(we_serve);
    both_ways("short");
    both_ways(std::string(1000, '\0'));
  }
}

TEST_F(TlsRecords, an_agreed_length_of_fragments_is_kept) {
  SSL_CTX_set_tlsext_max_fragment_length(client_context.get(), TLSEXT_max_fragment_length_512);
  begin(true);
  both_ways(std::string(3000, 'x'));
}

TEST(TlsWitness, counts_records_however_they_are_written) {
  using namespace std::string_literals;
  Witness witness;
  const std::string record = "\x17\x03\x03\x00\x02xx"s, none = "\x17\x03\x03\x00\x00"s;
  witness.take_written(record);
  EXPECT_EQ(witness.sealed, 0U);                 // before the key
  witness.take_line("SERVER_TRAFFIC_SECRET_0 aa " + std::string(64, 'b'), true);
  witness.take_line("CLIENT_TRAFFIC_SECRET_0 aa " + std::string(64, 'c'), true);
  EXPECT_EQ(witness.ours.size, 32);
  EXPECT_EQ(witness.ours.bytes[0], 0xbb);
  EXPECT_EQ(witness.theirs.bytes[31], 0xcc);
  const std::string all = record + none + record;
  for (const char& c : all) witness.take_written({&c, 1});
  EXPECT_EQ(witness.sealed, 3U);
  witness.take_written(all);
  EXPECT_EQ(witness.sealed, 6U);
  witness.take_line("SERVER_TRAFFIC_SECRET_0 aa zz", true);
  EXPECT_EQ(witness.ours.size, 0);
}

}  // namespace
}  // namespace strowger::tls
