// Findings and the pages of their codes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/diagnostics/findings.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace strowger::embedded {
extern const std::pair<std::string_view, std::string_view> code_pages[];
extern const unsigned long code_pages_count;
}  // namespace strowger::embedded

namespace strowger::diagnostics {
namespace {

Level level_of(std::string_view code) {
  switch (code.empty() ? 'E' : code[0]) {
    case 'W': return Level::Warning;
    case 'I': return Level::Hint;
    case 'S': return Level::Security;
    default: return Level::Error;
  }
}

/// Replaces {0}, {1} ... once; braces in the facts stay as they are.
std::string fill(std::string_view title, const std::vector<std::string>& facts) {
  std::string out;
  for (std::size_t i = 0; i < title.size();) {
    const std::size_t close = title[i] == '{' ? title.find('}', i) : std::string_view::npos;
    if (close != std::string_view::npos) {
      std::size_t index = 0;
      const char* end = title.data() + close;
      const auto [stop, error] = std::from_chars(title.data() + i + 1, end, index);
      if (error == std::errc{} && stop == end) {
        if (index < facts.size()) out += facts[index];
        i = close + 1;
        continue;
      }
    }
    out += title[i++];
  }
  return out;
}

/// A place behind the end of the text is its end.
text::Span within_file(text::Span at) {
  if (!at.file) return at;
  const auto size = static_cast<std::uint32_t>(at.file->content.size());
  at.offset = std::min(at.offset, size);
  at.length = std::min(at.length, size - at.offset);
  return at;
}

}  // namespace

Finding& Finding::note(std::string words, text::Span at) {
  remarks.push_back({Level::Note, false, std::move(words), within_file(at)});
  return *this;
}

Finding& Finding::help(std::string words) {
  remarks.push_back({Level::Note, true, std::move(words), {}});
  return *this;
}

Finding& Finding::fix(text::Span at, std::string words) {
  if (at.file && !at.expansion) edits.push_back({at, std::move(words)});
  return *this;
}

Finding& Findings::add(std::string_view code, text::Span span, std::vector<std::string> facts) {
  span = within_file(span);
  if (span.file && !places_.emplace(span.file, span.offset, std::string(code)).second) {
    dropped_ = Finding{};
    return dropped_;
  }
  Finding finding;
  finding.code = code;
  finding.level = level_of(code);
  finding.span = span;
  finding.message = fill(title_of(code), facts);
  if (finding.message.empty())
    for (const std::string& fact : facts) finding.message += (finding.message.empty() ? "" : ", ") + fact;
  if (finding.level == Level::Error) ++errors_;
  findings_.push_back(std::move(finding));
  return findings_.back();
}

Finding& Findings::add_fault(const std::string& key, std::string_view code, text::Span span, std::vector<std::string> facts) {
  constexpr unsigned kMaxPlaces = 8;
  const auto [at, is_new] = faults_.try_emplace(key, findings_.size(), 0U);
  if (is_new) return add(code, span, std::move(facts));
  auto& [first, places] = at->second;
  if (first < findings_.size() && ++places <= kMaxPlaces) findings_[first].note("here too", span);
  dropped_ = Finding{};
  return dropped_;
}

void Findings::retract(std::size_t index) {
  if (findings_[index].level == Level::Error) --errors_;
  findings_.erase(findings_.begin() + static_cast<std::ptrdiff_t>(index));
  for (auto at = faults_.begin(); at != faults_.end();) {
    std::size_t& first = at->second.first;
    const bool gone = first == index;
    if (first > index) --first;
    at = gone ? faults_.erase(at) : std::next(at);
  }
}

std::string_view page_of(std::string_view code) {
  for (unsigned long i = 0; i < embedded::code_pages_count; ++i) {
    const auto& [name, content] = embedded::code_pages[i];
    if (name.size() == code.size() + 3 && name.starts_with(code) && name.ends_with(".md")) return content;
  }
  return {};
}

std::string_view title_of(std::string_view code) {
  std::string_view line = page_of(code);
  line = line.substr(0, line.find('\n'));
  const std::size_t colon = line.find(": ");
  return colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 2);
}

std::vector<std::string_view> all_codes() {
  std::vector<std::string_view> codes;
  for (unsigned long i = 0; i < embedded::code_pages_count; ++i) {
    const std::string_view name = embedded::code_pages[i].first;
    if (name.ends_with(".md")) codes.push_back(name.substr(0, name.size() - 3));
  }
  std::sort(codes.begin(), codes.end());
  return codes;
}

}  // namespace strowger::diagnostics
