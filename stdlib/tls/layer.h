// TLS of one connection as a stream layer: records in, plain bytes out. No I/O: OpenSSL reads and writes what it is given.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "runtime/net/stream_layer.h"
#include "stdlib/tls/facts.h"

namespace strowger::tls {

/// What a layer needs besides its context.
struct LayerOptions {
  std::uint32_t module = 0;                    ///< for the facts
  std::size_t most_kept = 65536;               ///< bytes that wait for the handshake: con_ct_wq_max
  std::size_t most_kept_by_all = 10485760;     ///< ct_wq_max
  std::atomic<std::size_t>* kept_by_all = nullptr;
  bool send_close_notify = false;
  std::size_t most_in_record = 16384;          ///< plain bytes: ssl_max_send_fragment
};

/// OpenSSL's callback of server contexts: the layer chooses the profile for the name that the client asks for.
int on_client_hello(SSL* ssl, int* alert, void*);
/// Of all contexts: the layer sees the secrets that it goes on with.
void on_key_log(const SSL* ssl, const char* line);

/// Of a connection that `local` has accepted: the profile is chosen when the client has said which name it wants.
std::unique_ptr<net::StreamLayer> make_server_layer(std::shared_ptr<const Snapshot> snapshot, const sip::Address& local,
                                                    const LayerOptions& options, std::string& why);
/// Of a connection that we make. `name`: asked for and, where the profile verifies, demanded; empty: none is.
std::unique_ptr<net::StreamLayer> make_client_layer(std::shared_ptr<const Snapshot> snapshot, const Context& context,
                                                    const std::string& name, const LayerOptions& options, std::string& why);

}  // namespace strowger::tls
