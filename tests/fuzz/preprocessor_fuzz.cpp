// Fuzzes the preprocessor: directives, defines, substitutions, conditions and includes of a script and up to three files
// that it may include (a.cfg, b.cfg, c.cfg; a line `%%%%` divides them).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "compiler/syntax/preprocessor.h"
#include "tests/fuzz/front_end.h"

using namespace strowger;  // NOLINT: one short program

namespace {

constexpr std::string_view kDivider = "\n%%%%\n";
constexpr const char* kNames[] = {"main.cfg", "a.cfg", "b.cfg", "c.cfg"};

std::string make_folder() {
  char name[] = "/dev/shm/strowger-fuzz-XXXXXX";
  fuzz::require(::mkdtemp(name) != nullptr, "a folder for the files");
  return name;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string folder = make_folder();
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (const char* name : kNames) {
    const std::size_t end = rest.find(kDivider);
    std::ofstream(folder + "/" + name, std::ios::binary) << rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + kDivider.size());
  }
  text::Sources sources;
  diagnostics::Findings findings;
  syntax::ParseOptions options;
  options.defines = {{"GIVEN", ""}, {"GIVEN_TEXT", "\"a\""}};
  const text::SourceFile* root = sources.open(folder + "/main.cfg");
  fuzz::require(root != nullptr, "the script was written");
  syntax::Preprocessor preprocessor(root, sources, options, findings);
  for (;;) {
    const auto token = preprocessor.nextToken();
    fuzz::check_span(static_cast<const syntax::SourceToken&>(*token).span, "place of a token");
    if (token->getType() == antlr4::Token::EOF) break;
  }
  (void)preprocessor.defines();
  fuzz::check_findings(findings);
  return 0;
}
