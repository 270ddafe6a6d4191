// Pipes that stand in a table of a database.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/script/database.h"
#include "stdlib/pipelimit/pipes.h"

namespace strowger::pipelimit {

bool load_pipes(const Process& process, Pipes& pipes, std::string& why) {
  using P = Pipelimit::Param;
  constexpr Int kTableVersion = 1;
  if (P::db_url.empty()) return true;
  const std::string_view url = P::db_url.view(), table = P::plp_table_name.view();
  const std::string columns[] = {std::string(P::plp_pipeid_column.view()), std::string(P::plp_algorithm_column.view()), std::string(P::plp_limit_column.view())};
  if (!db::has_version(process, url, table, kTableVersion, why)) return false;
  const auto rows = db::load_table(process, url, table, columns, why);
  if (!rows) return false;
  for (const db::Row& row : *rows) {
    const std::string name = db::text_in(row[0]), algorithm = db::text_in(row[1]);
    const auto kind = parse_rate_algorithm(Text(std::string_view(algorithm)));
    const auto limit = db::number_in(row[2]);
    bool added = false;
    if (!name.empty() && kind && limit && !pipes.with(name, [](RatePipe&) {}))
      added = pipes.with_new(name, *kind, 0, [&](RatePipe& pipe) { pipe.limit = std::max<Int>(*limit, 0); });
    if (added) continue;
    why = "the row of table " + std::string(table) + " for pipe \"" + name + "\" is no pipe, or the second one of that name";
    return false;
  }
  return true;
}

}  // namespace strowger::pipelimit
