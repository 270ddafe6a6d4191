// strowger build: a script to one executable, or to what lies between.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/analysis/report.h"
#include "compiler/codegen/generate.h"
#include "compiler/codegen/profile.h"
#include "compiler/driver/build.h"
#include "compiler/driver/front_end.h"
#include "compiler/driver/kit.h"
#include "compiler/link/link.h"

namespace strowger::driver {
namespace {

namespace fs = std::filesystem;

class Stages {
 public:
  void lap(const char* name) {
    const auto now = std::chrono::steady_clock::now();
    rows_.push_back({name, std::chrono::duration<double, std::milli>(now - from_).count()});
    from_ = now;
  }
  void add(const std::vector<codegen::Stage>& stages) {
    rows_.insert(rows_.end(), stages.begin(), stages.end());
    from_ = std::chrono::steady_clock::now();
  }
  void print() const {
    double total = 0;
    for (const codegen::Stage& row : rows_) {
      std::fprintf(stderr, "%-14s %8.1f ms\n", row.name.c_str(), row.milliseconds);
      total += row.milliseconds;
    }
    std::fprintf(stderr, "%-14s %8.1f ms\n", "total", total);
  }

 private:
  std::vector<codegen::Stage> rows_;
  std::chrono::steady_clock::time_point from_ = std::chrono::steady_clock::now();
};

/// Writes beside the target and renames, but into what is no regular file (a device, a pipe); "" or why that failed.
/// "-" is standard output.
std::string write_file(const std::string& path, std::string_view content) {
  if (path == "-") {
    std::cout.write(content.data(), static_cast<std::streamsize>(content.size())).flush();
    return std::cout ? "" : "standard output cannot be written";
  }
  std::error_code none;
  const bool in_place = fs::exists(path, none) && !fs::is_regular_file(path, none);
  const std::string temporary = in_place ? path : path + ".new." + std::to_string(::getpid());
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  bool ok = file && std::fwrite(content.data(), 1, content.size(), file) == content.size();
  int error = errno;
  if (file && std::fclose(file) != 0 && ok) {
    ok = false;
    error = errno;
  }
  if (in_place && ok) return "";
  if (ok && std::rename(temporary.c_str(), path.c_str()) == 0) return "";
  if (ok) error = errno;
  if (!in_place) std::remove(temporary.c_str());
  return "'" + path + "' cannot be written: " + std::strerror(error);
}

/// Where the result goes when no -o tells: text to standard output, files to the current folder under the script's stem.
std::string default_output(const BuildOptions& options) {
  const std::string stem = fs::path(options.script).stem().string();
  if (options.emit == "exe") return stem;
  return options.emit == "obj" ? stem + ".o" : "-";
}

/// Why nothing can be written there; checked before the work is done.
std::string why_unwritable(const BuildOptions& options) {
  if (options.output == "-") return options.emit == "exe" ? "an executable needs a file: -o OUT" : "";
  std::error_code error;
  if (fs::is_directory(options.output, error)) return "'" + options.output + "' is a folder; use -o OUT";
  if (fs::equivalent(options.script, options.output, error)) return "the output would overwrite the script; use -o OUT";
  fs::path folder = fs::path(options.output).parent_path();
  if (folder.empty()) folder = ".";
  if (!fs::is_directory(folder, error)) return "no folder '" + folder.string() + "' to write into";
  if (::access(folder.c_str(), W_OK) != 0) return "'" + folder.string() + "' cannot be written: " + std::strerror(errno);
  return "";
}

void show(const Compilation& script, const diagnostics::Findings& modules, const BuildOptions& options) {
  diagnostics::Findings shown;
  for (const auto* findings : {&modules, &script.findings})
    for (const diagnostics::Finding& finding : findings->all())
      if (!options.quiet || finding.level == diagnostics::Level::Error) shown.all().push_back(finding);
  diagnostics::render_text(shown, std::cerr, {use_color(options, STDERR_FILENO)});
}

}  // namespace

int build(BuildOptions options) {
  if (const std::string why = why_unreadable(options.script); !why.empty()) {
    complain("'" + options.script + "' cannot be read: " + why);
    return kUsage;
  }
  if (options.output.empty()) options.output = default_output(options);
  if (const std::string why = why_unwritable(options); !why.empty()) {
    complain(why);
    return kUsage;
  }

  std::string profile;
  if (const std::string why = options.profiles.empty() ? "" : codegen::read_profiles(options.profiles, profile); !why.empty()) {
    complain(why);
    return kUsage;
  }

  Stages stages;
  text::Sources module_sources;
  diagnostics::Findings module_findings;
  const modules::ModuleSet modules = load_modules(options, module_sources, module_findings);
  stages.lap("modules");
  Compilation script;
  compile_front(options.script, options, modules, analysis::Purpose::Build, script);
  stages.lap("front end");

  const auto fail = [&](const char* code, const std::string& words) {
    script.findings.add(code, {}, {words});  // no place in the script is at fault
    show(script, module_findings, options);
    return kFindings;
  };
  if (options.emit == "ast") {
    show(script, module_findings, options);
    if (script.findings.has_errors() || module_findings.has_errors()) return kFindings;
    std::string tree = syntax::print(script.ast);
    if (options.verbose && script.program) tree += program::print(*script.program);
    const std::string why = write_file(options.output, tree);
    if (!why.empty()) complain(why);
    return why.empty() ? kFine : kUsage;
  }
  if (!script.program || module_findings.has_errors()) {
    show(script, module_findings, options);
    return kFindings;
  }

  if (options.emit == "report") {
    show(script, module_findings, options);
    const std::string why = write_file(options.output, analysis::report(*script.program));
    if (!why.empty()) complain(why);
    return why.empty() ? kFine : kUsage;
  }

  const std::string kit = find_kit();
  codegen::GenerateOptions generate;
  generate.level = options.level;
  generate.cpu = options.cpu;
  generate.debug_lines = options.lines;
  generate.toolchain_version = version();
  generate.cfg_hash = hash_of(script, options);
  if (options.make_profile) generate.profile_output = fs::path(options.script).stem().string() + ".profraw";
  generate.profile = std::move(profile);
  std::error_code error;
  if (fs::exists(kit + "/hot.bc", error)) generate.hot_bitcode = kit + "/hot.bc";
  const codegen::Emit emit = options.emit == "llvm-ir" ? codegen::Emit::LlvmIr
                             : options.emit == "asm"   ? codegen::Emit::Assembly
                                                       : codegen::Emit::Object;
  const codegen::Generated made = codegen::generate(*script.program, generate, emit);
  stages.add(made.stages);
  if (!made.error.empty()) return fail("E0904", made.error);
  if (!options.profiles.empty() && !made.profile_fits) {
    complain("'" + options.profiles.front() + "' is the profile of another script: it knows none of this one's functions");
    return kUsage;
  }

  if (options.emit == "exe") {
    link::LinkOptions link;
    link.kit = kit;
    link.output = options.output;
    link.static_executable = options.static_executable;
    link.strip = options.strip;
    link.profile = options.make_profile;
    const std::string why = link::link_executable(made.object, *script.program, link);
    stages.lap("link");
    if (!why.empty()) return fail("E0903", why);
  } else {
    const std::string_view content = emit == codegen::Emit::LlvmIr     ? std::string_view(made.llvm_ir)
                                     : emit == codegen::Emit::Assembly ? std::string_view(made.assembly)
                                                                       : std::string_view(made.object.data(), made.object.size());
    if (const std::string why = write_file(options.output, content); !why.empty()) {
      complain(why);
      return kUsage;
    }
    stages.lap("write");
  }
  show(script, module_findings, options);
  if (options.time) stages.print();
  if (options.verbose) std::cerr << options.script << " -> " << options.output << '\n';
  return kFine;
}

void add_compile_options(CLI::App& command, BuildOptions& options) {
  command.add_option("CFG", options.script, "The script")->required();
  command.add_option("-O", options.level, "Optimise: 0 to 3")->check(CLI::Range(0, 3))->type_name("LEVEL")->capture_default_str();
  command.add_option("--target-cpu", options.cpu, "The processor to compile for, or native")->type_name("NAME")->capture_default_str();
  command.add_flag("--time", options.time, "Print what each stage took");
  add_common_options(command, options);
}

void add_build(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<BuildOptions>();
  CLI::App* command = app.add_subcommand("build", "Compile a script to one executable");
  command->footer("Example:\n  strowger build pbx.cfg -o pbx -D WITH_NAT");
  command->add_option("-o,--output", options->output, "Where to write (default: the script's stem in this folder)")->type_name("OUT");
  command->add_option("--emit", options->emit, "exe, obj, llvm-ir, ast, asm or report")
      ->check(CLI::IsMember({"exe", "obj", "llvm-ir", "ast", "asm", "report"}))
      ->capture_default_str();
  command->add_flag("-g,!--no-lines", options->lines, "Line tables that point into the script (on; --no-lines turns them off)");
  command->add_flag("--static", options->static_executable, "Link the C library statically too");
  command->add_flag("--strip", options->strip, "Leave out symbols and line tables");
  CLI::Option* const generate = command->add_flag("--pgo-generate", options->make_profile,
                                                  "The proxy counts what it runs, and leaves the script's stem with .profraw in its working directory when it ends");
  command->add_option("--pgo-use", options->profiles, "Optimise by such profiles, or by merged ones of llvm-profdata; repeatable")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->excludes(generate);
  add_compile_options(*command, *options);
  command->callback([options, &exit_code] { exit_code = build(*options); });
}

}  // namespace strowger::driver
