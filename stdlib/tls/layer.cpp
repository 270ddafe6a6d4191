// The BIO has no memory of its own: OpenSSL reads from the bytes at hand and writes to the text at hand.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tls/layer.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/tls1.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "stdlib/tls/records.h"

namespace strowger::tls {
namespace {

constexpr std::size_t kPiece = 16384;          ///< the longest record's text

class Layer final : public net::StreamLayer {
 public:
  Layer(std::shared_ptr<const Snapshot> snapshot, const sip::Address& local, const LayerOptions& options)
      : snapshot_(std::move(snapshot)), local_(local), options_(options) {}
  ~Layer() override { forget_kept(); }

  bool begin(const Context& context, bool server, const std::string& name, std::string& why) {
    ERR_clear_error();
    ssl_.reset(SSL_new(context.context.get()));
    BIO* const bio = BIO_new(method());
    if (!ssl_ || bio == nullptr) return BIO_free(bio), why = "no memory for a connection", false;
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), this);
    witness_ = std::make_unique<Witness>();
    if (server) {
      SSL_set_accept_state(ssl_.get());
      return true;
    }
    SSL_set_connect_state(ssl_.get());
    if (name.empty()) return true;
    server_name_ = name;
    const bool is_ip = static_cast<bool>(sip::parse_ip(name));
    if (!is_ip && SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) != 1) return why = "the name cannot be asked for", false;
    if (!context.verify_name) return true;
    X509_VERIFY_PARAM* const verify = SSL_get0_param(ssl_.get());
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int good = is_ip ? X509_VERIFY_PARAM_set1_ip_asc(verify, name.c_str()) : X509_VERIFY_PARAM_set1_host(verify, name.data(), name.size());
    return good == 1 || (why = "the name cannot be demanded", false);
  }

  State receive(Text bytes, std::string& up, std::string& down) override {
    in_ = bytes;
    out_ = &down;
    State state = done_ ? State::Open : shake_hands();
    if (done_ && state == State::Open) state = records_ ? records_->receive(in_, up, down, fault) : read(up);
    in_ = Text();
    out_ = nullptr;
    return state;
  }

  State send(Text plain, std::string& down) override {
    out_ = &down;
    State state = State::Open;
    if (done_) {
      state = write(plain);
    } else if (!keep(plain)) {
      fault = "too much waits for the TLS handshake";
      state = State::Failed;
    } else if (!begun_) {
      state = shake_hands();                   // we connect: the first message begins it
    }
    out_ = nullptr;
    return state;
  }

  void finish(std::string& down) override {
    if (!done_ || !options_.send_close_notify) return;
    if (records_) return records_->send_close_notify(down);
    ERR_clear_error();
    out_ = &down;
    static_cast<void>(SSL_shutdown(ssl_.get()));   // the peer's answer is not waited for
    out_ = nullptr;
  }

  bool ready() const override { return done_; }
  bool holds() const override { return !kept_.empty(); }
  /// A part of a record's head, or its head and not all of its body ("RB").
  bool inside() const override {
    if (records_) return records_->inside();
    return done_ && (SSL_has_pending(ssl_.get()) == 1 || std::string_view(SSL_rstate_string(ssl_.get())) == "RB");
  }
  std::shared_ptr<const net::StreamFacts> facts() const override { return facts_; }

  void saw_key(std::string_view line) {
    if (witness_) witness_->take_line(line, SSL_is_server(ssl_.get()) == 1);
  }

  /// The client's first message is here: the profile for the name in it.
  bool choose(std::string_view name) {
    server_name_ = name;
    const Context& context = snapshot_->for_server(local_, name);
    SSL* const ssl = ssl_.get();
    if (SSL_get_SSL_CTX(ssl) == context.context.get()) return true;
    if (SSL_set_SSL_CTX(ssl, context.context.get()) == nullptr) return false;
    // What SSL_set_SSL_CTX() leaves as it was.
    SSL_set_verify(ssl, context.verify_mode, SSL_CTX_get_verify_callback(context.context.get()));
    SSL_set_verify_depth(ssl, *context.profile.verify_depth);
    const Versions versions = *context.profile.versions;
    return SSL_set_min_proto_version(ssl, versions.lowest) == 1 && SSL_set_max_proto_version(ssl, versions.highest) == 1;
  }

 private:
  static Layer& layer_of(BIO* bio) { return *static_cast<Layer*>(BIO_get_data(bio)); }

  static int bio_read(BIO* bio, char* to, std::size_t room, std::size_t* count) {
    Layer& self = layer_of(bio);
    BIO_clear_retry_flags(bio);
    *count = std::min(room, self.in_.len);
    if (*count == 0) return BIO_set_retry_read(bio), 0;
    std::memcpy(to, self.in_.ptr, *count);
    self.in_ = {self.in_.ptr + *count, self.in_.len - *count};
    return 1;
  }
  static int bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) {
    Layer& self = layer_of(bio);
    BIO_clear_retry_flags(bio);
    if (self.out_ == nullptr) return *count = 0, 0;
    self.out_->append(bytes, size);
    if (self.witness_) self.witness_->take_written({bytes, size});
    *count = size;
    return 1;
  }
  static long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const kMethod = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream layer");
      BIO_meth_set_read_ex(made, bio_read);
      BIO_meth_set_write_ex(made, bio_write);
      BIO_meth_set_ctrl(made, bio_control);
      return made;
    }();
    return kMethod;
  }

  State shake_hands() {
    begun_ = true;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1) return failed(result, "TLS handshake");
    done_ = true;
    facts_ = std::make_shared<Facts>(options_.module, *ssl_, std::exchange(server_name_, {}));
    const auto witness = std::exchange(witness_, nullptr);
    records_ = Records::take_over(*ssl_, *witness, options_.most_in_record);
    if (records_) {
      SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);   // else its session could not be resumed
      ssl_.reset();
    }
    const std::string kept = std::exchange(kept_, {});
    if (options_.kept_by_all != nullptr) options_.kept_by_all->fetch_sub(kept.size(), std::memory_order_relaxed);
    return kept.empty() ? State::Open : write(Text(std::string_view(kept)));
  }

  State read(std::string& up) {
    ERR_clear_error();
    for (;;) {
      char piece[kPiece];
      std::size_t count = 0;
      const int result = SSL_read_ex(ssl_.get(), piece, sizeof piece, &count);
      if (result != 1) return failed(result, "TLS");
      up.append(piece, count);
    }
  }

  State write(Text plain) {
    if (records_) {
      if (records_->send(plain, *out_)) return State::Open;
      fault = "TLS: no memory to encipher";
      return State::Failed;
    }
    ERR_clear_error();
    while (plain.len > 0) {
      std::size_t count = 0;
      const int result = SSL_write_ex(ssl_.get(), plain.ptr, plain.len, &count);
      if (result != 1) return failed(result, "TLS");
      plain = {plain.ptr + count, plain.len - count};
    }
    return State::Open;
  }

  /// What stopped OpenSSL: nothing to read, an end, or a fault.
  State failed(int result, const char* where) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return State::Open;
    if (error == SSL_ERROR_ZERO_RETURN) return State::Ended;
    const long verify = SSL_get_verify_result(ssl_.get());
    fault = std::string(where) + ": " + openssl_errors();
    if (verify != X509_V_OK && !done_) fault.append(": ").append(X509_verify_cert_error_string(verify));
    return State::Failed;
  }

  bool keep(Text plain) {
    if (kept_.size() + plain.len > options_.most_kept) return false;
    if (auto* all = options_.kept_by_all) {
      if (all->fetch_add(plain.len, std::memory_order_relaxed) + plain.len > options_.most_kept_by_all) {
        all->fetch_sub(plain.len, std::memory_order_relaxed);
        return false;
      }
    }
    kept_.append(plain.ptr, plain.len);
    return true;
  }
  void forget_kept() {
    if (options_.kept_by_all != nullptr) options_.kept_by_all->fetch_sub(kept_.size(), std::memory_order_relaxed);
    kept_.clear();
  }

  std::shared_ptr<const Snapshot> snapshot_;
  sip::Address local_;
  const LayerOptions options_;
  SslPtr ssl_;                         ///< null when `records_` goes on
  std::unique_ptr<Witness> witness_;   ///< while the handshake lasts
  std::unique_ptr<Records> records_;
  Text in_;
  std::string* out_ = nullptr;
  std::string kept_;                   ///< plain bytes that wait for the handshake
  std::string server_name_;
  std::shared_ptr<const Facts> facts_;
  bool begun_ = false, done_ = false;
};

