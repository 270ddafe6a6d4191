// Severities, notes and edits.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lsp/report.h"

#include <map>

#include "compiler/lsp/places.h"

namespace strowger::lsp {
namespace {

/// DiagnosticSeverity
int severity_of(diagnostics::Level level) {
  using diagnostics::Level;
  switch (level) {
    case Level::Error: return 1;
    case Level::Warning: case Level::Security: return 2;
    case Level::Note: return 3;
    case Level::Hint: return 4;
  }
  return 1;
}

}  // namespace

llvm::json::Value diagnostic_of(const diagnostics::Finding& finding) {
  std::string message = finding.message;
  llvm::json::Array related;
  for (const diagnostics::Remark& remark : finding.remarks) {
    if (remark.span.file) related.push_back(llvm::json::Object{{"location", location_of(remark.span)}, {"message", llvm::json::fixUTF8(remark.words)}});
    else message += std::string(remark.help ? "\nhelp: " : "\nnote: ") + remark.words;
  }
  return llvm::json::Object{{"range", range_of(finding.span)},
                            {"severity", severity_of(finding.level)},
                            {"code", finding.code},
                            {"source", "strowger"},
                            {"message", llvm::json::fixUTF8(message)},
                            {"relatedInformation", std::move(related)}};
}

llvm::json::Value action_of(const diagnostics::Finding& finding) {
  std::map<std::string, llvm::json::Array> by_file;
  for (const diagnostics::Edit& edit : finding.edits)
    by_file[uri_of_path(edit.span.file->path)].push_back(
        llvm::json::Object{{"range", range_of(edit.span)}, {"newText", llvm::json::fixUTF8(edit.text)}});
  llvm::json::Object changes;
  for (auto& [uri, edits] : by_file) changes[uri] = std::move(edits);
  return llvm::json::Object{{"title", llvm::json::fixUTF8("Mend: " + finding.message)},
                            {"kind", "quickfix"},
                            {"diagnostics", llvm::json::Array{diagnostic_of(finding)}},
                            {"isPreferred", true},
                            {"edit", llvm::json::Object{{"changes", std::move(changes)}}}};
}

}  // namespace strowger::lsp
