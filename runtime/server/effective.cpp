// Merges command line, script and defaults.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/effective.h"

#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace strowger::server {
namespace {

constexpr const char* kFromOption = "command line";
constexpr const char* kFromScript = "script";
constexpr const char* kFromDefault = "default";

int cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

int facility_number(std::string_view name) {
  struct Facility { std::string_view name; int number; };
  static constexpr Facility kFacilities[] = {
      {"LOG_AUTH", LOG_AUTH}, {"LOG_AUTHPRIV", LOG_AUTHPRIV}, {"LOG_CRON", LOG_CRON}, {"LOG_DAEMON", LOG_DAEMON},
      {"LOG_FTP", LOG_FTP}, {"LOG_KERN", LOG_KERN}, {"LOG_LOCAL0", LOG_LOCAL0}, {"LOG_LOCAL1", LOG_LOCAL1},
      {"LOG_LOCAL2", LOG_LOCAL2}, {"LOG_LOCAL3", LOG_LOCAL3}, {"LOG_LOCAL4", LOG_LOCAL4}, {"LOG_LOCAL5", LOG_LOCAL5},
      {"LOG_LOCAL6", LOG_LOCAL6}, {"LOG_LOCAL7", LOG_LOCAL7}, {"LOG_LPR", LOG_LPR}, {"LOG_MAIL", LOG_MAIL},
      {"LOG_NEWS", LOG_NEWS}, {"LOG_SYSLOG", LOG_SYSLOG}, {"LOG_USER", LOG_USER}, {"LOG_UUCP", LOG_UUCP}};
  for (const auto& [facility, number] : kFacilities)
    if (facility == name) return number;
  return LOG_DAEMON;
}

std::string target_text(const LogChoice& log) {
  switch (log.target) {
    case LogTarget::Stderr: return "stderr";
    case LogTarget::Syslog: return "syslog";
    case LogTarget::Journald: return "journald";
    case LogTarget::File: return log.path;
  }
  return "";
}

class Merge {
 public:
  Merge(const ScriptImage& image, const Options& options, Effective& out) : image_(image), options_(options), out_(out) {}

  void row(std::string name, std::string value, const char* origin) {
    out_.rows.push_back({std::move(name), std::move(value), origin});
  }

  /// A parameter of the script, or what is given.
  Int number(std::string_view name, Int otherwise) {
    const CoreParam* param = find_core_param(image_, name);
    const Int value = param != nullptr ? param->number : otherwise;
    row(std::string(name), std::to_string(value), param != nullptr ? kFromScript : kFromDefault);
    return value;
  }

  void workers() {
    const CoreParam* children = find_core_param(image_, "children");
    const int asked = children != nullptr ? static_cast<int>(std::clamp<Int>(children->number, 1, 255)) : cores();
    const bool one = core_number(image_, "fork", 1) == 0;      // fork=no: a single process
    out_.workers = options_.workers.value_or(one ? 1 : std::min(asked, cores()));
    row("workers", std::to_string(out_.workers),
        options_.workers ? kFromOption : one || children != nullptr ? kFromScript : kFromDefault);
  }

  void logging() {
    const CoreParam* debug = find_core_param(image_, "debug");
    out_.log_level = options_.log_level.value_or(debug != nullptr ? static_cast<int>(debug->number) : 0);
    row("log-level", std::to_string(out_.log_level),
        options_.log_level ? kFromOption : debug != nullptr ? kFromScript : kFromDefault);
    // log_stderror=no sends lines to syslog, as in Kamailio, where there is a syslog; without a word about it they go to
    // stderr, where containers and service managers look.
    const CoreParam* to_stderr = find_core_param(image_, "log_stderror");
    const char* origin = kFromDefault;
    if (options_.log_target) {
      out_.log.target = *options_.log_target;
      out_.log.path = options_.log_file;
      origin = kFromOption;
    } else if (to_stderr != nullptr) {
      const bool syslog = to_stderr->number == 0 && access("/dev/log", W_OK) == 0;
      out_.log.target = syslog ? LogTarget::Syslog : LogTarget::Stderr;
      origin = kFromScript;
    }
    row("log-target", target_text(out_.log), origin);
    out_.log.format = options_.log_format.value_or(LogFormat::Text);
    row("log-format", out_.log.format == LogFormat::Json ? "json" : "text", options_.log_format ? kFromOption : kFromDefault);
    if (const CoreParam* name = find_core_param(image_, "log_name"); name != nullptr && !name->text.empty())
      out_.log.name = name->text.view();
    if (const CoreParam* facility = find_core_param(image_, "log_facility"); facility != nullptr)
      out_.log.facility = facility_number(facility->text.view());
  }

