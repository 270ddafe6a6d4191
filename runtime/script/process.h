// One proxy process: the script's image, its settings, sockets and modules. Read by all workers, changed by none after start
// (but for module states that say so themselves).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/abi/image.h"
#include "runtime/script/endpoint.h"
#include "runtime/script/resolve.h"
#include "runtime/script/socket.h"

namespace strowger {

struct Arrival;
struct Avps;
struct Call;
struct StreamEnd;
struct StreamInfo;
struct Worker;
class Streams;
namespace sip { class Arena; }
struct LiveMessage;
namespace net {
class StreamLayer;
struct StreamStart;
}  // namespace net

enum class LogLevel : std::int8_t { Alert = -5, Bug = -4, Crit = -3, Err = -1, Warn = 0, Notice = 1, Info = 2, Debug = 3 };

/// Where log lines go. Called from every worker; must not block for long and must be thread-safe.
class LogSink {
 public:
  virtual ~LogSink() = default;
  /// One line without its level word: "<script>: text". A text that ends in LF ends the line; sinks add one otherwise.
  virtual void write(LogLevel level, std::string_view line) = 0;
};

/// The core parameters that the runtime uses, from the script's image and the command line.
struct Settings {
  int debug = 0;                        ///< lines with level <= debug are written
  bool server_signature = true;
  std::string server_header;            ///< whole line without CRLF: "Server: strowger (0.1.0)"
  std::string user_agent_header;
  bool force_rport = false;
  bool local_rport = false;
  int max_branches = 12;
  Int server_id = 0;
  bool onsend_route_reply = false;
  std::string advertised_address;
  int advertised_port = 0;
  bool phone2tel = true;
  int workers = 1;
  std::string state_dir;                ///< --state-dir: where modules keep files; empty: the working directory
  bool auto_aliases = true;             ///< names of the hosts file for our own addresses are ours
  std::size_t udp_mtu = 0;              ///< requests that are longer go out over `mtu_protocol`; 0: none
  sip::Protocol mtu_protocol = sip::Protocol::Any;   ///< udp_mtu_try_proto; Any: they stay
  bool received_route = false;          ///< received_route_mode: event_route[core:msg-received] runs
};

/// How modules reach each other without naming one another: set by the module that offers it, at its start.
struct Services {
  /// tm: replies within the call's transaction. 1 sent, -1 failed, 0 there is no transaction.
  Code (*reply_in_transaction)(Call&, Int code, Text reason) = nullptr;
  /// sl: a stateless reply with a To tag.
  Code (*reply_stateless)(Call&, Int code, Text reason) = nullptr;
  /// tm: the To tag of replies in the call's transaction; null when there is no transaction.
  Text (*transaction_to_tag)(Call&) = nullptr;
  /// tm: makes a transaction for the call's request unless there is one; false when it cannot.
  bool (*make_transaction)(Call&) = nullptr;
  /// sanity: a request that runs no script (sip::Message::runs_script()); may answer it. While it is there, requests whose only
  /// oddity is a folded CSeq run the script, and what cannot be read in full is answered all the same.
  void (*malformed)(Call&) = nullptr;
  /// topoh: the bytes of a message that has come, as the script is to see them; in the arena, or as they are.
  Text (*unmask)(Worker&, const Arrival&, sip::Arena&) = nullptr;
  /// stun: a datagram that begins as STUN does (RFC 5389 §6). True: it was one, and is done with.
  bool (*stun)(Worker&, const Arrival&) = nullptr;
  /// outbound: Is the flow that the request came on to be kept (RFC 5626 §5.1)? 1 yes, -1 no, 0 it has to be refused (439).
  Code (*use_outbound)(Call&) = nullptr;
  /// outbound: the flow that the message came on, as the user part of a URI of ours; in the call's arena, null when memory ends.
  Text (*flow_token)(Call&) = nullptr;
  /// outbound: takes such a user part: the request goes to that flow. 1 done, 0 it is no token, -1 it is one and not ours, or its flow is gone.
  Code (*follow_flow)(Call&, Text user) = nullptr;
  /// tm: how many transactions of the worker still wait for a final reply (or its ACK). SIGTERM lets them end.
  std::uint64_t (*unfinished)(Worker&) = nullptr;
  /// tm: a waiting script works with a transaction (Call::transaction): +1 keeps it, -1 lets it go.
  void (*hold_transaction)(void* transaction, int change) = nullptr;
  /// tm: bytes whose Departure had this cookie could not be sent (stream refused or broken). The shell calls it on the
  /// worker's thread, outside of receive() and advance().
  void (*send_failed)(Worker&, std::uint64_t cookie) = nullptr;
  /// tls: what the script has wished, in its xavps, for connections that have to be made; a number for Departure::wish.
  std::uint32_t (*stream_wish)(Worker&, const Avps&) = nullptr;
  /// tls: the layer of a connection that begins (runtime/net/stream_layer.h); null with a sentence when there can be none.
  std::unique_ptr<net::StreamLayer> (*stream_layer)(Worker&, const net::StreamStart&, std::string& why) = nullptr;
  /// xhttp: a message that is HTTP came over a stream. `received` and its arena stay while this runs, which may wait.
  void (*http_request)(Worker&, LiveMessage& received, sip::Arena&) = nullptr;
  /// xhttp: replies to the HTTP request of the call; `headers` are whole lines. 1, or -1 when that cannot be.
  Code (*http_reply)(Call&, Int code, Text reason, Text headers, Text body) = nullptr;
};

/// A counter that the script itself counts (modules statistics and counters), of all workers.
struct ScriptCounter {
  std::string group, name, doc;
  bool may_reset = true;
  std::atomic<std::int64_t> value{0};
};

/// A number for stats.get_statistics and $stat, "group:name". `read` sums over the workers with read_counter(); any thread
/// calls it.
struct Statistic {
  std::string group, name;
  std::function<std::uint64_t(const Process&)> read;
  bool gauge = false;                   ///< says how many there are now: a reset leaves it
  ScriptCounter* counter = nullptr;     ///< in place of `read`
  std::uint64_t base = 0;               ///< what was read at the last reset

