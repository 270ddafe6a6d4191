// strowger run: compiles a script and becomes its proxy.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include "compiler/driver/build.h"

namespace strowger::driver {
namespace {

namespace fs = std::filesystem;

struct RunOptions : BuildOptions {
  std::vector<std::string> arguments;
};

int usage(const std::string& what) {
  complain(what + ": " + std::strerror(errno));
  return kUsage;
}

/// The executable lives as long as its process: it has no name any more when it starts. Returns when that fails.
int run(RunOptions options) {
  std::error_code error;
  const fs::path temporary = fs::temp_directory_path(error);
  if (error) {
    complain("no folder for the executable: " + error.message());
    return kUsage;
  }
  std::string folder = (temporary / "strowger-run-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return usage("no folder for the executable");
  const std::string name = fs::path(options.script).stem().string();
  options.output = (fs::path(folder) / "proxy").string();
  const int built = build(options);
  const int executable = built == kFine ? ::open(options.output.c_str(), O_RDONLY | O_CLOEXEC) : -1;
  const int why = errno;
  fs::remove_all(folder, error);
  if (built != kFine) return built;
  errno = why;
  if (executable < 0) return usage("the executable cannot be read");
  std::vector<char*> arguments{const_cast<char*>(name.c_str())};
  for (std::string& argument : options.arguments) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  ::fexecve(executable, arguments.data(), environ);
  const int refused = errno;
  ::close(executable);
  errno = refused;
  return usage("the executable cannot be started from " + temporary.string());
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Compile a script and run its proxy, with nothing left behind");
  command->footer("Example:\n  strowger run pbx.cfg -- --listen udp:127.0.0.1:5060 --log-level debug");
  add_compile_options(*command, *options);
  command->add_option("PROXY-ARGS", options->arguments, "Behind --: the proxy's options");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace strowger::driver