  /// An address that connections are made from; family 0 where the script sets none.
  sip::Address source(std::string_view name, int family) {
    const CoreParam* param = find_core_param(image_, name);
    if (param == nullptr || param->text.empty()) return {};
    row(std::string(name), std::string(param->text.view()), kFromScript);
    const auto ip = sip::parse_ip(param->text.view());
    if (ip && ip->family == family) return *ip;
    fault_ = std::string(name) + ": '" + std::string(param->text.view()) + "' is no IPv" + std::to_string(family) + " address";
    return {};
  }

  void streams() {
    net::StreamLimits& limits = out_.streams;
    const auto seconds = [](Int n) { return std::chrono::milliseconds(std::clamp<Int>(n, 1, 1 << 30) * 1000); };
    limits.connections = static_cast<std::size_t>(std::max<Int>(0, number("tcp_max_connections", 2048)));
    limits.secure_connections = static_cast<std::size_t>(std::max<Int>(0, number("tls_max_connections", 2048)));
    limits.per_source = static_cast<std::size_t>(std::max<Int>(0, number("tcp_accept_iplimit", 1024)));
    limits.lifetime = seconds(number("tcp_connection_lifetime", 120));
    limits.connect_timeout = seconds(number("tcp_connect_timeout", 10));
    limits.handshake_timeout = seconds(number("tls_handshake_timeout", 20));
    limits.send_timeout = seconds(number("tcp_send_timeout", 10));
    limits.read_timeout = seconds(number("tcp_msg_read_timeout", 20));
    limits.crlf_ping = number("tcp_crlf_ping", 1) != 0;
    limits.accept_without_length = number("tcp_accept_no_cl", 0) != 0;
    limits.proxy_header = number("tcp_accept_haproxy", 0) != 0;
    limits.connect = number("tcp_no_connect", 0) == 0;
    const auto bytes = [](Int n, Int most) { return static_cast<std::size_t>(std::clamp<Int>(n, 1024, most)); };
    limits.message = bytes(number("tcp_rd_buf_size", 65535), 65535);
    limits.write_queue = bytes(number("tcp_conn_wq_max", 1 << 20), Int{1} << 30);
    limits.write_queues = bytes(number("tcp_wq_max", 10485760), Int{1} << 40);
    limits.accept_aliases = number("tcp_accept_aliases", 0) != 0;
    limits.keepalive = number("tcp_keepalive", 1) != 0;
    limits.delayed_ack = number("tcp_delayed_ack", 1) != 0;
    limits.reuse_port = number("tcp_reuse_port", 0) != 0;
    limits.reset_at_end = number("tcp_close_rst", 0) != 0;
    limits.backlog = static_cast<int>(std::clamp<Int>(number("tcp_listen_backlog", 1024), 1, 65535));
    limits.defer_accept = static_cast<int>(std::clamp<Int>(number("tcp_defer_accept", 0), 0, 3600));
    limits.syn_count = static_cast<int>(std::clamp<Int>(number("tcp_syncnt", 0), 0, 127));
    limits.linger = static_cast<int>(std::clamp<Int>(number("tcp_linger2", 0), 0, 3600));
    limits.source_v4 = source("tcp_source_ipv4", 4);
    limits.source_v6 = source("tcp_source_ipv6", 6);
    const auto seconds_or_system = [](Int n) { return static_cast<int>(std::clamp<Int>(n, 0, 32767)); };
    limits.keepalive_idle = seconds_or_system(number("tcp_keepidle", 0));
    limits.keepalive_interval = seconds_or_system(number("tcp_keepintvl", 0));
    limits.keepalive_count = static_cast<int>(std::clamp<Int>(number("tcp_keepcnt", 0), 0, 127));
  }

  /// A number, or a name of <netinet/ip.h>.
  void ip_options() {
    struct Name { std::string_view name; int value; };
    static constexpr Name kNames[] = {{"IPTOS_LOWDELAY", 0x10}, {"IPTOS_THROUGHPUT", 0x08}, {"IPTOS_RELIABILITY", 0x04}, {"IPTOS_MINCOST", 0x02}};
    net::IpOptions& ip = out_.streams.ip;
    ip.type_of_service = 0x10;
    ip.free_bind = number("ip_free_bind", 0) != 0;
    ip.dont_fragment = number("pmtu_discovery", 0) != 0;
    const CoreParam* tos = find_core_param(image_, "tos");
    if (tos != nullptr) ip.type_of_service = static_cast<int>(tos->number) & 0xff;
    if (tos != nullptr && !tos->text.empty())
      for (const auto& [name, value] : kNames)
        if (tos->text.view() == name) ip.type_of_service = value;
    row("tos", std::to_string(ip.type_of_service), tos != nullptr ? kFromScript : kFromDefault);
  }