  std::uint64_t value(const Process& process) const {
    if (counter) return static_cast<std::uint64_t>(counter->value.load(std::memory_order_relaxed));
    return read(process) - __atomic_load_n(&base, __ATOMIC_RELAXED);
  }
  void reset(const Process& process) {
    if (counter && counter->may_reset) counter->value.store(0, std::memory_order_relaxed);
    if (!counter && !gauge) __atomic_store_n(&base, read(process), __ATOMIC_RELAXED);
  }
};

/// A local name besides the sockets: `alias`, advertised addresses, names that modules register.
struct Alias {
  std::string host;                     ///< as written
  std::uint16_t port = 0;               ///< 0: any port
  sip::Protocol protocol = sip::Protocol::Any;
  bool subdomains = false;              ///< names below it are ours, too
  const Socket* declares = nullptr;     ///< `listen` names this socket so: RPC shows it there, not among the aliases
};

struct Process {
  Process(const ScriptImage& image, LogSink& log);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const ScriptImage& image;
  LogSink& log;
  Settings settings;
  Services services;
  std::vector<std::unique_ptr<Socket>> sockets;   ///< fixed before start()
  std::vector<Alias> aliases;
  std::vector<void*> module_state;                ///< by the module's slot; a module's start() makes, its stop() frees
  std::vector<Worker*> workers;
  std::vector<Statistic> statistics;              ///< added by modules' start()
  std::vector<std::unique_ptr<ScriptCounter>> script_counters;   ///< added by modules' start()
  std::vector<Endpoint> endpoints;                ///< added by modules' start(), opened by the shell
  std::atomic<std::uint64_t> unique{1};           ///< source of process-wide unique numbers
  std::uint64_t start_seconds = 0;                ///< wall clock at start
  std::uint64_t random_seed = 0;                  ///< from the shell; fixed in simulations

