// Writing requests.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/property/message.h"

#include <cctype>
#include <cstdio>
#include <cstring>

namespace strowger::property {

std::string Uri::text() const {
  std::string out = scheme + ":";
  if (user) {
    out += *user;
    if (!password.empty()) out += ":" + password;
    out += "@";
  }
  out += host;
  if (!port.empty()) out += ":" + port;
  if (!params.empty()) out += ";" + params;
  if (!headers.empty()) out += "?" + headers;
  return out;
}

std::optional<Uri> split_uri(const std::string& text) {
  Uri uri;
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  uri.scheme = text.substr(0, colon);
  std::string lower;
  for (const char c : uri.scheme) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower != "sip" && lower != "sips") return std::nullopt;
  std::string rest = text.substr(colon + 1);
  const std::size_t at = rest.find('@');
  if (at != std::string::npos) {
    std::string user = rest.substr(0, at);
    rest = rest.substr(at + 1);
    const std::size_t password = user.find(':');
    if (password != std::string::npos) {
      uri.password = user.substr(password + 1);
      user = user.substr(0, password);
    }
    uri.user = user;
  }
  if (rest.substr(0, rest.find('?')).find('@') != std::string::npos) return std::nullopt;   // a second one
  const std::size_t headers = rest.find('?');
  if (headers != std::string::npos) {
    uri.headers = rest.substr(headers + 1);
    rest = rest.substr(0, headers);
  }
  const std::size_t params = rest.find(';');
  if (params != std::string::npos) {
    uri.params = rest.substr(params + 1);
    rest = rest.substr(0, params);
  }
  const std::size_t bracket = rest.find(']');
  const std::size_t port = rest.find(':', bracket == std::string::npos ? 0 : bracket);
  if (port != std::string::npos) {
    uri.port = rest.substr(port + 1);
    rest = rest.substr(0, port);
    if (uri.port.empty() || uri.port.find_first_not_of("0123456789") != std::string::npos || std::stoul(uri.port) > 65535)
      return std::nullopt;
  }
  uri.host = rest;
  if (uri.host.empty()) return std::nullopt;
  for (const char c : uri.host)
    if (!std::isalnum(static_cast<unsigned char>(c)) && !std::strchr(".-[]:", c)) return std::nullopt;
  return uri;
}

std::optional<std::string> uri_param(const std::string& params, const std::string& name) {
  std::optional<std::string> found;
  for (std::size_t at = 0; at < params.size();) {
    const std::size_t end = std::min(params.find(';', at), params.size());
    const std::string one = params.substr(at, end - at);
    at = end + 1;
    const std::size_t equals = one.find('=');
    const std::string key = one.substr(0, equals);
    bool same = key.size() == name.size();
    for (std::size_t i = 0; same && i < key.size(); ++i)
      same = std::tolower(static_cast<unsigned char>(key[i])) == std::tolower(static_cast<unsigned char>(name[i]));
    if (same) found = equals == std::string::npos ? "" : one.substr(equals + 1);
  }
  return found;
}

std::string NameAddr::text() const {
  std::string out = display.empty() ? "" : display + " ";
  out += "<" + uri.text() + ">";
  if (!tag.empty()) out += ";tag=" + tag;
  return out;
}

std::string Message::bytes(int program) const {
  char number[16];
  std::snprintf(number, sizeof number, "%04d", program);
  std::string out = method + " " + ruri.text() + " SIP/2.0\r\n";
  out += std::string("Via: SIP/2.0/UDP ") + kSource + ":5080;branch=z9hG4bK-" + call_id + "\r\nMax-Forwards: 70\r\nX-Prog: " + number + "\r\n";
  out += "From: " + from.text() + "\r\nTo: " + to.text() + "\r\nCall-ID: " + call_id + "\r\nCSeq: " + cseq + " " + method + "\r\n";
  if (has_contact) out += "Contact: " + contact + "\r\n";
  if (!user_agent.empty()) out += "User-Agent: " + user_agent + "\r\n";
  for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
  if (!content_type.empty()) out += "Content-Type: " + content_type + "\r\n";
  out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return out;
}

namespace {

Uri random_uri(Random& random) {
  static const char* const kUsers[] = {"alice", "bob", "Carol", "1234", "+4930123", "007", "0x1f", "a%40b", "-5", "x", "99999999999", "a.b-c_d"};
  static const char* const kHosts[] = {"example.com", "biloxi.com", "127.0.0.1", "10.0.0.7", "HOST.Org", "h", "[2001:db8::1]"};
  static const char* const kParams[] = {"transport=udp", "transport=tcp;lr", "x=1", "X=1;x=2;y", "lr;ob", "a=b;c=3;d=5"};
  Uri uri;
  uri.scheme = random.percent(90) ? "sip" : "sips";
  if (random.percent(85)) uri.user = random.pick(kUsers);
  if (uri.user && random.percent(8)) uri.password = "pw";
  uri.host = random.pick(kHosts);
  if (random.percent(45)) uri.port = random.percent(30) ? "5060" : std::to_string(1024 + random.below(64000));
  if (random.percent(40)) uri.params = random.pick(kParams);
  if (random.percent(5)) uri.headers = "Subject=hi&a=b";
  return uri;
}

}  // namespace

Message random_message(Random& random, int number) {
  static const char* const kMethods[] = {"INVITE", "OPTIONS", "REGISTER", "BYE", "MESSAGE", "SUBSCRIBE", "INFO"};
  static const char* const kValues[] = {"", "0", "1", "5", "-7", "42", "010", "0x1F", "abc", "ABC", "a,b,,d", "a;b=2;c=\"q;r\"", "sip:bob@h:5070;x=1",
                                        "<sip:al@y>;q=0.5", "12abc", "a b", "100", "70", "true", "Hello World", "99999999999", "tel", "%41%42"};
  static const char* const kNames[] = {"X-A", "x-a", "X-B", "X-C", "X-Num", "Subject", "s"};
  static const char* const kBodies[] = {"v=0\r\ns=x\r\n", "hello", "a=1\r\nb=2\r\nc=3\r\n", "line one\nline two\n", "5"};
  static const char* const kDisplays[] = {"\"Bob B\"", "Alice", "\"\""};
  Message m;
  m.method = random.pick(kMethods);
  m.ruri = random_uri(random);
  for (NameAddr* who : {&m.from, &m.to}) {
    who->uri = random_uri(random);
    who->uri.headers.clear();
    if (random.percent(40)) who->display = random.pick(kDisplays);
  }
  m.from.tag = "ft" + std::to_string(number);
  if (random.percent(40)) m.to.tag = "tt" + std::to_string(random.below(100));
  m.call_id = "c" + std::to_string(number) + "@sip.test";
  m.cseq = std::to_string(1 + random.below(random.percent(50) ? 9 : 100000));
  for (std::size_t n = random.below(6); n > 0; --n) m.headers.emplace_back(random.pick(kNames), random.pick(kValues));
  if (random.percent(50)) {
    m.has_contact = true;
    m.contact = "<" + random_uri(random).text() + ">" + (random.percent(50) ? ";expires=60" : "");
  }
  if (random.percent(50)) m.user_agent = random.percent(50) ? "tester/1.0" : "friendly-scanner";
  if (random.percent(40)) {
    m.content_type = random.percent(50) ? "application/sdp" : "text/plain";
    m.body = random.pick(kBodies);
  }
  return m;
}

}  // namespace strowger::property
