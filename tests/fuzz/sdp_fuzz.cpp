// Fuzzes session descriptions: sdpops' questions and edits, nathelper's addresses, over any body and multipart.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nathelper.interface.h"
#include "sdpops.interface.h"
#include "stdlib/sdpops/sdp.h"
#include "tests/fuzz/fuzz_call.h"

using namespace strowger;        // NOLINT: one short program
using namespace strowger::fuzz;  // NOLINT

namespace {

constexpr const char* kWords[] = {"0", "8", "101", "PCMU", "PCMA,telephone-event", "audio", "video", "RTP/AVP", "RTP", "a=", "c=", "m=", "", "o=-", "0,8,9"};

void check_streams(const sip::Message& message) {
  sdpops::Description sdp;
  if (sdpops::find_description(message, sdp) != sdpops::Found::Good) return;
  const Text all = sdp.text;
  require(all.ptr >= message.base() && all.ptr + all.len <= message.base() + message.buffer().len, "a description lies in the message");
  Text rest = all;
  sdpops::Stream stream;
  const char* at = all.ptr;
  while (sdpops::next_stream(rest, stream)) {
    require(stream.whole.ptr >= at && stream.whole.len > 0 && stream.whole.ptr + stream.whole.len <= all.ptr + all.len, "streams stand in their order");
    at = stream.whole.ptr + stream.whole.len;
    for (const Text part : {stream.media, stream.port, stream.transport, stream.payloads, stream.attributes})
      require(part.is_null() || part.len == 0 || (part.ptr >= stream.whole.ptr && part.ptr + part.len <= at), "a part lies in its stream");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const unsigned what = data[0], word = data[1] % std::size(kWords), other = data[2] % std::size(kWords);
  const std::string body(reinterpret_cast<const char*>(data) + 3, size - 3);
  const char* const type = what & 128U ? "multipart/mixed;boundary=b" : "application/sdp";
  FuzzCall fuzzed("INVITE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.11;branch=z9hG4bK-1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: c\r\n"
                  "CSeq: 1 INVITE\r\nContent-Type: " + std::string(type) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  Call& call = fuzzed.call;
  check_streams(call.message());
  const Text a(kWords[word]), b(kWords[other]);
  for (const Text text : {a, b}) {
    (void)Sdpops::sdp_with_media(call, text);
    (void)Sdpops::sdp_with_active_media(call, text);
    (void)Sdpops::sdp_with_transport(call, text);
    (void)Sdpops::sdp_with_transport_like(call, text);
    (void)Sdpops::sdp_with_codecs_by_id(call, text);
    (void)Sdpops::sdp_with_codecs_by_name(call, text);
  }
  (void)Sdpops::sdp_content(call);
  (void)Sdpops::sdp_content(call, "1");
  (void)Sdpops::sdp_with_ice(call);
  (void)Sdpops::sdp_get_address_family(call);
  (void)Sdpops::get_sdp(call, "body");
  switch (what & 15U) {
    case 0: (void)Sdpops::sdp_remove_line_by_prefix(call, a); break;
    case 1: (void)Sdpops::sdp_remove_line_by_prefix(call, a, b); break;
    case 2: (void)Sdpops::sdp_remove_codecs_by_id(call, a); break;
    case 3: (void)Sdpops::sdp_remove_codecs_by_id(call, a, b); break;
    case 4: (void)Sdpops::sdp_remove_codecs_by_name(call, a); break;
    case 5: (void)Sdpops::sdp_keep_codecs_by_id(call, a); break;
    case 6: (void)Sdpops::sdp_keep_codecs_by_name(call, a, b); break;
    case 7: (void)Sdpops::sdp_remove_media(call, a); break;
    case 8: (void)Sdpops::sdp_remove_transport(call, a); break;
    case 9: (void)Nathelper::fix_nated_sdp(call, data[1]); break;
    case 10: (void)Nathelper::fix_nated_sdp(call, data[1], "2001:db8::1"); break;
    case 11: (void)Nathelper::nat_uac_test(call, data[1]); break;
    case 12:                                   // several edits of the same lines
      (void)Sdpops::sdp_remove_codecs_by_id(call, a);
      (void)Sdpops::sdp_remove_line_by_prefix(call, b);
      (void)Nathelper::fix_nated_sdp(call, data[2]);
      break;
    default: break;
  }
  const std::string out = fuzzed.sent();
  FuzzCall again(out);
  require(again.call.message().is_request() && again.call.message().body().len == out.size() - again.call.message().body_at(), "what is sent can be read");
  check_streams(again.call.message());
  return 0;
}
