// The event loop of a worker, on Asio: readable sockets are read in batches, a batch's answers leave in one system call.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/worker_loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "runtime/net/backlog.h"
#include "runtime/net/gathering.h"
#include "runtime/net/header_scan.h"
#include "runtime/net/owner.h"
#include "runtime/net/stream_transport.h"
#include "runtime/script/resolver.h"
#include "runtime/server/dns_channel.h"
#include "runtime/server/endpoints.h"

namespace strowger::server {

namespace asio = boost::asio;
using boost::system::error_code;

Clock read_clock() {
  timespec mono{}, wall{};
  clock_gettime(CLOCK_MONOTONIC, &mono);
  clock_gettime(CLOCK_REALTIME, &wall);
  return {static_cast<Millis>(mono.tv_sec) * 1000 + mono.tv_nsec / 1000000,
          static_cast<std::int64_t>(wall.tv_sec) * 1000000 + wall.tv_nsec / 1000};
}

static std::int64_t monotonic_us() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
}

struct WorkerLoop::Impl {
  static constexpr int kDatagrams = 256;           ///< so many a socket gets before others have their turn
  static constexpr int kFailureRounds = 8;         ///< a failed departure may cause others that fail, too
  static constexpr int kRounds = 4;                ///< so often a busy worker looks for work again before others have their turn
  static constexpr int kHandOffs = 256;            ///< hand-offs a ring gets
  static constexpr Millis kLongestSleep = 1000;    ///< the worker's own second has to be served
  static constexpr Millis kNever = INT64_MAX;

  struct Udp {
    Udp(asio::io_context& io, const Socket& socket, net::Descriptor fd, net::Gathering gathering)
        : socket(socket), descriptor(io, fd.get()), sender(fd.get()), gathering(gathering) {
      fd.release();
    }
    const Socket& socket;
    asio::posix::stream_descriptor descriptor;
    net::DatagramSender sender;
    net::Gathering gathering;
    net::Backlog backlog;
    bool waits_to_write = false;
    std::uint64_t reported_full = 0, reported_refused = 0, reported_behind = 0;
    Millis reported_at = 0, reported_behind_at = 0;
  };

  Impl(Process& process, Fabric& fabric, net::StreamDirectory& directory, const net::StreamLimits& limits, std::uint32_t index,
       std::uint32_t gather_us, const std::string& dns_servers)
      : gather_us(gather_us), fabric(fabric), directory(directory), worker(process, index, read_clock()), bell(io, fabric.bell(index)), timer(io),
        streams(io, directory, limits, index, {this, on_stream_message, on_stream_batch, on_stream_failed, on_stream_note,
                 on_stream_ended, make_stream_layer}) {
    worker.scripts.wake = [this] { this->fabric.ring(worker.index); };
    std::string why;
    const auto before = [this] { worker.advance(read_clock()); };
    const auto after = [this] {
      send_all();
      end_turn();
    };
    resolver_of(worker).channel = make_dns_channel(io, dns_of(process).servers, dns_servers, before, after, why);
    if (!resolver_of(worker).channel) worker.log(LogLevel::Err, "<core>: names cannot be resolved: " + why);
  }
  ~Impl() {
    resolver_of(worker).channel.reset();              // it uses the loop
    streams.shut();
    bell.release();                                // the fabric's
  }