  /// Adds a socket (texts are made here). `address.port` 0 is kept 0 until the shell has bound it and calls set_port().
  Socket& add_socket(sip::Protocol protocol, const sip::Address& address, Text advertised_host, std::uint16_t advertised_port, Text name);
  /// For every socket of `base` one for what its streams may change to (Tcp to Ws). For modules' start().
  void add_carried_sockets(sip::Protocol base, sip::Protocol protocol);
  /// Compiles regexes, fills settings from the image, runs the modules' start(). False (logged) when one refuses.
  bool start();
  void stop();
  bool failed = false;                            ///< a module's start() sets this after logging why

  /// Is host[:port] one of ours? `host` as in a URI (IPv6 in brackets or not); port 0: none written (counts as 5060
  /// against sockets, matches any alias).
  bool is_myself(Text host, std::uint16_t port, sip::Protocol protocol = sip::Protocol::Any) const;
  /// Is it, byte by byte, the URI of a socket, as that of an OPTIONS or REGISTER for us? Then is_myself() is true of it.
  bool is_socket_uri(Text uri) const;
  const Socket* find_socket(sip::Protocol protocol, const sip::Address& address) const;
  /// "udp:127.0.0.1:5060"; null when unknown.
  const Socket* find_socket(Text spec) const;
  const Socket* find_socket_named(Text name) const;
  /// Is the host one of ours, whatever the port?
  bool is_my_host(Text host) const;
  /// The first address of a name of the hosts file, IPv4 before IPv6; null when unknown. Any case.
  const sip::Address* find_host(Text name) const;
  /// The port that the shell has bound for a socket that was declared with port 0.
  void set_port(Socket& socket, std::uint16_t port);
  /// The socket to send from: same protocol and family, `preferred` if it fits; null when there is none. For WebSockets `protocol`
  /// becomes what the connection with that peer speaks, since URIs and Vias cannot tell. With mhomed the one whose address the
  /// system would send from comes first.
  const Socket* socket_for(const sip::Address& to, sip::Protocol& protocol, const Socket* preferred) const;
  const Socket* carried_by(const Socket& base, sip::Protocol protocol) const;   ///< null when there is none
  /// A new counter, also as a statistic; the existing one of that group and name. For modules' start().
  ScriptCounter& add_script_counter(std::string group, std::string name, std::string doc);
  /// Null when there is none. An empty group: of any.
  ScriptCounter* find_script_counter(std::string_view group, std::string_view name) const;
  /// The event route of a name, null when the script has none.
  RouteFunction event_route(std::string_view name) const;

  std::vector<HostName> hosts;                    ///< filled from /etc/hosts by start() unless it is set before
  std::string reply_end;                          ///< "Server: ...", "Content-Length: 0" and the empty line; set by start()
  RouteFunction pre_routing = nullptr;            ///< event_route[core:pre-routing]; set by start()
  RouteFunction msg_received = nullptr;           ///< event_route[core:msg-received] where it is switched on; set by start()
  RouteFunction parse_error = nullptr;            ///< event_route[core:receive-parse-error]; set by start()
  std::vector<bool (*)(Call&)> request_in, reply_in;   ///< the modules' hooks, in order; set by start()
  std::vector<void (*)(Call&)> script_end;
  std::vector<void (*)(Worker&)> tick;
  std::vector<void (*)(Call&)> own_route_taken;   ///< added by modules' start(): loose_route() has taken a Route of ours out; its parameters are in Call::rr_params
  std::vector<void (*)(Worker&, const StreamEnd&)> stream_ended;   ///< added by modules' start(): a stream of the worker has ended
  /// mhomed: the local address that the system sends from to an address; nothing where it does not know. Set by the shell; empty
  /// where there is no mhomed. Any thread.
  std::function<std::optional<sip::Address>(const sip::Address&)> local_address_to;
  Streams* streams = nullptr;                     ///< stream connections (runtime/script/streams.h); null where there are none

 private:
  void read_settings();
  void add_aliases();
  struct Strings;                                 ///< owns socket texts and regexes
  std::unique_ptr<Strings> strings_;
};

}  // namespace strowger
