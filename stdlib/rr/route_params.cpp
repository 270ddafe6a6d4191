// What the parameters of our own Route tell: direction, tags, script parameters.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "rr.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/operators.h"
#include "runtime/sip/uri.h"
#include "stdlib/rr/route_set.h"

namespace strowger {
namespace {

enum class Direction { Unknown, Downstream, Upstream };

/// Not routed yet: our Route, which comes first, tells it all the same.
bool is_upstream_by_route(Call& call) {
  const rr::RouteSet set(call.message());
  if (set.count == 0) return false;
  const sip::Uri& own = set.values[0].uri;
  const Text from_tag = own.param("ftag");
  return !from_tag.empty() && !Operators::text_eq(from_tag, call.message().from_tag()) &&
         rr::is_ours(call.process(), own);
}

/// By the ftag of our Route: the caller's requests go downstream.
Direction direction_of(Call& call) {
  Text rest = call.rr_params;
  if (rest.is_null()) {
    if (!call.message().is_request()) return Direction::Unknown;
    return is_upstream_by_route(call) ? Direction::Upstream : Direction::Downstream;
  }
  sip::Param param;
  while (sip::next_param(rest, param)) {
    if (!sip::equal_ignore_case(param.name, "ftag")) continue;
    return Operators::text_eq(param.value, call.message().from_tag()) ? Direction::Downstream : Direction::Upstream;
  }
  return Direction::Downstream;
}

}  // namespace

bool rr::is_upstream(Call& call) {
  return !call.message().to_tag().empty() && direction_of(call) == Direction::Upstream;
}

bool rr::records_from_tag() { return Rr::Param::append_fromtag != 0; }

Code Rr::check_route_param(Call& call, const Regex& pattern) {
  if (call.rr_params.is_null() || call.rr_params.empty()) return -1;
  return Operators::match(&call, &pattern, call.rr_params) ? 1 : -1;
}

Code Rr::is_direction(Call& call, Text direction) {
  const Direction is = direction_of(call);
  if (sip::equal_ignore_case(direction, "downstream")) return is == Direction::Downstream ? 1 : -1;
  if (sip::equal_ignore_case(direction, "upstream")) return is == Direction::Upstream ? 1 : -1;
  call.log(LogLevel::Err, "rr: is_direction() knows \"downstream\" and \"upstream\"");
  return -1;
}

// Of a request that a strict router has sent here, the parameters are those of the request URI, not of a Route.
Code Rr::rr_next_hop_route(Call& call) {
  if (call.rr_params.is_null()) return -1;
  const rr::RouteSet set(call.message());
  if (set.bad || set.count == 0 || !rr::is_ours(call.process(), set.values[0].uri)) return -1;
  const sip::Uri& own = set.values[0].uri;
  if (!call.rr_params.empty() && call.rr_params.ptr != own.params.ptr - 1) return -1;
  return set.count > (Param::enable_double_rr != 0 && !own.param("r2").is_null() ? 2 : 1) ? 1 : -1;
}

Text Rr::get_route_uri(Call& call) {
  const rr::RouteSet set(call.message());
  return set.count > 0 ? set.values[0].uri_text : Text("");   // also in front of a faulty one
}

Value Rr::get_rdir(Call& call, Text kind) {
  const bool down = direction_of(call) != Direction::Upstream;   // of a reply, too, as Kamailio 5.6.3 has it
  if (sip::equal_ignore_case(kind, "id")) return Value::of(Int{down ? 1 : 2});
  return Value::of(down ? Text("downstream") : Text("upstream"));
}

Text Rr::get_fti(Call& call) {
  return direction_of(call) == Direction::Upstream ? call.message().to_tag() : call.message().from_tag();
}

Text Rr::get_tti(Call& call) {
  return direction_of(call) == Direction::Upstream ? call.message().from_tag() : call.message().to_tag();
}

}  // namespace strowger
