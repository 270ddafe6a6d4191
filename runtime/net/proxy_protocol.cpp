// The PROXY protocol: the text line of version 1 and the block of version 2.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/proxy_protocol.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

namespace strowger::net {
namespace {

using Kind = ProxyHeader::Kind;
using namespace std::string_view_literals;

constexpr std::string_view kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::string_view kWord = "PROXY ";
constexpr std::size_t kLine = 107;         // of version 1, CRLF included
constexpr std::size_t kFixed = 16;         // of version 2: signature, version and command, family, length

/// Up to the next blank, which goes too.
std::string_view next_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

/// 1 to 65535, without leading zeros.
std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0') return std::nullopt;
  std::uint32_t port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return port <= 65535 ? std::optional(static_cast<std::uint16_t>(port)) : std::nullopt;
}

/// "PROXY TCP4 192.0.2.1 192.0.2.2 4444 5060" CRLF
ProxyHeader read_line(std::string_view bytes) {
  const std::string_view window = bytes.substr(0, kLine);
  const std::size_t end = window.find("\r\n"sv);
  if (end == std::string_view::npos) return {window.size() < kLine ? Kind::More : Kind::Bad, 0, {}};
  std::string_view rest = window.substr(kWord.size(), end - kWord.size());
  const std::string_view family = next_word(rest);
  ProxyHeader header{Kind::Own, end + 2, {}};
  if (family == "UNKNOWN") return header;
  const unsigned version = family == "TCP4" ? 4 : family == "TCP6" ? 6 : 0;
  const std::string_view words[] = {next_word(rest), next_word(rest), next_word(rest), rest};
  const auto source = sip::parse_ip(words[0]), destination = sip::parse_ip(words[1]);
  const auto port = parse_port(words[2]);
  const bool good = version != 0 && source && destination && source->family == version && destination->family == version &&
                    words[0].front() != '[' && words[1].front() != '[' && port && parse_port(words[3]);
  if (!good) return {Kind::Bad, 0, {}};
  header.kind = Kind::Client;
  header.source = *source;
  header.source.port = *port;
  return header;
}

std::uint16_t read16(const char* p) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(p[0]) << 8U | static_cast<unsigned char>(p[1]));
}

ProxyHeader read_block(std::string_view bytes) {
  if (bytes.size() < kFixed) return {};
  const auto command = static_cast<unsigned char>(bytes[12]), family = static_cast<unsigned char>(bytes[13]);
  const std::size_t length = read16(bytes.data() + 14);
  const ProxyHeader bad{Kind::Bad, 0, {}};
  if (command >> 4U != 2 || (command & 15U) > 1 || kFixed + length > ProxyHeader::kMost) return bad;
  const bool local = (command & 15U) == 0, unspecified = family == 0;
  const std::size_t address = family == 0x11 ? 4 : family == 0x21 ? 16 : 0;      // over TCP; what else there is cannot be meant
  if (!local && !unspecified && (address == 0 || length < 2 * address + 4)) return bad;
  if (bytes.size() < kFixed + length) return {};
  ProxyHeader header{Kind::Own, kFixed + length, {}};
  if (local || unspecified) return header;
  const char* const p = bytes.data() + kFixed;
  header.kind = Kind::Client;
  header.source.family = address == 4 ? 4 : 6;
  std::memcpy(header.source.ip.data(), p, address);
  header.source.port = read16(p + 2 * address);
  return header.source.port != 0 ? header : bad;
}

}  // namespace

ProxyHeader read_proxy_header(Text text) {
  const std::string_view bytes = text.view();
  const auto begins_with = [bytes](std::string_view what) { return bytes.substr(0, what.size()) == what.substr(0, bytes.size()); };
  if (begins_with(kSignature)) return bytes.size() < kSignature.size() ? ProxyHeader{} : read_block(bytes);
  if (begins_with(kWord)) return bytes.size() < kWord.size() ? ProxyHeader{} : read_line(bytes);
  return {Kind::None, 0, {}};
}

}  // namespace strowger::net
