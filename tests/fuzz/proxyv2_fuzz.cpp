// Fuzzes the PROXY header: the verdict stays when more comes, More ends, and a header lies within its bytes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdlib>
#include <vector>

#include "runtime/net/proxy_protocol.h"

using strowger::Text;
using strowger::net::ProxyHeader;
using strowger::net::read_proxy_header;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = [data](std::size_t n) {
    const std::vector<char> exact(data, data + n);   // its own allocation, so that a read behind it is seen
    return read_proxy_header(Text(exact.data(), n));
  };
  const ProxyHeader whole = read(size);
  if (whole.kind == ProxyHeader::Kind::More && size >= ProxyHeader::kMost) std::abort();
  const bool has_length = whole.kind == ProxyHeader::Kind::Own || whole.kind == ProxyHeader::Kind::Client;
  if (has_length != (whole.length > 0) || whole.length > size || whole.length > ProxyHeader::kMost) std::abort();
  if (whole.kind == ProxyHeader::Kind::Client && (whole.source.port == 0 || (whole.source.family != 4 && whole.source.family != 6)))
    std::abort();
  for (std::size_t n = 0; n < size; n += 1 + n / 8) {
    const ProxyHeader part = read(n);
    if (part.kind != ProxyHeader::Kind::More && (part.kind != whole.kind || part.length != whole.length)) std::abort();
  }
  return 0;
}
