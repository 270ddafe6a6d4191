// Tests of sdpops: answers and edits as Kamailio 5.6.3 gives them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/test_call.h"
#include "sdpops.interface.h"

namespace strowger::testing {
namespace {

constexpr std::string_view kSession = "v=0\r\no=- 1 7 IN IP4 127.0.0.11\r\ns=-\r\nc=IN IP4 127.0.0.11\r\nt=0 0\r\n";
constexpr std::string_view kAudio =
    "m=audio 4000 RTP/AVP 0 8 96 97\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 x\r\n"
    "a=rtpmap:97 OPUS/16000\r\na=rtcp-fb:96 nack\r\na=sendrecv\r\n";
constexpr std::string_view kVideo = "m=video 0 RTP/SAVP 99 0\r\nc=IN IP4 127.0.0.12\r\na=rtpmap:99 H264/90000\r\n";

Text stored;
Code store(Call*, Value value) {
  stored = value.text();
  return 1;
}
const VariableRef kAvp{nullptr, store, "$avp(x)"}, kVar{nullptr, store, "$var(x)"};

class SdpopsTest : public ScriptCall {
 protected:
  void with(std::string body, std::string_view type = "application/sdp") {
    body_ = std::move(body);
    load(test_request("INVITE", "sip:a@sip.test", "", "Content-Type: " + std::string(type) + "\r\n", body_));
    stored = Text::null();
  }
  void SetUp() override { with(std::string(kSession) + std::string(kAudio) + std::string(kVideo)); }
  std::string body() {
    const std::string all = sent();
    return all.substr(all.find("\r\n\r\n") + 4);
  }
  std::string body_;
};

TEST_F(SdpopsTest, MediaAndTransports) {
  EXPECT_EQ(Sdpops::sdp_with_media(call, "AUDIO"), 1);
  EXPECT_EQ(Sdpops::sdp_with_media(call, "aud"), -1);
  EXPECT_EQ(Sdpops::sdp_with_active_media(call, "audio"), 1);
  EXPECT_EQ(Sdpops::sdp_with_active_media(call, "video"), -1);
  EXPECT_EQ(Sdpops::sdp_with_transport(call, "rtp/savp"), 1);
  EXPECT_EQ(Sdpops::sdp_with_transport_like(call, "SAVP"), 1);
  EXPECT_EQ(Sdpops::sdp_with_transport_like(call, "savp"), -1);
  EXPECT_EQ(Sdpops::sdp_transport(call, kAvp), -2);
  EXPECT_EQ(Sdpops::sdp_transport(call, kVar), -1);
  EXPECT_EQ(Sdpops::sdp_get_address_family(call), 4);
}

TEST_F(SdpopsTest, Codecs) {
  EXPECT_EQ(Sdpops::sdp_with_codecs_by_id(call, "0"), 1);
  EXPECT_EQ(Sdpops::sdp_with_codecs_by_id(call, "8, 0"), 2);
  EXPECT_EQ(Sdpops::sdp_with_codecs_by_id(call, "77"), -1);
  EXPECT_EQ(Sdpops::sdp_with_codecs_by_name(call, "pcmu,nope"), 1);
  EXPECT_EQ(Sdpops::sdp_with_codecs_by_name(call, "Opus"), 2);
  EXPECT_EQ(Sdpops::sdp_with_codecs_by_name(call, "nope"), -1);
  EXPECT_EQ(Sdpops::sdp_with_ice(call), -1);
}

TEST_F(SdpopsTest, WhatIsNoDescription) {
  with("");
  EXPECT_EQ(Sdpops::sdp_content(call), -1);
  EXPECT_EQ(Sdpops::sdp_with_codecs_by_id(call, "0"), -2);
  EXPECT_EQ(Sdpops::sdp_get(call, kAvp), -2);
  EXPECT_EQ(Sdpops::sdp_transport(call, kAvp), 1);
  for (const std::string& bad : {std::string(kSession), std::string("junk"), "v=0\r\n" + std::string(kVideo),
                                 std::string(kSession) + "m=audio 5000\r\n", std::string("c=\r\n") + std::string(kSession)}) {
    with(bad);
    EXPECT_EQ(Sdpops::sdp_content(call), -1) << bad;
    EXPECT_EQ(Sdpops::sdp_content(call, "1"), 1) << bad;
    EXPECT_EQ(Sdpops::sdp_remove_codecs_by_id(call, "0"), -1) << bad;
    EXPECT_TRUE(Sdpops::get_sdp(call, "sess_version").is_null()) << bad;
  }
  with(std::string(kSession) + std::string(kAudio), "text/plain");
  EXPECT_EQ(Sdpops::sdp_content(call), -1);
}

TEST_F(SdpopsTest, RemovesAndKeepsCodecs) {
  EXPECT_EQ(Sdpops::sdp_remove_codecs_by_id(call, "0"), 1);
  EXPECT_EQ(Sdpops::sdp_remove_codecs_by_id(call, "0,8", "audio"), 1);
  EXPECT_EQ(body(), std::string(kSession) +
                        "m=audio 4000 RTP/AVP 96 97\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 x\r\n"
                        "a=rtpmap:97 OPUS/16000\r\na=rtcp-fb:96 nack\r\na=sendrecv\r\n"
                        "m=video 0 RTP/SAVP 99\r\nc=IN IP4 127.0.0.12\r\na=rtpmap:99 H264/90000\r\n");
  SetUp();
  EXPECT_EQ(Sdpops::sdp_keep_codecs_by_name(call, "PCMA,H264"), 1);
  EXPECT_EQ(body(), std::string(kSession) + "m=audio 4000 RTP/AVP 8\r\na=sendrecv\r\n"
                                            "m=video 0 RTP/SAVP 99\r\nc=IN IP4 127.0.0.12\r\na=rtpmap:99 H264/90000\r\n");
  SetUp();
  EXPECT_EQ(Sdpops::sdp_remove_codecs_by_name(call, "opus", "video"), 1);
  EXPECT_EQ(body(), body_);
  EXPECT_EQ(Sdpops::sdp_remove_codecs_by_name(call, "nope"), -1);
}

TEST_F(SdpopsTest, ManyPayloadsAreFewEdits) {
  std::string many = std::string(kSession) + "m=audio 4000 RTP/AVP";
  for (int i = 0; i < 3000; ++i) many += " " + std::to_string(i);
  with(many + "\r\n");
  EXPECT_EQ(Sdpops::sdp_keep_codecs_by_id(call, "1500"), 1);
  EXPECT_EQ(body(), std::string(kSession) + "m=audio 4000 RTP/AVP 1500\r\n");
}

TEST_F(SdpopsTest, RemovesStreamsAndLines) {
  EXPECT_EQ(Sdpops::sdp_remove_codecs_by_id(call, "99"), 1);
  EXPECT_EQ(Sdpops::sdp_remove_media(call, "Video"), 1);
  EXPECT_EQ(body(), std::string(kSession) + std::string(kAudio));
  EXPECT_EQ(Sdpops::sdp_remove_media(call, "image"), -1);
  SetUp();
  EXPECT_EQ(Sdpops::sdp_remove_transport(call, "RTP/AVP"), 1);
  EXPECT_EQ(body(), std::string(kSession) + std::string(kVideo));
  SetUp();
  EXPECT_EQ(Sdpops::sdp_remove_line_by_prefix(call, "a="), 1);
  EXPECT_EQ(Sdpops::sdp_remove_line_by_prefix(call, "c=", "VIDEO"), 1);
  EXPECT_EQ(body(), std::string(kSession) + "m=audio 4000 RTP/AVP 0 8 96 97\r\nm=video 0 RTP/SAVP 99 0\r\n");
}

TEST_F(SdpopsTest, TextsAndVersion) {
  EXPECT_EQ(Sdpops::sdp_get_line_startswith(call, kAvp, "a=rtpmap:97"), 1);
  EXPECT_EQ(stored.view(), "a=rtpmap:97 OPUS/16000");
  EXPECT_EQ(Sdpops::sdp_get(call, kAvp), 1);
  EXPECT_EQ(stored.view(), body_);
  EXPECT_EQ(Sdpops::get_sdp(call, "body").view(), body_);
  EXPECT_EQ(Sdpops::get_sdp(call, "sess_version").view(), "7");
  EXPECT_EQ(Sdpops::set_sdp(call, "sess_version", Value::of(Text("8"))), -1);
  EXPECT_EQ(Sdpops::set_sdp(call, "sess_version", Value::of(Int{-1})), 1);
  EXPECT_NE(body().find("o=- 1 8 IN IP4"), std::string::npos);
}

TEST_F(SdpopsTest, PartOfAMultipartBody) {
  const std::string sdp = std::string(kSession) + std::string(kVideo);
  with("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: application/sdp\r\n\r\n" + sdp + "\r\n--b--\r\n",
       "multipart/mixed;boundary=b");
  EXPECT_EQ(Sdpops::sdp_content(call), 1);
  EXPECT_EQ(Sdpops::sdp_remove_media(call, "video"), 1);
  EXPECT_EQ(body(), "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: application/sdp\r\n\r\n" +
                        std::string(kSession) + "\r\n--b--\r\n");
}

}  // namespace
}  // namespace strowger::testing