  const std::uint32_t gather_us;
  Fabric& fabric;
  net::StreamDirectory& directory;
  asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};   // only this thread touches it: others ring the bell
  Worker worker;
  asio::posix::stream_descriptor bell;
  asio::steady_timer timer;
  Millis timer_at = kNever;
  net::DatagramBatch batch;
  std::vector<std::unique_ptr<Udp>> udp;
  std::vector<Udp*> by_socket;
  net::StreamTransport streams;
  std::uint64_t no_socket = 0;                     ///< departures over sockets that this process does not have
  std::uint64_t ring_full = 0;                     ///< messages for other workers that are too slow
  std::uint64_t reported_no_socket = 0, reported_ring_full = 0;
  Millis reported_at = 0;
  std::vector<std::uint64_t> failed;               ///< cookies of this worker's departures that could not be sent
  std::unique_ptr<Endpoints> endpoints;            ///< worker 0's, where there are any
  std::atomic<bool> stopping{false}, draining{false};
  std::atomic<std::uint64_t> unfinished{UINT64_MAX};

  // ---- arrivals ----------------------------------------------------------------------------------------------------

  /// Puts a message into the ring of the worker whose call it is; false when that is this one.
  bool hand_on(Text bytes, const sip::Address& source, const Socket& socket, std::uint32_t connection) {
    const auto owner = net::owner_of(bytes, fabric.workers(), worker.process.random_seed);
    if (!owner || *owner == worker.index) return false;
    net::HandOff what;
    what.kind = net::HandOff::Kind::Arrival;
    what.protocol = socket.protocol;
    what.socket = socket.id;
    what.connection = connection;
    what.peer = source;
    if (!fabric.push(worker.index, *owner, what, bytes)) ++ring_full, ++worker.counters.dropped;
    return true;
  }

  void wait_readable(Udp& one) {
    one.descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [this, &one](const error_code& error) {
      if (!error) on_readable(one);
    });
  }

  /// How a socket of this worker's gathers. Of several, each may rest for its part: the others are not read meanwhile. Where
  /// there are several workers each gets a part of the datagrams only, and rests for longer.
  net::Gathering gathering() const {
    const auto is_udp = [](const auto& socket) { return socket->protocol == sip::Protocol::Udp; };
    const auto sockets = static_cast<std::uint32_t>(std::ranges::count_if(worker.process.sockets, is_udp));
    return net::Gathering(gather_us, gather_us * (fabric.workers() > 1 ? 6 : 3) / sockets);
  }

  static void sleep_us(std::uint32_t us) {
    const timespec time{0, static_cast<long>(us) * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
  }

  /// Until the time is over or another worker hands something on: that waits for an answer already.
  void pause(std::uint32_t us) {
    const timespec time{0, static_cast<long>(us) * 1000};
    if (fabric.workers() == 1) {
      sleep_us(us);
    } else if (fabric.idle(worker.index)) {
      pollfd rung{fabric.bell(worker.index), POLLIN, 0};
      ppoll(&rung, 1, &time, nullptr);
      fabric.busy(worker.index);
    }
  }

  /// How many datagrams there are in the batch now.
  int read_batch(Udp& one) {
    const int fd = one.descriptor.native_handle();
    int count = batch.receive(fd);
    if (count > 0 && gather_us > 0) {
      if (const std::uint32_t us = one.gathering.wait(count, monotonic_us()); us > 0) {
        pause(us);
        const int more = batch.receive(fd, count);
        one.gathering.gathered(std::max(more, 0));
        count += std::max(more, 0);
      }
    }
    if (count < 0)
      worker.log(LogLevel::Err, "<core>: reading " + std::string(one.socket.as_text.view()) + ": " + std::strerror(errno));
    return count;
  }

  void on_readable(Udp& one) {
    const bool several = fabric.workers() > 1;
    if (several) fabric.busy(worker.index);
    for (int left = kDatagrams; left > 0;) {
      const int count = read_batch(one);
      if (count <= 0) break;
      worker.advance(read_clock());
      const bool behind = one.backlog.update(one.descriptor.native_handle(), count == net::DatagramBatch::kSize, worker.now.mono);
      for (int i = 0; i < count; ++i) {
        if (behind && net::begins_something(batch.bytes(i))) {
          ++one.backlog.dropped;
          continue;
        }
        if (several && hand_on(batch.bytes(i), batch.source(i), one.socket, 0)) continue;
        worker.receive({batch.bytes(i), batch.source(i), &one.socket, 0});
      }
      if (several) take_hand_offs();
      send_all();
      if (count == 1) break;                       // of several the sending took so long that others may have come
      left -= count;
    }
    if (one.backlog.dropped != one.reported_behind) report_behind(one);
    end_turn();
    if (const std::uint32_t us = one.gathering.rest(); us > 0) sleep_us(us);
    if (several) become_idle();
    wait_readable(one);
  }

  void wait_bell() {
    bell.async_wait(asio::posix::stream_descriptor::wait_read, [this](const error_code& error) {
      if (!error) on_bell();
    });
  }

  void on_bell() {
    fabric.quiet(worker.index);
    look_for_work();
    become_idle();
    wait_bell();
  }

  /// After a turn in which ringing us cost nothing: what came meanwhile is handled now, or in a turn of its own.
  void become_idle() {
    for (int round = 0; !fabric.idle(worker.index); ++round) {
      if (round < kRounds) {
        look_for_work();
        continue;
      }
      while (!fabric.idle(worker.index)) {}
      fabric.ring(worker.index);
      return;
    }
  }

  /// What this worker may have been rung for.
  void look_for_work() {
    if (stopping.load()) {
      if (io.stopped()) return;
      worker.scripts.end();
      send_all();
      io.stop();
      return;
    }
    worker.advance(read_clock());
    const bool more = take_hand_offs();
    send_all();
    if (draining.load()) publish();
    if (more) fabric.ring(worker.index);
    end_turn();
  }

  /// What other workers handed on, some of each; true when there may be more.
  bool take_hand_offs() {
    bool more = false;
    for (std::uint32_t from = 0; from < fabric.workers(); ++from) {
      if (from == worker.index) continue;
      net::HandOffRing& ring = fabric.ring_between(from, worker.index);
      net::HandOff what;
      Text bytes;
      int count = 0;
      for (; count < kHandOffs && ring.front(what, bytes); ++count) {
        on_hand_off(what, bytes);
        ring.pop();
      }
      more = more || count == kHandOffs;
    }
    return more;
  }

  void on_hand_off(const net::HandOff& what, Text bytes) {
    if (what.kind == net::HandOff::Kind::Failure) {
      failed.push_back(what.cookie);
      return;
    }
    const auto& sockets = worker.process.sockets;
    if (what.socket >= sockets.size()) return;
    const Socket& socket = *sockets[what.socket];
    if (what.kind == net::HandOff::Kind::Arrival) {
      worker.receive({bytes, what.peer, &socket, what.connection});
      return;
    }
    net::StreamDeparture departure{what.socket, socket.address, what.peer, what.protocol, what.connection,
                                   what.only_existing != 0, what.close_after != 0, what.cookie, what.origin, what.wish};
    if (!streams.send(departure, bytes)) ++worker.counters.dropped;
  }

  static void on_stream_message(void* owner, const net::StreamMessage& message) {
    Impl& self = *static_cast<Impl*>(owner);
    const auto& sockets = self.worker.process.sockets;
    if (message.socket >= sockets.size()) return;
    self.worker.advance(read_clock());
    const Socket& socket = *sockets[message.socket];
    const bool stays = self.fabric.workers() == 1 || (message.connection != 0 && net::is_http(message.bytes));   // HTTP: where its connection is
    if (!stays && self.hand_on(message.bytes, message.source, socket, message.connection)) return;
    self.worker.receive({message.bytes, message.source, &socket, message.connection});
  }
  static void on_stream_ended(void* owner, const StreamEnd& end) {
    Impl& self = *static_cast<Impl*>(owner);
    self.worker.advance(read_clock());
    Worker& worker = self.worker;
    for (const auto& hook : worker.process.stream_ended) worker.scripts.enter([hook, &worker, end] { hook(worker, end); });
  }
  static std::unique_ptr<net::StreamLayer> make_stream_layer(void* owner, const net::StreamStart& start, std::string& why) {
    Worker& worker = static_cast<Impl*>(owner)->worker;
    if (worker.process.services.stream_layer == nullptr) return why = "the script loads no module for it", nullptr;
    return worker.process.services.stream_layer(worker, start, why);
  }
  static void on_stream_batch(void* owner) {
    Impl& self = *static_cast<Impl*>(owner);
    self.send_all();
    self.end_turn();
  }
  static void on_stream_failed(void* owner, std::uint16_t origin, std::uint64_t cookie) {
    static_cast<Impl*>(owner)->fail(origin, cookie);
  }
  static void on_stream_note(void* owner, bool error, std::string_view text) {
    Impl& self = *static_cast<Impl*>(owner);
    const LogLevel level = error ? LogLevel::Err : LogLevel::Debug;
    if (self.worker.logs(level)) self.worker.log(level, "<core>: " + std::string(text));
  }

  // ---- departures --------------------------------------------------------------------------------------------------

  /// Empties the outbox, and tells of what could not be sent, which may fill it again.
  void send_all() {
    for (int round = 0; round < kFailureRounds; ++round) {
      send_outbox();
      if (failed.empty()) return;
      const std::vector<std::uint64_t> cookies = std::exchange(failed, {});
      for (const std::uint64_t cookie : cookies) worker.send_failed(cookie);
    }
    fabric.ring(worker.index);                     // the rest in a turn of its own
  }

  /// Departure `cookie` of worker `origin` could not be sent.
  void fail(std::uint32_t origin, std::uint64_t cookie) {
    if (cookie == 0) return;
    if (origin == worker.index) {
      failed.push_back(cookie);
      return;
    }
    net::HandOff what;
    what.kind = net::HandOff::Kind::Failure;
    what.cookie = cookie;
    if (!fabric.push(worker.index, origin, what, "")) ++ring_full;   // the transaction's timer notices then
  }

  void send_outbox() {
    Outbox& outbox = worker.outbox;
    if (outbox.empty()) return;
    for (const Departure& departure : outbox.entries()) {
      if (departure.from == nullptr) {
        ++no_socket;
        fail(worker.index, departure.cookie);
        continue;
      }
      if (departure.protocol == sip::Protocol::Udp) {
        Udp* out = departure.from->id < by_socket.size() ? by_socket[departure.from->id] : nullptr;
        if (out == nullptr) {
          ++no_socket;
          fail(worker.index, departure.cookie);
        } else {
          out->sender.add(departure.to, outbox.bytes(departure), departure.cookie, departure.call);
        }
        continue;
      }
      send_stream(departure, outbox.bytes(departure));
    }
    for (auto& one : udp) {
      one->sender.flush();
      if (!one->sender.failed.empty()) take_failures(*one);
      if (one->sender.waiting()) wait_writable(*one);
      if (one->sender.dropped_full != one->reported_full || one->sender.refused != one->reported_refused) report(*one);
    }
    outbox.clear();
  }

  void take_failures(Udp& one) {
    failed.insert(failed.end(), one.sender.failed.begin(), one.sender.failed.end());
    one.sender.failed.clear();
  }

  void send_stream(const Departure& departure, Text bytes) {
    net::StreamDeparture out{departure.from->id, departure.from->address, departure.to, departure.protocol, departure.connection,
                             departure.only_existing != 0, departure.close_after != 0, departure.cookie,
                             static_cast<std::uint16_t>(worker.index), departure.wish};
    // A connection of another worker: by its id, or because that worker has one to the same peer.
    std::uint32_t owner = worker.index;
    if (fabric.workers() > 1) {
      const std::uint32_t known = out.connection != 0 ? out.connection : directory.find({out.to, out.protocol});
      if (known != 0) owner = directory.owner_of(known);
    }
    if (owner == worker.index) {
      if (!streams.send(out, bytes)) ++worker.counters.dropped;
      return;
    }
    net::HandOff what;
    what.kind = net::HandOff::Kind::Departure;
    what.protocol = out.protocol;
    what.only_existing = departure.only_existing;
    what.close_after = departure.close_after;
    what.socket = out.socket;
    what.connection = out.connection;
    what.peer = out.to;
    what.cookie = out.cookie;
    what.wish = out.wish;
    what.origin = out.origin;
    if (fabric.push(worker.index, owner, what, bytes)) return;
    ++ring_full;
    ++worker.counters.dropped;
    fail(worker.index, out.cookie);
  }

  void wait_writable(Udp& one) {
    if (one.waits_to_write) return;
    one.waits_to_write = true;
    one.descriptor.async_wait(asio::posix::stream_descriptor::wait_write, [this, &one](const error_code& error) {
      one.waits_to_write = false;
      if (error) return;
      one.sender.send_queued();
      if (one.sender.waiting()) wait_writable(one);
      take_failures(one);
      send_all();
      end_turn();
    });
  }

  /// What this loop lost itself; at most one line a second and cause.
  void report_losses() {
    if (no_socket == reported_no_socket && ring_full == reported_ring_full) return;
    if (worker.now.mono - reported_at < 1000) return;
    reported_at = worker.now.mono;
    if (no_socket != reported_no_socket)
      worker.log(LogLevel::Err, "<core>: " + std::to_string(no_socket - reported_no_socket) + " messages not sent: no socket to send them from");
    if (ring_full != reported_ring_full)
      worker.log(LogLevel::Err, "<core>: " + std::to_string(ring_full - reported_ring_full) + " messages lost on the way to another worker, which is too slow");
    reported_no_socket = no_socket;
    reported_ring_full = ring_full;
  }

  /// At most one line a second and socket.
  void report_behind(Udp& one) {
    if (worker.now.mono - one.reported_behind_at < 1000) return;
    one.reported_behind_at = worker.now.mono;
    worker.counters.dropped += one.backlog.dropped - one.reported_behind;
    worker.log(LogLevel::Warn, "<core>: overload on " + std::string(one.socket.as_text.view()) + ": " +
                                   std::to_string(one.backlog.dropped - one.reported_behind) + " new requests were let go");
    one.reported_behind = one.backlog.dropped;
  }

  /// At most one line a second and socket.
  void report(Udp& one) {
    if (worker.now.mono - one.reported_at < 1000) return;
    one.reported_at = worker.now.mono;
    std::string text = "<core>: sending over " + std::string(one.socket.as_text.view()) + ": ";
    if (const auto full = one.sender.dropped_full - one.reported_full; full > 0)
      text += std::to_string(full) + " dropped because the queue is full; ";
    if (const auto refused = one.sender.refused - one.reported_refused; refused > 0)
      text += std::to_string(refused) + " refused: " + std::strerror(one.sender.last_error);
    one.reported_full = one.sender.dropped_full;
    one.reported_refused = one.sender.refused;
    worker.log(LogLevel::Err, text);
  }

  // ---- time --------------------------------------------------------------------------------------------------------

  /// After everything that may have armed timers or handed messages on.
  void end_turn() {
    fabric.ring_bells(worker.index);
    report_losses();
    const Millis next = worker.timers.next_due(worker.now.mono + kLongestSleep);
    if (next >= timer_at) return;                  // it rings soon enough
    timer_at = next;
    timer.expires_at(asio::steady_timer::time_point(std::chrono::milliseconds(next)));
    timer.async_wait([this](const error_code& error) {
      if (!error) on_timer();
    });
  }

  void on_timer() {
    timer_at = kNever;
    worker.advance(read_clock());
    send_all();
    end_turn();
  }

  void publish() {
    const auto count = worker.process.services.unfinished;
    unfinished.store((count != nullptr ? count(worker) : 0) + worker.scripts.waiting());
  }
};