/// RFC 6066 §3: a list with one host name in it.
std::string_view name_in(const unsigned char* data, std::size_t size) {
  if (size < 5) return {};
  const std::size_t list = static_cast<std::size_t>(data[0]) << 8U | data[1];
  const std::size_t length = static_cast<std::size_t>(data[3]) << 8U | data[4];
  if (list + 2 != size || data[2] != TLSEXT_NAMETYPE_host_name || length + 5 > size || length > TLSEXT_MAXLEN_host_name) return {};
  const std::string_view name(reinterpret_cast<const char*>(data) + 5, length);
  return name.find('\0') == std::string_view::npos ? name : std::string_view();
}

}  // namespace

int on_client_hello(SSL* ssl, int* alert, void*) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  std::string_view name;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) == 1) name = name_in(data, size);
  if (static_cast<Layer*>(SSL_get_app_data(ssl))->choose(name)) return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_INTERNAL_ERROR;
  return SSL_CLIENT_HELLO_ERROR;
}

void on_key_log(const SSL* ssl, const char* line) { static_cast<Layer*>(SSL_get_app_data(ssl))->saw_key(line); }

std::unique_ptr<net::StreamLayer> make_server_layer(std::shared_ptr<const Snapshot> snapshot, const sip::Address& local,
                                                    const LayerOptions& options, std::string& why) {
  const Context& context = snapshot->for_server(local, {});
  auto layer = std::make_unique<Layer>(std::move(snapshot), local, options);
  if (!layer->begin(context, true, {}, why)) return nullptr;
  return layer;
}

std::unique_ptr<net::StreamLayer> make_client_layer(std::shared_ptr<const Snapshot> snapshot, const Context& context,
                                                    const std::string& name, const LayerOptions& options, std::string& why) {
  auto layer = std::make_unique<Layer>(std::move(snapshot), sip::Address(), options);
  if (!layer->begin(context, false, name, why)) return nullptr;
  return layer;
}

}  // namespace strowger::tls
