// Runs the world: the next packet or timer, whatever is earlier, until asked to stop.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sim/world.h"

#include <algorithm>
#include <charconv>

#include "runtime/net/owner.h"
#include "runtime/script/resolver.h"

namespace strowger::sim {

std::optional<sip::Address> parse_address(std::string_view text) {
  std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  if (bracket != std::string_view::npos && colon != std::string_view::npos && colon < bracket)
    colon = std::string_view::npos;
  auto address = sip::parse_ip(text.substr(0, colon));
  if (!address) return std::nullopt;
  address->port = 5060;
  if (colon == std::string_view::npos) return address;
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address->port);
  if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  return address;
}

std::string print_address(const sip::Address& address) {
  char ip[64];
  const std::size_t length = sip::print_ip_bracketed(address, ip);
  return std::string(ip, length) + ":" + std::to_string(address.port);
}

namespace {

/// Splits "tcp:1.2.3.4:5060" into protocol and address.
std::pair<sip::Protocol, std::optional<sip::Address>> parse_listen(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos)
    if (const auto protocol = sip::parse_protocol(text.substr(0, colon)))
      return {*protocol, parse_address(text.substr(colon + 1))};
  return {sip::Protocol::Udp, parse_address(text)};
}

std::string_view fate_text(Packet::Fate fate) {
  switch (fate) {
    case Packet::Fate::Travelling: return "  (on its way)";
    case Packet::Fate::Lost: return "  (lost)";
    case Packet::Fate::Duplicate: return "  (duplicate)";
    case Packet::Fate::Unreachable: return "  (nobody there)";
    case Packet::Fate::Refused: return "  (refused)";
    case Packet::Fate::Reset: return "  (cut off)";
    case Packet::Fate::Delivered: break;
  }
  return "";
}

}  // namespace

void MemoryLog::write(LogLevel level, std::string_view line) {
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  lines.push_back({now_, level, std::string(line)});
}

Proxy::~Proxy() {
  workers.clear();
  if (started) process.stop();
}

World::World(std::uint64_t seed) : network(seed), dns(seed), log(now_), seed_(seed) {}
World::~World() = default;

Proxy& World::add_proxy(const ScriptImage& image, std::string_view listen, int workers, std::string_view name) {
  proxies_.push_back(std::make_unique<Proxy>(std::string(name), image, log));
  Proxy& proxy = *proxies_.back();
  proxy.worker_count = workers;
  proxy.process.settings.workers = workers;
  proxy.process.random_seed = seed_ * 1000003 + proxies_.size();
  while (!listen.empty()) {
    const std::size_t blank = listen.find(' ');
    const std::string_view one = listen.substr(0, blank);
    listen = blank == std::string_view::npos ? std::string_view() : listen.substr(blank + 1);
    if (one.empty()) continue;
    const auto [protocol, address] = parse_listen(one);
    if (!address) {
      fail("not an address: " + std::string(one));
      continue;
    }
    proxy.process.add_socket(protocol, *address, Text::null(), 0, Text::null());
  }
  for (const auto& agent : agents_)
    if (agent->peer.family == 0 && !proxy.process.sockets.empty()) agent->peer = proxy.process.sockets[0]->address;
  return proxy;
}

Agent& World::add_agent(std::string_view name, std::string_view address) {
  const auto [protocol, parsed] = parse_listen(address);
  if (!parsed) fail("not an address: " + std::string(address));
  agents_.push_back(std::make_unique<Agent>(*this, std::string(name), parsed.value_or(sip::Address{})));
  Agent& agent = *agents_.back();
  agent.protocol = protocol;
  for (const auto& proxy : proxies_)
    if (agent.peer.family == 0 && !proxy->process.sockets.empty()) agent.peer = proxy->process.sockets[0]->address;
  return agent;
}

