// What the fuzz targets of the front end share: what must hold for every finding, whatever the text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string_view>

#include "compiler/diagnostics/findings.h"

namespace strowger::fuzz {

inline void require(bool good, std::string_view what) {
  if (good) return;
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

inline void check_span(const text::Span& span, std::string_view what) {
  if (!span.file) return;
  require(span.offset <= span.file->content.size(), what);
  require(span.length <= span.file->content.size() - span.offset, what);
}

/// Every finding has a page, words, and a place in a text that was read; all formats can show it.
inline void check_findings(const diagnostics::Findings& findings) {
  for (const diagnostics::Finding& f : findings.all()) {
    require(!diagnostics::page_of(f.code).empty(), "a finding has a page");
    require(!f.message.empty(), "a finding has words");
    check_span(f.span, f.code);
    for (const diagnostics::Remark& r : f.remarks) check_span(r.span, f.code);
    for (const diagnostics::Edit& e : f.edits) check_span(e.span, f.code);
  }
  std::ostringstream out;
  diagnostics::render_text(findings, out);
  diagnostics::render_json(findings, out);
  diagnostics::render_sarif(findings, "0", out);
  diagnostics::render_github(findings, out);
  diagnostics::render_checkstyle(findings, out);
}

}  // namespace strowger::fuzz
