// Patterns made at run time.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/call.h"
#include "runtime/script/regex.h"

namespace strowger {
namespace {

bool same_flags(Pattern::Flags a, Pattern::Flags b) { return a.ignore_case == b.ignore_case && a.newline == b.newline; }

}  // namespace

const Pattern* PatternCache::find(Text pattern, Pattern::Flags flags, std::string& why) {
  for (const Entry& entry : entries_)
    if (same_flags(entry.flags, flags) && entry.text == pattern.view()) return entry.pattern.get();
  std::unique_ptr<Pattern> compiled = Pattern::compile(pattern, flags, why);
  if (!compiled) return nullptr;
  const Pattern* result = compiled.get();
  Entry entry{std::string(pattern.view()), flags, std::move(compiled)};
  if (entries_.size() < kLimit) {
    entries_.push_back(std::move(entry));
  } else {
    entries_[oldest_] = std::move(entry);
    oldest_ = (oldest_ + 1) % kLimit;
  }
  return result;
}

const Pattern* dynamic_pattern(Call& call, Text pattern, Pattern::Flags flags) {
  std::string why;
  std::shared_ptr<PatternCache>& cache = call.worker->patterns;
  if (!cache) cache = std::make_shared<PatternCache>();
  const Pattern* found = cache->find(pattern, flags, why);
  if (!found && call.worker->logs(LogLevel::Err)) {
    std::string line = "<core>: line " + std::to_string(call.line) + ": bad regular expression \"";
    line.append(pattern.view().substr(0, 200));
    call.log(LogLevel::Err, line + "\": " + why);
  }
  return found;
}

}  // namespace strowger
