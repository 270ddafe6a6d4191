// Accounting records as rows of a database: their columns and values.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/acc/rows.h"

#include "acc.interface.h"

namespace strowger::acc {
namespace {

using P = Acc::Param;

std::string string_of(Text text) { return text.empty() ? std::string() : std::string(text.view()); }

/// NULL where there is no value.
db::Field field_of(Text text) { return text.is_null() ? db::Field() : db::Field(string_of(text)); }

std::vector<std::string> columns() {
  std::vector<std::string> all;
  for (const Text name : {P::acc_method_column, P::acc_from_tag_column, P::acc_to_tag_column, P::acc_callid_column, P::acc_sip_code_column,
                          P::acc_sip_reason_column, P::acc_time_column})
    all.push_back(string_of(name));
  if (P::time_mode >= 1 && P::time_mode <= 4) all.push_back(string_of(P::time_attr));
  if (P::time_mode == 1) all.push_back(string_of(P::time_exten));
  for (const Path* const list : {P::db_extra, P::multi_leg_info})
    for (std::uint64_t i = 0; list && i < list->count; ++i) all.push_back(string_of(list->steps[i].name));
  return all;
}

}  // namespace

Rows::Rows(const db::Driver& driver, LogSink& log)
    : rows_(driver, string_of(P::db_url), log, "acc"), columns_(std::make_shared<const std::vector<std::string>>(columns())) {}

bool Rows::add(Call& call, const Record& record, Text table) {
  sip::Message& message = call.message();
  const std::int64_t micros = call.worker->now.wall_us;
  db::NewRow row{string_of(table), columns_, {}};
  for (const Text value : {method_of(message), record.from_tag, record.to_tag, sip::trim(message.call_id()), record.code, record.reason})
    row.fields.push_back(field_of(value));
  row.fields.push_back(db::Moment{micros / 1000000});
  switch (P::time_mode) {
    case 1:
      row.fields.push_back(Int{micros / 1000000});
      row.fields.push_back(Int{micros % 1000000});
      break;
    case 2: row.fields.push_back(static_cast<double>(micros / 1000) / 1000.0); break;
    case 3:
    case 4: row.fields.push_back(field_of(formatted_time(micros, *call.arena))); break;
    default: break;
  }
  const Path* const extra = P::db_extra;
  for (std::uint64_t i = 0; extra && i < extra->count; ++i) row.fields.push_back(field_of(text_of(call, *extra->steps[i].index_variable)));
  if (!P::multi_leg_info) return rows_.add(std::move(row));
  bool all = true;
  each_leg(call, [&](const auto& value) {
    db::NewRow leg = row;
    for (std::uint64_t i = 0; i < P::multi_leg_info->count; ++i) leg.fields.push_back(field_of(value(i)));
    all = rows_.add(std::move(leg)) && all;
    return all;
  });
  return all;
}

}  // namespace strowger::acc
