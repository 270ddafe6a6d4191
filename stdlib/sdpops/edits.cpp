// Taking codecs, streams and lines out of a session description.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "sdpops.interface.h"
#include "stdlib/sdpops/codecs.h"

namespace strowger {
namespace {

using sdpops::Description;
using sdpops::Found;
using sdpops::Stream;

/// Removes pieces in order of place; neighbours become one edit, and what is gone already is left out.
class Remover {
 public:
  explicit Remover(Call& call) : call_(call) {}
  void remove(Text piece) {
    const std::uint32_t at = offset_of(call_, piece), length = static_cast<std::uint32_t>(piece.len);
    if (length == 0 || call_.live->edits.removes(at)) return;
    if (length_ && at_ + length_ == at) {
      length_ += length;
      return;
    }
    flush();
    at_ = at;
    length_ = length;
  }
  /// 1, or -1 where there were too many edits.
  Code finish() {
    flush();
    if (!good_) log_line(call_, LogLevel::Err, "sdpops", {"there are too many edits"});
    return good_ ? 1 : -1;
  }

 private:
  void flush() {
    good_ &= remove_bytes(call_, at_, length_);
    length_ = 0;
  }
  Call& call_;
  std::uint32_t at_ = 0, length_ = 0;
  bool good_ = true;
};

/// "a=rtpmap:96 ...": does the attribute belong to a payload?
bool is_about(Text line, Text id) {
  for (const std::string_view start : {"a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"}) {
    if (!sdpops::starts_with(line, start)) continue;
    Text rest{line.ptr + start.size(), line.len - start.size()};
    rest = sdpops::without_end(rest);
    return sdpops::next_word(rest).view() == id.view();
  }
  return false;
}

bool is_of(const Stream& stream, Text media) { return media.is_null() || sip::equal_ignore_case(stream.media, media); }

/// The payload's number in the "m=" line goes with the blank in front of it.
Code remove_payloads(Call& call, const Description& sdp, Text ids, Text media, bool keep) {
  Remover remover(call);
  Stream stream;
  for (Text rest = sdp.text; sdpops::next_stream(rest, stream);) {
    if (!is_of(stream, media)) continue;
    Text word, line, id;
    for (Text payloads = stream.payloads; !(word = sdpops::next_word(payloads)).is_null();)
      if (sdpops::list_has(ids, word) != keep) remover.remove({word.ptr - 1, word.len + 1});
    for (Text lines = stream.attributes; sip::next_line(lines, line);) {
      bool gone = false;
      if (keep) {
        for (Text payloads = stream.payloads; !gone && !(word = sdpops::next_word(payloads)).is_null();)
          gone = !sdpops::list_has(ids, word) && is_about(line, word);
      } else {
        for (Text list = ids; !gone && sdpops::next_item(list, id);) gone = is_about(line, id);
      }
      if (gone) remover.remove(line);
    }
  }
  return remover.finish();
}

Code by_id(Call& call, Text ids, Text media, bool keep) {
  Description sdp;
  if (sdpops::find_description(call.live->message, sdp) != Found::Good) return -1;
  return remove_payloads(call, sdp, ids, media, keep);
}

Code by_name(Call& call, Text names, Text media, bool keep) {
  Description sdp;
  if (sdpops::find_description(call.live->message, sdp) != Found::Good) return -1;
  const Text ids = sdpops::ids_of_names(call, sdp, names);
  return ids.empty() ? -1 : remove_payloads(call, sdp, ids, media, keep);
}

template <class F>
Code remove_streams(Call& call, F asked) {
  Description sdp;
  if (sdpops::find_description(call.live->message, sdp) != Found::Good) return -1;
  Remover remover(call);
  Stream stream;
  bool any = false;
  for (Text rest = sdp.text; sdpops::next_stream(rest, stream);) {
    if (!asked(stream)) continue;
    any = true;
    remover.remove(stream.whole);
  }
  const Code code = remover.finish();
  return any ? code : -1;
}

void remove_lines(Remover& remover, Text text, Text prefix) {
  Text line;
  while (!text.empty()) {
    const bool hit = sdpops::starts_with(text, prefix);
    if (!sip::next_line(text, line)) return;
    if (hit) remover.remove(line);
  }
}

}  // namespace

Code Sdpops::sdp_remove_codecs_by_id(Call& call, Text ids) { return by_id(call, ids, Text::null(), false); }
Code Sdpops::sdp_remove_codecs_by_id(Call& call, Text ids, Text media) { return by_id(call, ids, media, false); }
Code Sdpops::sdp_keep_codecs_by_id(Call& call, Text ids) { return by_id(call, ids, Text::null(), true); }
Code Sdpops::sdp_keep_codecs_by_id(Call& call, Text ids, Text media) { return by_id(call, ids, media, true); }
Code Sdpops::sdp_remove_codecs_by_name(Call& call, Text names) { return by_name(call, names, Text::null(), false); }
Code Sdpops::sdp_remove_codecs_by_name(Call& call, Text names, Text media) { return by_name(call, names, media, false); }
Code Sdpops::sdp_keep_codecs_by_name(Call& call, Text names) { return by_name(call, names, Text::null(), true); }
Code Sdpops::sdp_keep_codecs_by_name(Call& call, Text names, Text media) { return by_name(call, names, media, true); }

Code Sdpops::sdp_remove_media(Call& call, Text media) {
  return remove_streams(call, [&](const Stream& s) { return sip::equal_ignore_case(s.media, media); });
}

Code Sdpops::sdp_remove_transport(Call& call, Text transport) {
  return remove_streams(call, [&](const Stream& s) { return sip::equal_ignore_case(s.transport, transport); });
}

Code Sdpops::sdp_remove_line_by_prefix(Call& call, Text prefix) {
  return sdp_remove_line_by_prefix(call, prefix, Text::null());
}

// The prefix may go on behind the line's end; only that line goes.
Code Sdpops::sdp_remove_line_by_prefix(Call& call, Text prefix, Text media) {
  Description sdp;
  if (sdpops::find_description(call.live->message, sdp) != Found::Good) return -1;
  if (prefix.empty()) return 1;
  Remover remover(call);
  if (media.empty()) {
    remove_lines(remover, sdp.text, prefix);
  } else {
    Stream stream;
    for (Text rest = sdp.text; sdpops::next_stream(rest, stream);)
      if (is_of(stream, media)) remove_lines(remover, stream.whole, prefix);
  }
  return remover.finish();
}

}  // namespace strowger
