// Findings as SARIF 2.1.0 (OASIS), for code scanning services.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cctype>
#include <map>
#include <string>

#include "compiler/diagnostics/render_parts.h"

namespace strowger::diagnostics {
namespace {

std::string_view sarif_level(Level level) {
  switch (level) {
    case Level::Error: return "error";
    case Level::Warning:
    case Level::Security: return "warning";
    case Level::Hint:
    case Level::Note: return "note";
  }
  return "none";
}

/// A path as a URI reference: what RFC 3986 does not allow in a path is escaped.
std::string uri_of(std::string_view path) {
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || (c && std::string_view("-._~/!$&'()*+,;=@").find(c) != std::string_view::npos)) {
      out += c;
    } else {
      constexpr char kHex[] = "0123456789ABCDEF";
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

/// The page of a code without its title line.
std::string_view text_of_page(std::string_view code) {
  std::string_view page = page_of(code);
  page.remove_prefix(std::min(page.size(), page.find('\n') + 1));
  while (page.starts_with('\n')) page.remove_prefix(1);
  return page;
}

/// The column of an offset in characters, as `columnKind` says.
std::uint32_t column_in_characters(const text::SourceFile& file, std::uint32_t offset) {
  const std::string_view before = file.line_text(file.line_of(offset)).substr(0, file.column_of(offset) - 1);
  std::uint32_t column = file.column_of(offset) - static_cast<std::uint32_t>(before.size());
  for (const char c : before)
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++column;
  return column;
}

void print_location(const text::Span& span, std::ostream& out) {
  out << "{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ";
  print_json_string(uri_of(span.file->path), out);
  const std::uint32_t end = span.offset + (span.length ? span.length : 1);
  out << "}, \"region\": {\"startLine\": " << span.line() << ", \"startColumn\": "
      << column_in_characters(*span.file, span.offset) << ", \"endLine\": " << span.file->line_of(end)
      << ", \"endColumn\": " << column_in_characters(*span.file, end) << "}}";
}

void print_rule(std::string_view code, std::ostream& out) {
  out << "{\"id\": ";
  print_json_string(code, out);
  out << ", \"shortDescription\": {\"text\": ";
  print_json_string(title_of(code).empty() ? code : title_of(code), out);
  out << "}, \"fullDescription\": {\"text\": ";
  print_json_string(text_of_page(code).empty() ? code : text_of_page(code), out);
  out << "}}";
}

void print_result(const Finding& finding, std::size_t rule, std::ostream& out) {
  out << "{\"ruleId\": ";
  print_json_string(finding.code, out);
  out << ", \"ruleIndex\": " << rule << ", \"level\": \"" << sarif_level(finding.level) << "\", \"message\": {\"text\": ";
  std::string words = finding.message;
  for (const Remark& remark : finding.remarks)
    if (!remark.span.file) words += (remark.help ? "\nhelp: " : "\nnote: ") + remark.words;
  print_json_string(words, out);
  out << '}';
  if (finding.span.file) {
    out << ", \"locations\": [";
    print_location(finding.span, out);
    out << "}]";
  }
  const char* separator = ", \"relatedLocations\": [";
  bool related = false;
  for (const Remark& remark : finding.remarks) {
    if (!remark.span.file) continue;
    out << separator;
    separator = ", ";
    related = true;
    print_location(remark.span, out);
    out << ", \"message\": {\"text\": ";
    print_json_string(remark.words, out);
    out << "}}";
  }
  if (related) out << ']';
  out << '}';
}

}  // namespace

void render_sarif(const Findings& findings, std::string_view tool_version, std::ostream& out) {
  std::map<std::string_view, std::size_t> rules;
  for (const Finding& finding : findings.all()) rules.emplace(finding.code, 0);
  out << "{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n  \"version\": \"2.1.0\",\n"
         "  \"runs\": [{\n    \"columnKind\": \"unicodeCodePoints\",\n"
         "    \"tool\": {\"driver\": {\"name\": \"strowger\", \"version\": ";
  print_json_string(tool_version, out);
  out << ", \"rules\": [";
  const char* separator = "\n      ";
  std::size_t number = 0;
  for (auto& [code, index] : rules) {
    index = number++;
    out << separator;
    separator = ",\n      ";
    print_rule(code, out);
  }
  out << "]}},\n    \"results\": [";
  separator = "\n      ";
  for (const Finding* finding : in_order(findings)) {
    out << separator;
    separator = ",\n      ";
    print_result(*finding, rules[finding->code], out);
  }
  out << "]\n  }]\n}\n";
}

}  // namespace strowger::diagnostics
