// Sealing and opening: RFC 8446 §5.2 (records), §5.3 (nonces), §7.1, §7.2 (keys and their renewal), §4.6 (what may still be said).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tls/records.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstring>

#include "stdlib/tls/contexts.h"

namespace strowger::tls {
namespace {

constexpr std::size_t kHead = 5, kTag = 16, kNonce = 12;
constexpr std::size_t kLongestPlain = 1 << 14;
constexpr std::size_t kLongestSealed = kLongestPlain + 256;
/// RFC 8446 §5.5: AES-GCM bears 2^24.5 records with one key.
constexpr std::uint64_t kRenewAfter = std::uint64_t{1} << 24U;

enum Type : std::uint8_t { kChangeCipherSpec = 20, kAlert = 21, kHandshake = 22, kApplicationData = 23 };
enum Alert : std::uint8_t { kCloseNotify = 0, kUnexpectedMessage = 10, kBadRecordMac = 20, kRecordOverflow = 22, kDecodeError = 50, kInternalError = 80, kUserCanceled = 90 };
enum Message : std::uint8_t { kNewSessionTicket = 4, kKeyUpdate = 24 };

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// False, and nothing known, when it is no secret.
bool read_hex(std::string_view text, Secret& to) {
  if (text.size() % 2 != 0 || text.size() / 2 > sizeof to.bytes) return false;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    to.bytes[i / 2] = static_cast<unsigned char>(high << 4 | low);
  }
  to.size = static_cast<std::uint8_t>(text.size() / 2);
  return true;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// HKDF-Expand-Label without a context, for lengths that one hash gives.
bool expand(const EVP_MD* digest, const Secret& secret, std::string_view label, unsigned char* out, std::size_t size) {
  unsigned char info[32], all[EVP_MAX_MD_SIZE];
  std::size_t n = 0;
  info[n++] = static_cast<unsigned char>(size >> 8U);
  info[n++] = static_cast<unsigned char>(size);
  info[n++] = static_cast<unsigned char>(6 + label.size());
  std::memcpy(info + n, "tls13 ", 6);
  std::memcpy(info + n + 6, label.data(), label.size());
  n += 6 + label.size();
  info[n++] = 0;
  info[n++] = 1;
  unsigned length = 0;
  const bool good = HMAC(digest, secret.bytes, secret.size, info, n, all, &length) != nullptr && size <= length;
  if (good) std::memcpy(out, all, size);
  OPENSSL_cleanse(all, sizeof all);
  return good;
}

}  // namespace

Secret::~Secret() { OPENSSL_cleanse(bytes, sizeof bytes); }
Records::Direction::~Direction() { OPENSSL_cleanse(key, sizeof key); }

void Witness::take_line(std::string_view line, bool server) {
  for (const auto& [label, is_server] : {std::pair{std::string_view("SERVER_TRAFFIC_SECRET_0 "), true}, {std::string_view("CLIENT_TRAFFIC_SECRET_0 "), false}}) {
    if (!line.starts_with(label)) continue;
    const std::string_view rest = line.substr(label.size());   // the client's random, a space, the secret
    const std::size_t space = rest.find(' ');
    Secret& to = is_server == server ? ours : theirs;
    if (space == std::string_view::npos || !read_hex(rest.substr(space + 1), to)) to.size = 0;
  }
}

void Witness::take_written(std::string_view bytes) {
  if (ours.size == 0) return;              // OpenSSL has sent all that is older before it takes the new key
  while (!bytes.empty()) {
    if (left_ > 0) {
      const std::size_t n = std::min(left_, bytes.size());
      left_ -= n;
      bytes.remove_prefix(n);
      continue;
    }
    if (head_ >= 3) length_ = length_ << 8U | static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    if (++head_ < kHead) continue;
    ++sealed;
    left_ = length_;
    head_ = length_ = 0;
  }
}

struct Records::Suite {
  unsigned id;                           ///< RFC 8446 §B.4
  const char* name;
  std::size_t key, hash;                 ///< bytes
  const EVP_MD* (*digest)();
  /// Fetched once: OpenSSL looks it up by name each time else.
  EVP_CIPHER* cipher;
};

const Records::Suite* Records::suite_of(const SSL& ssl) {
  static const Suite kSuites[] = {
      {0x1301, "AES-128-GCM", 16, 32, EVP_sha256, EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr)},
      {0x1302, "AES-256-GCM", 32, 48, EVP_sha384, EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)},
      {0x1303, "ChaCha20-Poly1305", 32, 32, EVP_sha256, EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr)},
  };
  const SSL_CIPHER* const agreed = SSL_get_current_cipher(&ssl);
  if (agreed == nullptr) return nullptr;
  for (const Suite& suite : kSuites)
    if (suite.id == SSL_CIPHER_get_protocol_id(agreed) && suite.cipher != nullptr) return &suite;
  return nullptr;
}