bool World::start() {
  for (auto& proxy : proxies_) {
    if (!proxy->workers.empty()) continue;
    proxy->process.start_seconds = static_cast<std::uint64_t>(clock().wall_seconds());
    proxy->process.settings.workers = proxy->worker_count;
    if (!proxy->process.start()) return false;
    proxy->started = true;
    for (int i = 0; i < proxy->worker_count; ++i)
      proxy->workers.push_back(std::make_unique<Worker>(proxy->process, static_cast<std::uint32_t>(i), clock()));
    proxy->process.workers.clear();
    for (auto& worker : proxy->workers) proxy->process.workers.push_back(worker.get());
    for (auto& worker : proxy->workers) {
      resolver_of(*worker).channel = dns.channel_for(*worker);
      worker->start();
      if (proxy->process.failed) return false;
      empty_outbox(*proxy, *worker);
    }
  }
  return true;
}

Millis World::next_event(Millis limit) const {
  Millis next = limit;
  if (const auto arrival = network.next_arrival()) next = std::min(next, *arrival);
  if (!jobs_.empty()) next = std::min(next, jobs_.begin()->first);
  for (const auto& proxy : proxies_)
    for (const auto& worker : proxy->workers) next = worker->scripts.has_posted() ? now_ : std::min(next, worker->timers.next_due(next));
  // Workers do their once-a-second work when their clock moves.
  if (!proxies_.empty()) next = std::min(next, now_ - now_ % 1000 + 1000);
  return std::max(next, now_);
}

void World::step(Millis at) {
  now_ = std::max(now_, at);
  const auto advance = [this] {
    for (auto& proxy : proxies_) {
      for (auto& worker : proxy->workers) {
        worker->advance(clock());
        empty_outbox(*proxy, *worker);
      }
    }
  };
  advance();
  const Millis before = now_;
  while (!jobs_.empty() && jobs_.begin()->first <= now_) {
    const auto job = jobs_.extract(jobs_.begin());
    job.mapped()();
  }
  if (now_ != before) advance();   // a job let the machine sleep: what became due in it comes before what arrives
  while (const auto index = network.take(now_)) deliver(*index);
  advance();
}

void World::run_for(Millis duration) {
  run_until([] { return false; }, duration);
}

bool World::run_until(const std::function<bool()>& done, Millis limit) {
  const Millis end = now_ + limit;
  if (done()) return true;
  for (;;) {
    const Millis at = next_event(end + 1);
    if (at > end) break;
    step(at);
    if (done()) return true;
    // A timer wheel may name a time at which nothing is due; time has to move on all the same.
    if (const auto arrival = network.next_arrival(); !arrival || *arrival > now_) {
      bool due = false;
      for (const auto& proxy : proxies_)
        for (const auto& worker : proxy->workers) due = due || worker->timers.next_due(now_ + 1) <= now_;
      if (due) {
        if (now_ == end) break;
        ++now_;
      }
    }
  }
  now_ = end;
  return false;
}

bool World::is_there(const Packet& packet) const {
  for (const auto& proxy : proxies_)
    for (const auto& socket : proxy->process.sockets)
      if (socket->protocol == packet.protocol && socket->address == packet.to) return true;
  return std::any_of(agents_.begin(), agents_.end(), [&](const auto& agent) { return agent->address == packet.to; });
}

void World::deliver(std::size_t index) {
  const Packet& there = network.packets()[index];
  const bool refused = there.connection != 0 && connections_[there.connection - 1].refused;
  if ((there.connection != 0 && !connections_[there.connection - 1].open) || !is_there(there)) {
    // A copy: who is told may send, which grows the list.
    const Packet packet = there;
    network.mark(index, refused ? Packet::Fate::Refused : Packet::Fate::Unreachable);
    if (packet.connection != 0) close_connection(packet.connection);
    report_unreachable(packet);
    return;
  }
  if (there.fate != Packet::Fate::Duplicate) network.mark(index, Packet::Fate::Delivered);
  network.arrived(index, now_);
  if (there.connection != 0) return deliver_stream(index);
  const Packet packet = there;
  cause_ = index + 1;
  hand_over(packet, Text(std::string_view(packet.bytes)));
  cause_ = 0;
}

