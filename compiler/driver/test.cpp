// strowger test: plays *.scenario files against the scripts they name, in virtual time, without a socket.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <list>
#include <map>
#include <set>
#include <sstream>

#include <CLI/CLI.hpp>

#include "compiler/codegen/generate.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/front_end.h"
#include "compiler/driver/kit.h"
#include "compiler/driver/project.h"
#include "compiler/link/link.h"
#include "runtime/sim/scenario.h"

extern char** environ;

namespace strowger::driver {
namespace {

namespace fs = std::filesystem;
using diagnostics::Findings;

struct TestOptions : CommonOptions {
  std::vector<std::string> paths;
  std::uint64_t seed = 1;
  int level = 2;
  bool coverage = false;
};

/// A folder that is gone when this is.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "strowger-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// One script with one set of defines, compiled and linked with the simulator; scenarios that share it share this.
struct Player {
  Compilation script;
  std::string executable;                  ///< empty where it could not be built
  std::vector<codegen::CoveredStatement> statements;
  std::vector<bool> ran;
};

/// What one run printed.
struct Played {
  bool ended = false;
  std::uint32_t failed_line = 0;           ///< 0: it did not fail
  std::string words, ladder;
  std::vector<std::size_t> covered;
  int status = 0;
};

/// All *.scenario files of the paths, folders with what is below them, each once.
std::vector<std::string> find_scenarios(const std::vector<std::string>& paths, bool& good) {
  std::vector<std::string> found;
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      std::vector<std::string> inside;
      for (const auto& entry : fs::recursive_directory_iterator(path, error))
        if (entry.path().extension() == ".scenario" && entry.is_regular_file(error)) inside.push_back(entry.path().string());
      std::sort(inside.begin(), inside.end());
      if (inside.empty()) complain("no *.scenario file in '" + path + "'"), good = false;
      found.insert(found.end(), inside.begin(), inside.end());
    } else if (const std::string why = why_unreadable(path); !why.empty()) {
      complain("'" + path + "' cannot be read: " + why);
      good = false;
    } else {
      found.push_back(path);
    }
  }
  return found;
}

/// Runs the executable to its end; false with a complaint when it cannot be run.
bool run(const std::string& executable, const std::string& scenario, std::uint64_t seed, Played& out) {
  int ends[2];
  if (::pipe(ends) != 0) return complain(std::string("no pipe: ") + std::strerror(errno)), false;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  std::string number = std::to_string(seed), program = executable, file = scenario;
  char* arguments[] = {program.data(), file.data(), number.data(), nullptr};
  pid_t child = 0;
  const int error = ::posix_spawn(&child, executable.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    return complain("'" + executable + "' cannot be run: " + std::strerror(error)), false;
  }
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t count = ::read(ends[0], buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  while (::waitpid(child, &out.status, 0) < 0 && errno == EINTR) {}
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("failed ")) out.failed_line = static_cast<std::uint32_t>(std::strtoul(line.c_str() + 7, nullptr, 10));
    else if (line.starts_with("| ")) out.words += (out.words.empty() ? "" : "\n") + line.substr(2);
    else if (line.starts_with("> ")) out.ladder += line.substr(2) + "\n";
    else if (line.starts_with("covered ")) out.covered.push_back(std::strtoull(line.c_str() + 8, nullptr, 10));
    else if (line == "played") out.ended = true;
  }
  return true;
}

class Tester {
 public:
  explicit Tester(const TestOptions& options) : options_(options), modules_(load_modules(options, sources_, module_findings_)) {}

  int test() {
    bool good = true;
    const std::vector<std::string> scenarios = find_scenarios(options_.paths, good);
    if (!good) return kUsage;
    if (folder_.path().empty()) return complain("no folder for temporary files"), kUsage;
    if (module_findings_.has_errors()) return show(module_findings_), kUsage;
    for (const std::string& path : scenarios) {
      const bool passed = play(path);
      if (broken_) return kUsage;
      if (!passed) ++failed_;
      if (!options_.quiet || !passed) std::cout << (passed ? "ok    " : "FAIL  ") << path << std::endl;
    }
    std::cout << scenarios.size() << (scenarios.size() == 1 ? " scenario, " : " scenarios, ") << failed_ << " failed";
    print_coverage();
    return failed_ == 0 ? kFine : kFindings;
  }

