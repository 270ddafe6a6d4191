// Runs the front end in its order: text and syntax, then analysis.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/front_end.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/SHA256.h>

namespace strowger::driver {

modules::ModuleSet load_modules(const CommonOptions& options, text::Sources& sources, diagnostics::Findings& findings) {
  return modules::ModuleSet::load(options.module_dirs, sources, findings);
}

std::string why_unreadable(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::strerror(errno);
  struct stat status = {};
  const bool folder = ::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
  ::close(descriptor);
  return folder ? std::strerror(EISDIR) : "";
}

void compile_front(const std::string& path, const CommonOptions& options, const modules::ModuleSet& modules,
                   analysis::Purpose purpose, Compilation& out) {
  syntax::ParseOptions parse;
  for (const std::string& define : options.defines) {
    const std::size_t equals = define.find('=');
    parse.defines.emplace_back(define.substr(0, equals), equals == std::string::npos ? "" : define.substr(equals + 1));
  }
  parse.include_dirs = options.include_dirs;
  out.ast = syntax::parse(path, out.sources, parse, out.findings);
  out.program = analysis::analyse(out.ast, modules, purpose, out.findings);
  if (out.findings.has_errors() && purpose == analysis::Purpose::Build) out.program = nullptr;
}

std::string hash_of(const Compilation& compilation, const CommonOptions& options) {
  llvm::SHA256 hash;
  const auto add = [&](const std::string& part) {
    hash.update(std::to_string(part.size()) + ":");
    hash.update(part);
  };
  for (const std::string& define : options.defines) add(define);
  for (const auto& file : compilation.sources.all()) {
    add(file->path);
    add(file->content);
  }
  return llvm::toHex(hash.final(), true);
}

}  // namespace strowger::driver
