// The settings that a proxy runs with, by the command line, the script and the defaults, and where each came from.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/net/stream_limits.h"
#include "runtime/server/listen.h"
#include "runtime/server/options.h"
#include "runtime/server/privileges.h"

namespace strowger::server {

struct Effective {
  std::vector<Listen> listens;
  int workers = 1;
  int log_level = 0;
  LogChoice log;
  net::StreamLimits streams;
  std::uint32_t gather_us = 100;        ///< how long datagrams that come fast may gather: net::Gathering
  Privileges privileges;
  std::vector<HostName> hosts;
  std::string dns_servers;              ///< comma list; empty: those of /etc/resolv.conf

  struct Row { std::string name, value, origin; };
  std::vector<Row> rows;                ///< for --print-config
};

/// Nothing, with a sentence in `why`, when an address cannot be resolved.
std::optional<Effective> effective_settings(const ScriptImage& image, const Options& options, std::string& why);
std::string print_settings(const Effective& effective);
std::string print_version(const ScriptImage& image);

}  // namespace strowger::server
