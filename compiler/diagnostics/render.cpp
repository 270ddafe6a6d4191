// Findings as text for people and as JSON for programs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cstdio>
#include <vector>

#include "compiler/diagnostics/findings.h"
#include "compiler/diagnostics/render_parts.h"

namespace strowger::diagnostics {
namespace {

constexpr std::size_t kMaxLine = 400;  // longer source lines are cut around the caret

struct Style {
  bool color = false;
  const char* operator()(const char* sequence) const { return color ? sequence : ""; }
};
constexpr const char* kBold = "\033[1m";
constexpr const char* kRed = "\033[1;31m";
constexpr const char* kMagenta = "\033[1;35m";
constexpr const char* kCyan = "\033[1;36m";
constexpr const char* kGreen = "\033[1;32m";
constexpr const char* kPlain = "\033[0m";

}  // namespace

std::string_view name_of(Level level) {
  switch (level) {
    case Level::Error: return "error";
    case Level::Warning: return "warning";
    case Level::Hint: return "hint";
    case Level::Security: return "security";
    case Level::Note: return "note";
  }
  return "error";
}

namespace {

const char* color_of(Level level) {
  switch (level) {
    case Level::Error:
    case Level::Security: return kRed;
    case Level::Warning: return kMagenta;
    default: return kCyan;
  }
}

/// What a terminal shows of a line: control characters must not reach it.
char shown(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c; }

void print_place(const text::Span& span, std::ostream& out) {
  if (!span.file) return;
  out << span.file->path << ':' << span.line() << ':' << span.column() << ": ";
}

void print_source(const text::Span& span, Level level, const Style& style, std::ostream& out) {
  if (!span.file) return;
  const std::uint32_t number = span.line();
  std::string_view line = span.file->line_text(number);
  std::size_t column = std::min<std::size_t>(span.column() - 1, line.size());
  std::size_t length = std::max<std::size_t>(1, span.length);
  length = std::min(length, std::max<std::size_t>(1, line.size() - column));
  if (line.size() > kMaxLine) {
    const std::size_t from = column > kMaxLine / 2 ? column - kMaxLine / 2 : 0;
    line = line.substr(from, kMaxLine);
    column -= from;
    length = std::min(length, std::max<std::size_t>(1, line.size() - column));
  }
  char gutter[16];
  std::snprintf(gutter, sizeof gutter, "%5u", number);
  out << gutter << " | ";
  for (char c : line) out << (c == '\t' ? '\t' : shown(c));
  out << "\n      | ";
  for (std::size_t i = 0; i < column; ++i) {
    // Bytes that continue a UTF-8 character take no column of their own.
    if ((static_cast<unsigned char>(line[i]) & 0xC0) == 0x80) continue;
    out << (line[i] == '\t' ? '\t' : ' ');
  }
  out << style(color_of(level)) << '^';
  for (std::size_t i = 1; i < length; ++i)
    if (column + i >= line.size() || (static_cast<unsigned char>(line[column + i]) & 0xC0) != 0x80) out << '~';
  out << style(kPlain) << '\n';
}

void print_includes(const text::SourceFile* file, std::ostream& out) {
  for (; file && file->included_from; file = file->included_from)
    out << "note: " << file->path << " is included from " << file->included_from->path << ':' << file->included_at << '\n';
}

void print_finding(const Finding& finding, const Style& style, std::ostream& out) {
  out << style(kBold);
  print_place(finding.span, out);
  out << style(color_of(finding.level)) << name_of(finding.level) << '[' << finding.code << ']' << style(kPlain)
      << style(kBold) << ": " << finding.message << style(kPlain) << '\n';
  print_source(finding.span, finding.level, style, out);
  if (finding.span.expansion) out << "note: in the expansion of '" << *finding.span.expansion << "'\n";
  print_includes(finding.span.file, out);
  for (const Remark& remark : finding.remarks) {
    if (remark.span.file) {
      print_place(remark.span, out);
      out << style(kCyan) << "note" << style(kPlain) << ": " << remark.words << '\n';
      print_source(remark.span, Level::Note, style, out);
    } else {
      out << style(remark.help ? kGreen : kCyan) << (remark.help ? "help" : "note") << style(kPlain) << ": "
          << remark.words << '\n';
    }
  }
}

}  // namespace

std::vector<const Finding*> in_order(const Findings& findings) {
  struct Keyed {
    std::size_t file, offset, found;
    auto operator<=>(const Keyed&) const = default;
  };
  std::vector<const text::SourceFile*> files;
  std::vector<Keyed> keyed;
  for (const Finding& finding : findings.all()) {
    auto at = std::find(files.begin(), files.end(), finding.span.file);
    if (at == files.end()) at = files.insert(files.end(), finding.span.file);
    keyed.push_back({static_cast<std::size_t>(at - files.begin()), finding.span.offset, keyed.size()});
  }
  std::sort(keyed.begin(), keyed.end());
  std::vector<const Finding*> out;
  for (const Keyed& key : keyed) out.push_back(&findings.all()[key.found]);
  return out;
}

std::size_t utf8_length(std::string_view s) {
  const auto byte = static_cast<unsigned char>(s[0]);
  const std::size_t n = byte < 0x80 ? 1 : byte >= 0xC2 && byte < 0xE0 ? 2 : byte >= 0xE0 && byte < 0xF0 ? 3 : byte >= 0xF0 && byte < 0xF5 ? 4 : 0;
  if (n == 0 || s.size() < n) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((static_cast<unsigned char>(s[i]) & 0xC0) != 0x80) return 0;
  return n;
}

void print_json_string(std::string_view s, std::ostream& out) {
  out << '"';
  for (std::size_t i = 0; i < s.size();) {
    const auto byte = static_cast<unsigned char>(s[i]);
    const std::size_t length = utf8_length(s.substr(i));
    if (byte == '"' || byte == '\\') {
      out << '\\' << s[i];
    } else if (byte < 0x20 || byte == 0x7f || length == 0) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      out << escaped;
    } else {
      out << s.substr(i, length);
    }
    i += length ? length : 1;
  }
  out << '"';
}

