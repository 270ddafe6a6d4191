// ds_select_dst() and its kin: destinations of one or several sets, the first into the message, all of them into xavps.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/script/log_line.h"
#include "runtime/script/rewrite_uri.h"
#include "stdlib/dispatcher/failover.h"
#include "stdlib/dispatcher/state.h"

namespace strowger {
namespace dispatcher {
namespace {

constexpr Int kLoad = 10, kParallel = 12;

struct Rule {
  Int set = 0, algorithm = 0;
};

/// "1=4;2=8"; false when something else is there.
bool parse_rules(std::string_view text, std::vector<Rule>& out) {
  constexpr std::size_t kMaxRules = 64;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equal = item.find('=');
    if (sip::trim(Text(item)).empty()) continue;
    if (equal == std::string_view::npos || out.size() == kMaxRules) return false;
    const auto set = sip::parse_number(sip::trim(Text(item.substr(0, equal))));
    const auto algorithm = sip::parse_number(sip::trim(Text(item.substr(equal + 1))));
    if (!set || !algorithm) return false;
    out.push_back({static_cast<Int>(*set), static_cast<Int>(*algorithm)});
  }
  return !out.empty();
}

/// The destinations that are tried one after the other, the default one not among them unless it is the only one.
std::size_t regular(Call& call, const Set& set) {
  return set.all.size() - (settings_of(call).use_default && set.all.size() > 1);
}

/// One more call for the chosen destination; false where it cannot be counted.
bool count_call(Call& call, const Set& set, const Destination& one) {
  Calls* const calls = state_of(*call.worker).shared->calls.get();
  if (call.message().method_bit() != kInvite) return false;
  const Text id = call.message().call_id();
  const Millis end = call.worker->now.mono + std::max<Int>(Dispatcher::Param::ds_hash_initexpire, 1) * 1000;
  if (one.attributes.duid.empty() || id.is_null() || !calls->add(id.view(), {set.id, one.attributes.duid}, end)) {
    log_line(call, LogLevel::Err, "dispatcher", {"the call cannot be counted for ", std::string_view(one.uri)});
    return false;
  }
  one.load.fetch_add(1, std::memory_order_relaxed);
  return true;
}

/// Every usable destination gets a branch; the first one is the message's own where there is a target.
bool fork(Call& call, const Set& set, Target target) {
  bool first = target != Target::None, any = false;
  for (const auto& one : set.all) {
    if (!one->usable()) continue;
    if (first) {
      if (!aim(call, one->uri, one->socket, target)) return false;
      first = false;
      any = true;
      continue;
    }
    BranchTarget branch;
    branch.uri = target == Target::RequestUri ? request_uri_at(call, one->uri) : call.arena->copy(call.live->uri());
    if (target != Target::RequestUri) branch.dst_uri = call.arena->copy(Text(std::string_view(one->uri)));
    branch.send_socket = one->socket ? one->socket : call.live->send_socket;
    if (branch.uri.is_null() || branch.dst_uri.is_failed() ||
        !call.live->add_branch(*call.arena, branch, call.process().settings.max_branches - 1)) {
      log_line(call, LogLevel::Err, "dispatcher", {"there is no room for a branch to ", std::string_view(one->uri)});
      return any;
    }
    any = true;
  }
  return any;
}

/// Adds the set's destinations in the order in which they are to be tried; false when there is none.
bool collect(Call& call, const Set& set, Int algorithm, std::vector<Chosen>& out) {
  const bool by_load = algorithm == kLoad && state_of(*call.worker).shared->calls;   // else nothing is counted
  Cursor& cursor = state_of(*call.worker).cursors[set.number];
  const std::uint32_t round = cursor.round;
  const int wanted = choose(call, set, algorithm, cursor);
  if (wanted < 0) return false;
  const std::size_t count = regular(call, set), from = static_cast<std::size_t>(wanted) % count;
  std::size_t at = from, seen = 0;
  while (seen < count && !set.all[at]->usable()) at = (at + 1) % count, ++seen;
  const Destination* const rest = count < set.all.size() ? set.all.back().get() : nullptr;
  if (seen == count) {
    if (rest && rest->usable()) out.push_back({&set, rest, false});
    return rest && rest->usable();
  }
  if (cursor.round != round) cursor.round += static_cast<std::uint32_t>(seen);   // the next turn is of the one behind this one
  const bool counted = by_load && count_call(call, set, *set.all[at]);
  for (std::size_t i = 0; i < count; ++i) {
    const Destination& one = *set.all[(at + i) % count];
    const int most = one.attributes.max_load;
    if (!one.usable() || (counted && i > 0 && most > 0 && one.load.load(std::memory_order_relaxed) >= most)) continue;
    out.push_back({&set, &one, counted});
  }
  if (rest) out.push_back({&set, rest, counted});   // whatever its state: there is nothing behind it
  return true;
}

Code select(Call& call, const std::vector<Rule>& rules, Int limit, Target target) {
  if (target == Target::NextHop && !settings_of(call).force_dst && !call.live->dst_uri.empty()) {
    log_line(call, LogLevel::Err, "dispatcher", {"the destination is set already: ", call.live->dst_uri});
    return -1;
  }
  const std::shared_ptr<const List> list = current(*call.worker);
  std::vector<Chosen> chosen;
  bool forked = false;
  for (const Rule& rule : rules) {
    const Set* const set = list->find(rule.set);
    if (!set) {
      log_line(call, LogLevel::Err, "dispatcher", {"there is no set ", rule.set});
      continue;
    }
    if (rule.algorithm == kParallel) {
      forked = fork(call, *set, forked || !chosen.empty() ? Target::None : target) || forked;
      continue;
    }
    collect(call, *set, rule.algorithm, chosen);
    if (limit > 0 && chosen.size() >= static_cast<std::size_t>(limit)) {
      chosen.resize(static_cast<std::size_t>(limit));
      break;
    }
  }
  if (chosen.empty() && !forked) return -1;
  if (!chosen.empty() && !forked && !aim(call, chosen.front().one->uri, chosen.front().one->socket, target)) return -1;
  if (settings_of(call).failover && !keep(call, chosen)) {
    call.log(LogLevel::Err, "dispatcher: no memory for the destinations\n");
    return -1;
  }
  return 1;
}

}  // namespace
}  // namespace dispatcher

