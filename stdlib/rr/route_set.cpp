// The Route header values of a request, and taking single values out of it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/rr/route_set.h"

#include <new>

namespace strowger::rr {

RouteSet::RouteSet(sip::Message& message) {
  const char* base = message.base();
  for (const sip::Header* h = message.first(sip::HeaderId::Route); h && !bad; h = message.next(h)) {
    Text rest = message.value(*h);
    RouteValue* previous = nullptr;
    while (!sip::trim(rest).empty()) {
      const auto value = sip::next_name_addr(rest);
      const auto uri = value ? sip::parse_uri(value->uri) : std::nullopt;
      if (!uri || count == kLimit || value->uri.ptr == base || value->uri.ptr[-1] != '<') {   // RFC 3261 §20.34: only name-addr
        bad = true;
        break;
      }
      RouteValue& v = *new (&values[count++]) RouteValue;
      v.at = static_cast<std::uint32_t>(value->whole.ptr - base);
      v.end = v.at + static_cast<std::uint32_t>(value->whole.len);
      v.header = h;
      v.uri_text = value->uri;
      v.uri = *uri;
      if (previous) previous->next_at = v.at;
      previous = &v;
    }
    const Text whole = sip::trim(message.value(*h));
    if (!whole.empty() && whole.ptr[whole.len - 1] == ',') bad = true;
  }
}

/// Of tel:, the parameters of the number count (Kamailio looks for "lr" in any URI).
bool RouteValue::is_loose() const {
  if (!uri.param("lr").is_null()) return true;
  Text rest = uri.number_params;
  sip::Param param;
  while (sip::next_param(rest, param))
    if (sip::equal_ignore_case(param.name, "lr")) return true;
  return false;
}

bool is_ours(const Process& process, const sip::Uri& uri) {
  if (uri.host.empty()) return false;
  return process.is_myself(uri.host, uri.port, sip::Protocol::Any);   // whatever transport it names
}

void RouteSet::apply(LiveMessage& live, sip::Arena& arena) const {
  for (int first = 0; first < count;) {
    int last = first;
    bool any = values[first].removed, all = values[first].removed;
    while (last + 1 < count && values[last + 1].header == values[first].header) {
      ++last;
      any |= values[last].removed;
      all &= values[last].removed;
    }
    const sip::Header& line = *values[first].header;
    if (all) {
      live.edits.remove(arena, line.at, line.end - line.at);
    } else if (any) {
      std::uint32_t kept_end = 0;   // end of the last value that stays
      for (int i = first; i <= last; ++i) {
        const RouteValue& v = values[i];
        if (!v.removed) {
          kept_end = v.end;
        } else if (v.next_at != 0) {
          live.edits.remove(arena, v.at, v.next_at - v.at);
        } else {
          live.edits.remove(arena, kept_end, v.end - kept_end);
        }
      }
    }
    first = last + 1;
  }
}

}  // namespace strowger::rr
