// Times: of the message, now (the worker's clock), and in formats of strftime.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <ctime>

#include "pv.interface.h"
#include "stdlib/pv/text_output.h"

namespace strowger {
namespace {

enum class Zone { Local, Utc };

std::tm broken_down(std::int64_t seconds, Zone zone) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (zone == Zone::Local) {
    localtime_r(&time, &parts);
  } else {
    gmtime_r(&time, &parts);
  }
  return parts;
}

/// At most 1023 bytes; failed when it is longer or empty.
Text printed(Call& call, std::int64_t seconds, Zone zone, Text format) {
  char pattern[256];
  if (format.empty() || format.len >= sizeof pattern) return Text::failed();
  std::memcpy(pattern, format.ptr, format.len);
  pattern[format.len] = '\0';
  const std::tm parts = broken_down(seconds, zone);
  char out[1024];
  const std::size_t length = std::strftime(out, sizeof out, pattern, &parts);
  return length ? call.arena->copy({out, length}) : Text::failed();
}

/// "Sat Nov 21 20:48:34 2026"
Text as_text(Call& call, std::int64_t seconds) { return printed(call, seconds, Zone::Local, "%a %b %e %H:%M:%S %Y"); }

Value part_of(Call& call, Text part, Zone zone) {
  const std::tm t = broken_down(call.worker->now.wall_seconds(), zone);
  const std::string_view name = part.view();
  if (name == "sec") return Value::of(Int{t.tm_sec});
  if (name == "min") return Value::of(Int{t.tm_min});
  if (name == "hour") return Value::of(Int{t.tm_hour});
  if (name == "mday") return Value::of(Int{t.tm_mday});
  if (name == "mon") return Value::of(Int{t.tm_mon + 1});
  if (name == "year") return Value::of(Int{t.tm_year + 1900});
  if (name == "wday") return Value::of(Int{t.tm_wday + 1});
  if (name == "yday") return Value::of(Int{t.tm_yday + 1});
  if (name == "isdst") return Value::of(Int{t.tm_isdst});
  return Value::null();
}

/// ".dddddd"
void put_micros(pv::Output& out, std::int64_t micros) {
  char digits[7] = {'.'};
  for (int i = 6; i > 0; --i, micros /= 10) digits[i] = static_cast<char>('0' + micros % 10);
  out.put({digits, sizeof digits});
}

}  // namespace

Text Pv::get_Tf(Call& call) { return as_text(call, call.live->received_us / 1000000); }
Text Pv::get_TF(Call& call) { return as_text(call, call.worker->now.wall_seconds()); }
Int Pv::get_Tb(Call& call) { return static_cast<Int>(call.process().start_seconds); }

Value Pv::get_TV(Call& call, Text kind) {
  const std::string_view name = kind.view();
  const std::int64_t now = call.worker->now.wall_us, then = call.live->received_us;
  if (name == "s") return Value::of(Int{then / 1000000});
  if (name == "u") return Value::of(Int{then % 1000000});
  if (name == "sn") return Value::of(Int{now / 1000000});
  if (name == "un") return Value::of(Int{now % 1000000});
  pv::Output out(call, 64);
  if (name == "Sn") {
    out.put_number(now / 1000000);
  } else if (name == "Fn") {
    out.put(printed(call, now / 1000000, Zone::Local, "%Y-%m-%d %H:%M:%S"));
  } else {
    return Value::null();
  }
  put_micros(out, now % 1000000);
  return Value::of(out.done());
}

Value Pv::get_time(Call& call, Text part) { return part_of(call, part, Zone::Local); }
Value Pv::get_utime(Call& call, Text part) { return part_of(call, part, Zone::Utc); }
Text Pv::get_timef(Call& call, Text format) { return printed(call, call.worker->now.wall_seconds(), Zone::Local, format); }
Text Pv::get_utimef(Call& call, Text format) { return printed(call, call.worker->now.wall_seconds(), Zone::Utc, format); }

Text Pv::s_ftime(Call& call, Value in, Text format) {
  const Value seconds = s_int(call, in);  // of "" it is 0
  if (!seconds.is_int() || (in.is_text() && !in.text().empty() && (in.text().ptr[0] < '0' || in.text().ptr[0] > '9'))) return Text::failed();
  return printed(call, seconds.number(), Zone::Local, format);
}

}  // namespace strowger
