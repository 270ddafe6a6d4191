// One accounting record as a line of the log.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/acc/record.h"

#include <algorithm>
#include <ctime>
#include <string>

#include "acc.interface.h"
#include "runtime/script/operators.h"
#include "runtime/sip/print.h"

namespace strowger::acc {
namespace {

constexpr std::size_t kLongest = 65535;
constexpr int kMostLegs = 1000;   // a script may add without end

/// Appends up to a length; what is beyond is left out.
class Line {
 public:
  explicit Line(sip::Arena& arena) : arena_(arena) {}
  void put(Text text) {
    if (text.empty()) return;
    const std::size_t length = std::min(text.len, kLongest - length_);
    if (length > room_ - length_ && !grow(length)) return;
    std::memcpy(bytes_ + length_, text.ptr, length);
    length_ += length;
  }
  void put(Text name, Text value) {
    put(";");
    put(name);
    put("=");
    put(value);
  }
  bool is_full() const { return length_ == kLongest; }
  std::string_view view() const { return {bytes_, length_}; }

 private:
  bool grow(std::size_t length) {
    const std::size_t room = std::min(std::max<std::size_t>((length_ + length) * 2, 1024), kLongest);
    auto* const bytes = static_cast<char*>(arena_.allocate(room));
    if (!bytes) return false;
    if (length_) std::memcpy(bytes, bytes_, length_);
    bytes_ = bytes;
    room_ = room;
    return true;
  }
  sip::Arena& arena_;
  char* bytes_ = nullptr;
  std::size_t length_ = 0, room_ = 0;
};

/// time_mode.
void put_time(std::int64_t micros, sip::Arena& arena, Line& line) {
  const std::int64_t seconds = micros / 1000000;
  char text[160];
  sip::Writer out(text, sizeof text);
  out.put_number(seconds);
  line.put(out.text());
  const Int mode = Acc::Param::time_mode;
  if (mode == 1) {
    sip::Writer fraction(text, sizeof text);
    fraction.put_number(micros % 1000000);
    line.put(Acc::Param::time_exten, fraction.text());
  } else if (mode == 2) {
    const std::int64_t millis = micros / 1000 % 1000;
    out.put('.');
    for (const std::int64_t unit : {100, 10, 1}) out.put(static_cast<char>('0' + millis / unit % 10));
    line.put(Acc::Param::time_attr, out.text());
  } else if (mode == 3 || mode == 4) {
    line.put(Acc::Param::time_attr, formatted_time(micros, arena));
  }
}

void put_extra(Call& call, Line& line) {
  const Path* const extra = Acc::Param::log_extra;
  for (std::uint64_t i = 0; extra && i < extra->count && !line.is_full(); ++i)
    line.put(extra->steps[i].name, text_of(call, *extra->steps[i].index_variable));
}

struct AvpName {
  Text name;
  bool numbered = false;
};

/// The name in "$avp(NAME)" or "$(avp(NAME)[0])"; null for anything else.
AvpName avp_named(Text written) {
  std::string_view text = written.view();
  if (text.starts_with("$(")) text.remove_prefix(1);
  if (!text.starts_with("$avp(") && !text.starts_with("(avp(")) return {Text::null()};
  text.remove_prefix(5);
  text = text.substr(0, text.find(')'));
  if (text.empty() || text.find('$') != std::string_view::npos) return {Text::null()};
  const bool prefixed = text.size() > 2 && text[1] == ':' && (text[0] == 'i' || text[0] == 's');
  return {Text(prefixed ? text.substr(2) : text), prefixed && text[0] == 'i'};
}

void put_legs(Call& call, Line& line) {
  const Path* const legs = Acc::Param::multi_leg_info;
  if (!legs) return;
  each_leg(call, [&](const auto& value) {
    for (std::uint64_t i = 0; i < legs->count; ++i) line.put(legs->steps[i].name, value(i));
    return !line.is_full();
  });
}

}  // namespace

LogLevel line_level() {
  const Int wanted = Acc::Param::log_level;
  if (wanted == -2) return LogLevel::Crit;
  return static_cast<LogLevel>(std::clamp<Int>(wanted, -5, 3));
}

Text text_of(Call& call, const VariableRef& variable) {
  const Value value = variable.get(&call);
  return value.is_null() ? Text::null() : Operators::value_to_text(&call, value);
}

Text formatted_time(std::int64_t micros, sip::Arena& arena) {
  const Int mode = Acc::Param::time_mode;
  if (mode != 3 && mode != 4) return Text::null();
  const auto time = static_cast<std::time_t>(micros / 1000000);
  std::tm parts{};
  mode == 3 ? localtime_r(&time, &parts) : gmtime_r(&time, &parts);
  char text[128];
  const std::string format(Acc::Param::time_format.view());
  return arena.copy({text, std::strftime(text, sizeof text, format.c_str(), &parts)});
}

void each_leg(Call& call, const std::function<bool(const std::function<Text(std::uint64_t i)>& value)>& use) {
  const Path* const legs = Acc::Param::multi_leg_info;
  for (int leg = 0; legs && leg < kMostLegs; ++leg) {
    const auto find = [&](std::uint64_t i) {
      const AvpName avp = avp_named(legs->steps[i].index_variable->name);
      return call.avps ? call.avps->find(avp.name, avp.numbered, leg) : nullptr;
    };
    bool any = leg == 0;
    for (std::uint64_t i = 0; i < legs->count; ++i) any = any || find(i);
    if (!any) return;
    const bool more = use([&](std::uint64_t i) {
      const Avp* const avp = find(i);
      return avp ? Operators::value_to_text(&call, avp->value) : Text::null();
    });
    if (!more) return;
  }
}

Text method_of(sip::Message& message) {
  if (message.is_request()) return message.method();
  const sip::CSeq* const cseq = message.cseq();
  return cseq ? cseq->method : Text::null();
}

bool is_written(const Worker& worker) { return Acc::Param::log_level <= worker.debug_level(); }

bool check_legs(std::string& why) {
  const Path* const legs = Acc::Param::multi_leg_info;
  for (std::uint64_t i = 0; legs && i < legs->count; ++i) {
    const Text written = legs->steps[i].index_variable->name;
    if (!avp_named(written).name.empty()) continue;
    why = "multi_leg_info may only name $avp(name), not " + std::string(written.view());
    return false;
  }
  return true;
}

void write(Call& call, const Record& record) {
  sip::Message& message = call.message();
  Line line(*call.arena);
  line.put("acc: ");
  line.put(record.what);
  line.put("timestamp=");
  put_time(call.worker->now.wall_us, *call.arena, line);
  line.put("method", method_of(message));
  line.put("from_tag", record.from_tag);
  line.put("to_tag", record.to_tag);
  line.put("call_id", sip::trim(message.call_id()));
  line.put("code", record.code);
  line.put("reason", record.reason);
  put_extra(call, line);
  put_legs(call, line);
  call.process().log.write(line_level(), line.view());
}

}  // namespace strowger::acc
