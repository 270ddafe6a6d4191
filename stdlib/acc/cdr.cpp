// Call detail records: when a call began and ended, and what the script adds.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/acc/cdr.h"

#include "acc.interface.h"
#include "runtime/sip/print.h"
#include "stdlib/acc/record.h"
#include "stdlib/dialog/watch.h"

namespace strowger::dialog {
/// Null where the script does not load dialog.
[[gnu::weak]] void watch_end(Process& process, WatchEnd watch);
[[gnu::weak]] Text variable_of(const Process& process, const Dialog& dialog, Text name, sip::Arena& arena);
}  // namespace strowger::dialog

namespace strowger::acc {
namespace {

using P = Acc::Param;

constexpr std::int64_t kMilli = 1000, kSecond = 1000 * kMilli;

std::string string_of(Text text) { return std::string(text.view()); }

/// Microseconds as seconds with three digits behind the point.
std::string seconds_of(std::int64_t micros) {
  char text[32];
  sip::Writer out(text, sizeof text);
  out.put_number(micros / kSecond);
  out.put('.');
  for (const std::int64_t unit : {100, 10, 1}) out.put(static_cast<char>('0' + micros / kMilli % kSecond / unit % 10));
  return string_of(out.text());
}

/// The key of "$dlg_var(key)"; null for anything else.
Text dialog_variable(Text written) {
  std::string_view text = written.view();
  constexpr std::string_view kBegin = "$dlg_var(";
  if (!text.starts_with(kBegin) || !text.ends_with(')')) return Text::null();
  return text.substr(kBegin.size(), text.size() - kBegin.size() - 1);
}

/// Of a call that no message ended only the dialog's own variables are known, as in Kamailio.
Text value_of(Call& call, const dialog::Dialog& dialog, const VariableRef& variable, dialog::Ending how) {
  if (how != dialog::Ending::Expired) return text_of(call, variable);
  const Text key = dialog_variable(variable.name);
  return key.is_null() ? Text::null() : dialog::variable_of(call.process(), dialog, key, *call.arena);
}

std::vector<std::string> columns() {
  std::vector<std::string> all{string_of(P::cdr_start_id), string_of(P::cdr_end_id), string_of(P::cdr_duration_id)};
  for (std::uint64_t i = 0; P::cdr_extra && i < P::cdr_extra->count; ++i) all.push_back(string_of(P::cdr_extra->steps[i].name));
  return all;
}

void ended(Call& call, const dialog::Dialog& dialog, dialog::Ending how) {
  const bool failed = how == dialog::Ending::Failed;
  if (failed && !P::cdr_on_failed) return;
  if (how == dialog::Ending::Expired && !P::cdr_expired_dlg_enable) return;
  if (!P::cdr_skip.empty() && !dialog::variable_of(call.process(), dialog, P::cdr_skip, *call.arena).is_null()) return;
  const std::int64_t end = dialog.ended_us;
  const bool by_ack = P::cdr_start_on_confirmed && dialog.acknowledged_us != 0;
  const std::int64_t begin = dialog.answered_us == 0 ? end : by_ack ? dialog.acknowledged_us : dialog.answered_us;
  const std::int64_t lasted = end / kMilli - begin / kMilli;   // milliseconds
  std::vector<Text> values;
  for (std::uint64_t i = 0; P::cdr_extra && i < P::cdr_extra->count; ++i)
    values.push_back(value_of(call, dialog, *P::cdr_extra->steps[i].index_variable, how));
  if (P::cdr_log_enable && is_written(*call.worker)) {
    std::string line = "acc: " + string_of(P::cdr_start_id) + "=" + seconds_of(begin) + "; " + string_of(P::cdr_end_id) + "=" + seconds_of(end) +
                       "; " + string_of(P::cdr_duration_id) + "=" + (failed ? "0" : seconds_of(lasted * kMilli));
    for (std::size_t i = 0; i < values.size(); ++i)
      line.append("; ").append(P::cdr_extra->steps[i].name.view()).append("=").append(values[i].view());
    call.process().log.write(line_level(), line);
  }
  CallRows* const rows = call_rows_of(call.process());
  if (!rows) return;
  db::NewRow row{string_of(P::cdrs_table), rows->columns, {}};
  row.fields.push_back(db::Moment{begin / kSecond});
  row.fields.push_back(db::Moment{end / kSecond});
  row.fields.push_back(static_cast<double>(lasted) / 1000.0);
  for (const Text value : values) row.fields.push_back(value.is_null() ? db::Field() : db::Field(string_of(value)));
  rows->rows.add(std::move(row));
}

}  // namespace

CallRows::CallRows(const db::Driver& driver, LogSink& log)
    : rows(driver, string_of(P::db_url), log, "acc"), columns(std::make_shared<const std::vector<std::string>>(acc::columns())) {}

void watch_calls(Process& process) {
  if (&dialog::watch_end) dialog::watch_end(process, ended);
}

}  // namespace strowger::acc
