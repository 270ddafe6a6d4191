// Headers in the order that Kamailio sends them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/websocket/handshake.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>

#include "runtime/sip/base64.h"
#include "runtime/sip/bodies.h"
#include "stdlib/xhttp/http.h"

namespace strowger::websocket {
namespace {

constexpr std::string_view kProtocolAndVersion = "Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n";

/// The only header of a name, trimmed; null without one. `twice`: there is another.
Text only(const sip::Message& request, Text name, bool& twice) {
  const sip::Header* const header = request.find(sip::HeaderId::Other, name);
  if (header == nullptr) return Text::null();
  twice = request.find_next(header, name) != nullptr;
  return sip::trim(request.value(*header));
}

/// 16 bytes in base64.
bool is_key(std::string_view key) {
  const auto is_digit = [](char c) { return sip::base64_value(sip::Base64::Usual, c) >= 0; };
  return key.size() == 24 && key.ends_with("==") && std::all_of(key.begin(), key.end() - 2, is_digit);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= ' ' && c != 127; });
}

}  // namespace

std::string accept_key(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  unsigned char out[4 * (SHA_DIGEST_LENGTH + 2) / 3 + 1];
  const int length = EVP_EncodeBlock(out, digest, sizeof digest);
  return {reinterpret_cast<const char*>(out), static_cast<std::size_t>(length)};
}

Verdict judge_handshake(const sip::Message& request, int cors_mode) {
  bool two_keys = false, two_versions = false, ignored = false;
  const Text key = only(request, "Sec-WebSocket-Key", two_keys), version = only(request, "Sec-WebSocket-Version", two_versions);
  if (two_keys) return {400, "Bad Request", "", "Sec-WebSocket-Key stands there twice"};
  if (two_versions) return {400, "Bad Request", "", "Sec-WebSocket-Version stands there twice"};
  if (!version.is_null() && version.view() != "13")
    return {426, "Upgrade Required", "Sec-WebSocket-Version: 13\r\n", "another version of the protocol"};
  const bool asks = xhttp::has_token(request, "Upgrade", "websocket") && xhttp::has_token(request, "Connection", "upgrade") &&
                    xhttp::has_token(request, "Sec-WebSocket-Protocol", "sip") && !version.is_null() && !key.is_null();
  if (!asks) return {400, "Bad Request", std::string(kProtocolAndVersion), "headers of a handshake for SIP are missing"};
  if (!is_key(key.view()) || request.method().view() != "GET" || !sip::equal_ignore_case(request.version(), "HTTP/1.1"))
    return {400, "Bad Request", std::string(kProtocolAndVersion), "no GET of HTTP/1.1 with a key of 16 bytes"};
  Verdict good;
  const Text origin = only(request, "Origin", ignored);
  if (cors_mode == 1) good.headers = "Access-Control-Allow-Origin: *\r\n";
  if (cors_mode == 2 && !origin.empty() && is_printable(origin.view()))
    good.headers.append("Access-Control-Allow-Origin: ").append(origin.view()).append("\r\n");
  good.headers.append("Sec-WebSocket-Protocol: sip\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: ");
  good.headers.append(accept_key(key.view())).append("\r\n");
  return good;
}

}  // namespace strowger::websocket