using dispatcher::Target;

Code Dispatcher::ds_select(Call& call, Int set, Int alg) { return ds_select(call, set, alg, 0); }
Code Dispatcher::ds_select(Call& call, Int set, Int alg, Int limit) {
  return dispatcher::select(call, {{set, alg}}, limit, Target::None);
}
Code Dispatcher::ds_select_dst(Call& call, Int set, Int alg) { return ds_select_dst(call, set, alg, 0); }
Code Dispatcher::ds_select_dst(Call& call, Int set, Int alg, Int limit) {
  return dispatcher::select(call, {{set, alg}}, limit, Target::NextHop);
}
Code Dispatcher::ds_select_domain(Call& call, Int set, Int alg) { return ds_select_domain(call, set, alg, 0); }
Code Dispatcher::ds_select_domain(Call& call, Int set, Int alg, Int limit) {
  return dispatcher::select(call, {{set, alg}}, limit, Target::RequestUri);
}

Code Dispatcher::ds_select_routes(Call& call, Text rules, Text mode) { return ds_select_routes(call, rules, mode, 0); }
Code Dispatcher::ds_select_routes(Call& call, Text rules, Text mode, Int limit) {
  std::vector<dispatcher::Rule> parsed;
  if (!dispatcher::parse_rules(rules.view(), parsed)) {
    log_line(call, LogLevel::Err, "dispatcher", {"ds_select_routes(): bad rules \"", rules, "\""});
    return -1;
  }
  const char letter = mode.empty() ? '?' : mode.ptr[0];
  if (letter == 'd' || letter == 'D' || letter == '0') return dispatcher::select(call, parsed, limit, Target::NextHop);
  if (letter == 'r' || letter == 'R' || letter == '1')
    return dispatcher::select(call, parsed, limit, Target::RequestUri);
  if (letter == 'x' || letter == 'X' || letter == '2') return dispatcher::select(call, parsed, limit, Target::None);
  log_line(call, LogLevel::Err, "dispatcher", {"ds_select_routes(): bad mode \"", mode, "\""});
  return -1;
}

}  // namespace strowger
