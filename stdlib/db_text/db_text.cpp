// The driver for text:// URLs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <fstream>

#include "db_text.interface.h"
#include "runtime/script/process.h"
#include "stdlib/db_text/table.h"

namespace strowger {
namespace {

constexpr std::streamoff kMaxFile = 256 * 1024 * 1024;

std::optional<db::Rows> load(std::string_view url, std::string_view table, std::span<const std::string> columns, std::string& why) {
  constexpr std::string_view kScheme = "text://";
  if (!url.starts_with(kScheme) || table.empty() || table.find('/') != table.npos) {
    why = "'" + std::string(url) + "' and table '" + std::string(table) + "' name no file";
    return std::nullopt;
  }
  const std::string path = std::string(url.substr(kScheme.size())) + "/" + std::string(table);
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = in ? static_cast<std::streamoff>(in.tellg()) : -1;
  if (size < 0 || size > kMaxFile) {
    why = "'" + path + "' cannot be read";
    return std::nullopt;
  }
  std::string content(static_cast<std::size_t>(size), '\0');
  in.seekg(0);
  if (!in.read(content.data(), size)) {
    why = "'" + path + "' cannot be read";
    return std::nullopt;
  }
  db_text::Reading reading;
  reading.delimiter = DbText::Param::db_delim.empty() ? ':' : DbText::Param::db_delim.ptr[0];
  reading.empty_is_text = DbText::Param::emptystring != 0;
  reading.max_rows = static_cast<std::size_t>(std::max<Int>(DbText::Param::max_result_rows, 0));
  auto rows = db_text::parse_table(content, columns, reading, why);
  if (!rows) why = path + ": " + why;
  return rows;
}

}  // namespace

void DbText::start(Process& process) { process.module_state[slot] = new db::Driver{load}; }

void DbText::stop(Process& process) {
  delete static_cast<db::Driver*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

}  // namespace strowger
