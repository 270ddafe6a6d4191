// Rewriting parts of a URI.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rewrite_uri.h"

#include <initializer_list>

#include "runtime/sip/message.h"

namespace strowger {
namespace {

/// The pieces of a URI in order; written with the separators that belong to them.
struct Pieces {
  Text scheme, user, password, host, port, params, headers;

  explicit Pieces(const sip::Uri& uri)   // what was "SIP:" is "sip:" then, as in Kamailio
      : scheme(uri.scheme == sip::Scheme::Sip ? Text("sip") : uri.scheme == sip::Scheme::Sips ? Text("sips") : uri.scheme_text), user(uri.user), password(uri.password), host(uri.host), port(uri.port_text),
        params(uri.params), headers(uri.headers) {}
};

bool is_tel(const sip::Uri& uri) { return uri.scheme == sip::Scheme::Tel || uri.scheme == sip::Scheme::Tels; }

Text join(std::initializer_list<Text> parts, sip::Arena& arena) {
  std::size_t length = 0;
  for (Text part : parts) length += part.is_null() ? 0 : part.len;
  if (length > kMaxRewrittenUri) return Text::failed();
  char* const out = static_cast<char*>(arena.allocate(length ? length : 1));
  if (!out) return Text::failed();
  char* at = out;
  for (Text part : parts) {
    if (part.empty()) continue;
    std::memcpy(at, part.ptr, part.len);
    at += part.len;
  }
  return {out, length};
}

Text print(const Pieces& p, sip::Arena& arena) {
  const bool user = !p.user.is_null();
  return join({p.scheme, ":", user ? p.user : Text(), user && !p.password.is_null() ? Text(":") : Text(),
               user ? p.password : Text(), user ? Text("@") : Text(), p.host, p.port.empty() ? Text() : Text(":"), p.port,
               p.params.is_null() ? Text() : Text(";"), p.params, p.headers.is_null() ? Text() : Text("?"), p.headers},
              arena);
}

/// tel: and urn: URIs have no host to print; their "user" stands alone.
Text print_tel(Text scheme, Text number, Text params, sip::Arena& arena) {
  return join({scheme, ":", number, params.is_null() ? Text() : Text(";"), params}, arena);
}

/// "host", "host:port", "[::1]:port" taken apart; `rest` is what follows (";transport=tcp").
void split_host_port(Text text, Text& host, Text& port) {
  std::size_t at = 0;
  if (text.len && text.ptr[0] == '[') {
    while (at < text.len && text.ptr[at] != ']') ++at;
  }
  while (at < text.len && text.ptr[at] != ':' && text.ptr[at] != ';') ++at;
  host = {text.ptr, at};
  port = at < text.len && text.ptr[at] == ':' ? Text(text.ptr + at + 1, text.len - at - 1) : Text();
}

/// `work(begin, end, has_name)` for each parameter of a list.
template <class Work>
void each_param(Text params, std::string_view name, Work work) {
  const char* at = params.ptr;
  const char* const end = params.ptr + params.len;
  while (at < end) {
    const char* stop = at;
    bool quoted = false;
    while (stop < end && (quoted || *stop != ';')) {
      if (*stop == '"') quoted = !quoted;
      ++stop;
    }
    const char* equals = static_cast<const char*>(std::memchr(at, '=', stop - at));
    work(at, stop, sip::equal_ignore_case(sip::trim({at, static_cast<std::size_t>((equals ? equals : stop) - at)}), name));
    at = stop + (stop < end);
  }
}

Text without_param(Text params, std::string_view name, Occurrences which, sip::Arena& arena) {
  if (params.is_null()) return params;
  char* const out = static_cast<char*>(arena.allocate(params.len ? params.len : 1));
  if (!out) return Text::failed();
  const char* last = nullptr;
  each_param(params, name, [&](const char* at, const char*, bool is_it) { last = is_it ? at : last; });
  std::size_t used = 0;
  each_param(params, name, [&](const char* at, const char* stop, bool is_it) {
    if (is_it && (which == Occurrences::All || at == last)) return;
    if (used) out[used++] = ';';
    std::memcpy(out + used, at, stop - at);
    used += stop - at;
  });
  return used ? Text(out, used) : Text();
}

template <class Change>
Code rewrite(LiveMessage& live, Change change) {
  const sip::Uri* uri = live.parsed_uri();
  if (!uri) return -1;
  const Text text = change(*uri);
  if (text.is_null()) return -1;
  live.set_uri(text);
  return 1;
}

}  // namespace

Text replace_user(const sip::Uri& uri, Text user, sip::Arena& arena) {
  if (is_tel(uri)) return user.empty() ? Text::failed() : print_tel(uri.scheme_text, user, uri.number_params, arena);
  if (uri.scheme == sip::Scheme::Urn) return Text::failed();
  Pieces p(uri);
  p.user = user.empty() ? Text() : user;
  if (user.empty()) p.password = Text();
  return print(p, arena);
}

Text replace_user_password(const sip::Uri& uri, Text user_password, sip::Arena& arena) {
  if (is_tel(uri) || uri.scheme == sip::Scheme::Urn) return Text::failed();
  Pieces p(uri);
  p.user = user_password.empty() ? Text() : user_password;
  p.password = Text();
  return print(p, arena);
}

Text replace_host(const sip::Uri& uri, Text host, sip::Arena& arena) {
  if (uri.scheme == sip::Scheme::Urn || host.empty()) return Text::failed();
  if (is_tel(uri)) {
    return join({uri.scheme == sip::Scheme::Tels ? Text("sips:") : Text("sip:"), uri.user,
                 uri.number_params.is_null() ? Text() : Text(";"), uri.number_params, "@", host, ";user=phone"},
                arena);
  }
  Pieces p(uri);
  p.host = host;
  return print(p, arena);
}

Text replace_host_port(const sip::Uri& uri, Text host_port, sip::Arena& arena) {
  if (is_tel(uri) || uri.scheme == sip::Scheme::Urn) return replace_host(uri, host_port, arena);
  Pieces p(uri);
  split_host_port(host_port, p.host, p.port);
  if (p.host.empty()) return Text::failed();
  return print(p, arena);
}

Text replace_host_port_transport(const sip::Uri& uri, Text host_port, sip::Arena& arena) {
  if (is_tel(uri) || uri.scheme == sip::Scheme::Urn) return replace_host(uri, host_port, arena);
  if (host_port.empty()) return Text::failed();
  Pieces p(uri);
  p.params = without_param(p.params, "transport", Occurrences::All, arena);
  if (p.params.is_failed()) return Text::failed();
  p.host = host_port;
  p.port = Text();
  return print(p, arena);
}

Text replace_port(const sip::Uri& uri, Text port, sip::Arena& arena) {
  if (is_tel(uri) || uri.scheme == sip::Scheme::Urn) return Text::failed();
  Pieces p(uri);
  p.port = port;
  return print(p, arena);
}

Text append_uri_param(const sip::Uri& uri, Text param, sip::Arena& arena) {
  const std::size_t before = uri.headers.is_null() ? uri.whole.len : uri.headers.ptr - uri.whole.ptr - 1;
  return join({Text(uri.whole.ptr, before), ";", param, Text(uri.whole.ptr + before, uri.whole.len - before)}, arena);
}

Text remove_uri_param(const sip::Uri& uri, std::string_view name, Occurrences which, sip::Arena& arena) {
  const Text params = without_param(is_tel(uri) ? uri.number_params : uri.params, name, which, arena);
  if (params.is_failed()) return params;
  if (is_tel(uri)) return print_tel(uri.scheme_text, uri.user, params, arena);
  if (uri.scheme == sip::Scheme::Urn) return uri.whole;
  Pieces p(uri);
  p.params = params;
  return print(p, arena);
}

Code set_uri(LiveMessage& live, sip::Arena& arena, Text uri) {
  if (uri.is_null()) return -1;
  const Text copy = arena.copy(uri);
  if (copy.is_null()) return -1;
  live.set_uri(copy);
  return 1;
}

Code set_user(LiveMessage& live, sip::Arena& arena, Text user) {
  return rewrite(live, [&](const sip::Uri& uri) { return replace_user(uri, user, arena); });
}

Code set_user_password(LiveMessage& live, sip::Arena& arena, Text user_password) {
  return rewrite(live, [&](const sip::Uri& uri) { return replace_user_password(uri, user_password, arena); });
}

Code set_host(LiveMessage& live, sip::Arena& arena, Text host) {
  return rewrite(live, [&](const sip::Uri& uri) { return replace_host(uri, host, arena); });
}

Code set_host_port(LiveMessage& live, sip::Arena& arena, Text host_port) {
  return rewrite(live, [&](const sip::Uri& uri) { return replace_host_port(uri, host_port, arena); });
}

Code set_host_port_transport(LiveMessage& live, sip::Arena& arena, Text host_port) {
  return rewrite(live, [&](const sip::Uri& uri) { return replace_host_port_transport(uri, host_port, arena); });
}

Code set_port(LiveMessage& live, sip::Arena& arena, Text port) {
  return rewrite(live, [&](const sip::Uri& uri) { return replace_port(uri, port, arena); });
}

Code prefix_user(LiveMessage& live, sip::Arena& arena, Text prefix) {
  return rewrite(live, [&](const sip::Uri& uri) {
    if (prefix.empty()) return uri.whole;
    const Text user = join({prefix, uri.user}, arena);
    return user.is_null() ? user : replace_user(uri, user, arena);
  });
}

Code strip_user(LiveMessage& live, sip::Arena& arena, Int count, bool& too_many) {
  return rewrite(live, [&](const sip::Uri& uri) {
    const Int length = uri.user.is_null() ? 0 : static_cast<Int>(uri.user.len);
    too_many = count > length;
    if (count <= 0) return uri.whole;
    return replace_user(uri, count < length ? Text(uri.user.ptr + count, uri.user.len - count) : Text(), arena);
  });
}

Code strip_user_tail(LiveMessage& live, sip::Arena& arena, Int count, bool& too_many) {
  return rewrite(live, [&](const sip::Uri& uri) {
    const Int length = uri.user.is_null() ? 0 : static_cast<Int>(uri.user.len);
    too_many = count > length;
    if (count <= 0) return uri.whole;
    return replace_user(uri, count < length ? Text(uri.user.ptr, uri.user.len - count) : Text(), arena);
  });
}

Code set_user_phone(LiveMessage& live, sip::Arena& arena) {
  return rewrite(live, [&](const sip::Uri& uri) {
    if (is_tel(uri) || sip::equal_ignore_case(uri.param("user"), Text("phone"))) return uri.whole;
    return append_uri_param(uri, "user=phone", arena);
  });
}

Code set_dst_uri(LiveMessage& live, sip::Arena& arena, Text uri) {
  if (uri.empty()) {
    live.dst_uri = Text::null();
    return 1;
  }
  const Text copy = arena.copy(uri);
  if (copy.is_null()) return -1;
  live.dst_uri = copy;
  live.uri_is_new = true;   // another way to the same URI is a branch to be tried, also in failure_route
  return 1;
}

}  // namespace strowger
