// The link line (design/toolchain.md) and the call of LLD in this process.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/link/link.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <set>

#include <lld/Common/Driver.h>
#include <llvm/Support/raw_ostream.h>

LLD_HAS_DRIVER(elf)

namespace strowger::link {
namespace {

namespace fs = std::filesystem;

/// A file without a name in any folder: its path, the same in every process, goes into the linker's messages only.
class MemoryFile {
 public:
  explicit MemoryFile(const std::vector<char>& content) : fd_(::memfd_create("script.o", MFD_CLOEXEC)) {
    std::size_t at = 0;
    while (fd_ >= 0 && at < content.size()) {
      const ssize_t n = ::write(fd_, content.data() + at, content.size() - at);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        error_ = errno;
        return;
      }
      at += static_cast<std::size_t>(n);
    }
    if (fd_ < 0) error_ = errno;
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  int error() const { return error_; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
  int error_ = 0;
};

/// Archives of the loaded modules that have C++, then the system archives that they name.
std::vector<std::string> archives(const program::Program& program, const std::string& kit) {
  std::vector<std::string> list;
  std::vector<std::string> system;
  for (const modules::ModuleInterface* module : program.loaded) {
    const std::string path = kit + "/libmod_" + module->name + ".a";
    if (!fs::exists(path)) continue;
    list.push_back(path);
    for (const std::string& name : module->links)
      if (std::find(system.begin(), system.end(), name) == system.end()) system.push_back(name);
  }
  list.push_back(kit + "/libstrowger_runtime.a");
  for (const std::string& name : system) list.push_back(kit + "/lib" + name + ".a");
  return list;
}

std::vector<std::string> link_line(const std::string& object, const program::Program& program, const LinkOptions& options,
                                   const std::string& output) {
  const auto kit = [&](const char* name) { return options.kit + "/" + name; };
  std::vector<std::string> line = {"ld.lld", "--eh-frame-hdr", "-m", "elf_x86_64", "--hash-style=gnu", "--build-id=sha1",
                                   "--gc-sections", "-pie", "-z", "relro", "-z", "now", "-z", "noexecstack", "-o", output};
  if (options.strip) line.push_back("-s");
  if (options.profile) line.insert(line.end(), {"-u", "__llvm_profile_runtime", kit("libclang_rt.profile-x86_64.a")});
  if (options.static_executable) {
    line.insert(line.end(), {"-static", "--no-dynamic-linker", "-z", "text", kit("rcrt1.o")});
  } else {
    line.insert(line.end(), {"--dynamic-linker", "/lib64/ld-linux-x86-64.so.2", kit("Scrt1.o")});
  }
  line.insert(line.end(), {kit("crti.o"), kit("crtbeginS.o")});
  if (fs::exists(kit("link.rsp"))) line.push_back("@" + kit("link.rsp"));   // a sanitizer's run time, where the kit was built with one
  line.push_back(object);
  if (!options.main_object.empty()) line.push_back(options.main_object);
  line.push_back("--start-group");
  if (options.simulator) line.push_back(kit("libstrowger_sim.a"));   // its main() is found first
  for (const std::string& archive : archives(program, options.kit)) line.push_back(archive);
  line.insert(line.end(), {kit("libre2.a"), kit("libcares.a"), kit("libboost_context.a"), kit("libstdc++.a"), kit("libgcc.a"), kit("libgcc_eh.a")});
  if (options.static_executable) {
    line.insert(line.end(), {kit("libm-2.36.a"), kit("libmvec.a"), kit("libc.a"), "--end-group"});
  } else {
    line.insert(line.end(), {"--end-group", "--as-needed", kit("libm.so.6"), kit("libc.so.6"), kit("libc_nonshared.a"),
                             kit("ld-linux-x86-64.so.2")});
  }
  line.insert(line.end(), {kit("crtendS.o"), kit("crtn.o")});
  return line;
}

/// LLD's messages without its name and colours in front.
std::string tidy(const std::string& messages) {
  std::string out;
  std::size_t at = 0;
  while (at < messages.size()) {
    const std::size_t end = std::min(messages.find('\n', at), messages.size());
    std::string line = messages.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("ld.lld: ")) line.erase(0, 8);
    if (line.starts_with("error: ")) line.erase(0, 7);
    if (line.empty() || line.find("/proc/self/fd/") != std::string::npos) continue;  // the script's object
    if (!out.empty()) out += '\n';
    out += line;
  }
  return out;
}

}  // namespace

std::string link_executable(const std::vector<char>& object, const program::Program& program, const LinkOptions& options) {
  if (!fs::exists(options.kit + "/libstrowger_runtime.a"))
    return "the toolchain's kit is not complete: no libstrowger_runtime.a in '" + options.kit + "'";
  std::error_code none;
  if (fs::exists(options.output, none) && !fs::is_regular_file(options.output, none))
    return "'" + options.output + "' is no regular file";
  const MemoryFile file(object);
  if (file.error()) return std::string("the object code cannot be kept in memory: ") + std::strerror(file.error());

  // Beside the output, so that rename() puts it in place at once; a running proxy keeps its old file.
  const std::string temporary = options.output + ".new." + std::to_string(::getpid());
  const std::vector<std::string> line = link_line(file.path(), program, options, temporary);
  std::vector<const char*> args;
  for (const std::string& word : line) args.push_back(word.c_str());
  std::string messages;
  llvm::raw_string_ostream out(messages);
  static std::mutex one_at_a_time;  // LLD keeps its state in globals
  const std::lock_guard lock(one_at_a_time);
  const lld::Result result = lld::lldMain(args, out, out, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0) {
    ::unlink(temporary.c_str());
    return messages.empty() ? "the linker gave no reason" : tidy(messages);
  }
  if (::chmod(temporary.c_str(), 0755) != 0 || ::rename(temporary.c_str(), options.output.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return "'" + options.output + "' cannot be written: " + std::strerror(error);
  }
  return "";
}

}  // namespace strowger::link
