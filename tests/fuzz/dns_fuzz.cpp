// Answers of DNS servers, and what is made of them: targets of a SIP URI.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdlib>
#include <string>

#include "runtime/dns/cache.h"
#include "runtime/dns/message.h"
#include "runtime/dns/select.h"

namespace {

using namespace std::string_view_literals;
namespace dns = strowger::dns;

void must(bool holds) {
  if (!holds) std::abort();
}

/// Answers every question with the same bytes, cut into one answer a question.
struct Server final : dns::Lookup {
  std::string_view bytes;
  std::uint64_t state = 1;
  int asked = 0;
  dns::SharedAnswer find(std::string_view name, dns::Type type) override {
    ++asked;
    must(name.size() <= 300);
    // A header and the question that was asked stand before the fuzzer's bytes.
    std::string message("\0\7\x81\x80\0\1\0\0\0\0\0\0"sv);
    message[7] = static_cast<char>(bytes.empty() ? 0 : bytes[0] & 0x7f);
    for (std::size_t at = 0; at < name.size();) {
      const std::size_t dot = std::min(name.find('.', at), name.size());
      message += static_cast<char>(std::min<std::size_t>(dot - at, 63));
      message += name.substr(at, std::min<std::size_t>(dot - at, 63));
      at = dot + 1;
    }
    message += '\0';
    message += static_cast<char>(static_cast<int>(type) >> 8);
    message += static_cast<char>(static_cast<int>(type) & 0xff);
    message += "\0\1"sv;
    message += bytes.substr(bytes.empty() ? 0 : 1);
    auto answer = dns::parse_answer(message, name, type, true);
    must(answer.records.size() <= dns::kMaxRecords);
    for (const auto& record : answer.records) must(record.name.size() <= dns::kMaxName);
    return std::make_shared<const dns::Answer>(std::move(answer));
  }
  std::uint64_t random() override { return state = state * 6364136223846793005 + 1; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const dns::Type type : {dns::Type::A, dns::Type::Aaaa, dns::Type::Srv, dns::Type::Naptr})
    must(dns::parse_answer(bytes, "a.test", type, true).records.size() <= dns::kMaxRecords);
  const std::string name = dns::normal_name(bytes);
  must(name.size() <= dns::kMaxName);

  dns::Rules rules;
  rules.has4.fill(true);
  rules.has6.fill(true);
  rules.try_naptr = rules.failover = true;
  rules.srv_weights = !bytes.empty() && (bytes.back() & 1) != 0;
  rules.own_order = !bytes.empty() && (bytes.back() & 2) != 0;
  Server server;
  server.bytes = bytes;
  dns::Targets targets(rules, server, {"a.test"});
  std::size_t count = 0;
  while (targets.next(rules, server)) ++count;
  must(count <= dns::Targets::kMost);
  must(server.asked <= 64);

  dns::CacheLimits limits;
  limits.bytes = 2048;
  dns::Cache cache(limits);
  for (std::int64_t now = 0; now < 5; ++now) cache.put(std::to_string(now), dns::Type::Srv, *server.find("a.test", dns::Type::Srv), now * 1000);
  must(cache.numbers().bytes <= limits.bytes);
  return 0;
}