/// A cipher's state while a call lasts, for one direction at a time.
class Records::Cipher {
 public:
  explicit Cipher(const Suite& suite) : suite_(suite), context_(EVP_CIPHER_CTX_new()) {}

  /// `inner` is what to seal in two parts; `out` has room for it and the tag.
  bool seal(Direction& d, std::string_view head, std::string_view plain, std::uint8_t type, unsigned char* out) {
    int n = 0, last = 0;
    return prepare(d, true) && EVP_EncryptUpdate(context_.get(), nullptr, &n, bytes_of(head), static_cast<int>(head.size())) == 1 &&
           EVP_EncryptUpdate(context_.get(), out, &n, bytes_of(plain), static_cast<int>(plain.size())) == 1 &&
           EVP_EncryptUpdate(context_.get(), out + plain.size(), &n, &type, 1) == 1 &&
           EVP_EncryptFinal_ex(context_.get(), out + plain.size() + 1, &last) == 1 &&
           EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kTag, out + plain.size() + 1) == 1;
  }
  /// `out` has room for the body; what was opened is body.size() - kTag bytes.
  bool open(Direction& d, std::string_view head, std::string_view body, unsigned char* out) {
    const std::string_view text = body.substr(0, body.size() - kTag);
    int n = 0;
    return prepare(d, false) && EVP_DecryptUpdate(context_.get(), nullptr, &n, bytes_of(head), static_cast<int>(head.size())) == 1 &&
           EVP_DecryptUpdate(context_.get(), out, &n, bytes_of(text), static_cast<int>(text.size())) == 1 &&
           EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kTag, const_cast<char*>(body.data() + text.size())) == 1 &&
           EVP_DecryptFinal_ex(context_.get(), out + text.size(), &n) == 1;
  }
  /// The key has changed.
  void forget() { keyed_ = nullptr; }

 private:
  /// The key, where it is not there, and the record's nonce.
  bool prepare(Direction& d, bool sealing) {
    if (!context_ || d.sequence == UINT64_MAX) return false;
    if (keyed_ != &d) {
      if (EVP_CipherInit_ex(context_.get(), suite_.cipher, nullptr, d.key, nullptr, sealing ? 1 : 0) != 1) return false;
      keyed_ = &d;
    }
    unsigned char nonce[kNonce];
    std::memcpy(nonce, d.iv, kNonce);
    for (std::size_t i = 0; i < 8; ++i) nonce[kNonce - 1 - i] ^= static_cast<unsigned char>(d.sequence >> (8 * i));
    ++d.sequence;
    return EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce, sealing ? 1 : 0) == 1;
  }

  const Suite& suite_;
  std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>> context_;
  const Direction* keyed_ = nullptr;
};

std::unique_ptr<Records> Records::take_over(SSL& ssl, const Witness& witness, std::size_t longest) {
  if (SSL_version(&ssl) != TLS1_3_VERSION || SSL_is_init_finished(&ssl) != 1 || SSL_has_pending(&ssl) == 1) return nullptr;
  if (SSL_SESSION_get_max_fragment_length(SSL_get0_session(&ssl)) != TLSEXT_max_fragment_length_DISABLED) return nullptr;
  const Suite* const suite = suite_of(ssl);
  if (suite == nullptr || witness.ours.size != suite->hash || witness.theirs.size != suite->hash) return nullptr;
  std::unique_ptr<Records> made(new Records(*suite, SSL_is_server(&ssl) == 1, std::clamp<std::size_t>(longest, 512, kLongestPlain)));
  made->in_.secret = witness.theirs;
  made->out_.secret = witness.ours;
  if (!made->start(made->in_) || !made->start(made->out_)) return nullptr;
  made->out_.sequence = witness.sealed;
  return made;
}

