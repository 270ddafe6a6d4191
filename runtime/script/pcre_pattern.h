// A Perl-compatible pattern, compiled.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace strowger::pcre {

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
using Pattern = std::unique_ptr<pcre2_code, FreeCode>;

/// Null and `why` when faulty. `options`: PCRE2_CASELESS and the like. At most 64 KB.
Pattern compile(std::string_view text, std::uint32_t options, std::string& why);

/// How many groups a pattern has.
std::uint32_t groups_in(const pcre2_code& pattern);

/// What a match needs; one for each worker.
class Matcher {
 public:
  Matcher();
  enum class Answer { No, Yes, TooLong };
  /// TooLong: given up after 200,000 steps or 4 MB.
  Answer match(const pcre2_code& pattern, std::string_view text);
  /// Group 0 (the whole match) to 9 of the last match, which was Yes; empty where it took no part.
  std::string_view group(std::string_view text, int number) const;

 private:
  struct Free {
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
    void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
  };
  std::unique_ptr<pcre2_match_data, Free> data_;
  std::unique_ptr<pcre2_match_context, Free> context_;
};

}  // namespace strowger::pcre
