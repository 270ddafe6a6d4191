// pcre_match(), pcre_match_group(), and the reloading of the groups.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <atomic>
#include <charconv>
#include <iterator>

#include "regex.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/log_line.h"
#include "runtime/script/read_file.h"
#include "runtime/script/rpc.h"
#include "stdlib/regex/groups.h"

namespace strowger {
namespace {

constexpr std::size_t kMaxCached = 64;
constexpr Code kNoMatch = -1, kNoFile = -2, kFaulty = -4;

struct Shared {
  std::uint32_t options = 0;
  std::atomic<std::shared_ptr<const pcre::Groups>> groups;   ///< null where no file is set
};

struct PerWorker {
  struct Entry {
    std::string text;
    pcre::Pattern pattern;
  };
  Shared* shared = nullptr;
  pcre::Matcher matcher;
  std::vector<Entry> cache;            ///< patterns made at run time
  std::size_t oldest = 0;
};

std::shared_ptr<const pcre::Groups> load(Shared& shared, std::string& why) {
  const std::string path(RegexModule::Param::file.view());
  const auto content = read_file(path);
  if (!content) {
    why = "the file '" + path + "' cannot be read";
    return nullptr;
  }
  const pcre::GroupLimits limits{static_cast<std::size_t>(std::max<Int>(RegexModule::Param::max_groups, 0)),
                                 static_cast<std::size_t>(std::max<Int>(RegexModule::Param::group_max_size, 0))};
  std::optional<pcre::Groups> groups = pcre::parse_groups(*content, limits, shared.options, why);
  return groups ? std::make_shared<const pcre::Groups>(std::move(*groups)) : nullptr;
}

const pcre2_code* cached(PerWorker& state, std::string_view text, std::string& why) {
  for (const PerWorker::Entry& entry : state.cache)
    if (entry.text == text) return entry.pattern.get();
  pcre::Pattern pattern = pcre::compile(text, state.shared->options, why);
  if (!pattern) return nullptr;
  const pcre2_code* result = pattern.get();
  PerWorker::Entry entry{std::string(text), std::move(pattern)};
  if (state.cache.size() < kMaxCached) {
    state.cache.push_back(std::move(entry));
  } else {
    state.cache[state.oldest] = std::move(entry);
    state.oldest = (state.oldest + 1) % kMaxCached;
  }
  return result;
}

Code match(Call& call, PerWorker& state, const pcre2_code& pattern, Text text) {
  using Answer = pcre::Matcher::Answer;
  const Answer answer = state.matcher.match(pattern, text.is_null() ? std::string_view("") : text.view());
  if (answer == Answer::TooLong) log_line(call, LogLevel::Err, "regex", {"matching takes too many steps: given up"});
  return answer == Answer::Yes ? 1 : kNoMatch;
}

}  // namespace

void RegexModule::start(Process& process) {
  auto* shared = new Shared;
  process.module_state[slot] = shared;
  if (Param::pcre_caseless) shared->options |= PCRE2_CASELESS;
  if (Param::pcre_multiline) shared->options |= PCRE2_MULTILINE;
  if (Param::pcre_dotall) shared->options |= PCRE2_DOTALL;
  if (Param::pcre_extended) shared->options |= PCRE2_EXTENDED;
  if (Param::file.empty()) return;
  std::string why;
  shared->groups = load(*shared, why);
  if (shared->groups.load()) return;
  process.log.write(LogLevel::Crit, "regex: " + why);
  process.failed = true;
}

void RegexModule::worker_start(Worker& worker) {
  auto* state = new PerWorker;
  state->shared = static_cast<Shared*>(worker.process.module_state[slot]);
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state] { delete state; });
}

void RegexModule::stop(Process& process) {
  delete static_cast<Shared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Code RegexModule::pcre_match(Call& call, Text text, Text pattern) {
  auto& state = call.state<PerWorker>(slot);
  std::string why;
  const pcre2_code* compiled = cached(state, pattern.is_null() ? std::string_view("") : pattern.view(), why);
  if (compiled) return match(call, state, *compiled, text);
  log_line(call, LogLevel::Err, "regex", {"bad pattern \"", pattern, "\": ", std::string_view(why)});
  return kFaulty;
}

Code RegexModule::pcre_match_group(Call& call, Text text) { return pcre_match_group(call, text, "0"); }

Code RegexModule::pcre_match_group(Call& call, Text text, Text group) {
  auto& state = call.state<PerWorker>(slot);
  const std::shared_ptr<const pcre::Groups> groups = state.shared->groups.load();
  if (!groups) {
    log_line(call, LogLevel::Err, "regex", {"no file of groups is set (parameter file)"});
    return kNoFile;
  }
  std::size_t number = 0;
  const std::string_view digits = group.view();
  if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ptr != digits.data() + digits.size()) number = 0;
  if (number >= groups->size()) {
    log_line(call, LogLevel::Err, "regex", {"there is no group ", group});
    return kFaulty;
  }
  const pcre::Pattern& pattern = (*groups)[number];
  return pattern ? match(call, state, *pattern, text) : kNoMatch;
}

void RegexModule::rpc_regex_reload(RpcCall& call) {
  auto& shared = *static_cast<Shared*>(call.process().module_state[slot]);
  if (Param::file.empty()) return call.fault(500, "Group matching not enabled");
  std::string why;
  std::shared_ptr<const pcre::Groups> groups = load(shared, why);
  if (!groups) return call.fault(500, "Failed to reload: " + why);
  shared.groups = std::move(groups);
}

}  // namespace strowger
