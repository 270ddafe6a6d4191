// core.* and system.*: what this proxy is, its sockets, its modules and commands.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/listed_sockets.h"
#include "runtime/script/rpc.h"
#include "runtime/sip/host_text.h"

#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "core.interface.h"

namespace strowger {
namespace {

std::string version(const RpcCall& call) {
  return "strowger " + std::string(call.process().image.toolchain_version.view());
}

std::string shown_time(std::int64_t seconds) {
  const std::time_t time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[64];
  if (!localtime_r(&time, &parts)) return {};
  return std::string(text, std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &parts));
}

Int uptime(const RpcCall& call) {
  return call.worker.now.wall_seconds() - static_cast<std::int64_t>(call.process().start_seconds);
}

const char* compiler() { return "clang " __clang_version__; }

}  // namespace

void Core::rpc_core_version(RpcCall& call) { call.reply.add(std::string_view(version(call) + " (x86_64/linux)")); }

void Core::rpc_core_uptime(RpcCall& call) {
  RpcReply& out = call.reply;
  out.begin_struct();
  out.add_named("now", std::string_view(shown_time(call.worker.now.wall_seconds())));
  out.add_named("up_since", std::string_view(shown_time(static_cast<std::int64_t>(call.process().start_seconds))));
  out.add_named("uptime", uptime(call));
  out.end_struct();
}

void Core::rpc_core_info(RpcCall& call) {
  RpcReply& out = call.reply;
  out.begin_struct();
  out.add_named("version", std::string_view(version(call)));
  out.add_named("id", call.process().image.cfg_hash.is_null() ? Text("") : call.process().image.cfg_hash);
  out.add_named("compiler", compiler());
  out.add_named("compiled", "");
  out.add_named("flags", "");
  out.end_struct();
}

void Core::rpc_core_runinfo(RpcCall& call) {
  RpcReply& out = call.reply;
  const Int seconds = uptime(call);
  out.begin_struct();
  out.add_named("name", "strowger");
  out.add_named("version", call.process().image.toolchain_version);
  out.add_named("sourceid", call.process().image.cfg_hash.is_null() ? Text("") : call.process().image.cfg_hash);
  out.add_named("compiler", compiler());
  out.add_named("compiled", "");
  out.add_named("time_now", std::string_view(shown_time(call.worker.now.wall_seconds())));
  out.add_named("time_started", std::string_view(shown_time(static_cast<std::int64_t>(call.process().start_seconds))));
  out.add_named("uptime_secs", seconds);
  out.add_named("utime_days", std::string_view(std::to_string(seconds / 86400) + "d " + std::to_string(seconds / 3600 % 24) + "h " +
                                               std::to_string(seconds / 60 % 60) + "m " + std::to_string(seconds % 60) + "s"));
  out.end_struct();
}

void Core::rpc_core_echo(RpcCall& call) {
  while (const auto text = call.next_text_of_any()) call.reply.add(std::string_view(*text));
}

void Core::rpc_core_prints(RpcCall& call) {
  while (const auto text = call.next_text()) call.reply.add(std::string_view(*text));
  call.refuse_kind();
}

void Core::rpc_core_printi(RpcCall& call) {
  while (const auto number = call.next_int()) call.reply.add(*number);
  call.refuse_kind();
}

void Core::rpc_core_sockets_list(RpcCall& call) {
  RpcReply& out = call.reply;
  const Process& process = call.process();
  for (const Socket* socket : listed_sockets(process)) {
    const Text name = listed_name(process, *socket);
    out.begin_struct();
    out.begin_struct("socket");
    out.add_named("proto", sip::name_of(socket->protocol));
    out.add_named("address", name);
    // as Kamailio shows it: not where it has looked for names of the address
    if (!process.settings.auto_aliases || !sip::parse_ip(name.view())) out.add_named("ipaddress", sip::without_brackets(socket->host));
    out.add_named("port", std::string_view(std::to_string(socket->address.port)));
    out.add_named("mcast", is_multicast(socket->address) ? "yes" : "no");
    out.add_named("mhomed", "no");
    out.add_named("virtual", "no");
    out.end_struct();
    out.end_struct();
  }
}

void Core::rpc_core_aliases_list(RpcCall& call) {
  RpcReply& out = call.reply;
  out.begin_struct();
  out.add_named("myself_callbacks", "no");
  out.begin_array("aliases");
  const auto& aliases = call.process().aliases;
  for (auto at = aliases.rbegin(); at != aliases.rend(); ++at) {
    const Alias& alias = *at;
    if (alias.declares) continue;
    out.begin_struct();
    out.begin_struct("alias");
    out.add_named("proto", alias.protocol == sip::Protocol::Any ? Text("*") : sip::name_of(alias.protocol));
    out.add_named("address", std::string_view(alias.host));
    if (alias.port != 0) out.add_named("port", static_cast<Int>(alias.port));
    else out.add_named("port", "*");
    out.end_struct();
    out.end_struct();
  }
  out.end_array();
  out.end_struct();
}

