// {uri.*} and {urialias.*}.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/address.h"
#include "runtime/sip/uri.h"
#include "stdlib/pv/static_branch.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

using pv::or_empty;
using pv::Output;
using pv::text_of;

namespace {

std::optional<sip::Uri> parsed(Call& call, Value in) {
  const Text text = text_of(call, in);
  std::optional<sip::Uri> uri = sip::parse_uri(text);
  if (!uri) log_line(call, LogLevel::Err, "pv", {"not a URI: \"", text, "\""});
  return uri;
}

/// A worker's memory of URIs; null where there is none.
pv::UriMemo* memo_of(Call& call) {
  auto* const state = static_cast<pv::StaticBranch*>(call.worker->module_state[Pv::slot]);
  if (!state) return nullptr;
  if (!state->uris) [[unlikely]]
    state->uris = std::make_unique<pv::UriMemo>();
  return state->uris.get();
}

template <class Part>
[[gnu::noinline]] Text part_of_other(Call& call, Value in, Part part) {
  const std::optional<sip::Uri> uri = parsed(call, in);
  return uri ? or_empty(part(*uri)) : Text::failed();
}

/// A part of the URI; "" when it is absent, failed when the input is no URI.
template <class Part>
Text part_of(Call& call, Value in, Part part) {
  pv::UriMemo* const memo = memo_of(call);
  if (!memo || !in.is_text()) return part_of_other(call, in, part);
  const Text text = in.text();
  const sip::Uri* const known = memo->find(text);
  if (!known) return part_of_other(call, in, part);
  const Text found = part(*known);
  const auto at = static_cast<std::size_t>(found.ptr - known->whole.ptr);
  if (at > text.len) return or_empty(found);   // null, or a constant
  return {text.ptr + at, found.len};           // the memo's bytes are not to stay
}

Text param_of(Call& call, Value in, std::string_view name) {
  return part_of(call, in, [&](const sip::Uri& uri) { return uri.param(name); });
}

/// "scheme:[user@]host[:port][;transport=x]"
Text shortened(Call& call, Value in, bool with_user, bool with_port) {
  const std::optional<sip::Uri> uri = parsed(call, in);
  if (!uri) return Text::failed();
  Output out(call, uri->whole.len + 2);
  out.put(uri->scheme_text);
  out.put(':');
  if (with_user && uri->has_user()) {
    out.put(uri->user);
    if (!uri->host.empty()) out.put('@');
  }
  out.put(uri->host);
  if (with_port) {
    if (!uri->port_text.empty()) {
      out.put(':');
      out.put(uri->port_text);
    }
    const Text transport = uri->transport();
    if (!transport.empty()) {
      out.put(";transport=");
      out.put(transport);
    }
  }
  return out.done();
}

}  // namespace

Text Pv::uri_user(Call& call, Value in) {
  return part_of(call, in, [](const sip::Uri& uri) { return uri.user; });
}
Text Pv::uri_host(Call& call, Value in) {
  return part_of(call, in, [](const sip::Uri& uri) { return uri.host; });
}
Text Pv::uri_domain(Call& call, Value in) { return uri_host(call, in); }
Text Pv::uri_passwd(Call& call, Value in) {
  return part_of(call, in, [](const sip::Uri& uri) { return uri.password; });
}
Text Pv::uri_params(Call& call, Value in) {
  return part_of(call, in, [](const sip::Uri& uri) { return uri.params; });
}
Text Pv::uri_headers(Call& call, Value in) {
  return part_of(call, in, [](const sip::Uri& uri) { return uri.headers; });
}
Text Pv::uri_scheme(Call& call, Value in) {
  return part_of(call, in, [](const sip::Uri& uri) { return uri.scheme_text; });
}
Text Pv::uri_transport(Call& call, Value in) { return param_of(call, in, "transport"); }
Text Pv::uri_ttl(Call& call, Value in) { return param_of(call, in, "ttl"); }
Text Pv::uri_uparam(Call& call, Value in) { return param_of(call, in, "user"); }
Text Pv::uri_maddr(Call& call, Value in) { return param_of(call, in, "maddr"); }
Text Pv::uri_method(Call& call, Value in) { return param_of(call, in, "method"); }
Text Pv::uri_lr(Call& call, Value in) { return param_of(call, in, "lr"); }
Text Pv::uri_r2(Call& call, Value in) { return param_of(call, in, "r2"); }

Text Pv::uri_param(Call& call, Value in, Text name) {
  return name.is_null() ? Text::failed() : param_of(call, in, name.view());
}

// Without a port it is 0 as a number and "" as a text; as a text it keeps its zeros in front.
Value Pv::uri_port(Call& call, Value in) {
  const Text port = part_of(call, in, [](const sip::Uri& uri) { return uri.port_text; });
  if (port.is_null()) return Value::failed();
  Int number = 0;
  for (const char digit : port.view()) number = number * 10 + (digit - '0');
  if (!port.empty() && (port.ptr[0] != '0' || port.len == 1)) return Value::of(number);
  auto* both = call.arena->make<Value::IntText>(number, port);
  return both ? Value::of(both) : Value::failed();
}

Text Pv::uri_tosocket(Call& call, Value in) {
  const std::optional<sip::Uri> uri = parsed(call, in);
  if (!uri) return Text::failed();
  const Text transport = uri->transport();
  if (transport.empty() || uri->host.empty()) {
    log_line(call, LogLevel::Warn, "pv", {"no transport in \"", uri->whole, "\""});
    return "";
  }
  Output out(call, transport.len + uri->host.len + 8);
  out.put(transport);
  out.put(':');
  out.put(uri->host);
  out.put(':');
  out.put_number(uri->port ? uri->port : 5060);
  return out.done();
}

Text Pv::uri_duri(Call& call, Value in) { return shortened(call, in, false, true); }
Text Pv::uri_saor(Call& call, Value in) { return shortened(call, in, true, false); }
Text Pv::uri_suri(Call& call, Value in) { return shortened(call, in, true, true); }

// "sip:1.2.3.4:5080;transport=tcp" -> "1.2.3.4~5080~2"
Text Pv::urialias_encode(Call& call, Value in) {
  if (text_of(call, in).empty()) return Text::failed();
  const std::optional<sip::Uri> uri = parsed(call, in);
  if (!uri) return "";
  const bool plain = uri->transport().empty();  // sips alone does not count here
  const std::optional<sip::Protocol> protocol = plain ? sip::Protocol::Udp : uri->protocol();
  if (!protocol) return "";
  Output out(call, uri->host.len + 16);
  out.put(uri->host);
  out.put('~');
  out.put_number(plain && uri->port == 0 ? 5060 : uri->port_or_default());
  out.put('~');
  out.put_number(static_cast<Int>(*protocol));
  return out.done();
}

Text Pv::urialias_decode(Call& call, Value in) {
  const Text text = text_of(call, in);
  const std::size_t first = pv::find_byte(text, '~');
  const std::size_t second = first < text.len ? pv::find_byte(text, '~', first + 1) : text.len;
  if (second >= text.len) return Text::failed();
  const int number = second + 1 < text.len ? text.ptr[second + 1] - '0' : -1;
  if (number < 0 || number > 6) return "";
  Output out(call, text.len + 32);
  out.put("sip:");
  out.put(pv::part(text, 0, first));
  out.put(':');
  out.put(pv::part(text, first + 1, second - first - 1));
  if (number > 1) {
    out.put(";transport=");
    out.put(number == 6 ? Text("ws") : sip::name_of(static_cast<sip::Protocol>(number)));
  }
  return out.done();
}

}  // namespace strowger
