// Call detail records: one for each dialog that has ended.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>

#include "runtime/script/database.h"
#include "runtime/script/stored_rows.h"

namespace strowger::acc {

/// Where records of calls are stored; made where there are db_url and cdrs_table.
struct CallRows {
  CallRows(const db::Driver& driver, LogSink& log);
  db::StoredRows rows;
  std::shared_ptr<const std::vector<std::string>> columns;
};

/// For worker_start() of worker 0: hears of the ends of dialogs.
void watch_calls(Process& process);

/// The process's; null where records are not stored. Of acc.cpp.
CallRows* call_rows_of(const Process& process);

}  // namespace strowger::acc
