// Fuzzes URIs: parts lie in the text and do not overlap, lists end, comparing is fair, and what is taken apart is what was written.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "runtime/sip/uri.h"

using namespace strowger::sip;  // NOLINT: one short program
using strowger::Text;

namespace {

void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

void walk(Text list, char separator) {
  Text rest = list;
  for (std::size_t left = list.len + 2; left > 0; --left) {
    const std::size_t before = rest.len;
    Param param;
    if (!next_param(rest, param, separator)) return;
    require(rest.len < before, "a list moves on");
    for (const Text part : {param.name, param.value})
      require(part.empty() || (part.ptr >= list.ptr && part.ptr + part.len <= list.ptr + list.len), "a parameter lies in its list");
  }
  require(false, "a list ends");
}

void check(Text text) {
  walk(text, ';');
  walk(text, '&');
  walk(text, ',');
  const auto uri = parse_uri(text);
  if (!uri) return;
  const char* at = text.ptr;
  for (const Text part : {uri->scheme_text, uri->user, uri->password, uri->host, uri->port_text, uri->params, uri->headers}) {
    if (part.is_null()) continue;
    require(part.ptr >= at && part.ptr + part.len <= text.ptr + text.len, "parts stand in their order");
    at = part.ptr + part.len;
  }
  require(uri->whole.ptr == text.ptr && uri->whole.len <= text.len, "the whole is the text");
  if (uri->scheme == Scheme::Sip || uri->scheme == Scheme::Sips) require(!uri->host.empty(), "sip has a host");
  const unsigned lowest = uri->scheme == Scheme::Urn ? 32 : 33;
  for (const char c : uri->host.view()) require(static_cast<unsigned char>(c) >= lowest && c != 127, "a host has no control bytes");
  require(uri->port_or_default() != 0, "a port is a port");
  for (const char* name : {"transport", "maddr", "lr", ""}) {
    const Text value = uri->param(name);
    require(value.is_null() || value.len <= text.len, "a value is a part");
  }
  (void)uri->protocol();
  // Its own bytes, elsewhere, are the same URI.
  const std::string copy(uri->whole.view());
  const auto again = parse_uri(Text(std::string_view(copy)));
  require(again && again->host.view() == uri->host.view() && again->user.view() == uri->user.view() && again->port == uri->port, "a copy is the same");
  require(same_uri(*uri, *again) == same_uri(*again, *uri), "comparing is fair");
  if (const auto ip = parse_ip(uri->host.view())) {
    char printed[64];
    const auto back = parse_ip({printed, print_ip(*ip, printed)});
    require(back && back->same_ip(*ip), "an address is printed as it is");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<char> parts[2];              // their own allocations, so that a read behind one is seen
  bool second = false;
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == 0xff && !second) second = true;
    else parts[second ? 1 : 0].push_back(static_cast<char>(data[i]));
  }
  const Text a(parts[0].data(), parts[0].size()), b(parts[1].data(), parts[1].size());
  check(a);
  check(b);
  const auto first = parse_uri(a), other = parse_uri(b);
  if (first && other) require(same_uri(*first, *other) == same_uri(*other, *first), "comparing two is fair");
  return 0;
}
