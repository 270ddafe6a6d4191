// What stream connections may use.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <chrono>
#include <cstddef>

#include "runtime/net/ip_options.h"
#include "runtime/sip/address.h"

namespace strowger::net {

struct StreamLimits {
  using Time = std::chrono::milliseconds;
  std::size_t connections = 2048;                    ///< of the whole process: tcp_max_connections
  std::size_t secure_connections = 2048;             ///< of these, over TLS: tls_max_connections
  std::size_t per_source = 1024;                     ///< accepted from one IP address: tcp_accept_iplimit; 0: no limit
  std::size_t message = 65535;                       ///< longest message
  std::size_t write_queue = 1 << 20;                 ///< bytes waiting for one peer: tcp_conn_wq_max; more closes the connection
  std::size_t write_queues = 10485760;               ///< bytes waiting in all of the process: tcp_wq_max
  Time lifetime{120000};                             ///< idle: tcp_connection_lifetime
  Time read_timeout{20000};                          ///< a message that has begun has to end
  Time connect_timeout{10000};                       ///< tcp_connect_timeout
  Time handshake_timeout{20000};                     ///< tls_handshake_timeout: of a layer, from the connection's begin
  Time send_timeout{10000};                          ///< tcp_send_timeout: no progress in writing
  bool crlf_ping = true;                             ///< tcp_crlf_ping: answer CRLF CRLF with CRLF
  bool accept_without_length = false;                ///< tcp_accept_no_cl: no Content-Length is 0
  bool proxy_header = false;                         ///< tcp_accept_haproxy: a PROXY header may come first (proxy_protocol.h)
  bool connect = true;                               ///< not tcp_no_connect
  bool accept_aliases = false;                       ///< tcp_accept_aliases: Via;alias names the peer's listening port (RFC 5923)
  bool keepalive = true;                             ///< tcp_keepalive, of the kernel
  bool delayed_ack = true;                           ///< tcp_delayed_ack; false: TCP_QUICKACK
  bool reuse_port = false;                           ///< tcp_reuse_port: connections that we make come from the listening port
  bool reset_at_end = false;                         ///< tcp_close_rst: close with a reset, without TIME_WAIT
  int backlog = 1024;                                ///< tcp_listen_backlog
  int defer_accept = 0;                              ///< tcp_defer_accept: seconds that the kernel waits for first bytes
  int syn_count = 0, linger = 0;                     ///< tcp_syncnt, tcp_linger2: 0: the system's
  IpOptions ip;                                      ///< of listeners and of connections that we make
  sip::Address source_v4, source_v6;                 ///< tcp_source_ipv4, _ipv6: connections that we make come from there
  int keepalive_idle = 0, keepalive_interval = 0, keepalive_count = 0;   ///< seconds, seconds, probes; 0: the system's
};

}  // namespace strowger::net
