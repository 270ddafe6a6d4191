// xlog() and its kin.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/core_param.h"
#include "runtime/script/log_line.h"
#include "runtime/script/script_log.h"
#include "runtime/sip/print.h"
#include "xlog.interface.h"

namespace strowger {
namespace {

/// The line's level as the log knows it.
LogLevel level_of(Int level) {
  if (level == -2) return LogLevel::Crit;
  return static_cast<LogLevel>(level < -5 ? -5 : level > 3 ? 3 : level);
}

Code write(Call& call, Int level, Text text, bool with_line) {
  if (text.is_failed()) return -1;
  if (text.is_null()) text = "<null>";
  if (static_cast<Int>(text.len) >= Xlog::Param::buf_size) {
    log_line(call, LogLevel::Err, "xlog", {"the text of ", static_cast<Int>(text.len), " bytes is longer than buf_size"});
    return -1;
  }
  constexpr std::size_t kPlace = 300;
  char room[kPlace];
  sip::Writer place(room, kPlace);
  if (Xlog::Param::long_format) {
    place.put('[');
    place.put(call.process().image.cfg_path);
    place.put(':');
    place.put_number(call.line);
    place.put("] ");
  }
  if (with_line) {
    place.put_number(call.line);
    place.put(':');
  }
  write_script_line(call, level_of(level), Xlog::Param::prefix, text, place.size() ? place.text() : Text::null());
  return 1;
}

/// The ANSI code of a letter; upper case is bright. 0 for none.
int colour_of(char letter) {
  constexpr std::string_view kLetters = "srgybpcw";
  const std::size_t plain = kLetters.find(static_cast<char>(letter | 32));
  return plain == std::string_view::npos ? 39 : 30 + static_cast<int>(plain);   // x: the terminal's own
}

}  // namespace

Code Xlog::xlog(Call& call, Text text) { return write(call, -1, text, false); }
Code Xlog::xlog(Call& call, Int level, Text text) { return write(call, level, text, false); }
// The facility is syslog's; lines go where the shell's log goes.
Code Xlog::xlog(Call& call, Text, Int level, Text text) { return is_logged(call, level) ? write(call, level, text, false) : 1; }
Code Xlog::xlogl(Call& call, Text text) { return write(call, -1, text, true); }
Code Xlog::xlogl(Call& call, Int level, Text text) { return write(call, level, text, true); }
Code Xlog::xlogl(Call& call, Text, Int level, Text text) { return is_logged(call, level) ? write(call, level, text, true) : 1; }
Code Xlog::xdbg(Call& call, Text text) { return write(call, 3, text, false); }
Code Xlog::xinfo(Call& call, Text text) { return write(call, 2, text, false); }
Code Xlog::xnotice(Call& call, Text text) { return write(call, 1, text, false); }
Code Xlog::xwarn(Call& call, Text text) { return write(call, 0, text, false); }
Code Xlog::xerr(Call& call, Text text) { return write(call, -1, text, false); }
Code Xlog::xbug(Call& call, Text text) { return write(call, -4, text, false); }
Code Xlog::xcrit(Call& call, Text text) { return write(call, -3, text, false); }
Code Xlog::xalert(Call& call, Text text) { return write(call, -5, text, false); }
Code Xlog::xdbgl(Call& call, Text text) { return write(call, 3, text, true); }

/// Each line on its own, unless methods_filter names the message's method; by default it names all.
Code Xlog::xlogm(Call& call, Int level, Text text) {
  if (Param::methods_filter & call.message().method_bit()) return 1;
  std::string_view rest = text.is_null() ? std::string_view() : text.view();
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (write(call, level, Text(line), false) < 0) return -1;
  }
  return 1;
}

Text Xlog::get_C(Call& call, Text colours) {
  if (!Param::force_color && core_number(call.process().image, "log_stderror", 0) == 0) return "";
  constexpr std::size_t kRoom = 24;
  char* const room = static_cast<char*>(call.arena->allocate(kRoom));
  if (!room) return "";
  sip::Writer out(room, kRoom);
  const char front = colours.len > 0 ? colours.ptr[0] : 'x', back = colours.len > 1 ? colours.ptr[1] : 'x';
  out.put("\x1b[");
  out.put(front >= 'A' && front <= 'Z' && front != 'X' ? '1' : '0');
  out.put(';');
  out.put_number(colour_of(front));
  out.put(';');
  out.put_number(colour_of(back) + 10);
  out.put('m');
  return out.text();
}

}  // namespace strowger
