// POSIX extended patterns as glibc understands them, matched in linear time: automata of the script, or RE2.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/abi/image.h"
#include "runtime/abi/values.h"

namespace strowger {

struct Call;

/// A compiled pattern, in POSIX extended syntax as glibc reads it. Bytes are Latin-1, matching is leftmost-longest, `\d` is
/// the letter d, `\w \s \b` are as in glibc. Back-references are refused.
class Pattern {
 public:
  struct Flags {
    bool ignore_case = false;
    bool newline = false;       ///< REG_NEWLINE
  };
  /// With RE2: for patterns made at run time, and constant ones whose automaton would be too large. Null when the pattern
  /// is faulty; `why` says what is wrong.
  static std::unique_ptr<Pattern> compile(Text pattern, Flags flags, std::string& why);
  virtual ~Pattern() = default;

  virtual bool matches(Text subject) const = 0;      ///< anywhere in it; null counts as empty
  /// Searches from offset `from`; fills groups[0..count) (0: the whole match; null texts for groups that took no part).
  virtual bool search(Text subject, std::size_t from, Text* groups, int count) const = 0;
};

/// The pattern of a constant regex, from Process::start() on.
inline const Pattern& pattern_of(const Regex& regex) { return *static_cast<const Pattern*>(regex.compiled); }

/// Compiles a constant regex with RE2; it stays for the life of the image. False and `why` when faulty. Scripts whose
/// patterns all are automata do not name this, and RE2 is not linked into them.
bool compile_regex(const Regex& regex, std::string& why) asm("stw.rt.compile_regex");
/// Makes the constant regexes of an image ready. False and `why` (with the pattern) when one is faulty.
bool prepare_regexes(const ScriptImage& image, std::string& why);

/// The translation from POSIX to RE2 syntax; for tests. False and `why` for what cannot be said.
bool translate_pattern(Text pattern, bool newline, std::string& out, std::string& why);

/// Patterns made at run time: the last ones are kept, per worker.
class PatternCache {
 public:
  /// Null when faulty; `why` is set then.
  const Pattern* find(Text pattern, Pattern::Flags flags, std::string& why);
  static constexpr std::size_t kLimit = 64;

 private:
  struct Entry {
    std::string text;
    Pattern::Flags flags;
    std::unique_ptr<Pattern> pattern;
  };
  std::vector<Entry> entries_;
  std::size_t oldest_ = 0;
};

/// The worker's cached pattern for a text made at run time; null (and a log line) when it is faulty.
const Pattern* dynamic_pattern(Call& call, Text pattern, Pattern::Flags flags);

}  // namespace strowger
