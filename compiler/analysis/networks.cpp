// Addresses and networks as they stand in scripts: "10.0.0.0/8", "10.0.0.0/255.0.0.0", "[::1]", "2001:db8::/32".
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <arpa/inet.h>

#include <cstring>
#include <string>

#include "compiler/analysis/lower.h"

namespace strowger::analysis {
namespace {

/// Prefix length of a mask; -1 where its ones are not together.
int prefix_of(const unsigned char* mask, int bytes) {
  int prefix = 0;
  bool ended = false;
  for (int i = 0; i < bytes * 8; ++i) {
    const bool one = mask[i / 8] >> (7 - i % 8) & 1;
    if (one && ended) return -1;
    if (one) ++prefix;
    ended = ended || !one;
  }
  return prefix;
}

bool parse_address(std::string_view text, int& family, unsigned char* out) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  const std::string copy(text);
  if (inet_pton(AF_INET, copy.c_str(), out) == 1) {
    family = 4;
    return true;
  }
  if (inet_pton(AF_INET6, copy.c_str(), out) == 1) {
    family = 6;
    return true;
  }
  return false;
}

}  // namespace

std::optional<program::Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  program::Network out;
  if (!parse_address(text.substr(0, slash), out.family, out.address)) return std::nullopt;
  const int bits = out.family == 4 ? 32 : 128;
  out.prefix = bits;
  if (slash == std::string_view::npos) return out;
  const std::string_view rest = text.substr(slash + 1);
  unsigned char mask[16] = {};
  int mask_family = 0;
  if (parse_address(rest, mask_family, mask)) {
    if (mask_family != out.family) return std::nullopt;
    out.prefix = prefix_of(mask, bits / 8);
    return out.prefix < 0 ? std::nullopt : std::optional(out);
  }
  const std::optional<Int> number = rest.empty() ? std::nullopt : number_in(rest);
  if (!number || *number < 0 || *number > bits) return std::nullopt;
  out.prefix = static_cast<int>(*number);
  return out;
}

}  // namespace strowger::analysis
