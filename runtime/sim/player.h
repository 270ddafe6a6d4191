// Plays a scenario on a world: sends what agents send, checks what they get.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/sim/scenario.h"
#include "runtime/sim/world.h"

namespace strowger::sim {

/// The first thing that was not as expected; `line` of the scenario.
struct ScenarioFailure {
  std::uint32_t line = 0;
  std::string words;
};

class Player {
 public:
  /// `scenario` has no faults and stays; the proxy listens where the scenario, else the script says, else at 192.0.2.1:5060.
  Player(const Scenario& scenario, const ScriptImage& image, std::uint64_t seed);

  /// Plays all steps; what failed first, if anything did.
  std::optional<ScenarioFailure> play();
  World& world() { return world_; }

 private:
  /// A message that the scenario has named, as one agent sent or received it.
  struct Named {
    Agent* agent = nullptr;
    bool received = false;
    Received message;                ///< of sent ones: the text, and where it went in `source`
  };
  struct Outgoing;

  bool start();
  void add_script_sockets(Process& process);
  bool play(const ScenarioStep& step);
  bool send(const ScenarioStep& step, Agent& agent);
  bool send_in_dialog(const ScenarioStep& step, Agent& agent);
  bool send_for(const ScenarioStep& step, Agent& agent);
  bool reply(const ScenarioStep& step, Agent& agent);
  bool get(const ScenarioStep& step, Agent& agent);
  bool nothing_more(const ScenarioStep& step);
  bool check(const ScenarioStep& step, const Received& message);
  bool transmit(const ScenarioStep& step, Agent& agent, const std::string& text, const sip::Address& to, std::uint32_t connection);
  /// Keeps what was sent under the step's name, if it gives one; true.
  bool remember(const ScenarioStep& step, Agent& agent, const std::string& text, const sip::Address& to, std::uint32_t connection);
  /// The value of a Via with a branch of its own.
  std::string new_via(const Agent& agent);
  const Named* named(const std::string& name) const;
  int next_cseq(const std::string& call_id);
  std::string to_tag(const Agent& agent) const { return agent.name + "-tag"; }
  bool fail(std::uint32_t line, std::string words);

  const Scenario& scenario_;
  const ScriptImage& image_;
  World world_;
  std::map<std::string, Named> named_;
  std::map<std::string, int> cseq_;        ///< the last one of each Call-ID
  int calls_ = 0, branches_ = 0;
  std::optional<ScenarioFailure> failure_;
};

}  // namespace strowger::sim
