// Codecs of a session description by number and by name.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/sdpops/codecs.h"

#include "runtime/sip/print.h"

namespace strowger::sdpops {
namespace {

/// RFC 3551 §6, tables 4 and 5.
struct StaticPayload {
  std::string_view name;
  Int id;
};
constexpr StaticPayload kStatic[] = {
    {"PCMU", 0},  {"GSM", 3},   {"G723", 4},  {"LPC", 7},   {"PCMA", 8},  {"G722", 9},  {"QCELP", 12}, {"CN", 13},
    {"MPA", 14},  {"G728", 15}, {"G729", 18}, {"CelB", 25}, {"JPEG", 26}, {"nv", 28},   {"H261", 31},  {"MPV", 32},
    {"MP2T", 33}, {"H263", 34},
};

/// "a=rtpmap:96 opus/48000": its number and its name.
bool read_rtpmap(Text line, Text& id, Text& name) {
  constexpr std::string_view kStart = "a=rtpmap:";
  if (!starts_with(line, kStart)) return false;
  line = without_end(line);
  Text rest{line.ptr + kStart.size(), line.len - kStart.size()};
  id = next_word(rest);
  name = next_word(rest);
  std::size_t end = 0;
  while (end < name.len && name.ptr[end] != '/') ++end;
  name.len = end;
  return !id.empty() && !name.empty();
}

}  // namespace

Text ids_of_names(Call& call, const Description& sdp, Text names) {
  constexpr std::size_t kRoom = 1024;
  char* const room = static_cast<char*>(call.arena->allocate(kRoom));
  if (!room) return Text("");
  sip::Writer out(room, kRoom);
  const auto add = [&](auto put) {
    if (out.size()) out.put(',');
    put();
  };
  Text name;
  for (Text rest = names; next_item(rest, name);) {
    const StaticPayload* known = nullptr;
    for (const StaticPayload& row : kStatic)
      if (sip::equal_ignore_case(name, row.name)) known = &row;
    if (known) {
      add([&] { out.put_number(known->id); });
      continue;
    }
    Text lines = sdp.text, line, id, mapped;
    while (sip::next_line(lines, line))
      if (read_rtpmap(line, id, mapped) && sip::equal_ignore_case(mapped, name) && !list_has(out.text(), id))
        add([&] { out.put(id); });
  }
  if (!out.ok()) return Text("");
  call.arena->shrink(room, out.size());
  return out.text();
}

bool list_has(Text list, Text id) {
  Text item;
  while (next_item(list, item))
    if (item.view() == id.view()) return true;
  return false;
}

Code ask_for(const Description& sdp, Text ids) {
  bool some = false, missing = false;
  Stream stream;
  Text id, word;
  for (Text rest = sdp.text; next_stream(rest, stream);)
    for (Text list = ids; next_item(list, id);) {
      bool has = false;
      for (Text payloads = stream.payloads; !has && !(word = next_word(payloads)).is_null();) has = word.view() == id.view();
      (has ? some : missing) = true;
    }
  return !some ? -1 : missing ? 2 : 1;
}

}  // namespace strowger::sdpops
