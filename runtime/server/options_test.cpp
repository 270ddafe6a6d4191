// Tests of the command line and of what is listened on.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/options.h"

#include <gtest/gtest.h>

#include "runtime/server/effective.h"
#include "runtime/server/listen.h"

namespace strowger::server {
namespace {

TEST(Options, takes_every_spelling) {
  std::string why;
  const auto options = parse_options({"-l", "udp:1.2.3.4:5060", "--listen=tcp:[::1]:5061", "-n4", "--log-level", "DEBUG",
                                      "--log-format", "json", "--log-target", "/var/log/x", "--state-dir", "/s", "--drain=7", "--gather", "0"}, why);
  ASSERT_TRUE(options) << why;
  EXPECT_EQ(options->listen, (std::vector<std::string>{"udp:1.2.3.4:5060", "tcp:[::1]:5061"}));
  EXPECT_EQ(options->workers, 4);
  EXPECT_EQ(options->log_level, 3);
  EXPECT_EQ(options->log_format, LogFormat::Json);
  EXPECT_EQ(options->log_target, LogTarget::File);
  EXPECT_EQ(options->log_file, "/var/log/x");
  EXPECT_EQ(options->state_dir, "/s");
  EXPECT_EQ(options->drain, std::chrono::seconds(7));
  EXPECT_EQ(options->gather_us, 0);
}

TEST(Options, refuses_what_makes_no_sense) {
  const std::vector<std::string> lines[] = {{"--bogus"}, {"stray"}, {"-n", "many"}, {"-n", "256"}, {"--workers"}, {"--check=1"},
                                            {"--log-level", "loud"}, {"--log-format", "xml"}, {"--drain", "-1"}, {"--gather", "10001"},
                                            {"--state-dir", ""}};
  for (const auto& line : lines) {
    std::string why;
    EXPECT_FALSE(parse_options(line, why)) << line[0];
    EXPECT_FALSE(why.empty());
  }
}

ListenSources sources(std::vector<std::string> options) {
  const auto local = [](const char* interface, const char* ip) { return LocalAddress{interface, *sip::parse_ip(ip)}; };
  return {std::move(options),
          {local("lo", "127.0.0.1"), local("eth0", "192.0.2.5"), local("eth0", "fe80::1"), local("eth0", "2001:db8::5")},
          {{"sip.example.org", *sip::parse_ip("192.0.2.5")}}};
}

std::string listens(const ScriptImage& image, std::vector<std::string> options) {
  std::string why;
  const auto all = resolve_listens(image, sources(std::move(options)), why);
  if (!all) return "! " + why;
  std::string text;
  for (const Listen& one : *all) {
    text += (text.empty() ? "" : " ") + one.text();
    if (!one.advertised_host.empty()) text += "/" + one.advertised_host + ":" + std::to_string(one.advertised_port);
  }
  return text;
}

TEST(Listen, resolves_options) {
  const ScriptImage image;
  EXPECT_EQ(listens(image, {"udp:192.0.2.5:5070"}), "udp:192.0.2.5:5070");
  EXPECT_EQ(listens(image, {"192.0.2.5"}), "udp:192.0.2.5:5060 tcp:192.0.2.5:5060");
  EXPECT_EQ(listens(image, {"tcp:[2001:db8::5]:5062"}), "tcp:[2001:db8::5]:5062");
  EXPECT_EQ(listens(image, {"udp:2001:db8::5"}), "udp:[2001:db8::5]:5060");
  EXPECT_EQ(listens(image, {"udp:eth0:5060"}), "udp:192.0.2.5:5060");
  EXPECT_EQ(listens(image, {"udp:[::]:5060"}), "udp:[2001:db8::5]:5060");
  EXPECT_EQ(listens(image, {"udp:SIP.example.org"}), "udp:192.0.2.5:5060");
  EXPECT_EQ(listens(image, {"udp:0.0.0.0:0"}), "udp:127.0.0.1:0 udp:192.0.2.5:0");
  EXPECT_EQ(listens(image, {"udp:127.0.0.1:5060/203.0.113.1:5080"}), "udp:127.0.0.1:5060/203.0.113.1:5080");
  EXPECT_EQ(listens(image, {"udp:127.0.0.1:5060", "udp:127.0.0.1:5060"}), "udp:127.0.0.1:5060");
  for (const char* bad : {"", "udp:", "udp:127.0.0.1:70000", "udp:127.0.0.1:", "udp:[::1", "tls:127.0.0.1", "udp:eth9", "udp:127.0.0.1:5060x"})
    EXPECT_EQ(listens(image, {bad})[0], '!') << bad;
}

TEST(Listen, names_of_an_address_that_is_there_are_kept) {
  std::string why;
  const auto all = resolve_listens(ScriptImage(), sources({"udp:192.0.2.5:5060", "udp:SIP.example.org:5060", "tcp:sip.example.org:5060"}), why);
  ASSERT_TRUE(all && all->size() == 2u) << why;
  EXPECT_EQ((*all)[0].host_name, "");
  EXPECT_EQ((*all)[0].other_names, std::vector<std::string>{"SIP.example.org"});
  EXPECT_EQ((*all)[1].host_name, "sip.example.org");
}

TEST(Listen, takes_the_scripts_where_the_command_line_has_none) {
  ScriptImage image;
  SocketDecl decls[2];
  decls[0].host = "127.0.0.1";
  decls[0].port = 5070;
  decls[0].protocol = 1;
  decls[0].advertise_host = "sip.example.org";
  decls[0].advertise_port = 5090;
  decls[1].host = "192.0.2.5";
  image.listens = decls;
  image.listen_count = 2;
  const CoreParam port[] = {{"port", 5555, Text::null()}, {"disable_tcp", 1, Text::null()}};
  EXPECT_EQ(listens(image, {}), "udp:127.0.0.1:5070/sip.example.org:5090 udp:192.0.2.5:5060 tcp:192.0.2.5:5060");
  image.core_params = port;
  image.core_param_count = 2;
  EXPECT_EQ(listens(image, {}), "udp:127.0.0.1:5070/sip.example.org:5090 udp:192.0.2.5:5555");
  EXPECT_EQ(listens(image, {"udp:127.0.0.1:1"}), "udp:127.0.0.1:1");
}

TEST(Listen, without_any_all_local_addresses_are_used) {
  ScriptImage image;
  EXPECT_EQ(listens(image, {}), "udp:127.0.0.1:5060 udp:192.0.2.5:5060 tcp:127.0.0.1:5060 tcp:192.0.2.5:5060");
  const CoreParam params[] = {{"auto_bind_ipv6", 1, Text::null()}, {"disable_tcp", 1, Text::null()}};
  image.core_params = params;
  image.core_param_count = 2;
  EXPECT_EQ(listens(image, {}), "udp:127.0.0.1:5060 udp:192.0.2.5:5060 udp:[2001:db8::5]:5060");
  EXPECT_EQ(listens(image, {"udp:eth0"}), "udp:192.0.2.5:5060 udp:[2001:db8::5]:5060");
}

TEST(Effective, says_where_each_setting_came_from) {
  ScriptImage image;
  const CoreParam params[] = {{"debug", 2, Text::null()}, {"children", 1, Text::null()}, {"server_header", 0, "Server: x"}};
  image.core_params = params;
  image.core_param_count = 3;
  std::string why;
  const auto options = parse_options({"-l", "udp:127.0.0.1:5060", "--log-level=info"}, why);
  ASSERT_TRUE(options);
  const auto effective = effective_settings(image, *options, why);
  ASSERT_TRUE(effective) << why;
  EXPECT_EQ(effective->workers, 1);
  EXPECT_EQ(effective->log_level, 2);
  const std::string text = print_settings(*effective);
  for (const char* part : {"= udp:127.0.0.1:5060   # command line", "= 1   # script", "= Server: x   # script", "= 120   # default"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

}  // namespace
}  // namespace strowger::server
