// Which contacts of a redirection are taken: accept filters first, then deny filters, then the default.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/uac_redirect/filters.h"

#include "runtime/script/log_line.h"
#include "uac_redirect.interface.h"

namespace strowger {
namespace uac_redirect {
namespace {

bool matches(Call& call, const Filter& filter, const Pattern* by_default, Text uri) {
  for (std::size_t i = 0; i < filter.count; ++i) {
    const Pattern* const pattern = dynamic_pattern(call, filter.added[i], {true, false});
    if (pattern && pattern->matches(uri)) return true;
  }
  return by_default && !filter.without_default && by_default->matches(uri);
}

}  // namespace

bool change(Filter& filter, Text pattern, Text flags) {
  const std::string_view what = flags.view();
  if (what != "" && what != "reset_all" && what != "reset_default" && what != "reset_added") return false;
  if (what == "reset_all" || what == "reset_default") filter.without_default = true;
  if (what == "reset_all" || what == "reset_added") filter.count = 0;
  if (filter.count == Filter::kLimit) return false;
  filter.added[filter.count++] = pattern;
  return true;
}

bool is_taken(Call& call, const State& state, Text uri) {
  if (matches(call, state.accept, state.defaults->accept.get(), uri)) return true;
  if (matches(call, state.deny, state.defaults->deny.get(), uri)) return false;
  return state.defaults->accept_others;
}

}  // namespace uac_redirect

namespace {

Code set_filter(Call& call, uac_redirect::Filter& filter, const Regex& pattern, Text flags) {
  if (uac_redirect::change(filter, pattern.pattern, flags)) return 1;
  log_line(call, LogLevel::Err, "uac_redirect", {"unknown flags \"", flags, "\", or too many filters"});
  return -1;
}

bool compile(Process& process, Text pattern, std::unique_ptr<Pattern>& out) {
  if (pattern.empty()) return true;
  std::string why;
  out = Pattern::compile(pattern, {true, false}, why);
  if (out) return true;
  process.log.write(LogLevel::Err, "uac_redirect: filter \"" + std::string(pattern.view()) + "\": " + why);
  return false;
}

}  // namespace

Code UacRedirect::set_deny_filter(Call& call, const Regex& pattern, Text flags) {
  return set_filter(call, call.state<uac_redirect::State>(slot).deny, pattern, flags);
}
Code UacRedirect::set_accept_filter(Call& call, const Regex& pattern, Text flags) {
  return set_filter(call, call.state<uac_redirect::State>(slot).accept, pattern, flags);
}

void UacRedirect::start(Process& process) {
  auto* const defaults = new uac_redirect::Defaults;
  process.module_state[slot] = defaults;
  const std::string_view others = Param::default_filter.view();
  defaults->accept_others = others != "deny";
  bool good = compile(process, Param::accept_filter, defaults->accept) && compile(process, Param::deny_filter, defaults->deny);
  if (others != "accept" && others != "deny") {
    process.log.write(LogLevel::Err, "uac_redirect: default_filter is accept or deny");
    good = false;
  }
  if (!good) process.failed = true;
}

void UacRedirect::stop(Process& process) {
  delete static_cast<uac_redirect::Defaults*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void UacRedirect::worker_start(Worker& worker) {
  auto* const state = new uac_redirect::State;
  state->defaults = static_cast<uac_redirect::Defaults*>(worker.process.module_state[slot]);
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state] { delete state; });
}

void UacRedirect::script_end(Call& call) {
  auto& state = call.state<uac_redirect::State>(slot);
  state.accept.count = state.deny.count = 0;
  state.accept.without_default = state.deny.without_default = false;
}

}  // namespace strowger
