// Object and archives to one executable, by LLD in this process.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <vector>

#include "compiler/program/program.h"

namespace strowger::link {

struct LinkOptions {
  std::string kit;                            ///< directory with archives, start files and C library stubs
  std::string output;
  std::string main_object;                    ///< a file with another main() than the proxy's (tests); empty: the proxy's
  bool simulator = false;                     ///< the simulator's main(), which plays scenarios, instead of the proxy's
  bool static_executable = false;
  bool strip = false;
  bool profile = false;                       ///< the object counts for a profile: with what writes it
};

/// Writes `object` linked with the runtime and the archives of the loaded modules. The error text, empty on success.
std::string link_executable(const std::vector<char>& object, const program::Program& program, const LinkOptions& options);

}  // namespace strowger::link
