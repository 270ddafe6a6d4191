// Profiles made into OpenSSL contexts: a snapshot that a reload replaces as a whole. Connections keep the one they began with.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stdlib/tls/config.h"

namespace strowger::tls {

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* what) const { kFree(what); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freed<SSL_free>>;

/// What the module's parameters say for all profiles.
struct Common {
  std::string session_id;
  bool session_cache = false, disable_compression = true, renegotiation = false, release_buffers = true;
  int max_send_fragment = -1;                  ///< bytes; -1: OpenSSL's
};

struct Context {
  Profile profile;
  ContextPtr context;
  int verify_mode = 0;
  bool verify_name = false;                    ///< a server's certificate has to be for the name that we ask for
};

/// The errors that OpenSSL has queued in this thread, as one text; empties the queue.
std::string openssl_errors();

class Snapshot {
 public:
  /// Null with a sentence when a file cannot be read or used. `profiles` have all values; a default of each kind is there.
  static std::shared_ptr<const Snapshot> make(std::vector<Profile> profiles, const Common& common, std::string& why);
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot();

  /// For a connection to `local`; `name` is the one that the client asks for, empty when it asks for none.
  const Context& for_server(const sip::Address& local, std::string_view name) const;
  /// For a connection that we make: by `id`, else by address and name, where they are not empty.
  const Context& for_client(const sip::Address& peer, std::string_view name, std::string_view id) const;
  const std::vector<Context>& contexts() const { return contexts_; }

 private:
  Snapshot() = default;
  bool add(Profile profile, const Common& common, std::string& why);
  const Context* find(bool server, const sip::Address& address, std::string_view name) const;
  std::vector<Context> contexts_;
  const Context* server_default_ = nullptr;
  const Context* client_default_ = nullptr;
};

}  // namespace strowger::tls
