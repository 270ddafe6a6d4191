// Reading digest credentials.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/digest.h"

#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "runtime/sip/uri.h"

namespace strowger::sip {
namespace {

struct Field {
  std::string_view name;
  Text DigestCredentials::*text;
};
constexpr Field kFields[] = {
    {"username", &DigestCredentials::username}, {"realm", &DigestCredentials::realm},   {"nonce", &DigestCredentials::nonce},
    {"uri", &DigestCredentials::uri},           {"response", &DigestCredentials::response}, {"algorithm", &DigestCredentials::algorithm},
    {"cnonce", &DigestCredentials::cnonce},     {"nc", &DigestCredentials::nc},         {"qop", &DigestCredentials::qop},
    {"opaque", &DigestCredentials::opaque},
};

/// Does the value of what was written as `name=value` begin with a quote that nothing closes?
bool has_open_quote(Text written) {
  const auto* const equals = static_cast<const char*>(std::memchr(written.ptr, '=', written.len));
  const char* const end = written.ptr + written.len;
  const char* const start = equals ? skip_lws(equals + 1, end) : end;
  return start < end && *start == '"' && !skip_quoted(start, end);
}

}  // namespace

DigestFault parse_digest(Text value, DigestCredentials& out) {
  Text rest = trim(value);
  std::size_t scheme = 0;
  while (scheme < rest.len && !is_lws(rest.ptr[scheme])) ++scheme;
  if (!equal_ignore_case({rest.ptr, scheme}, Text("digest"))) return DigestFault::OtherScheme;
  rest = trim({rest.ptr + scheme, rest.len - scheme});
  if (rest.empty()) return DigestFault::Bare;
  out = {};
  Param param;
  while (!rest.empty()) {
    const Text before = rest;
    if (!next_param(rest, param, ',')) break;
    const Text written{before.ptr, before.len - rest.len};
    const bool is_last = trim(rest).empty();
    if (has_open_quote(written)) return DigestFault::Malformed;
    if (is_last && (!param.has_value || param.name.empty() || written.ptr[written.len - 1] == ',')) return DigestFault::Malformed;
    if (!param.has_value) continue;
    for (const Field& field : kFields)
      if (equal_ignore_case(param.name, Text(field.name))) out.*field.text = param.value;
  }
  return DigestFault::None;
}

}  // namespace strowger::sip
