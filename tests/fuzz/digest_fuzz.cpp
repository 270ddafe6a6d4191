// Fuzzes credentials: the variables of Authorization headers and sanity's checks of them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/sip/digest.h"
#include "sanity.interface.h"
#include "stdlib/auth/nonce.h"
#include "tests/fuzz/fuzz_call.h"

using namespace strowger;        // NOLINT: one short program
using namespace strowger::fuzz;  // NOLINT

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const unsigned what = data[0];
  std::string value(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string headers;
  const auto add = [&](const char* name, std::string_view text) { headers += std::string(name) + ": " + std::string(text) + "\r\n"; };
  const std::size_t half = value.size() / 2;
  add(what & 1U ? "Authorization" : "Proxy-Authorization", what & 2U ? std::string_view(value).substr(0, half) : value);
  if (what & 2U) add(what & 4U ? "Authorization" : "Proxy-Authorization", std::string_view(value).substr(half));
  FuzzCall fuzzed("REGISTER sip:b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.11;branch=z9hG4bK-1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\n"
                  "CSeq: 1 REGISTER\r\n" + headers + "Content-Length: 0\r\n\r\n");
  Call& call = fuzzed.call;
  const Text whole = call.message().buffer();
  for (const auto get : {Pv::get_aU, Pv::get_ar, Pv::get_adu, Pv::get_aa, Pv::get_adn, Pv::get_adc, Pv::get_adr, Pv::get_ado, Pv::get_au, Pv::get_ad}) {
    const Text text = get(call);
    require(text.is_null() || text.len == 0 || (text.ptr >= whole.ptr && text.ptr + text.len <= whole.ptr + whole.len), "a credential lies in the message");
  }
  const Text user = Pv::get_aU(call), name = Pv::get_au(call), domain = Pv::get_ad(call);
  require(user.is_null() == name.is_null() && name.is_null() == domain.is_null(), "a user has both parts or none");
  if (!user.is_null()) require(name.len + domain.len <= user.len, "parts of a user are not longer than he is");
  (void)Pv::get_AU(call);
  (void)Pv::get_Au(call);
  sip::DigestCredentials read;
  if (sip::parse_digest(Text(std::string_view(value)), read) == sip::DigestFault::None)
    for (const Text text : {read.username, read.realm, read.nonce, read.uri, read.response, read.algorithm, read.cnonce, read.nc, read.qop, read.opaque})
      require(text.is_null() || text.len == 0 || (text.ptr >= value.data() && text.ptr + text.len <= value.data() + value.size()),
              "a field lies in the header");
  for (const bool is_counted : {false, true}) {
    auth::Nonce nonce;
    const auth::Binding binding{};
    const sip::HashKey key = sip::make_hash_key("not known to the fuzzer");
    for (const Text text : {read.nonce, Text(std::string_view(value))})
      require(auth::read_nonce(text, key, {0, INT64_MAX, -1, is_counted, &binding}, nonce) != auth::NonceFault::None, "nonces cannot be forged");
  }
  (void)Sanity::sanity_check(call, 2048);
  (void)Sanity::sanity_check(call, 8192);
  return 0;
}
