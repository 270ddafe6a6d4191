// A database made up for tests of modules that ask one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "runtime/script/database.h"
#include "runtime/script/process.h"

namespace strowger::testing {

/// The driver of mysql:// URLs. What a test sets here stays: set it up anew for each.
struct TestDatabase {
  inline static std::string asked;                   ///< the last question: "TABLE: COLUMN... KEY='TEXT'..."
  inline static bool opens = true;                   ///< false: modules find no database at their start
  inline static std::optional<db::Rows> rows;        ///< the answer to every question; none: the database is down
  inline static std::function<std::optional<db::Rows>(std::string_view table)> load;   ///< what whole tables hold

  /// Comes first in world.modules.
  static ModuleImage image() {
    ModuleImage image;
    image.name = "db_mysql";
    image.start = start;
    image.stop = [](Process& process) { delete static_cast<db::Driver*>(process.module_state[0]); };
    return image;
  }

 private:
  static void start(Process& process) {
    auto* const driver = new db::Driver;
    driver->load = [](std::string_view, std::string_view table, auto, std::string&) { return load(table); };
    driver->find = [](std::string_view, const db::Question& question, std::string& why) {
      if (question.table.empty()) {
        if (!opens) why = "it does not open";
        return opens ? std::optional(db::Rows()) : std::nullopt;
      }
      asked = question.table + ":";
      for (const std::string& column : question.columns) asked += " " + column;
      for (const auto& [column, text] : question.keys) asked += " " + column + "='" + text + "'";
      if (!rows) why = "it is down";
      return rows;
    };
    process.module_state[0] = driver;
  }
};

/// A module with the usual three entries.
template <class Module>
ModuleImage image_of(Text name) {
  ModuleImage image;
  image.name = name;
  image.start = Module::start;
  image.worker_start = Module::worker_start;
  image.stop = Module::stop;
  return image;
}

}  // namespace strowger::testing
