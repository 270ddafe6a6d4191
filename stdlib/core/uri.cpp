// The core's functions that rewrite the request URI.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "core.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/script/rewrite_uri.h"

namespace strowger {
namespace {

/// 1, or -1 with the reason logged.
Code done(Call& call, Code code, Text function) {
  if (code < 0) log_line(call, LogLevel::Err, "<core>", {function, "(): the request URI cannot be parsed, or would not be a URI"});
  return code;
}

}  // namespace

Code Core::rewriteuri(Call& call, Text uri) { return done(call, set_uri(*call.live, *call.arena, uri), "rewriteuri"); }

Code Core::revert_uri(Call& call) {
  call.live->revert_uri();
  return 1;
}

Code Core::rewritehost(Call& call, Text host) { return done(call, set_host(*call.live, *call.arena, host), "rewritehost"); }

Code Core::rewritehostport(Call& call, Text host_port) {
  return done(call, set_host_port(*call.live, *call.arena, host_port), "rewritehostport");
}

Code Core::rewritehostporttrans(Call& call, Text host_port) {
  return done(call, set_host_port_transport(*call.live, *call.arena, host_port), "rewritehostporttrans");
}

Code Core::rewriteport(Call& call, Text port) { return done(call, set_port(*call.live, *call.arena, port), "rewriteport"); }
Code Core::rewriteuser(Call& call, Text user) { return done(call, set_user(*call.live, *call.arena, user), "rewriteuser"); }

Code Core::rewriteuserpass(Call& call, Text user_password) {
  return done(call, set_user_password(*call.live, *call.arena, user_password), "rewriteuserpass");
}

Code Core::prefix(Call& call, Text text) { return done(call, prefix_user(*call.live, *call.arena, text), "prefix"); }

Code Core::strip(Call& call, Int count) {
  bool too_many = false;
  const Code code = done(call, strip_user(*call.live, *call.arena, count, too_many), "strip");
  if (too_many) log_line(call, LogLevel::Warn, "<core>", {"strip(): more than the user has, it was removed"});
  return code;
}

Code Core::strip_tail(Call& call, Int count) {
  bool too_many = false;
  const Code code = done(call, strip_user_tail(*call.live, *call.arena, count, too_many), "strip_tail");
  if (too_many) log_line(call, LogLevel::Warn, "<core>", {"strip_tail(): more than the user has, it was removed"});
  return code;
}

Code Core::userphone(Call& call) { return done(call, set_user_phone(*call.live, *call.arena), "userphone"); }

}  // namespace strowger
