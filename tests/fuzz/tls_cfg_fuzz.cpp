// Fuzzes the tls.cfg format: whatever the text is, faults lie inside of it, and profiles are what the format allows.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdio>
#include <cstdlib>

#include <algorithm>
#include <string_view>

#include "stdlib/tls/config.h"

using namespace strowger::tls;  // NOLINT: one short program

namespace {

void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  ConfigFault fault;
  const auto profiles = parse_config(text, fault);
  if (!profiles) {
    require(fault.line >= 1 && fault.line <= lines && fault.column >= 1 && !fault.text.empty(), "a fault has a place");
    return 0;
  }
  for (const Profile& profile : *profiles) {
    require(profile.line >= 1 && profile.line <= lines, "a section has a line");
    require(!profile.label().empty(), "a section has a label");
    require(profile.server_name_mode >= 0 && profile.server_name_mode <= 2, "the mode is one of three");
    (void)profile.has_name(text.substr(0, size / 2));
    if (!profile.server_name.empty() && profile.server_name_mode < 2) require(profile.has_name(profile.server_name), "a name is its own");
  }
  return 0;
}
