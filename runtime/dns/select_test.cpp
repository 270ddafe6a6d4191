// Selection of servers: RFC 3263 §4, RFC 2782.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/dns/select.h"

#include <gtest/gtest.h>

#include <map>

namespace strowger::dns {
namespace {

using sip::Protocol;

/// A table of answers; remembers what was asked.
struct Table final : Lookup {
  std::map<std::pair<std::string, Type>, Answer> answers;
  std::vector<std::string> asked;
  std::uint64_t state = 1;

  SharedAnswer find(std::string_view name, Type type) override {
    static const std::map<Type, const char*> kNames = {{Type::A, " A"}, {Type::Aaaa, " AAAA"}, {Type::Srv, " SRV"}, {Type::Naptr, " NAPTR"}, {Type::Cname, " CNAME"}};
    asked.push_back(std::string(name) + kNames.at(type));
    const auto at = answers.find({std::string(name), type});
    Answer none;
    none.status = Status::NoName;
    return std::make_shared<const Answer>(at == answers.end() ? none : at->second);
  }
  std::uint64_t random() override {
    state = state * 6364136223846793005 + 1442695040888963407;
    return state >> 33;
  }
  Record& add(const std::string& name, Type type) {
    Answer& answer = answers[{name, type}];
    answer.status = Status::Found;
    return answer.records.emplace_back();
  }
  void address(const std::string& name, const std::string& ip) {
    const auto parsed = *sip::parse_ip(ip);
    add(name, parsed.family == 4 ? Type::A : Type::Aaaa).address = parsed;
  }
  void srv(const std::string& name, int priority, int weight, int port, const std::string& target) {
    Record& record = add(name, Type::Srv);
    record.order = static_cast<std::uint16_t>(priority);
    record.preference = static_cast<std::uint16_t>(weight);
    record.port = static_cast<std::uint16_t>(port);
    record.name = target;
  }
  void naptr(const std::string& name, int order, int preference, const std::string& flags, const std::string& service, const std::string& to) {
    Record& record = add(name, Type::Naptr);
    record.order = static_cast<std::uint16_t>(order);
    record.preference = static_cast<std::uint16_t>(preference);
    record.flags = flags;
    record.services = service;
    record.name = to;
  }
};

Rules rules_with(std::initializer_list<Protocol> protocols, bool six = false) {
  Rules rules;
  for (const Protocol protocol : protocols) {
    rules.has4[static_cast<std::size_t>(protocol)] = true;
    rules.has6[static_cast<std::size_t>(protocol)] = six;
  }
  return rules;
}

const char* label(Protocol protocol) { return protocol == Protocol::Udp ? "udp" : protocol == Protocol::Tcp ? "tcp" : protocol == Protocol::Tls ? "tls" : "?"; }

std::string all(const Rules& rules, Table& table, const Wanted& wanted) {
  Targets targets(rules, table, wanted);
  std::string out;
  while (const auto target = targets.next(rules, table)) {
    char ip[64];
    if (!out.empty()) out += ' ';
    out += std::string(label(target->protocol)) + ":" + std::string(ip, sip::print_ip_bracketed(target->address, ip)) + ":" + std::to_string(target->address.port);
  }
  return out;
}

std::string asked(Table& table) {
  std::string out;
  for (const std::string& one : table.asked) out += (out.empty() ? "" : ", ") + one;
  table.asked.clear();
  return out;
}

/// The example of RFC 3263 §4.1 and §4.2.
Table example() {
  Table table;
  table.naptr("example.com", 50, 50, "s", "SIPS+D2T", "_sips._tcp.example.com");
  table.naptr("example.com", 90, 50, "s", "SIP+D2T", "_sip._tcp.example.com");
  table.naptr("example.com", 100, 50, "s", "SIP+D2U", "_sip._udp.example.com");
  table.srv("_sip._tcp.example.com", 0, 1, 5060, "server1.example.com");
  table.srv("_sip._tcp.example.com", 0, 2, 5060, "server2.example.com");
  table.address("server1.example.com", "192.0.2.1");
  table.address("server2.example.com", "192.0.2.2");
  return table;
}

TEST(Select, TheExampleOfTheRfcWithoutTls) {
  Table table = example();
  Rules rules = rules_with({Protocol::Udp, Protocol::Tcp});
  rules.try_naptr = true;
  rules.own_order = false;
  rules.failover = true;
  EXPECT_EQ(all(rules, table, {"example.com"}), "tcp:192.0.2.2:5060 tcp:192.0.2.1:5060");
  EXPECT_EQ(asked(table), "example.com NAPTR, _sip._tcp.example.com SRV, _sip._udp.example.com SRV, server2.example.com A, server1.example.com A");
}

TEST(Select, OwnPreferencesBeforeTheOrderOfNaptr) {
  Table table = example();
  table.srv("_sip._udp.example.com", 0, 1, 5070, "server1.example.com");
  Rules rules = rules_with({Protocol::Udp, Protocol::Tcp});
  rules.try_naptr = true;
  EXPECT_EQ(all(rules, table, {"example.com"}), "udp:192.0.2.1:5070");
  rules.preference[static_cast<std::size_t>(Protocol::Udp)] = -1;
  EXPECT_EQ(all(rules, table, {"example.com"}), "tcp:192.0.2.2:5060 tcp:192.0.2.1:5060");
}

TEST(Select, SipsTakesNothingButTls) {
  Table table = example();
  table.srv("_sips._tcp.example.com", 0, 1, 5061, "server1.example.com");
  Rules rules = rules_with({Protocol::Udp, Protocol::Tcp, Protocol::Tls});
  rules.try_naptr = true;
  EXPECT_EQ(all(rules, table, {"example.com", 0, Protocol::Any, true}), "tls:192.0.2.1:5061");
  EXPECT_EQ(asked(table), "example.com NAPTR, _sips._tcp.example.com SRV, server1.example.com A");
  table.answers.erase({"_sips._tcp.example.com", Type::Srv});
  table.address("example.com", "192.0.2.9");
  EXPECT_EQ(all(rules, table, {"example.com", 0, Protocol::Any, true}), "tls:192.0.2.9:5061");
}

TEST(Select, APortMeansAddressesOnly) {
  Table table = example();
  table.address("example.com", "192.0.2.9");
  Rules rules = rules_with({Protocol::Udp, Protocol::Tcp});
  rules.try_naptr = true;
  EXPECT_EQ(all(rules, table, {"example.com", 5080}), "udp:192.0.2.9:5080");
  EXPECT_EQ(all(rules, table, {"example.com", 5080, Protocol::Tcp}), "tcp:192.0.2.9:5080");
  EXPECT_EQ(asked(table), "example.com A, example.com A");
}

TEST(Select, ATransportMeansItsSrvRecords) {
  Table table = example();
  Rules rules = rules_with({Protocol::Udp, Protocol::Tcp});
  rules.try_naptr = true;
  EXPECT_EQ(all(rules, table, {"example.com", 0, Protocol::Tcp}), "tcp:192.0.2.2:5060 tcp:192.0.2.1:5060");
  EXPECT_EQ(asked(table), "_sip._tcp.example.com SRV, server2.example.com A, server1.example.com A");
  table.address("example.com", "192.0.2.9");
  EXPECT_EQ(all(rules, table, {"example.com", 0, Protocol::Udp}), "udp:192.0.2.9:5060");
}

TEST(Select, WithoutNaptrOnlyTheUsualTransport) {
  Table table = example();
  table.address("example.com", "192.0.2.9");
  const Rules rules = rules_with({Protocol::Udp, Protocol::Tcp});
  EXPECT_EQ(all(rules, table, {"example.com"}), "udp:192.0.2.9:5060");
  EXPECT_EQ(asked(table), "_sip._udp.example.com SRV, example.com A");
}

TEST(Select, WithFailoverSrvOfAllTransportsByPreference) {
  Table table = example();
  table.srv("_sip._udp.example.com", 0, 1, 5070, "server1.example.com");
  Rules rules = rules_with({Protocol::Udp, Protocol::Tcp});
  rules.failover = true;
  EXPECT_EQ(all(rules, table, {"example.com"}), "udp:192.0.2.1:5070 tcp:192.0.2.2:5060 tcp:192.0.2.1:5060");
}

TEST(Select, NaptrThatIsNotForUsIsPassedOver) {
  Table table;
  table.naptr("example.com", 1, 1, "u", "E2U+sip", "");
  table.naptr("example.com", 2, 1, "s", "SIP+D2S", "_sip._sctp.example.com");
  table.naptr("example.com", 3, 1, "", "SIP+D2U", "again.example.com");
  table.naptr("example.com", 4, 1, "A", "sip+d2u", "host.example.com");
  table.address("host.example.com", "192.0.2.4");
  Rules rules = rules_with({Protocol::Udp});
  rules.try_naptr = true;
  EXPECT_EQ(all(rules, table, {"example.com"}), "udp:192.0.2.4:5060");
}

TEST(Select, FamiliesByWhatThereIs) {
  Table table;
  table.address("both.test", "192.0.2.1");
  table.address("both.test", "2001:db8::1");
  table.address("six.test", "2001:db8::6");
  const Wanted both{"both.test", 5060}, six{"six.test", 5060};
  Rules rules = rules_with({Protocol::Udp});
  EXPECT_EQ(all(rules, table, six), "");
  EXPECT_EQ(asked(table), "six.test A");
  EXPECT_EQ(all(rules, table, {"both.test", 5061, Protocol::Tls}), "tls:192.0.2.1:5061");   // no socket is not no address
  rules = rules_with({Protocol::Udp}, true);
  EXPECT_EQ(all(rules, table, six), "udp:[2001:db8::6]:5060");
  EXPECT_EQ(all(rules, table, both), "udp:192.0.2.1:5060");
  rules.prefer_ipv6 = true;
  EXPECT_EQ(all(rules, table, both), "udp:[2001:db8::1]:5060");
  rules.failover = true;
  EXPECT_EQ(all(rules, table, both), "udp:[2001:db8::1]:5060 udp:192.0.2.1:5060");
  rules.ipv4_only = true;
  EXPECT_EQ(all(rules, table, both), "udp:192.0.2.1:5060");
  rules = rules_with({Protocol::Udp}, true);
  rules.try_ipv6 = false;
  EXPECT_EQ(all(rules, table, six), "");
}

TEST(Select, ServersThatDoNotResolveArePassedOver) {
  Table table;
  table.srv("_sip._udp.a.test", 1, 0, 5060, "dead.test");
  table.srv("_sip._udp.a.test", 2, 0, 5062, "alive.test");
  table.srv("_sip._udp.a.test", 3, 0, 5063, "192.0.2.3");
  table.address("alive.test", "192.0.2.2");
  const Rules rules = rules_with({Protocol::Udp});
  EXPECT_EQ(all(rules, table, {"a.test"}), "udp:192.0.2.2:5062 udp:192.0.2.3:5063");
}

TEST(Select, NeverMoreThanSixteenTargets) {
  Table table;
  for (int i = 1; i <= 40; ++i) {
    table.srv("_sip._udp.a.test", i, 0, 5060, "h.test");
    table.address("h.test", "192.0.2." + std::to_string(i));
  }
  Rules rules = rules_with({Protocol::Udp});
  rules.failover = true;
  Targets targets(rules, table, {"a.test"});
  int count = 0;
  while (targets.next(rules, table)) ++count;
  EXPECT_EQ(count, 16);
}

TEST(Select, HeavierFirstWhereWeightsAreNoChances) {
  Table table;
  table.srv("s", 1, 10, 1, "a");
  table.srv("s", 1, 90, 2, "b");
  table.srv("s", 0, 0, 3, "c");
  const auto list = order_of(table.answers[{"s", Type::Srv}], false, table);
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0]->name + list[1]->name + list[2]->name, "cba");
}

TEST(Select, WeightsAreChances) {
  Table table;
  table.srv("s", 1, 60, 1, "a");
  table.srv("s", 1, 30, 2, "b");
  table.srv("s", 1, 10, 3, "c");
  table.srv("s", 1, 0, 4, "d");
  table.srv("s", 2, 100, 5, "e");
  const Answer& srv = table.answers[{"s", Type::Srv}];
  std::map<std::string, int> first;
  for (int i = 0; i < 10000; ++i) {
    const auto list = order_of(srv, true, table);
    ASSERT_EQ(list.size(), 5U);
    ASSERT_EQ(list[4]->name, "e");
    ++first[list[0]->name];
  }
  EXPECT_NEAR(first["a"], 6000, 250);
  EXPECT_NEAR(first["b"], 3000, 250);
  EXPECT_NEAR(first["c"], 1000, 150);
  EXPECT_GT(first["d"], 20);                 // RFC 2782: very small, not none
  EXPECT_LT(first["d"], 200);
}

}  // namespace
}  // namespace strowger::dns
