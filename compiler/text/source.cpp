// Positions in texts, and the texts of one compilation.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/source.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace strowger::text {
namespace {

/// Larger texts are refused: offsets are 32 bits, and no script is that long.
constexpr std::size_t kMaxFileSize = 64u << 20;

std::vector<std::uint32_t> find_line_starts(std::string_view content) {
  std::vector<std::uint32_t> starts{0};
  for (std::size_t i = 0; i < content.size(); ++i)
    if (content[i] == '\n') starts.push_back(static_cast<std::uint32_t>(i + 1));
  return starts;
}

bool read_file(const std::string& path, std::string& content) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return false;
  struct stat status;
  if (fstat(fileno(file), &status) != 0 || S_ISDIR(status.st_mode)) {
    const int error = S_ISDIR(status.st_mode) ? EISDIR : errno;
    std::fclose(file);
    errno = error;
    return false;
  }
  char buffer[65536];
  for (;;) {
    const std::size_t n = std::fread(buffer, 1, sizeof buffer, file);
    content.append(buffer, n);
    if (content.size() > kMaxFileSize) {
      std::fclose(file);
      errno = EFBIG;
      return false;
    }
    if (n < sizeof buffer) break;
  }
  const bool failed = std::ferror(file) != 0;
  const int error = errno;
  std::fclose(file);
  if (failed) errno = error ? error : EIO;
  return !failed;
}

}  // namespace

std::uint32_t SourceFile::line_of(std::uint32_t offset) const {
  const auto after = std::upper_bound(line_starts.begin(), line_starts.end(), offset);
  return static_cast<std::uint32_t>(after - line_starts.begin());
}

std::uint32_t SourceFile::column_of(std::uint32_t offset) const {
  const std::uint32_t line = line_of(offset);
  return line == 0 ? 1 : offset - line_starts[line - 1] + 1;
}

std::string_view SourceFile::line_text(std::uint32_t line) const {
  if (line == 0 || line > line_starts.size()) return {};
  const std::size_t start = line_starts[line - 1];
  std::size_t end = line < line_starts.size() ? line_starts[line] - 1 : content.size();
  if (end > start && content[end - 1] == '\r') --end;
  return std::string_view(content).substr(start, end - start);
}

Span Span::join(const Span& a, const Span& b) {
  if (!a.file) return b;
  if (a.file != b.file || b.offset + b.length < a.offset) return a;
  Span out = a;
  out.offset = std::min(a.offset, b.offset);
  out.length = std::max(a.offset + a.length, b.offset + b.length) - out.offset;
  if (a.expansion != b.expansion || a.offset != b.offset) out.expansion = nullptr;
  return out;
}

const SourceFile* Sources::open(const std::string& path, const SourceFile* from, std::uint32_t at_line) {
  std::string content;
  if (const auto preset = presets_.find(path); preset != presets_.end()) content = preset->second;
  else if (!read_file(path, content)) return nullptr;
  auto file = std::make_unique<SourceFile>();
  file->path = path;
  file->content = std::move(content);
  file->line_starts = find_line_starts(file->content);
  file->included_from = from;
  file->included_at = at_line;
  files_.push_back(std::move(file));
  return files_.back().get();
}

const SourceFile* Sources::add(std::string name, std::string content) {
  auto file = std::make_unique<SourceFile>();
  file->path = std::move(name);
  file->content = std::move(content);
  file->line_starts = find_line_starts(file->content);
  files_.push_back(std::move(file));
  return files_.back().get();
}

const std::string* Sources::intern(std::string s) {
  for (const auto& known : strings_)
    if (*known == s) return known.get();
  strings_.push_back(std::make_unique<std::string>(std::move(s)));
  return strings_.back().get();
}

}  // namespace strowger::text
