// strowger-interface FILE.module OUTDIR: writes OUTDIR/NAME.interface.h and OUTDIR/NAME.defaults.cpp for the build.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "compiler/modules/interface.h"

namespace {

namespace fs = std::filesystem;

/// The module's place among the .module files of its sibling folders: different for all modules of one tree.
std::uint32_t slot_of(const fs::path& file) {
  const fs::path absolute = fs::absolute(file).lexically_normal();
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& folder : fs::directory_iterator(absolute.parent_path().parent_path(), error)) {
    std::error_code inner;
    for (const auto& entry : fs::directory_iterator(folder.path(), inner))
      if (entry.path().extension() == ".module") names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return static_cast<std::uint32_t>(std::find(names.begin(), names.end(), absolute.filename().string()) - names.begin());
}

/// Leaves the file alone where it already has that content, so that its dependents are not built again.
bool write_if_changed(const fs::path& path, const std::string& content) {
  {
    std::ifstream in(path, std::ios::binary);
    if (in && std::string(std::istreambuf_iterator<char>(in), {}) == content) return true;
  }
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out) std::cerr << "strowger-interface: cannot write " << path.string() << "\n";
  return static_cast<bool>(out);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: strowger-interface FILE.module OUTDIR\n";
    return 2;
  }
  strowger::text::Sources sources;
  strowger::diagnostics::Findings findings;
  const strowger::text::SourceFile* file = sources.open(argv[1]);
  if (!file) {
    std::cerr << "strowger-interface: cannot read " << argv[1] << "\n";
    return 1;
  }
  const strowger::modules::ModuleInterface module = strowger::modules::parse_module(*file, findings);
  if (!findings.has_errors() && module.name != fs::path(argv[1]).stem().string()) {
    strowger::text::Span top;
    top.file = file;
    findings.add("E0813", top, {module.name, fs::path(argv[1]).filename().string()});
  }
  if (!findings.all().empty()) strowger::diagnostics::render_text(findings, std::cerr);
  if (findings.has_errors()) return 1;

  const fs::path out = argv[2];
  std::error_code error;
  fs::create_directories(out, error);
  const bool ok = write_if_changed(out / (module.name + ".interface.h"), print_header(module)) &&
                  write_if_changed(out / (module.name + ".defaults.cpp"), print_defaults(module, slot_of(argv[1])));
  return ok ? 0 : 1;
}
