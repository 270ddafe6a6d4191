// One table of options: what parses them and what --help prints.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/options.h"

#include <charconv>

#include "runtime/server/dns_channel.h"

namespace strowger::server {
namespace {

bool parse_int(const std::string& text, int low, int high, int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= low && out <= high;
}

struct Option {
  const char* short_name;
  const char* name;
  const char* value;      ///< what stands for the value in --help; null for a flag
  const char* meaning;
  bool (*set)(Options& options, const std::string& value, std::string& why);
};

bool set_flag(bool& flag) { return flag = true; }

constexpr Option kOptions[] = {
    {"-l", "--listen", "PROTO:ADDR:PORT", "listen here instead of where the script says (repeatable)",
     [](Options& o, const std::string& v, std::string&) {
       o.listen.push_back(v);
       return !v.empty();
     }},
    {"-n", "--workers", "N", "worker threads (default: the script's children, at most one per core)",
     [](Options& o, const std::string& v, std::string& why) {
       int n = 0;
       if (!parse_int(v, 1, 255, n)) return why = "a number from 1 to 255", false;
       o.workers = n;
       return true;
     }},
    {nullptr, "--log-level", "LEVEL", "alert, critical, error, warning, notice, info, debug, or a number as in debug=",
     [](Options& o, const std::string& v, std::string& why) {
       o.log_level = parse_level(v);
       return o.log_level ? true : (why = "a level: alert critical error warning notice info debug, or -5 to 9", false);
     }},
    {nullptr, "--log-format", "text|json", "how log lines look",
     [](Options& o, const std::string& v, std::string& why) {
       if (v == "text") o.log_format = LogFormat::Text;
       else if (v == "json") o.log_format = LogFormat::Json;
       else return why = "text or json", false;
       return true;
     }},
    {nullptr, "--log-target", "stderr|syslog|journald|FILE", "where log lines go",
     [](Options& o, const std::string& v, std::string& why) {
       if (v == "stderr") o.log_target = LogTarget::Stderr;
       else if (v == "syslog") o.log_target = LogTarget::Syslog;
       else if (v == "journald") o.log_target = LogTarget::Journald;
       else if (!v.empty()) o.log_target = LogTarget::File, o.log_file = v;
       else return why = "stderr, syslog, journald or a file name", false;
       return true;
     }},
    {nullptr, "--state-dir", "DIR", "where the embedded database and sockets live",
     [](Options& o, const std::string& v, std::string&) {
       o.state_dir = v;
       return !v.empty();
     }},
    {nullptr, "--dns-server", "ADDR[:PORT]", "ask this DNS server instead of those of /etc/resolv.conf (repeatable)",
     [](Options& o, const std::string& v, std::string& why) {
       if (!is_dns_server_list(v)) return why = "an IP address with or without a port", false;
       o.dns_servers += (o.dns_servers.empty() ? "" : ",") + v;
       return true;
     }},
    {nullptr, "--gather", "USEC", "how long datagrams that come fast may gather before they are handled (default 100; 0 never)",
     [](Options& o, const std::string& v, std::string& why) {
       int n = 0;
       if (!parse_int(v, 0, 10000, n)) return why = "a number of microseconds up to 10000", false;
       o.gather_us = n;
       return true;
     }},
    {nullptr, "--drain", "SECONDS", "how long SIGTERM lets running transactions go on (default 5)",
     [](Options& o, const std::string& v, std::string& why) {
       int n = 0;
       if (!parse_int(v, 0, 86400, n)) return why = "a number of seconds", false;
       o.drain = std::chrono::seconds(n);
       o.drain_given = true;
       return true;
     }},
    {nullptr, "--seccomp", "off|deny|kill", "system calls that this script does not need fail, or kill the proxy (default off)",
     [](Options& o, const std::string& v, std::string& why) {
       if (v == "off") o.seccomp = Seccomp::Off;
       else if (v == "deny") o.seccomp = Seccomp::Deny;
       else if (v == "kill") o.seccomp = Seccomp::Kill;
       else return why = "off, deny or kill", false;
       return true;
     }},
    {nullptr, "--check", nullptr, "check the configuration, bind nothing, exit",
     [](Options& o, const std::string&, std::string&) { return set_flag(o.check); }},
    {nullptr, "--print-config", nullptr, "print the effective parameters and where each came from, exit",
     [](Options& o, const std::string&, std::string&) { return set_flag(o.print_config); }},
    {"-V", "--version", nullptr, "print toolchain version, script hash and modules, exit",
     [](Options& o, const std::string&, std::string&) { return set_flag(o.version); }},
    {"-h", "--help", nullptr, "print this, exit",
     [](Options& o, const std::string&, std::string&) { return set_flag(o.help); }},
};

const Option* find_option(std::string_view name) {
  for (const Option& option : kOptions)
    if (name == option.name || (option.short_name != nullptr && name == option.short_name)) return &option;
  return nullptr;
}

}  // namespace

std::optional<Options> parse_options(const std::vector<std::string>& arguments, std::string& why) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i], value;
    bool has_value = false;
    if (const std::size_t equals = name.find('='); name.starts_with("--") && equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
      has_value = true;
    } else if (name.size() > 2 && name[0] == '-' && name[1] != '-') {   // -n4, -ludp:…
      value = name.substr(2);
      name.resize(2);
      has_value = true;
    }
    const Option* option = find_option(name);
    if (option == nullptr) {
      why = "unknown option '" + arguments[i] + "'";
      return std::nullopt;
    }
    if (option->value == nullptr && has_value) {
      why = "option " + name + " takes no value";
      return std::nullopt;
    }
    if (option->value != nullptr && !has_value) {
      if (i + 1 == arguments.size()) {
        why = "option " + name + " needs a value: " + option->value;
        return std::nullopt;
      }
      value = arguments[++i];
    }
    std::string expected = option->value != nullptr ? option->value : "";
    if (!option->set(options, value, expected)) {
      why = "option " + name + ": '" + value + "' is not " + expected;
      return std::nullopt;
    }
  }
  return options;
}

std::string print_help(std::string_view program) {
  std::string text = "Usage: ";
  text.append(program).append(" [options]\n\nA SIP proxy compiled by strowger. The script's own settings are the defaults.\n\n");
  for (const Option& option : kOptions) {
    std::string left = option.short_name != nullptr ? std::string("  ") + option.short_name + ", " : "      ";
    left.append(option.name);
    if (option.value != nullptr) left.append(" ").append(option.value);
    if (left.size() < 44) {
      left.resize(44, ' ');
    } else {
      left.append("\n").append(44, ' ');
    }
    text.append(left).append(option.meaning).append("\n");
  }
  text.append("\nSignals: SIGTERM drains and ends, SIGINT ends at once, SIGHUP re-opens the log file.\n\nExample: ");
  text.append(program).append(" -l udp:192.0.2.1:5060 -n 4 --log-level info\n");
  return text;
}

}  // namespace strowger::server
