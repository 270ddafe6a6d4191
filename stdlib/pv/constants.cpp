// What is the same for the whole process: $K, $pp, $sid, $stat, $version, $ksr.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <unistd.h>

#include "pv.interface.h"
#include "stdlib/pv/text_output.h"

namespace strowger {
Value Pv::get_K(Call&, Text name) {
  struct Constant { std::string_view name; Int number; };
  static constexpr Constant kConstants[] = {{"UDP", 1}, {"TCP", 2}, {"TLS", 3}, {"SCTP", 4}, {"WS", 5}, {"WSS", 6},
                                            {"IPv4", 2}, {"INET", 2}, {"IPv6", 10}, {"INET6", 10}};
  for (const Constant& constant : kConstants)
    if (constant.name == name.view()) return Value::of(constant.number);
  return Value::null();
}

Int Pv::get_pp(Call&) { return getpid(); }
Int Pv::get_sid(Call& call) { return call.process().settings.server_id; }

// Those that kex, usrloc, statistics ... offer. Other workers count while this reads: the sum is of about now.
Value Pv::get_stat(Call& call, Text name) {
  for (const Statistic& one : call.process().statistics)
    if (one.name == name.view()) return Value::of(static_cast<Int>(one.value(call.process())));
  return Value::null();
}

Value Pv::get_version(Call& call, Text kind) {
  const ScriptImage& image = call.process().image;
  const std::string_view name = kind.view();
  if (name == "num") return Value::of(image.toolchain_version);
  if (name == "hash") return Value::of(image.cfg_hash);
  if (name != "full") return Value::null();
  const Text parts[] = {"strowger ", image.toolchain_version};
  return Value::of(Operators::concat(&call, parts, 2, 0));
}

// "1.2.3" as a number: 1002003.
Value Pv::get_ksr(Call& call, Text kind) {
  const Text version = call.process().image.toolchain_version;
  if (kind.view() == "ver") return Value::of(version);
  if (kind.view() != "verval") return Value::null();
  Int number = 0, field = 0;
  for (std::size_t i = 0; i < version.len; ++i) {
    if (version.ptr[i] == '.') {
      number = number * 1000 + field;
      field = 0;
    } else if (version.ptr[i] >= '0' && version.ptr[i] <= '9') {
      field = field * 10 + (version.ptr[i] - '0');
    } else {
      break;
    }
  }
  return Value::of(number * 1000 + field);
}

}  // namespace strowger
