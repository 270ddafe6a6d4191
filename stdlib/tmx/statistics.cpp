// The group tmx of the statistics: what tm counts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/table.h"
#include "tmx.interface.h"

namespace strowger {

void Tmx::start(Process& process) {
  using Read = std::uint64_t (*)(const tm::Totals&);
  const auto add = [&](const char* name, Read read, bool gauge = false) {
    process.statistics.push_back({"tmx", name, [read](const Process& of) { return read(tm::totals_of(of)); }, gauge});
  };
  add("UAS_transactions", [](const tm::Totals& all) { return all.created; });
  add("UAC_transactions", [](const tm::Totals& all) { return all.local; });
  add("2xx_transactions", [](const tm::Totals& all) { return all.finals[2]; });
  add("3xx_transactions", [](const tm::Totals& all) { return all.finals[3]; });
  add("4xx_transactions", [](const tm::Totals& all) { return all.finals[4]; });
  add("5xx_transactions", [](const tm::Totals& all) { return all.finals[5]; });
  add("6xx_transactions", [](const tm::Totals& all) { return all.finals[6]; });
  add("inuse_transactions", [](const tm::Totals& all) { return all.current; }, true);
  add("active_transactions", [](const tm::Totals& all) { return all.current - all.waiting; }, true);
  const Read relayed = [](const tm::Totals& all) { return all.sent > all.generated ? all.sent - all.generated : 0; };
  add("rpl_received", [](const tm::Totals& all) { return all.received; });
  add("rpl_absorbed", [](const tm::Totals& all) {
    const std::uint64_t passed = all.sent > all.generated ? all.sent - all.generated : 0;
    return all.received > passed ? all.received - passed : 0;
  });
  add("rpl_generated", [](const tm::Totals& all) { return all.generated; });
  add("rpl_relayed", relayed);
  add("rpl_sent", [](const tm::Totals& all) { return all.sent; });
}

}  // namespace strowger
