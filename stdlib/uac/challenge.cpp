// Challenges of servers, and the credentials that answer them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/uac/challenge.h"

#include <algorithm>

#include "runtime/sip/chars.h"
#include "runtime/sip/digest_response.h"
#include "runtime/sip/print.h"
#include "runtime/sip/uri.h"

namespace strowger::uac {
namespace {

constexpr std::size_t kHa1 = 32;         ///< digits

/// Stands nothing but a quoted string behind the `=`? No field stands at the begin of its header, and a line end follows each.
bool is_quoted(Text value) {
  return value.ptr && value.ptr[-1] == '"' && sip::skip_quoted(value.ptr - 1, value.ptr + value.len + 1) == value.ptr + value.len + 1;
}

/// The qop to use of those offered: auth where it is. False where none is known.
bool choose_qop(Text offered, Text& out) {
  out = Text::null();
  if (offered.empty()) return true;
  sip::Param param;
  while (sip::next_param(offered, param, ',')) {
    if (sip::equal_ignore_case(param.name, Text("auth"))) out = "auth";
    if (out.is_null() && sip::equal_ignore_case(param.name, Text("auth-int"))) out = "auth-int";
  }
  return !out.is_null();
}

/// Does a further challenge stand behind a comma? Its fields would be taken for those of the first one.
bool has_another(Text value) {
  sip::Param param;
  for (bool first = true; sip::next_param(value, param, ','); first = false)
    if (!first && std::any_of(param.name.ptr, param.name.ptr + param.name.len, [](char c) { return c == ' ' || c == '\t'; })) return true;
  return false;
}

bool is_printable(Text text) {
  return std::all_of(text.ptr, text.ptr + text.len, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 127; });
}

void put_quoted(sip::Writer& writer, Text name, Text value) {
  writer.put(name);
  writer.put("=\"");
  writer.put(value);
  writer.put('"');
}

/// What came in quotes is sent back as it came; what the script says gets its quotes and backslashes escaped.
Text escaped(Text text, sip::Arena& arena) {
  auto* const out = static_cast<char*>(arena.allocate(2 * text.len + 1));
  if (!out) return Text::null();
  std::size_t length = 0;
  for (const char c : text.view()) {
    if (c == '"' || c == '\\') out[length++] = '\\';
    out[length++] = c;
  }
  return {out, length};
}

}  // namespace

std::optional<Challenge> read_challenge(const sip::Message& reply) {
  const int status = reply.status();
  if (status != 401 && status != 407) return std::nullopt;
  Challenge challenge;
  challenge.by_proxy = status == 407;
  const Text value = reply.value_of(challenge.by_proxy ? sip::HeaderId::ProxyAuthenticate : sip::HeaderId::WwwAuthenticate);
  sip::DigestCredentials fields;
  if (value.is_null() || sip::parse_digest(value, fields) != sip::DigestFault::None) return std::nullopt;
  if (fields.realm.empty() || fields.nonce.empty() || !is_quoted(fields.realm) || !is_quoted(fields.nonce)) return std::nullopt;
  if (!is_quoted(fields.opaque) && fields.opaque.view().find_first_of("\"\\") != std::string_view::npos) return std::nullopt;
  if (!fields.algorithm.empty() && !sip::equal_ignore_case(fields.algorithm, Text("MD5"))) return std::nullopt;
  if (has_another(value)) return std::nullopt;
  if (!choose_qop(fields.qop, challenge.qop)) return std::nullopt;
  challenge.realm = fields.realm;
  challenge.nonce = fields.nonce;
  challenge.opaque = fields.opaque;
  return challenge;
}

Text make_credentials(const Challenge& challenge, const Asked& asked, const Secret& secret, Worker& worker, sip::Arena& arena) {
  if (secret.user.empty() || !is_printable(secret.user) || (secret.is_ha1 && secret.password.len != kHa1)) return Text::null();
  constexpr auto kMd5 = sip::DigestAlgorithm::Md5;
  const sip::HexDigest made = sip::make_ha1(kMd5, secret.user, challenge.realm, secret.password);
  char cnonce[16];
  sip::Writer number(cnonce, sizeof cnonce);
  number.put_hex(worker.random(), 16);
  sip::DigestCredentials fields;
  fields.nonce = challenge.nonce;
  fields.uri = asked.uri;
  fields.qop = challenge.qop;
  fields.nc = "00000001";
  fields.cnonce = number.text();
  const sip::HexDigest response =
      sip::make_digest_response(kMd5, fields, secret.is_ha1 ? secret.password : made.text(), asked.method, asked.body);
  const Text user = escaped(secret.user, arena);
  const std::size_t room = user.len + challenge.realm.len + challenge.nonce.len + challenge.opaque.len + asked.uri.len + 256;
  auto* const out = static_cast<char*>(arena.allocate(room));
  if (!out || user.is_null()) return Text::null();
  sip::Writer writer(out, room);
  writer.put(challenge.by_proxy ? Text("Proxy-Authorization: Digest ") : Text("Authorization: Digest "));
  put_quoted(writer, "username", user);
  put_quoted(writer, ", realm", challenge.realm);
  put_quoted(writer, ", nonce", challenge.nonce);
  put_quoted(writer, ", uri", asked.uri);
  if (!challenge.opaque.empty()) put_quoted(writer, ", opaque", challenge.opaque);
  if (!challenge.qop.empty()) {
    writer.put(", qop=");
    writer.put(challenge.qop);
    writer.put(", nc=");
    writer.put(fields.nc);
    put_quoted(writer, ", cnonce", fields.cnonce);
  }
  put_quoted(writer, ", response", response.text());
  writer.put(", algorithm=MD5\r\n");
  return writer.ok() ? writer.text() : Text::null();
}

}  // namespace strowger::uac
