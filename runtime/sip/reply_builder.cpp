// Replies: lines of the request copied, the topmost Via and To completed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/reply_builder.h"

#include "runtime/sip/chars.h"
#include "runtime/sip/print.h"

namespace strowger::sip {
namespace {

Text between(const char* from, const char* to) { return {from, static_cast<std::size_t>(to - from)}; }

// Where a parameter stands in a list: from its name up to the next ';' or the end. Null when absent.
Text find_param_place(Text list, std::string_view name) {
  Text rest = list;
  Param param;
  while (!rest.empty()) {
    const char* const start = rest.ptr;
    if (!next_param(rest, param)) break;
    if (!equal_ignore_case(param.name, name)) continue;
    const char* const end = rest.ptr - (rest.ptr > start && rest.ptr[-1] == ';' ? 1 : 0);
    return between(start, end);
  }
  return Text::null();
}

void put_source_ip(const Address& source, Writer& writer) {
  char ip[48];
  writer.put(Text(ip, print_ip(source, ip)));  // RFC 3581 and RFC 5118 §4.5: no brackets
}

// Via: SIP/2.0/UDP h;rport;branch=x  ->  Via: SIP/2.0/UDP h;rport=5060;branch=x;received=192.0.2.1
// What is new goes to the end of the value, and that is the end of the line unless other values follow.
void put_top_via(const Message& request, const Header& line, const Via& via, const ReplyPlan& plan, Writer& writer) {
  const Text rport = plan.add_rport ? find_param_place(via.params, "rport") : Text::null();
  const Text received = plan.add_received ? find_param_place(via.params, "received") : Text::null();
  const Text value = request.value(line);
  const char* const value_end = value.ptr + value.len;
  const char* const whole_end = via.whole.ptr + via.whole.len;
  const char* const behind = skip_lws(whole_end, value_end);
  const char* const tail = behind < value_end ? whole_end : value_end;

  const char* at = request.base() + line.at;
  const auto replace = [&](Text place, bool is_rport) {
    writer.put(between(at, trim_end(at, place.ptr)));
    if (is_rport) {
      writer.put("rport=");
      writer.put_number(plan.source.port);
    } else {
      writer.put("received=");
      put_source_ip(plan.source, writer);
    }
    at = place.ptr + place.len;
  };
  const bool received_first = !received.is_null() && (rport.is_null() || received.ptr < rport.ptr);
  if (received_first) replace(received, false);
  if (!rport.is_null()) replace(rport, true);
  if (!received.is_null() && !received_first) replace(received, false);
  if (at < tail) {
    writer.put(between(at, tail));
    at = tail;
  }
  if (plan.add_rport && rport.is_null()) {
    writer.put(";rport=");
    writer.put_number(plan.source.port);
  }
  if (plan.add_received && received.is_null()) {
    writer.put(";received=");
    put_source_ip(plan.source, writer);
  }
  writer.put(between(at, request.base() + line.end));
}

void put_to(Message& request, const Header& line, const ReplyPlan& plan, Writer& writer) {
  if (plan.to_tag.empty() || !request.to_tag().is_null()) return writer.put(request.line(line));
  const Text value = request.value(line);
  writer.put(between(request.base() + line.at, value.ptr + value.len));
  writer.put(";tag=");
  writer.put(plan.to_tag);
  writer.put(between(value.ptr + value.len, request.base() + line.end));
}

void put_line(Text line, Writer& writer) {
  if (line.empty()) return;
  writer.put(line);
  if (line.ptr[line.len - 1] != '\n') writer.put("\r\n");
}

}  // namespace

ViaMarks via_marks(const Via& via, const Address& source, bool force_rport) {
  const std::optional<Address> host = parse_ip(via.host.view());
  const bool same = host && host->same_ip(source);
  return {via.has_rport || !same || !via.received.is_null(), via.has_rport || force_rport};   // the sender's own says nothing
}

std::size_t build_reply(Message& request, const ReplyPlan& plan, char* out, std::size_t capacity) {
  const Header* const top = request.first(HeaderId::Via);
  if (!top) return 0;
  Writer writer(out, capacity);
  // As the request writes it ("sip/2.0"), unless that is no SIP/2.0 at all.
  writer.put(equal_ignore_case(request.version(), "SIP/2.0") && !request.is_http() ? request.version() : Text("SIP/2.0"));
  writer.put(' ');
  writer.put_number(plan.code);
  writer.put(' ');
  writer.put(plan.reason);
  writer.put("\r\n");
  const bool makes_dialog = plan.code >= 180 && plan.code < 300;
  const Via* const via = request.via();
  for (const Header& h : request) {
    switch (h.id) {
      case HeaderId::Via:
        if (&h == top && via && (plan.add_received || plan.add_rport)) {
          put_top_via(request, h, *via, plan, writer);
        } else {
          writer.put(request.line(h));
        }
        break;
      case HeaderId::RecordRoute:
        if (makes_dialog) writer.put(request.line(h));
        break;
      case HeaderId::To:
        if (&h == request.first(HeaderId::To)) put_to(request, h, plan, writer);
        break;
      case HeaderId::From:
      case HeaderId::CallId:
      case HeaderId::CSeq:
        if (&h == request.first(h.id)) writer.put(request.line(h));
        break;
      default: break;
    }
  }
  put_line(plan.extra_headers, writer);
  put_line(plan.server_header, writer);
  writer.put("Content-Length: ");
  writer.put_number(static_cast<Int>(plan.body.empty() ? 0 : plan.body.len));
  writer.put("\r\n\r\n");
  writer.put(plan.body);
  return writer.ok() ? writer.size() : 0;
}

}  // namespace strowger::sip
