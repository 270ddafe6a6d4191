// Tests of the tls.cfg format: what sections set, and where faults are.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tls/config.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

namespace strowger::tls {
namespace {

std::vector<Profile> parse(std::string_view text) {
  ConfigFault fault;
  auto profiles = parse_config(text, fault);
  EXPECT_TRUE(profiles) << fault.line << ":" << fault.column << ": " << fault.text;
  return profiles.value_or(std::vector<Profile>());
}

std::string fault_of(std::string_view text) {
  ConfigFault fault;
  if (parse_config(text, fault)) return "none";
  return std::to_string(fault.line) + ":" + std::to_string(fault.column) + ": " + fault.text;
}

TEST(TlsConfig, sections_and_settings) {
  const auto profiles = parse(
      "# a comment\r\n\n[server:default]\r\nmethod = TLSv1.2+ # comment\nverify_certificate = yes\nrequire_certificate=off\n"
      "verify_depth = 3\n\tprivate_key = \"/etc/a b.key\"\ncertificate = /etc/a.pem\nca_list=ca.pem\nca_path = /etc/ca\ncrl = x\n"
      "cipher_list = HIGH:!aNULL\nverify_client = optional_no_ca\n"
      "[server:127.0.0.1:5061]\nserver_name = a.example\nserver_name_mode = 1\n"
      "[ CLIENT : [::1]:0 ]\nserver_id = one\n[client:any]\nserver_name=b");
  ASSERT_EQ(profiles.size(), 4U);
  const Profile& first = profiles[0];
  EXPECT_TRUE(first.server);
  EXPECT_EQ(first.place, Profile::Place::Default);
  EXPECT_EQ(first.line, 3);
  EXPECT_EQ(first.versions->lowest, TLS1_2_VERSION);
  EXPECT_EQ(first.versions->highest, 0);
  EXPECT_EQ(first.verify_certificate, true);
  EXPECT_EQ(first.require_certificate, false);
  EXPECT_EQ(first.verify_depth, 3);
  EXPECT_EQ(first.private_key, "/etc/a b.key");
  EXPECT_EQ(first.certificate, "/etc/a.pem");
  EXPECT_EQ(first.cipher_list, "HIGH:!aNULL");
  EXPECT_EQ(first.verify_client, VerifyClient::OptionalNoCa);
  EXPECT_EQ(profiles[1].label(), "server:127.0.0.1:5061 (a.example)");
  EXPECT_FALSE(profiles[1].certificate);
  EXPECT_EQ(profiles[2].label(), "client:[::1]:0");
  EXPECT_EQ(profiles[2].server_id, "one");
  EXPECT_EQ(profiles[3].label(), "client:any (b)");
  EXPECT_TRUE(parse("").empty());
}

TEST(TlsConfig, other_names_of_settings_and_empty_texts) {
  const auto profiles = parse("[server:default]\ntls_method = TLSv1.2\nverify_cert = yes\nrequire_cert = yes\ncalist_file = ca.pem\n"
                              "cert_file = a.pem\npkey_file = a.key\n[client:default]\nca_list = \"\"\nserver_name = \"\"\n");
  ASSERT_EQ(profiles.size(), 2U);
  EXPECT_EQ(profiles[0].versions->highest, TLS1_2_VERSION);
  EXPECT_TRUE(*profiles[0].verify_certificate && *profiles[0].require_certificate);
  EXPECT_EQ(*profiles[0].ca_list + *profiles[0].certificate + *profiles[0].private_key, "ca.pema.pema.key");
  EXPECT_FALSE(profiles[1].ca_list);
  EXPECT_EQ(fault_of("[server:default]\nca_file = ca.pem"), "2:1: there is no setting 'ca_file'");
}

TEST(TlsConfig, faults_have_a_place) {
  EXPECT_EQ(fault_of("method = TLSv1.2\n"), "1:1: a setting before the first section, as [server:default]");
  EXPECT_EQ(fault_of("\n[foo:default]"), "2:2: a section is [server:...] or [client:...], not 'foo'");
  EXPECT_EQ(fault_of("[server:default"), "1:16: ']' should end the section's name");
  EXPECT_EQ(fault_of("[server:127.0.0.1]"), "1:18: ':' and a port should follow the address");
  EXPECT_EQ(fault_of("[server:127.0.0.1:70000]"), "1:19: '70000' is no port");
  EXPECT_EQ(fault_of("[server:a.example:5061]"), "1:9: 'a.example' is no IP address");
  EXPECT_EQ(fault_of("[server]"), "1:8: ':' and an address, default or any should follow");
  EXPECT_EQ(fault_of("[server:default] x"), "1:18: the line should end here");
  EXPECT_EQ(fault_of("[server:default]\nmethod = FOO"), "2:10: there is no method 'FOO'");
  EXPECT_EQ(fault_of("[server:default]\nfoo = bar"), "2:1: there is no setting 'foo'");
  EXPECT_EQ(fault_of("[server:default]\nverify_certificate"), "2:19: '=' should follow 'verify_certificate'");
  EXPECT_EQ(fault_of("[server:default]\nverify_certificate = maybe"), "2:22: 'maybe' is neither yes nor no");
  EXPECT_EQ(fault_of("[server:default]\nca_list ="), "2:10: a value is missing");
  EXPECT_EQ(fault_of("[server:default]\nca_list = \"x"), "2:11: a '\"' is missing");
  EXPECT_EQ(fault_of("[server:default]\nca_list = x ; comment"), "2:13: the line should end here");
}

TEST(TlsConfig, names_and_those_below_them) {
  Profile profile;
  profile.server_name = "b.example";
  const auto has = [&](int mode, std::string_view name) {
    profile.server_name_mode = mode;
    return profile.has_name(name);
  };
  EXPECT_TRUE(has(0, "B.example"));
  EXPECT_FALSE(has(0, "x.b.example"));
  EXPECT_TRUE(has(1, "b.example"));
  EXPECT_TRUE(has(1, "x.b.example"));
  EXPECT_FALSE(has(1, "xb.example"));
  EXPECT_FALSE(has(1, ".b.example"));
  EXPECT_FALSE(has(2, "b.example"));
  EXPECT_TRUE(has(2, "x.y.b.example"));
}

}  // namespace
}  // namespace strowger::tls