 private:
  void show(const Findings& findings) const {
    diagnostics::render_text(findings, std::cout, {use_color(options_, STDOUT_FILENO)});
    std::cout.flush();
  }

  bool play(const std::string& path) {
    const text::SourceFile* file = sources_.open(path);
    if (file == nullptr) return complain("'" + path + "' cannot be read: " + std::strerror(errno)), false;
    const sim::Scenario scenario = sim::parse_scenario(file->content);
    Findings findings;
    for (const sim::ScenarioFault& fault : scenario.faults) findings.add("E0920", span_of(*file, fault.line, fault.column, fault.length), {fault.words});
    if (findings.has_errors()) return show(findings), false;
    Player* player = find_player(*file, scenario);
    if (player == nullptr) return false;
    Played played;
    if (!run(player->executable, path, options_.seed, played)) return broken_ = true, false;
    for (const std::size_t index : played.covered)
      if (index < player->ran.size()) player->ran[index] = true;
    if (options_.verbose) std::cout << played.ladder;
    if (played.ended && played.failed_line == 0) return true;
    if (played.failed_line != 0) {
      const std::string_view line = file->line_text(played.failed_line);
      const auto begin = static_cast<std::uint32_t>(std::min(line.find_first_not_of(" \t"), line.size()));
      findings.add("E0921", span_of(*file, played.failed_line, begin + 1, static_cast<std::uint32_t>(line.size()) - begin), {played.words});
    } else {
      const std::string how = WIFSIGNALED(played.status) ? std::string("it ended by ") + strsignal(WTERMSIG(played.status))
                                                         : "it ended with " + std::to_string(WEXITSTATUS(played.status));
      findings.add("E0922", span_of(*file, 1, 1, 1), {how});
    }
    show(findings);
    if (!options_.verbose) std::cout << played.ladder;
    return false;
  }

  static text::Span span_of(const text::SourceFile& file, std::uint32_t line, std::uint32_t column, std::uint32_t length) {
    if (line == 0 || line > file.line_starts.size()) return {&file, 0, 1};
    return {&file, file.line_starts[line - 1] + column - 1, std::max<std::uint32_t>(1, length)};
  }

  /// The executable for this scenario's script; null where it does not build, which has been shown then.
  Player* find_player(const text::SourceFile& file, const sim::Scenario& scenario) {
    const bool has_config = !scenario.config.empty();
    const std::string config = has_config ? (fs::path(file.path).parent_path() / scenario.config).lexically_normal().string() : file.path;
    if (has_config) {
      if (const std::string why = why_unreadable(config); !why.empty()) {
        Findings findings;
        findings.add("E0920", span_of(file, scenario.config_line, 1, 6), {"'" + config + "' cannot be read: " + why});
        return show(findings), nullptr;
      }
    }
    std::string key = config;
    for (const std::string& define : scenario.defines) key += "\n" + define;
    const auto [at, is_new] = players_.try_emplace(key);
    Player& player = at->second;
    if (is_new) build(config, has_config ? "" : scenario.script, scenario.defines, player);
    return player.executable.empty() ? nullptr : &player;
  }

  void build(const std::string& path, const std::string& inline_script, const std::vector<std::string>& defines, Player& player) {
    std::string error;
    const Project project = find_project(path, error);
    if (!error.empty()) return complain(error);
    CommonOptions common = with_project(options_, project);
    common.defines.insert(common.defines.end(), defines.begin(), defines.end());
    if (!inline_script.empty()) player.script.sources.preset(path, inline_script);
    compile_front(path, common, modules_, analysis::Purpose::Build, player.script);
    Findings& findings = player.script.findings;
    if (player.script.program) {
      const std::string kit = find_kit();
      codegen::GenerateOptions generate;
      generate.level = options_.level;
      generate.toolchain_version = version();
      generate.cfg_hash = hash_of(player.script, common);
      generate.coverage = true;
      std::error_code ignored;
      if (fs::exists(kit + "/hot.bc", ignored)) generate.hot_bitcode = kit + "/hot.bc";
      const codegen::Generated made = codegen::generate(*player.script.program, generate, codegen::Emit::Object);
      if (!made.error.empty()) {
        findings.add("E0904", {}, {made.error});
      } else {
        link::LinkOptions link;
        link.kit = kit;
        link.output = folder_.path() + "/" + std::to_string(players_.size());
        link.simulator = true;
        const std::string why = link::link_executable(made.object, *player.script.program, link);
        if (!why.empty()) findings.add("E0903", {}, {why});
        else player.executable = link.output;
        player.statements = made.covered;
        player.ran.resize(made.covered.size());
      }
    }
    Findings errors;
    for (const diagnostics::Finding& finding : findings.all())
      if (finding.level == diagnostics::Level::Error) errors.all().push_back(finding);
    show(errors);
  }

