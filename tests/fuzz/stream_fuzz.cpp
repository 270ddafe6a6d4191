// Fuzzes stream framing and the owner scan: however a stream is split, the same messages come out of it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "runtime/net/owner.h"
#include "runtime/net/stream_framer.h"

using namespace strowger::net;  // NOLINT: one short program
using strowger::Text;

namespace {

void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

/// Everything that comes out of the stream, as text; pieces of 1 to `piece` bytes, chosen by `seed`.
std::string cut(std::string_view stream, unsigned piece, unsigned seed) {
  StreamFramer framer(4096);
  std::string out;
  while (!stream.empty()) {
    std::size_t room = 0;
    char* to = framer.space(room);
    require(room > 0, "there is room");
    seed = seed * 1664525 + 1013904223;
    const std::size_t n = std::min({room, stream.size(), static_cast<std::size_t>(1 + (seed >> 16) % piece)});
    std::memcpy(to, stream.data(), n);
    framer.commit(n);
    stream.remove_prefix(n);
    for (;;) {
      Text message;
      const StreamFramer::Event event = framer.next(message);
      if (event == StreamFramer::Event::More) break;
      if (event == StreamFramer::Event::Message) {
        require(message.len <= 4096, "messages keep the limit");
        out.append("M").append(message.view());
        (void)owner_of(message, 7, 1);
      } else if (event == StreamFramer::Event::Ping) {
        out.append("P");
      } else {
        return out + "fault" + std::to_string(static_cast<int>(event));
      }
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string whole = cut(stream, 1, 0);
  require(cut(stream, 1U + data[0], data[1]) == whole, "splitting changes nothing");
  require(cut(stream, 1U << 20, data[1]) == whole, "joining changes nothing");
  const Text call_id = find_call_id(Text(stream)), branch = find_top_branch(Text(stream));
  for (const Text part : {call_id, branch})
    require(part.is_null() || (part.ptr >= stream.data() && part.ptr + part.len <= stream.data() + stream.size()), "inside");
  return 0;
}
