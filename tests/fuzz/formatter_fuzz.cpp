// Fuzzes the formatter: what it gives is laid out already, and is the same program.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdint>
#include <string>

#include "compiler/format/format.h"
#include "compiler/syntax/parse.h"
#include "tests/fuzz/front_end.h"

using namespace strowger;  // NOLINT: one short program

namespace {

/// The tree of a script, empty where it has faults.
std::string tree_of(const std::string& script) {
  text::Sources sources;
  diagnostics::Findings findings;
  const syntax::Ast ast = syntax::parse_text("fuzz.cfg", script, sources, {}, findings);
  return findings.has_errors() ? std::string() : syntax::print(ast);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  format::Fault fault;
  const std::optional<std::string> once = format::format(input, fault);
  if (!once) {
    fuzz::require(!fault.words.empty(), "a refusal has words");
    return 0;
  }
  const std::optional<std::string> twice = format::format(*once, fault);
  fuzz::require(twice && *twice == *once, "a second run changes nothing");
  const std::string before = tree_of(input);
  if (!before.empty()) fuzz::require(tree_of(*once) == before, "the program is the same");
  return 0;
}