/// The bytes go through the receiver's framer in pieces.
void World::deliver_stream(std::size_t index) {
  const Packet packet = network.packets()[index];
  const bool tear = network.path(packet.from, packet.to).tear;
  Random& random = network.random();
  const auto length = static_cast<std::uint32_t>(packet.bytes.size());
  std::size_t left = packet.cut ? random.below(length) : length, at = 0;
  if (packet.cut) {
    network.mark(index, Packet::Fate::Reset);
    network.arrived(index, -1);
  }
  cause_ = index + 1;
  while (left > 0 && connections_[packet.connection - 1].open) {
    // The list may grow while a message is handled: the framer is looked up each time.
    const auto framer = [&]() -> net::StreamFramer& {
      Connection& connection = connections_[packet.connection - 1];
      return packet.to == connection.a ? connection.to_a : connection.to_b;
    };
    std::size_t room = 0;
    char* const space = framer().space(room);
    std::size_t piece = tear ? 1 : random.below(3) == 0 ? 1 + random.below(static_cast<std::uint32_t>(left)) : left;
    piece = std::min({piece, room, left});
    std::memcpy(space, packet.bytes.data() + at, piece);
    framer().commit(piece);
    at += piece;
    left -= piece;
    for (bool more = true; more && connections_[packet.connection - 1].open;) {
      Text message;
      switch (framer().next(message)) {
        case net::StreamFramer::Event::More: more = false; break;
        case net::StreamFramer::Event::Message: {
          const std::string copy(message.view());
          hand_over(packet, Text(std::string_view(copy)));
          break;
        }
        case net::StreamFramer::Event::Ping: break;
        default: close_connection(packet.connection); break;
      }
    }
  }
  cause_ = 0;
  if (packet.cut) close_connection(packet.connection);
}

void World::hand_over(const Packet& packet, Text bytes) {
  for (auto& proxy : proxies_) {
    for (auto& socket : proxy->process.sockets) {
      if (socket->protocol != packet.protocol || !(socket->address == packet.to)) continue;
      deliver_to_proxy(*proxy, *socket, packet, bytes);
      return;
    }
  }
  for (auto& agent : agents_) {
    if (!(agent->address == packet.to)) continue;
    agent->on_arrival({std::string(bytes.view()), packet.from, packet.protocol, packet.connection, now_});
    return;
  }
}

/// A stream that nobody accepts, or that has ended, is noticed by the sender; a datagram is not.
void World::report_unreachable(const Packet& packet) {
  if (packet.connection == 0 || packet.cookie == 0) return;
  for (auto& proxy : proxies_) {
    const bool sent_it = std::any_of(proxy->process.sockets.begin(), proxy->process.sockets.end(), [&](const auto& socket) {
      return socket->protocol == packet.protocol && socket->address == packet.from;
    });
    if (!sent_it || packet.worker >= proxy->workers.size() || proxy->process.services.send_failed == nullptr) continue;
    Worker& worker = *proxy->workers[packet.worker];
    worker.advance(clock());
    worker.send_failed(packet.cookie);
    empty_outbox(*proxy, worker);
  }
}

void World::deliver_to_proxy(Proxy& proxy, const Socket& socket, const Packet& packet, Text bytes) {
  if (proxy.workers.empty()) return;
  const auto count = static_cast<std::uint32_t>(proxy.workers.size());
  Worker& worker = *proxy.workers[net::owner_of(bytes, count, proxy.process.random_seed).value_or(0)];
  const std::size_t cause = std::exchange(cause_, 0);
  worker.advance(clock());
  empty_outbox(proxy, worker);
  cause_ = cause;
  worker.receive({bytes, packet.from, &socket, packet.connection});
  empty_outbox(proxy, worker);
}

void World::empty_outbox(Proxy& proxy, Worker& worker) {
  // What fails at once may put more into the outbox.
  for (int round = 0; round < 8 && !worker.outbox.empty(); ++round) {
    std::vector<std::uint64_t> failed;
    for (const Departure& departure : worker.outbox.entries()) {
      std::uint32_t connection = departure.connection;
      if (departure.protocol != sip::Protocol::Udp && connection == 0 && departure.only_existing != 0) {
        for (std::size_t i = 0; i < connections_.size() && connection == 0; ++i)
          if (connections_[i].open && (connections_[i].a == departure.to || connections_[i].b == departure.to))
            connection = static_cast<std::uint32_t>(i + 1);
        if (connection == 0) {
          if (departure.cookie != 0) failed.push_back(departure.cookie);
          continue;
        }
      }
      Packet packet;
      packet.protocol = departure.protocol;
      packet.from = departure.from ? departure.from->address : sip::Address{};
      packet.to = departure.to;
      if (packet.protocol != sip::Protocol::Udp && network.random().chance(network.path(packet.from, packet.to).full)) {
        if (departure.cookie != 0) failed.push_back(departure.cookie);
        packet.bytes = worker.outbox.bytes(departure).view();
        packet.cause = cause_;
        network.refuse(now_, std::move(packet));
        continue;
      }
      packet.cookie = departure.cookie;
      packet.worker = worker.index;
      packet.bytes = worker.outbox.bytes(departure).view();
      put_on_network(std::move(packet), connection);
      if (departure.close_after != 0 && connection != 0) close_connection(connection);
    }
    worker.outbox.clear();
    for (const std::uint64_t cookie : failed) worker.send_failed(cookie);
  }
}

