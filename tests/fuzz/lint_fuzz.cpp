// Fuzzes the whole front end: text to program with every module that exists, and all lint rules.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdint>
#include <string>

#include "compiler/analysis/analyse.h"
#include "compiler/diagnostics/suppressions.h"
#include "compiler/lint/lint.h"
#include "compiler/syntax/parse.h"
#include "tests/fuzz/front_end.h"

using namespace strowger;  // NOLINT: one short program

namespace {

struct Modules {
  text::Sources sources;
  diagnostics::Findings findings;
  modules::ModuleSet set = modules::ModuleSet::load({}, sources, findings);
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Modules modules;
  const std::string input(reinterpret_cast<const char*>(data), size);
  text::Sources sources;
  diagnostics::Findings findings;
  const syntax::Ast ast = syntax::parse_text("fuzz.cfg", input, sources, {}, findings);
  const auto purpose = size % 4 == 0 ? analysis::Purpose::Build : analysis::Purpose::Lint;
  const auto program = analysis::analyse(ast, modules.set, purpose, findings);
  if (program) {
    lint::check(*program, findings);
    (void)program::print(*program);
  }
  diagnostics::apply_suppressions(sources, program != nullptr, findings);
  fuzz::check_findings(findings);
  return 0;
}
