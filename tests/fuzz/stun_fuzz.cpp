// Fuzzes STUN: whatever comes, the answer fits, is well formed, and is never answered itself.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdlib>
#include <vector>

#include "stdlib/stun/stun_message.h"

using namespace strowger;  // NOLINT: one short program

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> input(data, data + size);   // its own allocation, so that a read behind it is seen
  sip::Address source{4, 5060, {192, 0, 2, 1}};
  if (size > 0 && data[size - 1] & 1) source.family = 6;
  std::vector<char> out(stun::kMostAnswer);
  const std::size_t n = stun::answer(Text(input.data(), size), source, "fuzz", out.data());
  if (n == 0) return 0;
  if (n > out.size() || n < 20 || n % 4 != 0 || !stun::looks_like_stun(Text(out.data(), n))) std::abort();
  const std::size_t declared = static_cast<unsigned char>(out[2]) * 256u + static_cast<unsigned char>(out[3]);
  if (declared != n - 20) std::abort();
  std::size_t at = 20;
  while (at < n) {
    const std::size_t length = static_cast<unsigned char>(out[at + 2]) * 256u + static_cast<unsigned char>(out[at + 3]);
    at += 4 + (length + 3) / 4 * 4;
  }
  if (at != n) std::abort();
  const std::vector<char> exact(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(n));
  if (stun::answer(Text(exact.data(), n), source, "", out.data()) != 0) std::abort();
  return 0;
}
