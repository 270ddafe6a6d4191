// *.scenario files: a script, agents, and what they send and have to get. Read by `strowger test` and by the player.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// docs/guide/testing.md describes the language. It has one statement a line; indented lines belong to the statement above.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/script/timer_wheel.h"

namespace strowger::sim {

/// What is wrong with a line; columns count from 1.
struct ScenarioFault {
  std::uint32_t line = 0, column = 1, length = 1;
  std::string words;
};

/// An indented line: a header to send or to expect, or a line of the body.
struct ScenarioLine {
  std::uint32_t line = 0;
  std::string name;                      ///< of a header, as written; empty: a line of the body
  unsigned occurrence = 0;               ///< `Via[2]`: the second one; 0: any
  std::string value;                     ///< expectations may have `*`
  bool absent = false;
};

struct ScenarioStep {
  enum class Kind : std::uint8_t {
    Send,          ///< AGENT sends METHOD URI
    SendRaw,       ///< AGENT sends raw
    SendInDialog,  ///< AGENT sends METHOD in NAME
    SendFor,       ///< AGENT sends ACK|CANCEL for NAME
    SendAgain,     ///< AGENT sends NAME again
    Reply,         ///< AGENT replies CODE REASON to NAME
    Get,           ///< AGENT gets WHAT
    GetNothing,    ///< AGENT gets nothing for TIME
    Wait,          ///< wait TIME
    NothingMore,   ///< nothing more
    Network,       ///< network latency 5ms loss 10% ...
    LogHas,        ///< log has TEXT
    LogLacks,      ///< log lacks TEXT
  };
  Kind kind = Kind::Wait;
  std::uint32_t line = 0;
  std::string agent;
  std::string what;                      ///< method, code, or the text of a log line
  std::string uri;                       ///< request URI, or reason phrase
  std::string name;                      ///< `as NAME`: what the message is called from here on
  std::string other;                     ///< the message meant by `in`, `for`, `to`, `same as`, or that is sent again
  std::string to;                        ///< `to ADDRESS`: where a request goes instead of to the proxy
  Millis at_least = 0, at_most = 0;      ///< `after`, `within`; the duration of waits; 0: not given
  Millis latency = 0, jitter = 0;        ///< of Network
  double loss = 0, duplicate = 0;
  std::vector<ScenarioLine> lines;
};

struct ScenarioNode {
  std::uint32_t line = 0;
  std::string name;                      ///< empty for the proxy
  std::string address;                   ///< "192.0.2.1:5060", "tcp:192.0.2.1:5060"
};

struct Scenario {
  std::string script;                    ///< of `script { }`, with empty lines before it so that its lines keep their numbers
  std::string config;                    ///< of `config PATH`, as written
  std::uint32_t config_line = 0;
  std::vector<std::string> defines;      ///< NAME or NAME=VALUE
  std::vector<ScenarioNode> proxies, agents;
  std::vector<ScenarioStep> steps;
  std::vector<ScenarioFault> faults;     ///< of the text; such a scenario cannot be played
};

/// Never fails: what is wrong stands in `faults`, one for each line.
Scenario parse_scenario(std::string_view text);

/// Does `value` fit `pattern`, where `*` stands for any text?
bool fits(std::string_view pattern, std::string_view value);

}  // namespace strowger::sim
