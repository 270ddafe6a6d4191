// The command line of a compiled proxy.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "runtime/server/log.h"
#include "runtime/server/seccomp.h"

namespace strowger::server {

/// sysexits.h, as far as a proxy uses it.
enum ExitCode : int { kExitOk = 0, kExitUsage = 64, kExitUnavailable = 69, kExitSoftware = 70, kExitNoPermission = 77, kExitConfig = 78 };

struct Options {
  std::vector<std::string> listen;               ///< as written; replaces the script's
  std::optional<int> workers;
  std::optional<int> log_level;
  std::optional<LogFormat> log_format;
  std::optional<LogTarget> log_target;
  std::string log_file;
  std::string state_dir;
  std::string dns_servers;                       ///< comma list; empty: those of /etc/resolv.conf
  std::optional<int> gather_us;                  ///< Effective::gather_us
  std::chrono::milliseconds drain{5000};
  bool drain_given = false;
  Seccomp seccomp = Seccomp::Off;
  bool check = false, print_config = false, version = false, help = false;
};

/// Nothing, with a sentence in `why`, for a command line that makes no sense.
std::optional<Options> parse_options(const std::vector<std::string>& arguments, std::string& why);
/// What --help prints.
std::string print_help(std::string_view program);

}  // namespace strowger::server