  void privileges() {
    const auto text = [&](std::string_view name) {
      const CoreParam* param = find_core_param(image_, name);
      if (param == nullptr) return std::string();
      return param->text.is_null() ? std::to_string(param->number) : std::string(param->text.view());
    };
    out_.privileges = {text("chroot"), text("workdir"), text("user"), text("group")};
  }

  bool listens(std::string& why) {
    out_.hosts = read_hosts("/etc/hosts");
    const ListenSources sources{options_.listen, local_addresses(), out_.hosts};
    auto resolved = resolve_listens(image_, sources, why);
    if (!resolved) return false;
    out_.listens = std::move(*resolved);
    const char* origin = !options_.listen.empty() ? kFromOption : image_.listen_count > 0 ? kFromScript : kFromDefault;
    for (const Listen& listen : out_.listens) {
      std::string text = listen.text();
      if (!listen.advertised_host.empty()) {
        text += " advertise " + listen.advertised_host;
        if (listen.advertised_port != 0) text += ":" + std::to_string(listen.advertised_port);
      }
      row("listen", text, origin);
    }
    return true;
  }

  void dns() {
    out_.dns_servers = options_.dns_servers;
    row("dns-server", out_.dns_servers.empty() ? "/etc/resolv.conf" : out_.dns_servers, out_.dns_servers.empty() ? kFromDefault : kFromOption);
  }

  /// The script's other parameters, as it sets them.
  void rest() {
    if (options_.gather_us) out_.gather_us = static_cast<std::uint32_t>(*options_.gather_us);
    row("gather", std::to_string(out_.gather_us), options_.gather_us ? kFromOption : kFromDefault);
    row("drain", std::to_string(options_.drain.count() / 1000), options_.drain_given ? kFromOption : kFromDefault);
    constexpr const char* kSeccomp[] = {"off", "deny", "kill"};
    row("seccomp", kSeccomp[static_cast<int>(options_.seccomp)], options_.seccomp == Seccomp::Off ? kFromDefault : kFromOption);
    row("state-dir", options_.state_dir.empty() ? "." : options_.state_dir, options_.state_dir.empty() ? kFromDefault : kFromOption);
    for (std::uint64_t i = 0; i < image_.core_param_count; ++i) {
      const CoreParam& param = image_.core_params[i];
      const std::string name(param.name.view());
      const bool shown = std::any_of(out_.rows.begin(), out_.rows.end(), [&](const auto& row) { return row.name == name; });
      if (!shown) row(name, param.text.is_null() ? std::to_string(param.number) : std::string(param.text.view()), kFromScript);
    }
    for (std::uint64_t i = 0; i < image_.custom_param_count; ++i) {
      const CustomParamImage& param = image_.custom_params[i];
      row(std::string(param.group.view()) + "." + std::string(param.name.view()),
          param.text.is_null() ? std::to_string(param.number) : std::string(param.text.view()), kFromScript);
    }
  }

  const std::string& fault() const { return fault_; }

 private:
  std::string fault_;
  const ScriptImage& image_;
  const Options& options_;
  Effective& out_;
};

}  // namespace

std::optional<Effective> effective_settings(const ScriptImage& image, const Options& options, std::string& why) {
  Effective out;
  Merge merge(image, options, out);
  if (!merge.listens(why)) return std::nullopt;
  merge.workers();
  merge.logging();
  merge.streams();
  if (!merge.fault().empty()) return why = merge.fault(), std::nullopt;
  merge.ip_options();
  merge.privileges();
  merge.dns();
  merge.rest();
  return out;
}

std::string print_settings(const Effective& effective) {
  std::size_t width = 0;
  for (const auto& row : effective.rows) width = std::max(width, row.name.size());
  std::string text;
  for (const auto& row : effective.rows)
    text += row.name + std::string(width - row.name.size(), ' ') + " = " + row.value + "   # " + row.origin + "\n";
  return text;
}

std::string print_version(const ScriptImage& image) {
  std::string text = "strowger " + std::string(image.toolchain_version.view()) + "\nscript " + std::string(image.cfg_path.view()) +
                     " " + std::string(image.cfg_hash.view()) + "\nmodules";
  for (std::uint64_t i = 0; i < image.module_count; ++i) text.append(" ").append(image.modules[i].name.view());
  return text + "\n";
}

}  // namespace strowger::server