WorkerLoop::WorkerLoop(Process& process, Fabric& fabric, net::StreamDirectory& streams, const net::StreamLimits& limits,
                       std::uint32_t index, std::uint32_t gather_us, const std::string& dns_servers)
    : impl_(std::make_unique<Impl>(process, fabric, streams, limits, index, gather_us, dns_servers)) {}
WorkerLoop::~WorkerLoop() = default;

Worker& WorkerLoop::worker() { return impl_->worker; }
bool WorkerLoop::good() const { return impl_->batch.good() && impl_->worker.scripts.good(); }

void WorkerLoop::add_udp(const Socket& socket, net::Descriptor fd) {
  Impl& self = *impl_;
  self.udp.push_back(std::make_unique<Impl::Udp>(self.io, socket, std::move(fd), self.gathering()));
  if (self.by_socket.size() <= socket.id) self.by_socket.resize(socket.id + 1U, nullptr);
  self.by_socket[socket.id] = self.udp.back().get();
}

void WorkerLoop::add_listener(const Socket& socket, net::Descriptor fd) { impl_->streams.add_listener(socket.id, socket.protocol, std::move(fd)); }

bool WorkerLoop::add_endpoint(const Endpoint& endpoint, std::string& why) {
  Impl& self = *impl_;
  if (!self.endpoints) {
    const auto before = [&self] { self.worker.advance(read_clock()); };
    const auto after = [&self] {
      self.send_all();
      self.end_turn();
    };
    self.endpoints = std::make_unique<Endpoints>(self.io, self.worker, before, after);
  }
  return self.endpoints->open(endpoint, why);
}

void WorkerLoop::run() {
  Impl& self = *impl_;
  if (self.gather_us > 0) prctl(PR_SET_TIMERSLACK, 1000UL);   // else pauses would be half as long again
  self.worker.advance(read_clock());
  self.send_all();                                 // what the start of the modules caused
  for (auto& one : self.udp) self.wait_readable(*one);
  if (self.endpoints) self.endpoints->start();
  self.wait_bell();
  self.end_turn();
  self.io.run();
}

void WorkerLoop::stop() {
  impl_->stopping.store(true);
  impl_->fabric.ring(impl_->worker.index);
}

net::StreamTransport& WorkerLoop::streams() { return impl_->streams; }

void WorkerLoop::drain() {
  impl_->draining.store(true);
  impl_->fabric.ring(impl_->worker.index);
}

std::uint64_t WorkerLoop::unfinished() const { return impl_->unfinished.load(); }

}  // namespace strowger::server
