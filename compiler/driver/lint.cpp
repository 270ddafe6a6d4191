// strowger lint: all checks, nothing generated.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <unistd.h>

#include <iostream>
#include <list>
#include <map>
#include <optional>
#include <tuple>

#include <CLI/CLI.hpp>

#include "compiler/driver/check.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/fix.h"
#include "compiler/driver/kit.h"

namespace strowger::driver {
namespace {

struct LintOptions : CommonOptions {
  std::vector<std::string> scripts, profiles;
  std::string format = "text", fail_on;
  bool fix = false;
};

using diagnostics::Finding;
using diagnostics::Findings;
using diagnostics::Level;

bool fails(const Finding& finding, const std::string& fail_on) {
  if (finding.level == Level::Error) return true;
  return fail_on == "warning" && (finding.level == Level::Warning || finding.level == Level::Security);
}

/// The sets of defines to check a script with: one without name, or those of --profile.
std::optional<std::vector<std::pair<std::string, std::vector<std::string>>>> profiles_of(const LintOptions& options,
                                                                                        const Project& project) {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  for (const std::string& name : options.profiles) {
    const auto at = project.profiles.find(name);
    if (name == "all") {
      for (const auto& profile : project.profiles) out.push_back(profile);
    } else if (at != project.profiles.end()) {
      out.push_back(*at);
    } else {
      complain("there is no profile '" + name + "' in " + (project.path.empty() ? "a strowger.toml" : project.path));
      return std::nullopt;
    }
  }
  if (options.profiles.empty()) out.push_back({});
  if (out.empty()) complain(project.path + " has no [profiles]");
  return out;
}

/// The findings of several profiles as one list: each fault once, with the profiles it shows in where it is not in all.
class Merged {
 public:
  void add(const std::string& profile, const Findings& findings) {
    ++runs_;
    for (const Finding& finding : findings.all()) {
      const Key key{finding.code, finding.span.file ? finding.span.file->path : "", finding.span.offset};
      Entry& entry = entries_[key];
      if (entry.profiles.empty()) {
        entry.finding = finding;
        order_.push_back(&entry);
      }
      entry.profiles.push_back(profile);
    }
  }
  void give(Findings& out) {
    for (Entry* entry : order_) {
      if (entry->profiles.size() < runs_) {
        std::string names;
        for (const std::string& name : entry->profiles) names += (names.empty() ? "" : ", ") + name;
        entry->finding.note("only in profile " + names);
      }
      out.all().push_back(std::move(entry->finding));
    }
  }

 private:
  using Key = std::tuple<std::string, std::string, std::uint32_t>;
  struct Entry {
    Finding finding;
    std::vector<std::string> profiles;
  };
  std::map<Key, Entry> entries_;
  std::vector<Entry*> order_;
  std::size_t runs_ = 0;
};

void render(const LintOptions& options, const Findings& findings) {
  if (options.format == "json") diagnostics::render_json(findings, std::cout);
  else if (options.format == "sarif") diagnostics::render_sarif(findings, version(), std::cout);
  else if (options.format == "github") diagnostics::render_github(findings, std::cout);
  else if (options.format == "checkstyle") diagnostics::render_checkstyle(findings, std::cout);
  else diagnostics::render_text(findings, std::cout, {use_color(options, STDOUT_FILENO)});
  std::cout.flush();
}

/// Checks all scripts; gives the exit code. `scripts` keeps the texts that the findings point into.
int check_all(const LintOptions& options, const modules::ModuleSet& modules, std::list<Compilation>& scripts, Findings& all) {
  int exit_code = kFine;
  bool failed = false;
  for (const std::string& path : options.scripts) {
    if (const std::string why = why_unreadable(path); !why.empty()) {
      complain("'" + path + "' cannot be read: " + why);
      exit_code = kUsage;
      continue;
    }
    std::string error;
    const Project project = find_project(path, error);
    if (!error.empty()) complain(error);
    const auto profiles = profiles_of(options, project);
    if (!error.empty() || !profiles || profiles->empty()) {
      exit_code = kUsage;
      continue;
    }
    Merged merged;
    for (const auto& [name, defines] : *profiles) {
      Compilation& script = scripts.emplace_back();
      check_script(path, options, project, defines, modules, script);
      merged.add(name, script.findings);
    }
    Findings findings;
    merged.give(findings);
    const std::string fail_on = !options.fail_on.empty() ? options.fail_on : project.fail_on.value_or("error");
    for (Finding& finding : findings.all()) {
      failed = failed || fails(finding, fail_on);
      if (!options.quiet || finding.level == Level::Error) all.all().push_back(std::move(finding));
    }
  }
  if (exit_code == kFine && (failed || all.has_errors())) exit_code = kFindings;
  return exit_code;
}

int lint(const LintOptions& options) {
  text::Sources module_sources;
  Findings all;
  const modules::ModuleSet modules = load_modules(options, module_sources, all);
  std::list<Compilation> scripts;
  if (options.fix) {
    Findings before;
    check_all(options, modules, scripts, before);
    const FixResult fixed = apply_edits(before);
    for (const std::string& why : fixed.failed) complain("cannot write " + why);
    if (!options.quiet) std::cerr << "fixed: " << fixed.applied << "\n";
    if (!fixed.failed.empty()) return kUsage;
  }
  const int exit_code = check_all(options, modules, scripts, all);  // of what is left, at its new places
  render(options, all);
  return exit_code;
}

}  // namespace

void add_lint(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<LintOptions>();
  CLI::App* command = app.add_subcommand("lint", "Check scripts; nothing is generated");
  command->footer("Example:\n  strowger lint --fail-on warning pbx.cfg");
  command->add_option("CFG", options->scripts, "Scripts")->required();
  command->add_option("--format", options->format, "text, json, sarif, github or checkstyle")
      ->check(CLI::IsMember({"text", "json", "sarif", "github", "checkstyle"}))
      ->capture_default_str();
  command
      ->add_option("--fail-on", options->fail_on, "The level from which on findings make exit code 1: error (default) or warning")
      ->check(CLI::IsMember({"error", "warning"}));
  command->add_option("--profile", options->profiles, "Check with this set of defines of strowger.toml; repeatable; 'all' for each")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_flag("--fix", options->fix, "Write the changes that are safe into the files; tells what is left");
  add_common_options(*command, *options);
  command->callback([options, &exit_code] { exit_code = lint(*options); });
}

}  // namespace strowger::driver