bool Records::start(Direction& d) {
  d.sequence = 0;
  return expand(suite_.digest(), d.secret, "key", d.key, suite_.key) && expand(suite_.digest(), d.secret, "iv", d.iv, kNonce);
}

bool Records::renew(Direction& d) {
  Secret next;
  next.size = d.secret.size;
  if (!expand(suite_.digest(), d.secret, "traffic upd", next.bytes, next.size)) return false;
  d.secret = next;
  return start(d);
}

// ---- sending -----------------------------------------------------------------------------------------------------

bool Records::seal(Cipher& cipher, std::uint8_t type, std::string_view plain, std::string& down) {
  const std::size_t at = down.size(), sealed = plain.size() + 1 + kTag;
  const char head[kHead] = {static_cast<char>(kApplicationData), 3, 3, static_cast<char>(sealed >> 8U), static_cast<char>(sealed)};
  down.append(head, kHead);
  down.resize(at + kHead + sealed);
  if (cipher.seal(out_, {head, kHead}, plain, type, reinterpret_cast<unsigned char*>(down.data() + at + kHead))) return true;
  down.resize(at);
  return false;
}

bool Records::seal_update(Cipher& cipher, bool demand, std::string& down) {
  const char message[] = {static_cast<char>(kKeyUpdate), 0, 0, 1, static_cast<char>(demand ? 1 : 0)};
  if (!seal(cipher, kHandshake, {message, sizeof message}, down) || !renew(out_)) return false;
  cipher.forget();
  return true;
}

bool Records::send(Text plain, std::string& down) {
  Cipher cipher(suite_);
  std::string_view rest = plain.view();
  while (!rest.empty()) {
    if (out_.sequence >= kRenewAfter && !seal_update(cipher, false, down)) return false;
    const std::string_view piece = rest.substr(0, longest_);
    if (!seal(cipher, kApplicationData, piece, down)) return false;
    rest.remove_prefix(piece.size());
  }
  return true;
}

void Records::send_close_notify(std::string& down) {
  Cipher cipher(suite_);
  const char alert[] = {1, static_cast<char>(kCloseNotify)};
  static_cast<void>(seal(cipher, kAlert, {alert, sizeof alert}, down));   // the peer sees the end of the stream anyway
}

// ---- receiving ---------------------------------------------------------------------------------------------------

Records::State Records::fail(std::uint8_t alert, const char* what) {
  alert_ = alert;
  what_ = what;
  return State::Failed;
}

Records::State Records::receive(Text bytes, std::string& up, std::string& down, std::string& fault) {
  std::string_view rest = bytes.view();
  Cipher cipher(suite_);
  State state = State::Open;
  while (state == State::Open) {
    // A record that is whole where it lies is opened there; what is left of one is kept.
    std::string_view record = rest;
    if (!part_.empty()) {
      const std::size_t known = part_.size() >= kHead ? kHead + (static_cast<unsigned char>(part_[3]) << 8U | static_cast<unsigned char>(part_[4])) : kHead;
      const std::size_t n = std::min(known - part_.size(), rest.size());
      part_.append(rest.substr(0, n));
      rest.remove_prefix(n);
      record = part_;
    }
    if (record.size() < kHead) {
      if (part_.empty()) part_ = record;
      break;
    }
    const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(record[3])) << 8U | static_cast<unsigned char>(record[4]);
    if (static_cast<std::uint8_t>(record[0]) != kApplicationData || record[1] != 3) {
      state = fail(kUnexpectedMessage, "a record of another kind");
    } else if (length > kLongestSealed) {
      state = fail(kRecordOverflow, "a record is too long");
    } else if (length <= kTag) {
      state = fail(kDecodeError, "a record is too short");
    } else if (record.size() < kHead + length) {
      if (!part_.empty()) {
        if (rest.empty()) break;
        continue;                              // only its head was known
      }
      part_ = record;
      break;
    } else {
      bool closed = false;
      state = open(cipher, record.substr(0, kHead), record.substr(kHead, length), up, closed);
      if (state == State::Open && closed) state = State::Ended;
      if (part_.empty()) {
        rest.remove_prefix(kHead + length);
      } else {
        std::string().swap(part_);             // its memory, too: the connection may be idle for long
      }
    }
  }
  if (state == State::Open && answer_update_) {
    answer_update_ = false;
    if (!seal_update(cipher, false, down)) state = fail(kInternalError, "the key cannot be renewed");
  }
  if (state == State::Failed) {
    fault = std::string("TLS: ") + what_;
    if (alert_ != 0) {
      const char alert[] = {2, static_cast<char>(alert_)};
      static_cast<void>(seal(cipher, kAlert, {alert, sizeof alert}, down));   // a courtesy: the connection ends
    }
  }
  return state;
}

