// Agents: reading what came, building what is sent.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sim/agent.h"

#include "runtime/sim/world.h"

namespace strowger::sim {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// Calls `line(name, value)` for each header.
template <class F>
void for_each_header(std::string_view text, F&& line) {
  std::size_t at = text.find("\r\n");
  while (at != std::string_view::npos) {
    at += 2;
    const std::size_t end = text.find("\r\n", at);
    if (end == std::string_view::npos || end == at) return;
    const std::string_view whole = text.substr(at, end - at);
    const std::size_t colon = whole.find(':');
    if (colon != std::string_view::npos) line(trim(whole.substr(0, colon)), trim(whole.substr(colon + 1)));
    at = end;
  }
}

std::string with_body(std::string head, std::string_view body, std::string_view type) {
  if (!body.empty() && !type.empty()) head.append("Content-Type: ").append(type).append("\r\n");
  head.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return head;
}

}  // namespace

std::string Received::first_line() const { return text.substr(0, text.find("\r\n")); }

int Received::status() const {
  if (!text.starts_with("SIP/2.0 ") || text.size() < 11) return 0;
  return std::atoi(text.c_str() + 8);
}

std::string Received::method() const {
  if (status() == 0) return text.substr(0, text.find(' '));
  const std::string cseq = header("CSeq");
  const std::size_t blank = cseq.rfind(' ');
  return blank == std::string::npos ? "" : cseq.substr(blank + 1);
}

std::vector<std::string> Received::headers(std::string_view name) const {
  std::vector<std::string> found;
  for_each_header(text, [&](std::string_view header_name, std::string_view value) {
    if (same_word(header_name, name)) found.emplace_back(value);
  });
  return found;
}

std::string Received::header(std::string_view name) const {
  const auto found = headers(name);
  return found.empty() ? "" : found.front();
}

std::string Received::body() const {
  const std::size_t at = text.find("\r\n\r\n");
  return at == std::string::npos ? "" : text.substr(at + 4);
}

std::string Received::param(std::string_view header_name, std::string_view name) const {
  const std::string value = header(header_name);
  std::size_t at = value.find('>');
  at = value.find(';', at == std::string::npos ? 0 : at);
  while (at != std::string::npos) {
    const std::size_t end = value.find_first_of(";,", at + 1);
    const std::string_view whole = std::string_view(value).substr(at + 1, end == std::string::npos ? end : end - at - 1);
    const std::size_t equals = whole.find('=');
    if (same_word(trim(whole.substr(0, equals)), name))
      return equals == std::string_view::npos ? "" : std::string(trim(whole.substr(equals + 1)));
    at = end == std::string::npos || value[end] == ',' ? std::string::npos : end;
  }
  return "";
}

bool Received::matches(std::string_view what) const {
  if (what.empty()) return true;
  const std::size_t blank = what.find(' ');
  const std::string_view first = what.substr(0, blank);
  if (first[0] >= '0' && first[0] <= '9')
    return std::to_string(status()) == first &&
           (blank == std::string_view::npos || method() == what.substr(blank + 1));
  return status() == 0 && method() == first;
}

Agent::Agent(World& world, std::string name, const sip::Address& address)
    : name(std::move(name)), address(address), world_(world) {}

void Agent::send(std::string_view bytes) { send_to(bytes, peer); }

void Agent::send_to(std::string_view bytes, const sip::Address& to) {
  world_.send(protocol, address, to, protocol == sip::Protocol::Udp ? 0 : connection, bytes);
}

std::string Agent::make_request(std::string_view method, std::string_view uri, const RequestParts& parts) const {
  const std::string self = print_address(address);
  std::string text;
  text.append(method).append(" ").append(uri).append(" SIP/2.0\r\n");
  text.append("Via: SIP/2.0/").append(sip::via_name_of(protocol).view()).append(" ").append(self);
  text.append(";branch=").append(parts.branch).append("\r\n");
  text.append("Max-Forwards: ").append(std::to_string(parts.max_forwards)).append("\r\n");
  text.append("From: ").append(parts.from).append("\r\nTo: ").append(parts.to);
  text.append("\r\nCall-ID: ").append(parts.call_id);
  text.append("\r\nCSeq: ").append(std::to_string(parts.cseq)).append(" ").append(method);
  text.append("\r\nContact: <sip:").append(name).append("@").append(self).append(">\r\n").append(parts.headers);
  return with_body(std::move(text), parts.body, parts.body_type);
}

std::string Agent::make_reply(const Received& request, int status, std::string_view reason, std::string_view to_tag,
                              std::string_view headers, std::string_view body) const {
  std::string text = "SIP/2.0 " + std::to_string(status) + " ";
  text.append(reason).append("\r\n");
  for (const auto& via : request.headers("Via")) text.append("Via: ").append(via).append("\r\n");
  if (status > 100 && status < 300)
    for (const auto& route : request.headers("Record-Route")) text.append("Record-Route: ").append(route).append("\r\n");
  std::string to = request.header("To");
  if (status > 100 && !to_tag.empty() && request.param("To", "tag").empty()) to.append(";tag=").append(to_tag);
  text.append("From: ").append(request.header("From")).append("\r\nTo: ").append(to);
  text.append("\r\nCall-ID: ").append(request.header("Call-ID"));
  text.append("\r\nCSeq: ").append(request.header("CSeq")).append("\r\n");
  if (status > 100 && status < 300 && request.method() == "INVITE")
    text.append("Contact: <sip:").append(name).append("@").append(print_address(address)).append(">\r\n");
  text.append(headers);
  return with_body(std::move(text), body, headers.find("Content-Type") == std::string_view::npos ? "application/sdp" : "");
}

void Agent::reply(const Received& request, int status, std::string_view reason, std::string_view to_tag,
                  std::string_view headers, std::string_view body) {
  const std::string text = make_reply(request, status, reason, to_tag, headers, body);
  world_.send(request.protocol, address, request.source, request.connection, text);
}

Received Agent::take_match(std::string_view what) {
  for (auto at = inbox.begin(); at != inbox.end(); ++at) {
    if (!at->matches(what)) continue;
    Received found = std::move(*at);
    inbox.erase(at);
    return found;
  }
  return {};
}

Received Agent::expect(std::string_view what, Millis limit) {
  Received found = take_match(what);
  if (found) return found;
  world_.run_until([&] { return static_cast<bool>(found = take_match(what)); }, limit);
  if (!found) world_.fail(name + " did not get " + (what.empty() ? "anything" : std::string(what)));
  return found;
}

std::string Agent::take() { return take_match("").text; }

bool Agent::expect_nothing(Millis duration, std::string_view what) {
  world_.run_for(duration);
  for (const auto& received : inbox) {
    if (!received.matches(what)) continue;
    world_.fail(name + " got what it should not: " + received.first_line());
    return false;
  }
  return true;
}

void Agent::on_arrival(Received received) {
  if (received.connection != 0) connection = received.connection;
  if (on_message && on_message(received)) return;
  inbox.push_back(std::move(received));
}

}  // namespace strowger::sim
