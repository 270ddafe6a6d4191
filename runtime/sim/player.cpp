// Builds the messages that a scenario leaves open as RFC 3261 asks for, and compares what came with what was expected.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sim/player.h"

#include <algorithm>

namespace strowger::sim {
namespace {

using Kind = ScenarioStep::Kind;

constexpr Millis kPatience = 40000;      ///< `gets` without `within`: beyond timers B and F
constexpr Millis kQuiet = 32000;         ///< `nothing more`: 64*T1

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

/// Header values apart by commas, outside of <> and quotes.
std::vector<std::string> split_values(const std::vector<std::string>& headers) {
  std::vector<std::string> out;
  for (const std::string& header : headers) {
    std::string value;
    bool quoted = false;
    int angle = 0;
    for (const char c : header) {
      if (c == '"') quoted = !quoted;
      if (!quoted && c == '<') ++angle;
      if (!quoted && c == '>') --angle;
      if (c == ',' && !quoted && angle <= 0) {
        out.push_back(value);
        value.clear();
      } else if (!value.empty() || c != ' ') {
        value += c;
      }
    }
    if (!value.empty()) out.push_back(value);
  }
  return out;
}

/// The URI of a name-addr or addr-spec.
std::string uri_of(const std::string& value) {
  const std::size_t open = value.find('<');
  if (open == std::string::npos) return value.substr(0, value.find_first_of("; "));
  return value.substr(open + 1, value.find('>', open) - open - 1);
}

/// Where a request for this URI goes: its host and port, when the host is numeric.
std::optional<sip::Address> address_of(const std::string& uri) {
  std::size_t at = uri.find('@');
  at = at == std::string::npos ? uri.find(':') : at;
  if (at == std::string::npos) return std::nullopt;
  const std::string rest = uri.substr(at + 1);
  return parse_address(rest.substr(0, rest.find_first_of(";?")));
}

std::string request_uri_of(const Received& message) {
  const std::string line = message.first_line();
  const std::size_t begin = line.find(' '), end = line.rfind(' ');
  return begin == std::string::npos || end <= begin ? "" : line.substr(begin + 1, end - begin - 1);
}

std::string reason_of(const Received& message) {
  const std::string line = message.first_line();
  return line.size() > 12 ? line.substr(12) : "";
}

bool is_what(const Received& message, const std::string& what) {
  if (what.size() >= 3 && what.compare(1, 2, "xx") == 0)
    return message.status() / 100 == what[0] - '0' && (what.size() == 3 || message.method() == what.substr(4));
  return message.matches(what);
}

}  // namespace

/// A message being written: the scenario's lines replace, add to and take away from what is filled in.
struct Player::Outgoing {
  std::string start;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  void add(std::string name, std::string value) { headers.emplace_back(std::move(name), std::move(value)); }
  std::string text(const std::vector<ScenarioLine>& lines) {
    std::vector<std::string> replaced;
    for (const ScenarioLine& line : lines) {
      if (line.name.empty()) {
        body += line.value + "\r\n";
        continue;
      }
      const bool first = std::none_of(replaced.begin(), replaced.end(), [&](const auto& name) { return same_name(name, line.name); });
      const auto is_it = [&](const auto& header) { return same_name(header.first, line.name); };
      const auto at = std::find_if(headers.begin(), headers.end(), is_it);
      if (first) {
        replaced.push_back(line.name);
        if (at != headers.end() && !line.absent) {
          at->second = line.value;
          headers.erase(std::remove_if(at + 1, headers.end(), is_it), headers.end());
          continue;
        }
        headers.erase(std::remove_if(headers.begin(), headers.end(), is_it), headers.end());
      }
      if (!line.absent) add(line.name, line.value);
    }
    const auto given = [&](std::string_view name) {
      return std::any_of(lines.begin(), lines.end(), [&](const auto& line) { return same_name(line.name, name); });
    };
    if (!body.empty() && !given("Content-Type")) add("Content-Type", body.starts_with("v=0") ? "application/sdp" : "text/plain");
    if (!given("Content-Length")) add("Content-Length", std::to_string(body.size()));
    std::string out = start + "\r\n";
    for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
    return out + "\r\n" + body;
  }
};

Player::Player(const Scenario& scenario, const ScriptImage& image, std::uint64_t seed)
    : scenario_(scenario), image_(image), world_(seed) {}

bool Player::fail(std::uint32_t line, std::string words) {
  if (!failure_) failure_ = {line, std::move(words)};
  return false;
}

/// The script's own sockets; names and interfaces are left out, there are none in virtual time.
void Player::add_script_sockets(Process& process) {
  for (std::uint64_t i = 0; i < image_.listen_count; ++i) {
    const SocketDecl& declared = image_.listens[i];
    const auto ip = sip::parse_ip(declared.host.view());
    if (!ip) continue;
    sip::Address address = *ip;
    const auto protocol = declared.protocol == 0 ? sip::Protocol::Udp : static_cast<sip::Protocol>(declared.protocol);
    const bool secure = protocol == sip::Protocol::Tls || protocol == sip::Protocol::Wss;
    address.port = static_cast<std::uint16_t>(declared.port != 0 ? declared.port : secure ? 5061 : 5060);
    process.add_socket(protocol, address, declared.advertise_host, static_cast<std::uint16_t>(declared.advertise_port), declared.name);
  }
  if (!process.sockets.empty()) return;
  const sip::Address address = parse_address("192.0.2.1:5060").value();
  for (const auto protocol : {sip::Protocol::Udp, sip::Protocol::Tcp})
    process.add_socket(protocol, address, Text::null(), 0, Text::null());
}

bool Player::start() {
  std::string listen;
  for (const ScenarioNode& node : scenario_.proxies) listen += node.address + " ";
  Proxy& proxy = world_.add_proxy(image_, listen);
  if (listen.empty()) add_script_sockets(proxy.process);
  for (std::uint64_t i = 0; i < image_.core_param_count; ++i)
    if (image_.core_params[i].name.view() == "debug") proxy.process.settings.debug = static_cast<int>(image_.core_params[i].number);
  for (const ScenarioNode& node : scenario_.agents) {
    world_.add_agent(node.name, node.address);
    if (!world_.failures.empty()) return fail(node.line, world_.failures.front());
  }
  const std::uint32_t line = scenario_.proxies.empty() ? 1 : scenario_.proxies.front().line;
  if (!world_.failures.empty()) return fail(line, world_.failures.front());
  if (!world_.start()) return fail(line, "the proxy does not start:\n" + world_.log_text());
  return true;
}

std::optional<ScenarioFailure> Player::play() {
  if (start())
    for (const ScenarioStep& step : scenario_.steps)
      if (!play(step)) break;
  return failure_;
}

bool Player::play(const ScenarioStep& step) {
  Agent* agent = step.agent.empty() ? nullptr : world_.find_agent(step.agent);
  switch (step.kind) {
    case Kind::Send:
    case Kind::SendRaw: return send(step, *agent);
    case Kind::SendInDialog: return send_in_dialog(step, *agent);
    case Kind::SendFor: return send_for(step, *agent);
    case Kind::SendAgain: {
      const Named& again = *named(step.other);
      if (again.received) return fail(step.line, "'" + step.other + "' was received, not sent");
      return transmit(step, *again.agent, again.message.text, again.message.source, again.message.connection);
    }
    case Kind::Reply: return reply(step, *agent);
    case Kind::Get: return get(step, *agent);
    case Kind::GetNothing:
      world_.run_until([&] { return !agent->inbox.empty(); }, step.at_least);
      if (!agent->inbox.empty())
        return fail(step.line, agent->name + " got " + agent->inbox.front().first_line());
      return true;
    case Kind::Wait: world_.run_for(step.at_least); return true;
    case Kind::NothingMore: return nothing_more(step);
    case Kind::Network: {
      Conditions& conditions = world_.network.conditions;
      conditions.latency = step.latency;
      conditions.jitter = step.jitter;
      conditions.loss = step.loss;
      conditions.duplicate = step.duplicate;
      return true;
    }
    case Kind::LogHas:
      return world_.logs(step.what) || fail(step.line, "the log has no line with \"" + step.what + "\"");
    case Kind::LogLacks:
      return !world_.logs(step.what) || fail(step.line, "the log has a line with \"" + step.what + "\"");
  }
  return false;
}

const Player::Named* Player::named(const std::string& name) const {
  const auto at = named_.find(name);
  return at == named_.end() ? nullptr : &at->second;
}

int Player::next_cseq(const std::string& call_id) { return ++cseq_[call_id]; }

std::string Player::new_via(const Agent& agent) {
  return "SIP/2.0/" + std::string(sip::via_name_of(agent.protocol).view()) + " " + print_address(agent.address) + ";branch=z9hG4bK-" + agent.name +
         "-" + std::to_string(++branches_);
}

bool Player::remember(const ScenarioStep& step, Agent& agent, const std::string& text, const sip::Address& to, std::uint32_t connection) {
  if (step.name.empty()) return true;
  Received message;
  message.text = text;
  message.source = to;
  message.connection = connection;
  named_[step.name] = {&agent, false, std::move(message)};
  return true;
}

bool Player::transmit(const ScenarioStep& step, Agent& agent, const std::string& text, const sip::Address& to, std::uint32_t connection) {
  if (to.family == 0) return fail(step.line, "no address to send to");
  world_.send(agent.protocol, agent.address, to, agent.protocol == sip::Protocol::Udp ? 0 : connection, text);
  return remember(step, agent, text, to, connection);
}

bool Player::send(const ScenarioStep& step, Agent& agent) {
  sip::Address to = agent.peer;
  if (!step.to.empty()) {
    const auto given = parse_address(step.to);
    if (!given) return fail(step.line, "'" + step.to + "' is no address");
    to = *given;
  }
  Outgoing out;
  if (step.kind == Kind::SendRaw) {
    std::string text;
    bool in_body = false;
    for (const ScenarioLine& line : step.lines) {
      in_body = in_body || line.value.empty();
      text += line.value + "\r\n";
    }
    if (!in_body) text += "\r\n";
    return transmit(step, agent, text, to, agent.connection);
  }
  const std::string self = print_address(agent.address);
  std::string host = step.uri.substr(0, step.uri.find_first_of(";?"));
  host = host.find('@') != std::string::npos ? host.substr(host.find('@') + 1) : host.substr(host.find(':') + 1);
  const std::string number = std::to_string(++calls_);
  std::string call_id = agent.name + "-" + number + "@" + self.substr(0, self.rfind(':'));
  for (const ScenarioLine& line : step.lines)
    if (same_name(line.name, "Call-ID")) call_id = line.value;
  out.start = step.what + " " + step.uri + " SIP/2.0";
  out.add("Via", new_via(agent));
  out.add("Max-Forwards", "70");
  out.add("From", "<sip:" + agent.name + "@" + host + ">;tag=" + agent.name + "-" + number);
  out.add("To", step.what == "REGISTER" ? "<sip:" + agent.name + "@" + host + ">" : "<" + step.uri.substr(0, step.uri.find(';')) + ">");
  out.add("Call-ID", call_id);
  out.add("CSeq", std::to_string(next_cseq(call_id)) + " " + step.what);
  out.add("Contact", "<sip:" + agent.name + "@" + self + (agent.protocol == sip::Protocol::Udp ? "" : ";transport=" + std::string(sip::name_of(agent.protocol).view())) + ">");
  return transmit(step, agent, out.text(step.lines), to, agent.connection);
}

// RFC 3261 §12.2.1.1: route set and remote target come from the message that made the dialog.
bool Player::send_in_dialog(const ScenarioStep& step, Agent& agent) {
  const Named& base = *named(step.other);
  if (base.agent != &agent) return fail(step.line, "'" + step.other + "' is no message of " + agent.name);
  if (!base.received) return fail(step.line, "'" + step.other + "' was sent; a dialog needs what came back, or the request that was received");
  const Received& from = base.message;
  const bool caller = from.status() != 0;
  std::vector<std::string> routes = split_values(from.headers("Record-Route"));
  if (caller) std::reverse(routes.begin(), routes.end());
  const std::string contact = uri_of(from.header("Contact"));
  if (contact.empty()) return fail(step.line, "'" + step.other + "' has no Contact to send to");
  const std::string self = print_address(agent.address);
  std::string local = caller ? from.header("From") : from.header("To"), remote = caller ? from.header("To") : from.header("From");
  if (!caller && from.param("To", "tag").empty()) local += ";tag=" + to_tag(agent);
  const std::string call_id = from.header("Call-ID");
  // ACK has the CSeq of its INVITE (§17.1.1.3, §13.2.2.4).
  const std::string cseq = from.header("CSeq");
  const std::string number = step.what == "ACK" ? cseq.substr(0, cseq.find(' ')) : std::to_string(next_cseq(caller ? call_id : call_id + "\n" + agent.name));
  Outgoing out;
  out.start = step.what + " " + contact + " SIP/2.0";
  out.add("Via", new_via(agent));
  out.add("Max-Forwards", "70");
  for (const std::string& route : routes) out.add("Route", route);
  out.add("From", local);
  out.add("To", remote);
  out.add("Call-ID", call_id);
  out.add("CSeq", number + " " + step.what);
  if (step.what != "ACK" && step.what != "BYE") out.add("Contact", "<sip:" + agent.name + "@" + self + ">");
  std::optional<sip::Address> to = address_of(routes.empty() ? contact : uri_of(routes.front()));
  if (!step.to.empty()) to = parse_address(step.to);
  if (!to) to = agent.peer;
  return transmit(step, agent, out.text(step.lines), *to, agent.connection);
}

// ACK for a final reply, CANCEL for a request: §17.1.1.3 and §9.1 say what they copy.
bool Player::send_for(const ScenarioStep& step, Agent& agent) {
  const Named& base = *named(step.other);
  if (base.agent != &agent) return fail(step.line, "'" + step.other + "' is no message of " + agent.name);
  const int status = base.received ? base.message.status() : 0;
  if (step.what == "ACK" && status >= 200 && status < 300) return send_in_dialog(step, agent);
  if (step.what == "ACK" && status < 300) return fail(step.line, "an ACK is sent for a final reply that was received");
  if (step.what == "CANCEL" && base.received) return fail(step.line, "a CANCEL is sent for a request that was sent");
  // The request that the ACK belongs to: the one with the reply's top Via.
  const Received* request = &base.message;
  Received invite;
  const std::string to = base.message.header("To");
  sip::Address address = base.message.source;
  if (step.what == "ACK") {
    const std::string branch = base.message.param("Via", "branch");
    const auto& packets = world_.network.packets();
    const auto sent = std::find_if(packets.begin(), packets.end(), [&](const Packet& packet) {
      return packet.from == agent.address && packet.bytes.starts_with("INVITE ") && packet.bytes.find("branch=" + branch + "\r\n") != std::string::npos;
    });
    if (sent == packets.end()) return fail(step.line, "no INVITE of " + agent.name + " belongs to '" + step.other + "'");
    invite.text = sent->bytes;
    invite.connection = base.message.connection;
    request = &invite;
    address = sent->to;
  }
  Outgoing out;
  out.start = step.what + " " + request_uri_of(*request) + " SIP/2.0";
  out.add("Via", request->header("Via"));
  out.add("Max-Forwards", "70");
  for (const std::string& route : request->headers("Route")) out.add("Route", route);
  out.add("From", request->header("From"));
  out.add("To", to);
  out.add("Call-ID", request->header("Call-ID"));
  const std::string cseq = request->header("CSeq");
  out.add("CSeq", cseq.substr(0, cseq.find(' ')) + " " + step.what);
  return transmit(step, agent, out.text(step.lines), address, request->connection);
}

bool Player::reply(const ScenarioStep& step, Agent& agent) {
  const Named& base = *named(step.other);
  if (base.agent != &agent || !base.received || base.message.status() != 0)
    return fail(step.line, "'" + step.other + "' is no request that " + agent.name + " received");
  const Received& request = base.message;
  const int status = std::stoi(step.what);
  Outgoing out;
  static const std::map<int, std::string_view> reasons = {
      {100, "Trying"}, {180, "Ringing"}, {183, "Session Progress"}, {200, "OK"}, {202, "Accepted"}, {302, "Moved Temporarily"},
      {401, "Unauthorized"}, {404, "Not Found"}, {407, "Proxy Authentication Required"}, {408, "Request Timeout"},
      {480, "Temporarily Unavailable"}, {486, "Busy Here"}, {487, "Request Terminated"}, {500, "Server Internal Error"},
      {503, "Service Unavailable"}, {600, "Busy Everywhere"}, {603, "Decline"}};
  const auto known = reasons.find(status);
  out.start = "SIP/2.0 " + step.what + " " + (!step.uri.empty() ? step.uri : known != reasons.end() ? std::string(known->second) : "Reply");
  for (const std::string& via : request.headers("Via")) out.add("Via", via);
  if (status > 100 && status < 300)
    for (const std::string& route : request.headers("Record-Route")) out.add("Record-Route", route);
  out.add("From", request.header("From"));
  out.add("To", request.header("To") + (status > 100 && request.param("To", "tag").empty() ? ";tag=" + to_tag(agent) : ""));
  out.add("Call-ID", request.header("Call-ID"));
  out.add("CSeq", request.header("CSeq"));
  if (status > 100 && status < 300) out.add("Contact", "<sip:" + agent.name + "@" + print_address(agent.address) + ">");
  const std::string text = out.text(step.lines);
  world_.send(request.protocol, agent.address, request.source, request.connection, text);
  return remember(step, agent, text, request.source, request.connection);
}

bool Player::get(const ScenarioStep& step, Agent& agent) {
  const Millis since = world_.now();
  if (agent.inbox.empty())
    world_.run_until([&] { return !agent.inbox.empty(); }, step.at_most != 0 ? step.at_most : std::max(kPatience, step.at_least + 1000));
  if (agent.inbox.empty())
    return fail(step.line, agent.name + " did not get " + step.what + (step.at_most != 0 ? " within " + std::to_string(step.at_most) + " ms" : ""));
  Received message = agent.inbox.front();
  agent.inbox.pop_front();
  if (!is_what(message, step.what)) return fail(step.line, agent.name + " got " + message.first_line());
  if (message.at < since + step.at_least)
    return fail(step.line, "it came after " + std::to_string(std::max<Millis>(0, message.at - since)) + " ms already");
  if (!step.other.empty()) {
    const Received& same = named(step.other)->message;
    if (same.text != message.text) {
      std::size_t at = 0;
      while (at < same.text.size() && at < message.text.size() && same.text[at] == message.text[at]) ++at;
      const std::size_t begin = message.text.rfind('\n', at == 0 ? 0 : at - 1) + 1;
      return fail(step.line, "it is not the same as '" + step.other + "': it has \"" + message.text.substr(begin, message.text.find('\r', begin) - begin) + "\"");
    }
  }
  if (!check(step, message)) return false;
  if (!step.name.empty()) named_[step.name] = {&agent, true, std::move(message)};
  return true;
}

bool Player::check(const ScenarioStep& step, const Received& message) {
  const std::string body = message.body();
  std::size_t body_at = 0;
  for (const ScenarioLine& line : step.lines) {
    if (line.name.empty()) {
      // The next line of the body that fits.
      bool found = false;
      while (!found && body_at < body.size()) {
        const std::size_t end = std::min(body.find('\n', body_at), body.size());
        std::string_view one(body.data() + body_at, end - body_at);
        if (one.ends_with('\r')) one.remove_suffix(1);
        found = fits(line.value, one);
        body_at = end + 1;
      }
      if (!found) return fail(line.line, "the body has no such line" + (body.empty() ? std::string("; it is empty") : ":\n" + body));
      continue;
    }
    std::vector<std::string> values;
    if (same_name(line.name, "Request-URI")) values = {request_uri_of(message)};
    else if (same_name(line.name, "Reason-Phrase")) values = {reason_of(message)};
    else if (same_name(line.name, "Source")) values = {print_address(message.source)};
    else values = message.headers(line.name);
    if (line.occurrence != 0) {
      if (line.occurrence > values.size()) values.clear();
      else values = {values[line.occurrence - 1]};
    }
    if (line.absent) {
      if (!values.empty()) return fail(line.line, "there is " + line.name + ": " + values.front());
      continue;
    }
    if (values.empty()) return fail(line.line, "there is no " + line.name);
    if (std::none_of(values.begin(), values.end(), [&](const auto& value) { return fits(line.value, value); })) {
      std::string have;
      for (const std::string& value : values) have += (have.empty() ? "" : " | ") + value;
      return fail(line.line, line.name + " is " + have);
    }
  }
  return true;
}

bool Player::nothing_more(const ScenarioStep& step) {
  const auto got = [&]() -> Agent* {
    for (const ScenarioNode& node : scenario_.agents)
      if (Agent* agent = world_.find_agent(node.name); !agent->inbox.empty()) return agent;
    return nullptr;
  };
  world_.run_until([&] { return got() != nullptr; }, kQuiet);
  if (const Agent* agent = got()) return fail(step.line, agent->name + " got " + agent->inbox.front().first_line());
  return true;
}

}  // namespace strowger::sim
