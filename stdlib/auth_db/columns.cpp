// load_credentials.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/auth_db/columns.h"

#include "runtime/sip/message.h"

namespace strowger::auth_db {
namespace {

std::string_view trimmed(std::string_view text) { return sip::trim(text).view(); }

/// "$avp(name)", "$avp(s:name)", "$avp(i:5)", "name"
bool read_name(std::string_view text, Loaded& out) {
  if (text.starts_with("$avp(") && text.ends_with(")")) text = trimmed(text.substr(5, text.size() - 6));
  if (text.starts_with("i:") || text.starts_with("s:")) {
    out.numbered = text[0] == 'i';
    text.remove_prefix(2);
  }
  out.name = text;
  return !text.empty() && text.find_first_of("$()[]=> ") == text.npos;
}

}  // namespace

std::optional<std::vector<Loaded>> parse_load_credentials(std::string_view text, std::string& why) {
  std::vector<Loaded> all;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view item = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    Loaded loaded;
    loaded.column = trimmed(equals == item.npos ? item : item.substr(equals + 1));
    if (loaded.column.empty() || !read_name(equals == item.npos ? item : trimmed(item.substr(0, equals)), loaded)) {
      why = "load_credentials has '" + std::string(item) + "', which is neither a column nor $avp(name)=column";
      return std::nullopt;
    }
    all.push_back(std::move(loaded));
  }
  return all;
}

void add_avps(Call& call, std::span<const Loaded> columns, std::span<const db::Field> fields) {
  for (std::size_t i = 0; i < columns.size() && i < fields.size(); ++i) {
    if (db::is_null(fields[i])) continue;
    const Text name = call.arena->copy(std::string_view(columns[i].name));
    if (name.is_null()) return;
    if (const Int* const number = std::get_if<Int>(&fields[i])) {
      call.avps->push(name, columns[i].numbered, Value::of(*number));
    } else {
      const std::string text = db::text_in(fields[i]);
      call.avps->push(name, columns[i].numbered, Value::of(Text(std::string_view(text))));
    }
  }
}

}  // namespace strowger::auth_db