namespace {

void print_json_place(const text::Span& span, std::ostream& out) {
  out << "\"file\": ";
  print_json_string(span.file ? std::string_view(span.file->path) : std::string_view(), out);
  const std::uint32_t last = span.offset + (span.length ? span.length : 1);
  out << ", \"line\": " << span.line() << ", \"column\": " << span.column()
      << ", \"end_line\": " << (span.file ? span.file->line_of(last) : 0)
      << ", \"end_column\": " << (span.file ? span.file->column_of(last) : 0);
}

}  // namespace

void render_text(const Findings& findings, std::ostream& out, RenderOptions options) {
  const Style style{options.color};
  for (const Finding* finding : in_order(findings)) print_finding(*finding, style, out);
}

void render_json(const Findings& findings, std::ostream& out) {
  out << '[';
  const char* separator = "\n";
  for (const Finding* finding : in_order(findings)) {
    out << separator << "  {\"code\": ";
    separator = ",\n";
    print_json_string(finding->code, out);
    out << ", \"level\": \"" << name_of(finding->level) << "\", \"message\": ";
    print_json_string(finding->message, out);
    out << ", ";
    print_json_place(finding->span, out);
    if (finding->span.expansion) {
      out << ", \"expansion\": ";
      print_json_string(*finding->span.expansion, out);
    }
    out << ", \"notes\": [";
    const char* comma = "";
    for (const Remark& remark : finding->remarks) {
      out << comma << "{\"kind\": \"" << (remark.help ? "help" : "note") << "\", \"message\": ";
      comma = ", ";
      print_json_string(remark.words, out);
      if (remark.span.file) {
        out << ", ";
        print_json_place(remark.span, out);
      }
      out << '}';
    }
    out << "]}";
  }
  out << (findings.all().empty() ? "]\n" : "\n]\n");
}

}  // namespace strowger::diagnostics