Records::State Records::open(Cipher& cipher, std::string_view head, std::string_view body, std::string& up, bool& closed) {
  const std::size_t at = up.size();
  up.resize(at + body.size());
  const bool good = cipher.open(in_, head, body, reinterpret_cast<unsigned char*>(up.data() + at));
  // Type, then padding of zeros (§5.4).
  std::size_t end = good ? at + body.size() - kTag : at;
  while (end > at && up[end - 1] == 0) --end;
  const auto type = static_cast<std::uint8_t>(end > at ? up[end - 1] : 0);
  const std::size_t length = end > at ? end - 1 - at : 0;
  if (good && type == kApplicationData && length <= kLongestPlain && head_ == 0 && skip_ == 0) {
    up.resize(at + length);
    return State::Open;
  }
  // What is not for the user: copied, since `up` is only his.
  const std::string plain(up, at, length);
  up.resize(at);
  if (!good) return fail(kBadRecordMac, "a record was changed on its way");
  if (length > kLongestPlain) return fail(kRecordOverflow, "a record is too long");
  if (type == kHandshake && length > 0) return control(cipher, plain);
  if (type == kAlert && length == 2 && head_ == 0 && skip_ == 0) {
    const auto what = static_cast<std::uint8_t>(plain[1]);
    closed = what == kCloseNotify;
    return what == kCloseNotify || what == kUserCanceled ? State::Open : fail(0, SSL_alert_desc_string_long(what));
  }
  return fail(kUnexpectedMessage, "a record of a kind that has no place here");
}

/// Messages of the handshake's kind, which may be cut anywhere: KeyUpdate, and tickets that a server gives us.
Records::State Records::control(Cipher& cipher, std::string_view bytes) {
  while (!bytes.empty()) {
    if (skip_ > 0) {
      const std::size_t n = std::min(skip_, bytes.size());
      skip_ -= n;
      bytes.remove_prefix(n);
      continue;
    }
    message_[head_++] = static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    if (head_ < 4) continue;
    const std::size_t length = static_cast<std::size_t>(message_[1]) << 16U | static_cast<std::size_t>(message_[2]) << 8U | message_[3];
    if (message_[0] == kNewSessionTicket && !server_ && length > 0 && length <= (1U << 17U)) {
      skip_ = length;                          // we do not resume what we began
      head_ = 0;
      continue;
    }
    if (message_[0] != kKeyUpdate) return fail(kUnexpectedMessage, "a message of the handshake has no place here");
    if (length != 1) return fail(kDecodeError, "a KeyUpdate is malformed");
    if (head_ < 5) continue;
    head_ = 0;
    if (message_[4] > 1) return fail(47, "a KeyUpdate is malformed");   // illegal_parameter, §4.6.3
    if (!bytes.empty()) return fail(kUnexpectedMessage, "something stands behind a KeyUpdate");
    if (!renew(in_)) return fail(kInternalError, "the key cannot be renewed");
    cipher.forget();
    answer_update_ = answer_update_ || message_[4] == 1;
  }
  return State::Open;
}

}  // namespace strowger::tls
