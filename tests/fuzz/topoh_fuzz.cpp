// Fuzzes topology hiding: whatever comes is found or left, what is hidden is found again, and no mark leaves.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdlib>
#include <string>
#include <vector>

#include "runtime/sip/message.h"
#include "stdlib/topoh/hide.h"

using namespace strowger;  // NOLINT: one short program

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static sip::ChunkPool pool;
  sip::Arena arena(pool);
  const bool call_ids = size > 0 && data[size - 1] & 1;
  const topoh::Hider hider("key", {"127.0.0.8", "line", "sr-", "branch", "z9hG4bKsr-", "!!:", call_ids});
  const std::vector<char> input(data, data + size);   // its own allocation, so that a read behind it is seen
  const Text found = hider.find(Text(input.data(), size), arena);
  const auto is_ours = [](const sip::Uri& uri) { return uri.host.len > 0 && uri.host.ptr[0] == 'o'; };
  const Text hidden = hider.hide(found, arena, is_ours);
  sip::Message message = sip::Message::parse(hidden, arena);
  if (found.ptr != input.data() && hidden.ptr != found.ptr) {
    if (message.fault() != sip::ParseFault::None) std::abort();
    const std::string_view line = message.line(*message.first(sip::HeaderId::CallId)).view();
    if (!line.starts_with("Call-ID: ") || line[9] == '\t') std::abort();
    if (hider.hide(hidden, arena, is_ours).ptr != hidden.ptr) std::abort();     // nothing is hidden twice
  }
  (void)hider.hide(Text(input.data(), size), arena, is_ours);
  return 0;
}
