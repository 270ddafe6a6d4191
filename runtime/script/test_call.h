// For tests of modules: a call by hand over one message, in a process with a UDP socket on 127.0.0.1:5070.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "runtime/script/operators.h"
#include "runtime/script/regex.h"
#include "runtime/script/test_world.h"
#include "runtime/sip/edits.h"

namespace strowger::testing {

/// Derive a fixture from this; `slots` and `modules` may be filled before load().
class ScriptCall : public ::testing::Test {
 protected:
  TestWorld world;
  std::vector<NamedInt> slots;
  std::string bytes;
  std::unique_ptr<sip::Arena> arena;
  LiveMessage live;
  Avps avps;
  Call call;

  /// Starts over with this message, from 127.0.0.11:5080.
  void load(std::string message) {
    bytes = std::move(message);
    if (!world.process) {
      world.image.slots = slots.data();
      world.image.slot_count = slots.size();
      world.start();
    }
    arena = std::make_unique<sip::Arena>(world.worker->pool);
    live = LiveMessage();
    live.message = sip::Message::parse(Text(std::string_view(bytes)), *arena);
    live.source = {4, 5080, {127, 0, 0, 11}};
    live.socket = world.process->sockets.front().get();
    live.received_us = world.clock.wall_us;
    live.number = 1;
    avps = Avps();
    avps.arena = arena.get();
    call = Call();
    call.live = &live;
    call.worker = world.worker.get();
    call.arena = arena.get();
    call.avps = &avps;
  }

  /// The message as it would be sent, request URI and edits applied.
  std::string sent() {
    std::string first_line;
    if (live.message.is_request() && !live.new_uri.is_null())
      first_line = std::string(live.message.method().view()) + " " + std::string(live.new_uri.view()) + " SIP/2.0";
    std::string out(65536, '\0');
    const sip::SendPlan plan{live.socket, live.socket, sip::Protocol::Udp, arena.get(), &live};
    const std::size_t size = sip::apply(live.message, live.edits, first_line.empty() ? Text::null() : Text(std::string_view(first_line)),
                                        plan, out.data(), out.size());
    out.resize(size);
    return out;
  }
};

/// As a format prints it: "<null>" for undefined, "" for failed.
inline std::string shown(Call& call, Value value) { return std::string(Operators::format_value(&call, value).view()); }
inline std::string shown(Text text) { return std::string(Operators::format_text(text).view()); }

/// A compiled regex; it stays until the test program ends.
inline Regex test_regex(std::string_view pattern, bool ignore_case = false, bool newline = true) {
  static std::vector<std::unique_ptr<Pattern>> kept;
  Regex regex;
  regex.pattern = Text(pattern);
  regex.ignore_case = ignore_case;
  regex.newline = newline;
  std::string why;
  kept.push_back(Pattern::compile(regex.pattern, {ignore_case, newline}, why));
  EXPECT_TRUE(kept.back()) << why;
  regex.compiled = kept.back().get();
  return regex;
}

}  // namespace strowger::testing
