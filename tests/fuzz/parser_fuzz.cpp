// Fuzzes the parser: whole scripts; or, by the first byte, one variable or one format string.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdint>
#include <string>

#include "compiler/syntax/parse.h"
#include "tests/fuzz/front_end.h"

using namespace strowger;  // NOLINT: one short program

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  text::Sources sources;
  diagnostics::Findings findings;
  if (!input.empty() && (input[0] == '\1' || input[0] == '\2')) {
    const text::SourceFile* file = sources.add("fuzz.cfg", input.substr(1));
    const text::Span place{file, 0, static_cast<std::uint32_t>(file->content.size()), nullptr};
    if (input[0] == '\1') {
      syntax::PvRef pv;
      std::size_t used = 0;
      if (file->content.starts_with('$') && syntax::parse_pv(file->content, place, pv, used, findings)) {
        fuzz::require(used <= file->content.size(), "length of a variable");
        (void)syntax::print(pv);
      }
    } else {
      syntax::Format format;
      if (syntax::parse_format(file->content, place, format, findings)) (void)syntax::is_plain(format);
    }
  } else {
    const syntax::Ast ast = syntax::parse_text("fuzz.cfg", input, sources, {}, findings);
    (void)syntax::print(ast);
  }
  fuzz::check_findings(findings);
  return 0;
}
