// TLS 1.3 behind its handshake (RFC 8446 §5): records are opened and sealed with the keys that OpenSSL has agreed on.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// OpenSSL's object of a connection takes 14 KB, of which a connection that is up needs two secrets and two counters. So the
// handshake is OpenSSL's, the ciphers are OpenSSL's, and what lies between is here: cutting into records, nonces, alerts,
// KeyUpdate. TLS 1.2, and what is rare (see take_over), stay with OpenSSL's object.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/net/stream_layer.h"

namespace strowger::tls {

/// A traffic secret; forgotten in memory, too.
struct Secret {
  unsigned char bytes[48];
  std::uint8_t size = 0;
  Secret() = default;
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret();
};

/// What has to be seen of a handshake: the first secrets of both sides, and how many records we have sealed with ours.
class Witness {
 public:
  /// A line of the key log (SSL_CTX_set_keylog_callback). `server`: are we one?
  void take_line(std::string_view line, bool server);
  /// Bytes that OpenSSL has written.
  void take_written(std::string_view bytes);

  Secret ours, theirs;
  std::uint64_t sealed = 0;

 private:
  std::size_t head_ = 0, left_ = 0;      ///< bytes of a record's head that were there, and of its body that are to come
  std::size_t length_ = 0;
};

class Records {
 public:
  using State = net::StreamLayer::State;

  /// Null where OpenSSL has to go on: another version or cipher, a length of fragments was agreed on, or bytes wait in `ssl`.
  static std::unique_ptr<Records> take_over(SSL& ssl, const Witness& witness, std::size_t longest);

  /// As a layer does. `fault` says what was wrong.
  State receive(Text bytes, std::string& up, std::string& down, std::string& fault);
  /// False when the cipher fails, which only a lack of memory causes.
  bool send(Text plain, std::string& down);
  void send_close_notify(std::string& down);
  /// A record has begun and is not whole, or a message of the protocol's own.
  bool inside() const { return !part_.empty() || head_ != 0 || skip_ != 0; }

 private:
  struct Suite;
  struct Direction {
    Secret secret;
    unsigned char key[32], iv[12];
    std::uint64_t sequence = 0;
    ~Direction();
  };
  class Cipher;

  Records(const Suite& suite, bool server, std::size_t longest) : suite_(suite), server_(server), longest_(longest) {}
  static const Suite* suite_of(const SSL& ssl);
  bool start(Direction& direction);
  bool renew(Direction& direction);
  bool seal(Cipher& cipher, std::uint8_t type, std::string_view plain, std::string& down);
  bool seal_update(Cipher& cipher, bool demand, std::string& down);
  State open(Cipher& cipher, std::string_view head, std::string_view body, std::string& up, bool& closed);
  State control(Cipher& cipher, std::string_view bytes);
  State fail(std::uint8_t alert, const char* what);

  const Suite& suite_;
  const bool server_;
  std::size_t longest_;                  ///< plain bytes of a record that we seal
  Direction in_, out_;
  std::string part_;                     ///< of a record
  std::size_t skip_ = 0;                 ///< bytes of a ticket that are to come
  unsigned char message_[5];             ///< a message of the handshake's kind: its head, and KeyUpdate's one byte
  std::uint8_t head_ = 0;
  bool answer_update_ = false;
  std::uint8_t alert_ = 0;
  const char* what_ = nullptr;
};

}  // namespace strowger::tls
