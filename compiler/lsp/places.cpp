// URIs and positions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lsp/places.h"

#include <algorithm>
#include <filesystem>

#include <llvm/ADT/StringExtras.h>

namespace strowger::lsp {
namespace {

bool goes_on(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Bytes of the character at `at`, and how many UTF-16 units it takes. A byte that is no UTF-8 is a character.
struct Character {
  std::size_t bytes = 1, units = 1;
};
Character character_at(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  for (std::size_t i = 1; i < bytes; ++i)
    if (at + i >= text.size() || !goes_on(text[at + i])) return {};
  return {bytes, bytes == 4 ? 2u : 1u};
}

}  // namespace

std::optional<std::string> path_of_uri(std::string_view uri) {
  constexpr std::string_view kScheme = "file://";
  if (!uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  uri.remove_prefix(std::min(uri.find('/'), uri.size()));   // the host: this one
  std::string path;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const unsigned high = i + 2 < uri.size() ? llvm::hexDigitValue(uri[i + 1]) : ~0u;
    const unsigned low = i + 2 < uri.size() ? llvm::hexDigitValue(uri[i + 2]) : ~0u;
    if (uri[i] != '%' || high > 15 || low > 15) {
      path += uri[i];
    } else {
      path += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return std::filesystem::path(path).lexically_normal().string();
}

std::string uri_of_path(std::string_view path) {
  std::string uri = "file://";
  for (const char c : std::filesystem::absolute(path).lexically_normal().string()) {
    if (llvm::isAlnum(c) || std::string_view("-._~/").find(c) != std::string_view::npos) {
      uri += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', llvm::hexdigit(byte >> 4), llvm::hexdigit(byte & 15)};
    }
  }
  return uri;
}

llvm::json::Value position_of(std::string_view content, std::size_t offset) {
  offset = std::min(offset, content.size());
  const std::string_view before = content.substr(0, offset);
  const std::size_t start = before.rfind('\n') + 1;          // npos + 1 is 0
  std::int64_t units = 0;
  for (std::size_t at = start; at < offset;) {
    const Character character = character_at(content, at);
    units += static_cast<std::int64_t>(character.units);
    at += character.bytes;
  }
  return llvm::json::Object{{"line", static_cast<std::int64_t>(std::ranges::count(before, '\n'))}, {"character", units}};
}

std::size_t offset_of(std::string_view content, std::int64_t line, std::int64_t character) {
  std::size_t at = 0;
  for (; line > 0; --line) {
    at = content.find('\n', at);
    if (at == std::string_view::npos) return content.size();
    ++at;
  }
  for (std::int64_t units = 0; units < character && at < content.size() && content[at] != '\n' && content[at] != '\r';) {
    const Character one = character_at(content, at);
    units += static_cast<std::int64_t>(one.units);
    at += one.bytes;
  }
  return at;
}

std::optional<std::size_t> offset_of(std::string_view content, const llvm::json::Object* position) {
  if (!position) return std::nullopt;
  const auto line = position->getInteger("line"), character = position->getInteger("character");
  if (!line || !character) return std::nullopt;
  return offset_of(content, *line, *character);
}

llvm::json::Value range_of(std::string_view content, std::size_t begin, std::size_t end) {
  return llvm::json::Object{{"start", position_of(content, begin)}, {"end", position_of(content, end)}};
}

llvm::json::Value range_of(const text::Span& span) {
  const std::string_view content = span.file ? std::string_view(span.file->content) : std::string_view();
  return range_of(content, span.offset, std::size_t{span.offset} + span.length);
}

llvm::json::Value location_of(const text::Span& span) {
  return llvm::json::Object{{"uri", uri_of_path(span.file ? span.file->path : "")}, {"range", range_of(span)}};
}

}  // namespace strowger::lsp
