// Fuzzes the message parser: index, bodies of all headers, URIs, edits, replies and requests made from it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/sip/edits.h"
#include "runtime/sip/reply_builder.h"
#include "runtime/sip/request_builder.h"

using namespace strowger::sip;  // NOLINT: one short program
using strowger::Text;

namespace {

void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

// A view must be null or lie in the message.
void check_view(const Message& m, Text t, const char* what) {
  if (t.is_null() || t.len == 0) return;
  require(t.ptr >= m.base() && t.ptr + t.len <= m.base() + m.buffer().len, what);
}

void check_uri(Text text) {
  const auto uri = parse_uri(text);
  if (!uri) return;
  for (Text part : {uri->user, uri->password, uri->host, uri->port_text, uri->params, uri->headers, uri->number_params})
    require(part.is_null() || (part.ptr >= text.ptr && part.ptr + part.len <= text.ptr + text.len), "URI part");
  (void)uri->param("transport");
  (void)uri->protocol();
  const bool plain = uri->params.is_null() && uri->headers.is_null();
  require(same_uri(*uri, *uri) || !plain, "a plain URI is itself");
}

void check_bodies(Message& m) {
  for (const Header& h : m) {
    require(h.at < h.end && h.value_at + h.value_len <= h.end && h.end <= m.buffer().len, "header bounds");
    Text rest = m.value(h);
    for (std::size_t n = rest.len + 1; n > 0; --n) {
      const std::size_t before = rest.len;
      const auto via = next_via(rest);
      if (!via) break;
      require(rest.len < before, "Via moves on");
      check_view(m, via->whole, "Via whole");
      check_view(m, via->branch, "Via branch");
      (void)via->param("received");
    }
    rest = m.value(h);
    for (std::size_t n = rest.len + 1; n > 0; --n) {
      const std::size_t before = rest.len;
      const auto address = next_name_addr(rest);
      if (!address) break;
      require(rest.len < before, "name-addr moves on");
      check_view(m, address->whole, "name-addr whole");
      check_view(m, address->params, "name-addr params");
      check_uri(address->uri);
      (void)address->param("q");
    }
    if (const auto address = parse_name_addr(m.value(h))) {
      check_view(m, address->display, "display");
      check_view(m, tag_of(*address), "tag");
    }
    (void)parse_cseq(m.value(h));
    (void)parse_number(m.value(h));
    check_uri(m.value(h));
    require(m.find(h.id, m.name(h)) != nullptr, "a header is found by its name");
  }
  std::size_t seen = 0;
  for (int id = 0; id < kHeaderIds; ++id)
    for (const Header* h = m.first(static_cast<HeaderId>(id)); h; h = m.next(h)) ++seen;
  require(seen == m.header_count(), "every header is in one chain");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ChunkPool pool;
  Arena arena(pool);
  const std::vector<char> input(data, data + size);  // its own allocation, so that a read behind it is seen
  Message m = Message::parse(Text(input.data(), input.size()), arena);
  require(m.headers_at() <= m.headers_end() && m.headers_end() <= m.body_at() && m.body_at() <= m.buffer().len, "places");
  check_view(m, m.method(), "method");
  check_view(m, m.ruri(), "ruri");
  check_uri(m.ruri());
  check_bodies(m);
  require(!m.runs_script() || (m.via() && m.to() && m.cseq()), "what runs has Via, To and CSeq");

  // Edits driven by the input's first bytes.
  Edits edits;
  for (std::size_t i = 0; i + 3 < size && i < 64; i += 4) {
    const std::uint32_t at = m.buffer().len ? (data[i] * 256u + data[i + 1]) % (m.buffer().len + 4) : 0;
    const Text insert = data[i + 2] & 1 ? Text("X-New: 1\r\n") : Text::null();
    edits.add(arena, {at, data[i + 3] % 32u, insert, static_cast<std::int8_t>(data[i + 2]), data[i], nullptr, nullptr});
  }
  const SendPlan plan;
  std::vector<char> out(size + 64 * 16 + 256);
  const std::size_t n = apply(m, edits, size & 1 ? Text("OPTIONS sip:x SIP/2.0") : Text::null(), plan, out.data(), out.size());
  require(n <= out.size(), "applied size");
  (void)apply(m, edits, Text::null(), plan, out.data(), size / 2);
  require(m.buffer().len == 0 || m.fault() == ParseFault::TooLong || apply(m, Edits(), Text::null(), plan, out.data(), out.size()) >= m.buffer().len, "copied");

  const std::string copy(m.buffer().view());
  Message again = m.rebase(copy.data(), arena);
  require(again.header_count() == m.header_count(), "rebased headers");
  check_bodies(again);

  ReplyPlan reply;
  reply.code = 200;
  reply.reason = "OK";
  reply.to_tag = "tag";
  reply.add_received = size & 2;
  reply.add_rport = size & 4;
  reply.source = *parse_ip("192.0.2.1");
  std::vector<char> reply_bytes(size * 2 + 512);
  const std::size_t reply_size = build_reply(m, reply, reply_bytes.data(), reply_bytes.size());
  require((reply_size > 0) == (m.first(HeaderId::Via) != nullptr), "replied");
  if (reply_size > 0 && m.runs_script()) {
    Message r = Message::parse(Text(reply_bytes.data(), reply_size), arena);
    require(r.status() == 200 && r.via() && r.cseq(), "the reply can be parsed");
  }
  Writer writer(out.data(), out.size());
  (void)build_cancel(m, "Reason: SIP;cause=200\r\n", Text::null(), writer);
  Writer ack(out.data(), out.size());
  (void)build_ack_negative(again, m, ack);
  return 0;
}
