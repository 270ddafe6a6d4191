// file_read() and file_write(), and the domains whose subdomains are ours.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cctype>
#include <cstdio>
#include <memory>

#include "corex.interface.h"
#include "runtime/script/log_line.h"

namespace strowger {
namespace {

constexpr std::size_t kMaxFile = 1 << 20;

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

File open(Call& call, Text path, const char* mode) {
  const Text name = call.arena->copy(path);
  if (name.empty() || std::memchr(name.ptr, 0, name.len)) return nullptr;
  const std::string terminated(name.view());
  return File(std::fopen(terminated.c_str(), mode));
}

}  // namespace

Code Corex::file_read(Call& call, Text path, const VariableRef& target) {
  if (!target.set) return -1;
  const File file = open(call, path, "rb");
  char* const room = file ? static_cast<char*>(call.arena->allocate(kMaxFile)) : nullptr;
  const std::size_t length = room ? std::fread(room, 1, kMaxFile, file.get()) : 0;
  if (!room || std::ferror(file.get()) || std::fgetc(file.get()) != EOF) {
    log_line(call, LogLevel::Err, "corex", {"file_read(): \"", path, "\" cannot be read, or is longer than 1 MiB"});
    return -1;
  }
  return target.set(&call, Value::of(Text(room, length))) > 0 ? 1 : -1;
}

Code Corex::file_write(Call& call, Text path, Text text) {
  const File file = open(call, path, "wb");
  if (!file || std::fwrite(text.ptr, 1, text.len, file.get()) != text.len || std::fflush(file.get()) != 0) {
    log_line(call, LogLevel::Err, "corex", {"file_write(): \"", path, "\" cannot be written"});
    return -1;
  }
  return 1;
}

void Corex::start(Process& process) {
  for (std::uint64_t i = 0; i < Param::alias_subdomains.count; ++i) {
    std::string_view rest = Param::alias_subdomains.items[i].view();
    Alias alias;
    alias.subdomains = true;
    const std::size_t colon = rest.find(':');
    if (colon != std::string_view::npos) {
      if (const auto protocol = sip::parse_protocol(rest.substr(0, colon))) {
        alias.protocol = *protocol;
        rest.remove_prefix(colon + 1);
      }
    }
    const std::size_t end = rest.find(':');
    if (end != std::string_view::npos) {
      const auto port = sip::parse_number(Text(rest.substr(end + 1)));
      if (!port || *port > 65535) {
        process.log.write(LogLevel::Err, "corex: alias_subdomains: \"" + std::string(rest) + "\" has a bad port");
        process.failed = true;
        return;
      }
      alias.port = static_cast<std::uint16_t>(*port);
    }
    alias.host = rest.substr(0, end);
    for (char& c : alias.host) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    process.aliases.push_back(std::move(alias));
  }
}

}  // namespace strowger
