// Findings for CI servers: workflow commands of GitHub Actions, Checkstyle's XML.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <string>

#include "compiler/diagnostics/render_parts.h"

namespace strowger::diagnostics {
namespace {

std::string_view command_of(Level level) {
  switch (level) {
    case Level::Error: return "error";
    case Level::Warning:
    case Level::Security: return "warning";
    case Level::Hint:
    case Level::Note: return "notice";
  }
  return "notice";
}

/// '%' and line ends would end a workflow command; ',' and ':' end a property.
std::string escaped_for_github(std::string_view s, bool property) {
  std::string out;
  for (const char c : s) {
    if (c == '%') out += "%25";
    else if (c == '\r') out += "%0D";
    else if (c == '\n') out += "%0A";
    else if (property && c == ':') out += "%3A";
    else if (property && c == ',') out += "%2C";
    else out += c;
  }
  return out;
}

std::string_view severity_of(Level level) {
  switch (level) {
    case Level::Error: return "error";
    case Level::Warning:
    case Level::Security: return "warning";
    case Level::Hint:
    case Level::Note: return "info";
  }
  return "info";
}

/// Control characters are not allowed in XML 1.0, not even escaped: they become '?'.
std::string escaped_for_xml(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    const auto byte = static_cast<unsigned char>(c);
    if (const std::size_t length = utf8_length(s.substr(i)); length > 1) {
      out += s.substr(i, length);
      i += length - 1;
      continue;
    }
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') out += '?';
    else if (byte >= 0x80) out += "&#" + std::to_string(byte) + ";";
    else out += c;
  }
  return out;
}

}  // namespace

void render_github(const Findings& findings, std::ostream& out) {
  for (const Finding* finding : in_order(findings)) {
    out << "::" << command_of(finding->level) << ' ';
    if (const text::Span& span = finding->span; span.file) {
      const std::uint32_t end = span.offset + (span.length ? span.length : 1);
      out << "file=" << escaped_for_github(span.file->path, true) << ",line=" << span.line() << ",col=" << span.column()
          << ",endLine=" << span.file->line_of(end) << ",endColumn=" << span.file->column_of(end) << ',';
    }
    std::string words = finding->message;
    for (const Remark& remark : finding->remarks) words += (remark.help ? "\nhelp: " : "\nnote: ") + remark.words;
    out << "title=" << finding->code << "::" << escaped_for_github(words, false) << '\n';
  }
}

void render_checkstyle(const Findings& findings, std::ostream& out) {
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n";
  const text::SourceFile* open = nullptr;
  bool any = false;
  for (const Finding* finding : in_order(findings)) {
    if (!any || finding->span.file != open) {
      if (any) out << "  </file>\n";
      open = finding->span.file;
      any = true;
      out << "  <file name=\"" << (open ? escaped_for_xml(open->path) : "") << "\">\n";
    }
    out << "    <error line=\"" << finding->span.line() << "\" column=\"" << finding->span.column() << "\" severity=\""
        << severity_of(finding->level) << "\" message=\"" << escaped_for_xml(finding->message) << "\" source=\"strowger."
        << finding->code << "\"/>\n";
  }
  if (any) out << "  </file>\n";
  out << "</checkstyle>\n";
}

}  // namespace strowger::diagnostics
