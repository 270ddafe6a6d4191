// The words of the `does` clauses (docs/internals/modules.md), and what they mean to checks.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/effects.h"

#include <algorithm>
#include <unordered_map>

namespace strowger::lint {
namespace {

const std::unordered_map<std::string_view, std::uint32_t>& traits() {
  static const std::unordered_map<std::string_view, std::uint32_t> words = {
      {"block", kBlocks}, {"sql", kSql}, {"exec", kExec}, {"http", kHttp}, {"file", kFile}, {"log", kLog},
      {"reply", kReplies}, {"relay", kRelays}, {"authenticate", kAuthenticates}, {"edit", kEdits},
      {"read_headers", kReadsHeaders}, {"must_check", kMustCheck}, {"database", kDatabase}, {"media", kMedia},
      {"redis", kRedis}, {"ldap", kLdap}, {"nat_fix", kNatFix},
      // What other passes ask for.
      {"modify", 0}, {"write_shared", 0}, {"send_request", 0}, {"suspend", 0}, {"call_route", 0}, {"all_variables", 0},
      {"preload", 0}, {"tell_error", 0},
  };
  return words;
}

const std::unordered_map<std::string_view, std::uint32_t>& facts() {
  static const std::unordered_map<std::string_view, std::uint32_t> words = {
      {"replied", kReplied}, {"provisional", kProvisional}, {"relayed", kRelayed}, {"relay_tried", kRelayTried},
      {"record_routed", kRecordRouted}, {"loose_routed", kLooseRouted}, {"route_looked", kRouteLooked},
      {"authenticated", kAuthenticated}, {"trusted", kTrusted}, {"cleaned", kCleaned}, {"hops", kHops},
      {"transaction", kTransaction}, {"rate_limited", kRateLimited}, {"cancel_asked", kCancelAsked}, {"edited", kEdited},
      {"looked_up", kLookedUp}, {"failure_armed", kFailureArmed}, {"branched", kBranched}, {"dialog", kDialog},
      {"local_target", kLocalTarget}, {"costly", kCostly}, {"new_target", kNewTarget}, {"challenged", kChallenged},
      {"sanity", kSanity}, {"local_source", kLocalSource},
  };
  return words;
}

}  // namespace

bool add_effect(std::string_view word, Effects& effects) {
  constexpr std::string_view kClears = "clears_";
  if (const auto trait = traits().find(word); trait != traits().end()) {
    effects.traits |= trait->second;
    return true;
  }
  std::uint32_t& where = word.ends_with('?')            ? effects.when_true
                         : word.starts_with(kClears) ? effects.clears
                                                        : effects.always;
  if (word.ends_with('?')) word.remove_suffix(1);
  if (word.starts_with(kClears)) word.remove_prefix(kClears.size());
  const auto fact = facts().find(word);
  if (fact == facts().end()) return false;
  where |= fact->second;
  return true;
}

Effects effects_of(const modules::Function& function) {
  Effects out;
  for (const std::string& word : function.does) add_effect(word, out);
  return out;
}

}  // namespace strowger::lint
