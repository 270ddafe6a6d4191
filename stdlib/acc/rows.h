// Accounting records as rows of a database.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>

#include "runtime/script/stored_rows.h"
#include "stdlib/acc/record.h"

namespace strowger::acc {

/// Adds rows; made where there is a db_url. Any worker calls it.
class Rows {
 public:
  Rows(const db::Driver& driver, LogSink& log);
  /// A row, or one for each leg. False where it is lost.
  bool add(Call& call, const Record& record, Text table);

 private:
  db::StoredRows rows_;
  std::shared_ptr<const std::vector<std::string>> columns_;
};

}  // namespace strowger::acc
