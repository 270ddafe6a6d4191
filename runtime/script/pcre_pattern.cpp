// PCRE2 with its limits.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/pcre_pattern.h"

namespace strowger::pcre {
namespace {

constexpr std::size_t kMaxPattern = 64 * 1024;
constexpr std::uint32_t kMaxSteps = 200'000;
constexpr std::uint32_t kMaxHeap = 4096;  ///< KB

}  // namespace

Pattern compile(std::string_view text, std::uint32_t options, std::string& why) {
  if (text.size() > kMaxPattern) {
    why = "it is longer than 64 KB";
    return nullptr;
  }
  int error = 0;
  PCRE2_SIZE place = 0;
  Pattern out(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), options, &error, &place, nullptr));
  if (out) return out;
  PCRE2_UCHAR words[160];
  pcre2_get_error_message(error, words, sizeof words);
  why = reinterpret_cast<const char*>(words) + (" at character " + std::to_string(place));
  return nullptr;
}

Matcher::Matcher() : data_(pcre2_match_data_create(10, nullptr)), context_(pcre2_match_context_create(nullptr)) {
  if (!context_) return;
  pcre2_set_match_limit(context_.get(), kMaxSteps);
  pcre2_set_heap_limit(context_.get(), kMaxHeap);
}

Matcher::Answer Matcher::match(const pcre2_code& pattern, std::string_view text) {
  if (!data_ || !context_) return Answer::TooLong;
  const int code = pcre2_match(&pattern, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0, data_.get(), context_.get());
  if (code >= 0) return Answer::Yes;
  return code == PCRE2_ERROR_NOMATCH ? Answer::No : Answer::TooLong;
}

std::uint32_t groups_in(const pcre2_code& pattern) {
  std::uint32_t count = 0;
  pcre2_pattern_info(&pattern, PCRE2_INFO_CAPTURECOUNT, &count);
  return count;
}

std::string_view Matcher::group(std::string_view text, int number) const {
  const PCRE2_SIZE* const offsets = pcre2_get_ovector_pointer(data_.get()) + 2 * number;
  if (static_cast<std::uint32_t>(number) >= pcre2_get_ovector_count(data_.get()) || offsets[0] == PCRE2_UNSET || offsets[1] < offsets[0]) return {};
  return text.substr(offsets[0], offsets[1] - offsets[0]);
}

}  // namespace strowger::pcre