  struct Lines {
    std::map<std::uint32_t, bool> ran;    ///< line -> did something of it run?
  };

  /// Of all scripts that were built: how many routes and lines ran; with --coverage which did not.
  void print_coverage() const {
    std::map<std::pair<std::string, std::string>, Lines> routes;   // (file, route)
    for (const auto& [key, player] : players_) {
      for (std::size_t i = 0; i < player.statements.size(); ++i) {
        const codegen::CoveredStatement& statement = player.statements[i];
        bool& ran = routes[{statement.span.file->path, player.script.program->routes[statement.route].symbol}].ran[statement.span.line()];
        ran = ran || player.ran[i];
      }
    }
    std::size_t lines = 0, lines_ran = 0, routes_ran = 0;
    for (const auto& [name, route] : routes) {
      const auto count = std::count_if(route.ran.begin(), route.ran.end(), [](const auto& line) { return line.second; });
      lines += route.ran.size();
      lines_ran += static_cast<std::size_t>(count);
      routes_ran += count > 0;
    }
    if (routes.empty()) return static_cast<void>(std::cout << '\n');
    std::cout << "; " << routes_ran << " of " << routes.size() << " routes ran, " << lines_ran << " of " << lines << " lines\n";
    if (!options_.coverage) return;
    for (const auto& [name, route] : routes) {
      const auto count = std::count_if(route.ran.begin(), route.ran.end(), [](const auto& line) { return line.second; });
      std::cout << "  " << name.first << "  " << name.second << "  " << count << " of " << route.ran.size() << " lines";
      if (static_cast<std::size_t>(count) < route.ran.size()) std::cout << "; not " << missing(route);
      std::cout << '\n';
    }
  }

  /// "12, 14-17": runs of lines with statements none of which ran.
  static std::string missing(const Lines& route) {
    std::string out;
    std::uint32_t first = 0, last = 0;
    const auto close = [&] {
      if (first == 0) return;
      out += (out.empty() ? "" : ", ") + std::to_string(first) + (last > first ? "-" + std::to_string(last) : "");
      first = 0;
    };
    for (const auto& [line, ran] : route.ran) {
      if (ran) {
        close();
        continue;
      }
      if (first == 0) first = line;
      last = line;
    }
    close();
    return out;
  }

  const TestOptions& options_;
  text::Sources sources_;
  Findings module_findings_;
  const modules::ModuleSet modules_;
  TemporaryFolder folder_;
  std::map<std::string, Player> players_;
  std::size_t failed_ = 0;
  bool broken_ = false;
};

}  // namespace

void add_test(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<TestOptions>();
  CLI::App* command = app.add_subcommand("test", "Play scenarios against scripts: scripted SIP in, expected SIP out, in virtual time");
  command->footer("Example:\n  strowger test --coverage tests/\n\nSee docs/guide/testing.md for the *.scenario language.");
  command->add_option("PATH", options->paths, "*.scenario files, or folders that have some")->required();
  command->add_option("--seed", options->seed, "Orders what happens at the same time, and draws losses")->capture_default_str();
  command->add_option("-O", options->level, "Optimise: 0 to 3")->check(CLI::Range(0, 3))->type_name("LEVEL")->capture_default_str();
  command->add_flag("--coverage", options->coverage, "Tell which routes and lines did not run");
  add_common_options(*command, *options);
  command->callback([options, &exit_code] { exit_code = Tester(*options).test(); });
}

}  // namespace strowger::driver