std::uint32_t World::connect(sip::Protocol protocol, const sip::Address& from, const sip::Address& to) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const Connection& c = connections_[i];
    if (c.open && c.protocol == protocol && ((c.a == from && c.b == to) || (c.a == to && c.b == from)))
      return static_cast<std::uint32_t>(i + 1);
  }
  connections_.emplace_back();
  connections_.back().a = from;
  connections_.back().b = to;
  connections_.back().protocol = protocol;
  if (network.random().chance(network.path(from, to).refuse)) {
    connections_.back().open = false;
    connections_.back().refused = true;
  }
  return static_cast<std::uint32_t>(connections_.size());
}

void World::close_connection(std::uint32_t connection) {
  if (connection != 0 && connection <= connections_.size()) connections_[connection - 1].open = false;
}

void World::send(sip::Protocol protocol, const sip::Address& from, const sip::Address& to, std::uint32_t connection,
                 std::string_view bytes) {
  Packet packet;
  packet.protocol = protocol;
  packet.from = from;
  packet.to = to;
  packet.bytes = bytes;
  put_on_network(std::move(packet), connection);
}

void World::put_on_network(Packet packet, std::uint32_t connection) {
  if (packet.protocol != sip::Protocol::Udp) {
    const bool usable = connection != 0 && connection <= connections_.size() && connections_[connection - 1].open;
    packet.connection = usable ? connection : connect(packet.protocol, packet.from, packet.to);
    const Connection& c = connections_[packet.connection - 1];
    // The connection says who gets it, not the address.
    packet.to = c.a == packet.from ? c.b : c.a;
  }
  packet.cause = cause_;
  network.send(now_, std::move(packet));
}

bool World::logs(std::string_view part) const {
  return std::any_of(log.lines.begin(), log.lines.end(),
                     [&](const LogLine& line) { return line.text.find(part) != std::string::npos; });
}

std::string World::log_text() const {
  std::string text;
  for (const auto& line : log.lines) text.append(std::to_string(line.at)).append(" ").append(line.text).append("\n");
  return text;
}

Agent* World::find_agent(std::string_view name) {
  for (auto& agent : agents_)
    if (agent->name == name) return agent.get();
  return nullptr;
}

std::string World::name_of(const sip::Address& address) const {
  for (const auto& agent : agents_)
    if (agent->address == address) return agent->name;
  for (const auto& proxy : proxies_)
    for (const auto& socket : proxy->process.sockets)
      if (socket->address == address) return proxy->name;
  return print_address(address);
}

std::string World::ladder() const {
  std::string text = "seed " + std::to_string(seed_) + "\n";
  for (const Packet& packet : network.packets()) {
    std::string time = std::to_string(packet.sent);
    if (time.size() < 8) time.insert(0, 8 - time.size(), ' ');
    const std::string_view first = std::string_view(packet.bytes).substr(0, packet.bytes.find("\r\n"));
    text.append(time).append(" ").append(name_of(packet.from)).append(" -> ").append(name_of(packet.to)).append("  ");
    if (packet.connection != 0) text.append("[").append(std::to_string(packet.connection)).append("] ");
    text.append(first).append(fate_text(packet.fate)).append("\n");
  }
  if (!log.lines.empty()) text.append("log:\n").append(log_text());
  return text;
}

void World::fail(std::string text) {
  if (on_failure) on_failure(text + "\n" + ladder());
  failures.push_back(std::move(text));
}

}  // namespace strowger::sim
