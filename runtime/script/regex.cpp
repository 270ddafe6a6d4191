// Constant patterns: the automata that the compiler made.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/regex.h"

#include "runtime/script/automaton.h"

namespace strowger {
namespace {

class AutomatonPattern final : public Pattern {
 public:
  explicit AutomatonPattern(const AutomatonImage& automaton) : automaton_(automaton) {}
  bool matches(Text subject) const override {
    return Automata::matches(&automaton_.any, subject.ptr, subject.is_null() ? 0 : subject.len);
  }
  bool search(Text subject, std::size_t from, Text* groups, int count) const override {
    return Automata::search(automaton_, subject, from, groups, count);
  }

 private:
  const AutomatonImage& automaton_;
};

}  // namespace

bool prepare_regexes(const ScriptImage& image, std::string& why) {
  for (std::uint64_t i = 0; i < image.regex_count; ++i) {
    const Regex& regex = *image.regexes[i];
    if (regex.compiled) continue;
    if (regex.automaton) {
      regex.compiled = new AutomatonPattern(*regex.automaton);
      continue;
    }
    std::string words = "no compiler for it";
    if (image.compile_regex && image.compile_regex(regex, words)) continue;
    why = "bad regular expression \"" + std::string(regex.pattern.view()) + "\": " + words;
    return false;
  }
  return true;
}

}  // namespace strowger