void Core::rpc_core_modules(RpcCall& call) {
  const ScriptImage& image = call.process().image;
  for (std::uint64_t i = image.module_count; i > 0; --i)
    if (image.modules[i - 1].name.view() != "core") call.reply.add(image.modules[i - 1].name);
}

void Core::rpc_core_arg(RpcCall& call) {
  std::ifstream words("/proc/self/cmdline", std::ios::binary);
  for (std::string argument; std::getline(words, argument, '\0');) call.reply.add(std::string_view(argument));
}

void Core::rpc_core_pwd(RpcCall& call) {
  std::error_code why;
  const std::filesystem::path folder = std::filesystem::current_path(why);
  if (why) return call.fault(500, "pwd failed");
  call.reply.add(std::string_view(folder.native()));
}

void Core::rpc_core_udp4_raw_info(RpcCall& call) {
  call.reply.begin_struct();
  call.reply.add_named("udp4_raw", Int{0});
  call.reply.add_named("udp4_raw_mtu", Int{1500});
  call.reply.add_named("udp4_raw_ttl", Int{64});
  call.reply.end_struct();
}

// Workers are threads of one process: all have its id.
void Core::rpc_core_ps(RpcCall& call) {
  for (std::size_t i = 0; i < call.process().workers.size(); ++i) {
    call.reply.add(Int{getpid()});
    call.reply.add(std::string_view("worker " + std::to_string(i)));
  }
}

void Core::rpc_core_psx(RpcCall& call) {
  RpcReply& out = call.reply;
  for (std::size_t i = 0; i < call.process().workers.size(); ++i) {
    out.begin_struct();
    out.add_named("IDX", static_cast<Int>(i));
    out.add_named("PID", Int{getpid()});
    out.add_named("DSC", std::string_view("worker " + std::to_string(i)));
    out.end_struct();
  }
}

void Core::rpc_core_psa(RpcCall& call) {
  RpcReply& out = call.reply;
  for (std::size_t i = 0; i < call.process().workers.size(); ++i) {
    out.begin_struct();
    out.add_named("index", static_cast<Int>(i));
    out.add_named("pid", Int{getpid()});
    out.add_named("status", Int{1});
    out.add_named("rank", static_cast<Int>(i + 1));
    out.add_named("description", std::string_view("worker " + std::to_string(i)));
    out.end_struct();
  }
}

void Core::rpc_core_ppdefines(RpcCall& call) {
  for (const char* const name : {"KAMAILIO_5", "KAMAILIO_5_6", "KAMAILIO_5_6_3"}) call.reply.add(std::string_view(name));
  const ScriptImage& image = call.process().image;
  for (std::uint64_t i = 0; i < image.module_count; ++i)
    if (image.modules[i].name.view() != "core") call.reply.add(std::string_view("MOD_" + std::string(image.modules[i].name.view())));
}

/// Memory of the process, from /proc/self/status: there is no segment of its own for what workers share.
void Core::rpc_core_shmmem(RpcCall& call) {
  const auto unit = call.next_text().value_or("b");
  const Int divisor = unit == "k" ? 1024 : unit == "m" ? 1024 * 1024 : unit == "g" ? 1024 * 1024 * 1024 : unit == "b" ? 1 : 0;
  if (divisor == 0) return call.fault(500, "bad param, (use b|k|m|g)");
  Int total = 0, used = 0, most = 0;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    const auto read = [&](std::string_view name, Int& out) {
      if (line.starts_with(name)) out = std::strtol(line.c_str() + name.size(), nullptr, 10) * 1024 / divisor;
    };
    read("VmSize:", total);
    read("VmRSS:", used);
    read("VmHWM:", most);
  }
  call.reply.begin_struct();
  call.reply.add_named("total", total);
  call.reply.add_named("free", total - used);
  call.reply.add_named("used", used);
  call.reply.add_named("real_used", used);
  call.reply.add_named("max_used", most);
  call.reply.add_named("fragments", Int{1});
  call.reply.end_struct();
}

void Core::rpc_system_listMethods(RpcCall& call) {
  const ScriptImage& image = call.process().image;
  for (std::uint64_t i = 0; i < image.rpc_count; ++i) call.reply.add(image.rpcs[i].name);
}

void Core::rpc_system_methodSignature(RpcCall& call) { call.fault(500, "Not Implemented Yet"); }

void Core::rpc_system_methodHelp(RpcCall& call) {
  const auto name = call.next_text();
  if (!name) return call.fault(400, "Method Name Expected");
  const RpcRef* const rpc = find_rpc(call.process(), *name);
  if (!rpc) return call.fault(400, "command not found");
  call.reply.add(rpc->doc);
}

}  // namespace strowger
