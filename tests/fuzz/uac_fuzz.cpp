// Fuzzes what uac reads of strangers: challenges and the line that answers them, and the cookies of changed From and To.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/sip/digest.h"
#include "runtime/sip/uri.h"
#include "stdlib/uac/challenge.h"
#include "stdlib/uac/cookie.h"
#include "tests/fuzz/fuzz_call.h"

using namespace strowger;        // NOLINT: one short program
using namespace strowger::fuzz;  // NOLINT

namespace {

constexpr std::string_view kPasswords[] = {"", "x", "a long password, longer than most of the addresses that it hides are"};
const std::string kHeaders = "Via: SIP/2.0/UDP 127.0.0.11;branch=z9hG4bK-1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n";

void check_challenge(bool by_proxy, const std::string& value) {
  FuzzCall reply("SIP/2.0 " + std::string(by_proxy ? "407" : "401") + " No\r\n" + kHeaders + (by_proxy ? "Proxy" : "WWW") + "-Authenticate: " + value +
                 "\r\nContent-Length: 0\r\n\r\n");
  const auto challenge = uac::read_challenge(reply.call.message());
  if (!challenge) return;
  const Text whole = reply.call.message().buffer();
  for (const Text text : {challenge->realm, challenge->nonce, challenge->opaque})
    require(text.empty() || (text.ptr >= whole.ptr && text.ptr + text.len <= whole.ptr + whole.len), "a challenge lies in its message");
  const Text line = uac::make_credentials(*challenge, {"INVITE", "sip:b@b", "body"}, {"a\"b\\c", "password", false}, *reply.call.worker, *reply.call.arena);
  if (line.is_null()) return;
  FuzzCall answer("INVITE sip:b@b SIP/2.0\r\n" + kHeaders + std::string(line.view()) + "Content-Length: 0\r\n\r\n");
  const Text read = answer.call.message().value_of(by_proxy ? sip::HeaderId::ProxyAuthorization : sip::HeaderId::Authorization);
  require(!read.is_null() && line.view().ends_with(std::string(read.view()) + "\r\n") && line.view().find(": ") + 4 + read.len == line.len,
          "what answers a challenge is one header");
  sip::DigestCredentials fields;
  require(sip::parse_digest(read, fields) == sip::DigestFault::None, "what answers a challenge can be read");
  require(fields.realm.view() == challenge->realm.view() && fields.nonce.view() == challenge->nonce.view(), "realm and nonce are those of the challenge");
}

/// May it stand between < and >?
bool is_clean(std::string_view uri) {
  return std::all_of(uri.begin(), uri.end(), [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 127 && c != '<' && c != '>' && c != '"'; });
}

void check_cookie(Text password, const std::string& value) {
  FuzzCall request("INVITE sip:b@b SIP/2.0\r\n" + kHeaders + "Content-Length: 0\r\n\r\n");
  const Text all{std::string_view(value)}, one{all.ptr, all.len / 2}, other{all.ptr + one.len, all.len - one.len};
  const Text found = uac::read_cookie(other, one, password, *request.call.arena);
  require(found.is_null() || is_clean(found.view()), "what a cookie gives may stand in From");
  const Text cookie = uac::make_cookie(one, other, password, *request.call.arena);
  if (cookie.is_null() || cookie.len > 1024 || !is_clean(other.view()) || !sip::parse_uri(other)) return;
  require(uac::read_cookie(cookie, one, password, *request.call.arena).view() == other.view(), "a cookie gives back what went into it");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string value(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_challenge((data[0] & 1U) != 0, value);
  check_cookie(Text(kPasswords[(data[0] >> 1U) % std::size(kPasswords)]), value);
  return 0;
}
