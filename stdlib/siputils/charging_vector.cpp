// P-Charging-Vector (RFC 7315 §4.6): sip_p_charging_vector() and $pcv.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/call.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/sip/hex.h"
#include "siputils.interface.h"

namespace strowger {
namespace {

constexpr std::string_view kName = "P-Charging-Vector";

/// What sip_p_charging_vector() made of the header.
struct Made {
  std::uint64_t run = 0;
  Text value;               ///< of the header that was added; empty where it was removed
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The value of a parameter of the header; null where there is none.
Text parameter(std::string_view value, std::string_view name) {
  while (!value.empty()) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < value.size() && (quoted || (value[end] != ';' && value[end] != ',')); ++end) {
      if (quoted && value[end] == '\\')
        ++end;
      else if (value[end] == '"')
        quoted = !quoted;
    }
    end = std::min(end, value.size());
    const std::string_view one = value.substr(0, end);
    const std::size_t equals = one.find('=');
    if (equals != one.npos && sip::equal_ignore_case(Text(trimmed(one.substr(0, equals))), Text(name)))
      return Text(trimmed(one.substr(equals + 1)));
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return Text::null();
}

/// The first header with an icid-value; null where there is none.
Text received(Call& call) {
  const sip::Message& message = call.live->message;
  for (const sip::Header* header = message.find(sip::HeaderId::Other, Text(kName)); header; header = message.find_next(header, Text(kName))) {
    const Text value = message.value(*header);
    const Text id = parameter(value.view(), "icid-value");
    if (!id.empty()) return value;
  }
  return Text::null();
}

Made& made(Call& call) { return call.state<Made>(Siputils::slot); }

Text current(Call& call) {
  const Made& last = made(call);
  if (last.run == call.run) return last.value.empty() ? Text::null() : last.value;
  return received(call);
}

bool remove_all(Call& call) {
  const sip::Message& message = call.live->message;
  for (const sip::Header* header = message.find(sip::HeaderId::Other, Text(kName)); header; header = message.find_next(header, Text(kName)))
    if (!call.live->edits.remove(*call.arena, header->at, header->end - header->at)) return false;
  return true;
}

/// A new one, of 32 random hexadecimal digits and the address that the message came to.
Text generated(Call& call) {
  char digits[32];
  for (int half = 0; half < 2; ++half) {
    std::uint64_t bits = call.worker->random();
    for (int i = 0; i < 16; ++i, bits >>= 4) digits[half * 16 + i] = sip::kUpperHexDigits[bits & 15];
  }
  const Text parts[] = {"icid-value=", Text(digits, sizeof digits), "; icid-generated-at=",
                        call.live->socket ? call.live->socket->host : Text("127.0.0.1")};
  return Operators::concat(&call, parts, 4, 0);
}

}  // namespace

void Siputils::worker_start(Worker& worker) {
  auto* const state = new Made;
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state] { delete state; });
}

Code Siputils::sip_p_charging_vector(Call& call, Text flags) {
  const char flag = flags.empty() ? '\0' : static_cast<char>(flags.ptr[0] | 32);
  if (flag != 'g' && flag != 'r' && flag != 'f') {
    log_line(call, LogLevel::Err, "siputils", {"sip_p_charging_vector(): \"", flags, "\" is none of g, r, f"});
    return 1;
  }
  if (flag == 'g' && !current(call).is_null()) return 1;
  const Made& last = made(call);
  if (last.run == call.run && !last.value.empty()) {
    log_line(call, LogLevel::Err, "siputils", {"sip_p_charging_vector(): the header is new already"});
    return -1;
  }
  if (!remove_all(call)) return -1;
  const Text value = flag == 'r' ? Text("") : generated(call);
  if (value.is_null()) return -1;
  if (flag != 'r') {
    const Text parts[] = {Text(kName), ": ", value, "\r\n"};
    const Text line = Operators::concat(&call, parts, 4, 0);
    if (line.is_null() || !call.live->edits.insert(*call.arena, call.live->message.headers_end(), line)) return -1;
  }
  made(call) = {call.run, value};
  return 1;
}

Text Siputils::get_pcv(Call& call, Text part) {
  const Text value = current(call);
  if (value.is_null() || part.view() == "all") return value;
  constexpr std::pair<std::string_view, std::string_view> kParts[] = {
      {"value", "icid-value"}, {"genaddr", "icid-generated-at"}, {"orig", "orig-ioi"}, {"term", "term-ioi"}};
  for (const auto& [key, name] : kParts)
    if (part.view() == key) return parameter(value.view(), name);
  return Text::null();
}

}  // namespace strowger
