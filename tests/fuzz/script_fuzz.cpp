// Fuzzes a compiled script with the modules that read what the network sends (script.cfg), in the simulator: SIP over both transports,
// HTTP, JSON-RPC and binary RPC. Answers are well formed, what leaves over a stream is one message, and nothing is left at the end.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "runtime/net/stream_framer.h"
#include "runtime/script/streams.h"
#include "runtime/sim/world.h"
#include "stdlib/ctl/binrpc.h"
#include "stdlib/jsonrpcs/json_request.h"
#include "stdlib/tm/table.h"
#include "tests/fuzz/input.h"

using namespace strowger;  // NOLINT: one short program

namespace {

void require(bool good, const char* what, const std::string& text) {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n%s\n", what, text.c_str());
  std::abort();
}

/// The one HTTP connection: takes what is written.
struct Wire final : Streams, StreamControl {
  explicit Wire(std::uint16_t socket) : socket(socket) {}
  const std::uint16_t socket;
  std::string written;
  bool open = true, held = false;

  bool with(Worker& caller, std::uint32_t connection, std::function<void(Worker&, StreamControl&)> work) override {
    if (!open || connection == 0) return false;
    work(caller, *this);
    return true;
  }
  std::shared_ptr<const net::StreamFacts> facts(std::uint32_t) const override { return nullptr; }
  std::uint32_t find(const sip::Address&, sip::Protocol) const override { return 0; }
  bool is_open(std::uint32_t connection) const override { return open && connection != 0; }
  void add_alias(std::uint32_t, const sip::Address&, sip::Protocol) override {}
  std::optional<sip::Address> behind_proxy(std::uint32_t) const override { return std::nullopt; }
  void list(Worker&, std::function<void(std::vector<StreamInfo>)> done) override { done({}); }
  void count(std::size_t& all, std::size_t& secure, std::size_t& queued) const override { all = secure = queued = 0; }
  StreamInfo info() const override {
    StreamInfo info;
    info.socket = socket;
    return info;
  }
  bool put_layer(std::unique_ptr<net::StreamLayer>, const Socket&, Text) override { return false; }
  void write(Text bytes) override { written += bytes.view(); }
  void hold(bool on) override { held = on; }
  net::StreamLayer* top() override { return nullptr; }
  void send_below(Text) override {}
  void close() override { open = false; }
  void set_lifetime(std::int64_t) override {}
  bool set_keepalive(bool, int, int, int) override { return true; }
};

struct Client final : EndpointPeer {
  std::vector<std::string> answers;
  void send(std::string_view bytes) override { answers.emplace_back(bytes); }
};

constexpr const char* kMethods[] = {"INVITE", "REGISTER", "OPTIONS", "MESSAGE", "BYE", "CANCEL", "ACK", "SUBSCRIBE"};
constexpr const char* kUris[] = {"sip:b0@192.0.2.1", "sip:b1@192.0.2.1", "sip:192.0.2.1", "tel:+4930123", "sip:a@192.0.2.1;alias=192.0.2.20~5060~1", "sip:gw.test"};
constexpr const char* kHeaders[] = {"Contact", "Route", "Record-Route", "Path", "Authorization", "X-Text", "Content-Type", "Expires", "Supported",
                                    "Require", "X-Uri", "Diversion", "Remote-Party-ID", "P-Charging-Vector", "X-Path", "X-Apply", "X-Keep", "Subject",
                                    "Allow", "Privacy", "Date", "Via", "To", "From", "CSeq", "Content-Length", "Max-Forwards", "Event", "X-A", ""};
constexpr int kStatuses[] = {100, 180, 183, 200, 302, 401, 404, 486, 503, 600};

/// Usual headers but for those that the input gives; its last text is the body.
std::string request(Input& input) {
  const std::string method = kMethods[input.below(8)], uri = kUris[input.below(6)], number = std::to_string(input.below(3));
  const bool in_dialog = input.below(4) == 0, tcp = input.below(2) != 0;
  std::string given;
  std::uint32_t seen = 0;
  for (std::uint32_t i = input.below(4); i > 0; --i) {
    const std::uint32_t which = input.below(std::size(kHeaders));
    seen |= 1U << which;
    const std::string name = kHeaders[which], value = input.text();
    given += name.empty() ? value + "\r\n" : name + ": " + value + "\r\n";
  }
  const std::string body = input.text();
  const auto add = [&](std::string_view name, const std::string& value) {
    for (std::size_t i = 0; i < std::size(kHeaders); ++i)
      if (kHeaders[i] == name && (seen >> i & 1U) != 0) return;
    given.append(name).append(": ").append(value).append("\r\n");
  };
  add("Via", std::string("SIP/2.0/") + (tcp ? "TCP" : "UDP") + " 192.0.2.10:6000;branch=z9hG4bK-" + number + ";rport");
  add("From", "<sip:a@x>;tag=a");
  add("To", std::string("<sip:b@x>") + (in_dialog ? ";tag=b" : ""));
  given += "Call-ID: c" + number + "\r\n";
  add("CSeq", "1 " + method);
  add("Max-Forwards", "70");
  if (!body.empty()) add("Content-Type", body.starts_with("--b") ? "multipart/mixed;boundary=b" : "application/sdp");
  add("Content-Length", std::to_string(body.size()));
  return method + " " + uri + " SIP/2.0\r\n" + given + "\r\n" + body;
}

std::string http_request(Input& input) {
  static constexpr const char* kVerbs[] = {"GET", "POST", "HEAD", "get"};
  const std::string first = std::string(kVerbs[input.below(4)]) + (input.below(2) ? " /RPC HTTP/1.1\r\n" : " /" + input.text() + " HTTP/1.1\r\n");
  const std::string headers = input.text(), body = input.text();
  return first + headers + (headers.empty() ? "" : "\r\n") + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// The name of a command that exists, or the input's words.
std::string command(Input& input) {
  const std::uint32_t which = input.byte();
  return which < stw_script.rpc_count ? std::string(stw_script.rpcs[which].name.view()) : input.text();
}

std::string json_request(Input& input) {
  const std::string name = command(input), params = input.text();
  return R"({"jsonrpc":"2.0","method":")" + name + R"(","params":)" + params + R"(,"id":1})";
}

std::string binary_request(Input& input) {
  const std::string name = command(input).substr(0, 200), params = input.text().substr(0, 200);
  std::string body = "\x91";
  body += static_cast<char>(name.size() + 1);
  body += name + '\0' + params;
  std::string packet = "\xa1\x07";           // a length of two bytes, a cookie of four
  packet += static_cast<char>(body.size() >> 8U);
  packet += static_cast<char>(body.size() & 0xffU);
  return packet + "cook" + body;
}

void check_json(const Client& client) {
  for (const std::string& answer : client.answers) {
    std::size_t used = 0;
    const auto read = jsonrpcs::parse_request(answer, &used);
    require(read && read->is_object && answer.find_first_not_of(" \t\r\n", used) == std::string::npos, "an answer is JSON", answer);
  }
}

void check_binary(const Client& client) {
  for (const std::string& answer : client.answers) {
    ctl::Packet packet;
    require(ctl::read_packet(answer, answer.size(), packet) == ctl::Framing::Whole && packet.size == answer.size(), "an answer is a packet", answer);
  }
}

void check_http(const std::string& written) {
  require(written.empty() || (written.starts_with("HTTP/1.") && written.find("\r\n\r\n") != written.npos), "an answer is HTTP", written);
}

/// What a proxy sends over a stream is one message, as the one behind it will see it.
void check_streams(const sim::World& world, const sip::Address& proxy) {
  for (const sim::Packet& packet : world.network.packets()) {
    if (packet.protocol == sip::Protocol::Udp || !(packet.from == proxy) || packet.bytes.find_first_not_of("\r\n") == std::string::npos) continue;
    net::StreamFramer framer(1U << 20U);
    std::size_t at = 0;
    Text message;
    auto event = net::StreamFramer::Event::More;
    while (at < packet.bytes.size()) {
      std::size_t room = 0;
      char* const to = framer.space(room);
      const std::size_t count = std::min(room, packet.bytes.size() - at);
      packet.bytes.copy(to, count, at);
      framer.commit(count);
      at += count;
      event = framer.next(message);
      if (event != net::StreamFramer::Event::More) break;
    }
    require(event == net::StreamFramer::Event::Message && message.len == packet.bytes.size(), "a stream carries whole messages", packet.bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, data + size};
  sim::World world(1);
  sim::Proxy& proxy = world.add_proxy(stw_script, "192.0.2.1:5060 tcp:192.0.2.1:5060");
  const sip::Address own = proxy.process.sockets[0]->address;
  Wire wire(1);
  proxy.process.streams = &wire;
  std::vector<std::pair<sim::Agent*, sim::Received>> got;
  for (const char* callee : {"192.0.2.20:5060", "tcp:192.0.2.21:5060"}) {
    sim::Agent& agent = world.add_agent("b", callee);
    agent.on_message = [&got, &agent](const sim::Received& message) {
      if (got.size() < 32) got.emplace_back(&agent, message);
      return true;
    };
  }
  world.dns.address("gw.test", "192.0.2.20");
  if (!world.start()) require(false, "the script starts", world.log_text());
  Worker& worker = proxy.worker();
  const auto json = std::make_shared<Client>(), binary = std::make_shared<Client>();
  std::string control;
  bool control_open = true;
  const auto rpc = [&](Endpoint::Kind kind, std::string_view bytes, const std::shared_ptr<Client>& client) {
    for (const Endpoint& endpoint : proxy.process.endpoints)
      if (endpoint.kind == kind) return endpoint.receive(worker, bytes, client);
    require(false, "there is an endpoint", "");
    return std::size_t{};
  };
  const auto to_control = [&](const std::string& bytes, std::size_t piece) {
    for (std::size_t at = 0; at < bytes.size() && control_open; at += piece) {
      control += bytes.substr(at, piece);
      const std::size_t used = rpc(Endpoint::Kind::UnixStream, control, binary);
      control_open = used != Endpoint::kClose;
      require(!control_open || used <= control.size(), "no more is used than is there", control);
      if (control_open) control.erase(0, used);
    }
  };
  const auto from = [&](std::uint32_t port) { return sip::Address{4, static_cast<std::uint16_t>(6000 + port), {192, 0, 2, 10}}; };
  for (int step = 0; step < 12 && !input.empty(); ++step) {
    switch (input.below(11)) {
      case 0: world.send(sip::Protocol::Udp, from(input.below(12)), own, 0, input.text()); break;
      case 1:
      case 2:
      case 3: {
        const std::uint32_t port = input.below(12);
        world.send(sip::Protocol::Udp, from(port), own, 0, request(input));
        break;
      }
      case 4: {   // in pieces
        const std::uint32_t port = input.below(12);
        world.network.conditions.tear = input.below(4) == 0;
        world.send(sip::Protocol::Tcp, from(port), own, 0, input.below(3) ? request(input) : input.text());
        break;
      }
      case 5: world.send(sip::Protocol::Tcp, from(0), own, 0, http_request(input)); break;
      case 6: rpc(Endpoint::Kind::UnixDatagram, input.below(4) ? json_request(input) : input.text(), json); break;
      case 7: to_control(input.below(4) ? binary_request(input) : input.text(), 1 + input.below(64)); break;
      case 8: {
        if (got.empty()) break;
        const auto [agent, message] = got[input.below(static_cast<std::uint32_t>(got.size()))];
        const int status = kStatuses[input.below(std::size(kStatuses))];
        const std::string headers = input.text(), body = input.text();
        agent->reply(message, status, "Reason", "b", headers.empty() ? "" : headers + "\r\n", body);
        break;
      }
      case 9: world.run_for(1 + input.byte() * 40); break;
      case 10: worker.pool.set_limit(input.below(3) ? SIZE_MAX : worker.pool.chunks_in_use() + input.below(8)); break;
    }
    world.run_for(20);
  }
  worker.pool.set_limit(SIZE_MAX);
  world.run_for(500000);
  check_json(*json);
  check_binary(*binary);
  check_http(wire.written);
  check_streams(world, own);
  require(!wire.held || !wire.open, "a connection goes on", "");
  require(strowger::tm::table_of(worker).size() == 0, "no transaction is left", world.ladder());
  require(worker.scripts.waiting() == 0, "no script is left", world.ladder());
  return 0;
}
