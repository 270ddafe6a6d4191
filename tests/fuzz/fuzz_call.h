// A call over one message for fuzz targets of modules: what a script's functions get.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "runtime/script/test_world.h"
#include "runtime/sip/edits.h"

namespace strowger::fuzz {

inline void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

class FuzzCall {
 public:
  explicit FuzzCall(std::string_view message) : bytes_(message.begin(), message.end()), arena_(world().worker->pool) {
    world().log.lines.clear();
    live_.message = sip::Message::parse(Text(bytes_.data(), bytes_.size()), arena_);
    live_.source = {4, 5080, {127, 0, 0, 11}};
    live_.socket = world().process->sockets.front().get();
    live_.number = 1;
    avps_.arena = &arena_;
    call.live = &live_;
    call.worker = world().worker.get();
    call.arena = &arena_;
    call.avps = &avps_;
  }

  /// The message as it would be sent; it has to be one that can be read again.
  std::string sent() {
    std::string out(bytes_.size() * 2 + 65536, '\0');
    const sip::SendPlan plan{live_.socket, live_.socket, sip::Protocol::Udp, &arena_, &live_};
    out.resize(sip::apply(live_.message, live_.edits, Text::null(), plan, out.data(), out.size()));
    return out;
  }

  Call call;

 private:
  static TestWorld& world() {
    static TestWorld* const made = [] {
      auto* w = new TestWorld;
      w->start();
      return w;
    }();
    return *made;
  }
  std::vector<char> bytes_;                // its own allocation, so that a read behind it is seen
  sip::Arena arena_;
  LiveMessage live_;
  Avps avps_;
};

}  // namespace strowger::fuzz
