// sql_query() and the functions like it, {sql.val}.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <deque>

#include "runtime/script/log_line.h"
#include "runtime/script/queries.h"
#include "sqlops.interface.h"
#include "stdlib/sqlops/results.h"

namespace strowger {
namespace {

using sqlops::Results;

constexpr Code kFailed = -1, kNoConnection = -2, kRows = 1, kNoRows = 2, kRowsForNobody = 3;

struct Connection {
  std::string name;
  db::Queries queries;
  Connection(std::string named, const db::Driver& driver, std::string url) : name(std::move(named)), queries(driver, std::move(url)) {}
};
using Connections = std::deque<Connection>;

Results& results_of(Call& call) { return call.state<Results>(Sqlops::slot); }

Connections& connections_of(Process& process) { return *static_cast<Connections*>(process.module_state[Sqlops::slot]); }

/// The connection's place; the analysis has seen to it that it has one.
std::size_t place_of(const Connections& all, Text name) {
  std::size_t i = 0;
  while (i + 1 < all.size() && all[i].name != name.view()) ++i;
  return i;
}

/// What a statement gave.
struct Told {
  std::shared_ptr<const db::Table> table;   ///< null (logged) where it failed
  Code code;
};

Told ask(Call& call, Text con, Text query) {
  Connections& connections = connections_of(call.process());
  const std::size_t place = place_of(connections, con);
  db::Queries& queries = connections[place].queries;
  const std::string sql(query.view());   // it may lie in a $var while this waits
  db::Queries::Outcome outcome = queries.run(*call.worker, {sql.empty() ? std::string(" ") : sql});
  if (!outcome.table) {
    log_line(call, LogLevel::Err, "sqlops", {"connection ", con, ": ", std::string_view(outcome.why), " [", std::string_view(sql), "]"});
    const bool may_be_down = Sqlops::Param::connect_mode == 1;
    return {nullptr, may_be_down && !queries.run(*call.worker, {}).table ? kNoConnection : kFailed};
  }
  Results& results = results_of(call);
  results.changed.resize(connections.size());
  results.changed[place] = outcome.table->changed;
  const Code code = outcome.table->rows.empty() ? kNoRows : kRows;
  return {std::make_shared<const db::Table>(std::move(*outcome.table)), code};
}

/// A text in quotes for SQL; failed (logged) where it is too long.
Text quoted(Call& call, Text text) {
  if (text.len >= static_cast<std::size_t>(Sqlops::Param::tr_buf_size + 1) / 2) {
    log_line(call, LogLevel::Err, "sqlops", {"{sql.val}: ", static_cast<Int>(text.len), " bytes are too long for tr_buf_size"});
    return Text::failed();
  }
  char* const out = static_cast<char*>(call.arena->allocate(2 * text.len + 2));
  if (!out) return Text::failed();
  char* end = out;
  *end++ = '\'';
  for (const char c : text.view()) {
    if (c == '\'' || c == '"' || c == '\\' || c == '\0') *end++ = '\\';
    *end++ = c == '\0' ? '0' : c;
  }
  *end++ = '\'';
  return {out, static_cast<std::size_t>(end - out)};
}

Text sql_of(Call& call, Value value, Text undefined) {
  if (value.is_null()) return undefined;
  if (value.kind != Value::kInt) return quoted(call, value.text());
  return call.arena->copy(std::string_view(std::to_string(value.number())));
}

}  // namespace

Code Sqlops::sql_query(Call& call, Text con, Text query, Text result) {
  Results& before = results_of(call);
  before.tables.erase(std::string(result.view()));
  if (static_cast<Int>(before.tables.size()) >= Param::results_maxsize) {
    log_line(call, LogLevel::Err, "sqlops", {"result ", result, " is one more than results_maxsize"});
    return kFailed;
  }
  const Told told = ask(call, con, query);
  if (told.table) results_of(call).tables.insert_or_assign(std::string(result.view()), told.table);
  return told.code;
}

Code Sqlops::sql_query(Call& call, Text con, Text query) {
  const Code code = ask(call, con, query).code;
  return code == kRows ? kRowsForNobody : code;
}

Code Sqlops::sql_query_async(Call& call, Text con, Text query) {
  Connections& connections = connections_of(call.process());
  db::Queries& queries = connections[place_of(connections, con)].queries;
  const auto failed = [log = &call.process().log, start = "sqlops: connection " + std::string(con.view())](const std::string& why) {
    log->write(LogLevel::Err, start + ": " + why + "\n");
  };
  if (queries.post({std::string(query.view())}, failed)) return 1;
  log_line(call, LogLevel::Err, "sqlops", {"connection ", con, ": too many statements wait"});
  return kFailed;
}

Code Sqlops::sql_xquery(Call& call, Text con, Text query, Text xavp) {
  const Told told = ask(call, con, query);
  if (told.code != kRows || sqlops::make_xavps(call, xavp, *told.table)) return told.code;
  log_line(call, LogLevel::Err, "sqlops", {"sql_xquery(): no memory for ", static_cast<Int>(told.table->rows.size()), " rows"});
  return kFailed;
}

Code Sqlops::sql_pvquery(Call& call, Text con, Text query, const Path& variables) {
  const Told told = ask(call, con, query);
  return told.code != kRows || sqlops::set_variables(call, variables, *told.table) ? told.code : kFailed;
}

Code Sqlops::sql_result_free(Call& call, Text result) {
  results_of(call).tables.erase(std::string(result.view()));
  return 1;
}

Value Sqlops::get_dbr(Call& call, const Path& key) { return sqlops::read(call, results_of(call), key); }

Value Sqlops::get_sqlrows(Call& call, Text con) {
  const std::size_t place = place_of(connections_of(call.process()), con);
  const std::vector<Int>& changed = results_of(call).changed;
  return Value::of(place < changed.size() ? changed[place] : 0);
}

Text Sqlops::sql_val(Call& call, Value in) { return sql_of(call, in, "NULL"); }
Text Sqlops::sql_val_int(Call& call, Value in) { return sql_of(call, in, "0"); }
Text Sqlops::sql_val_str(Call& call, Value in) { return sql_of(call, in, "''"); }

void Sqlops::start(Process& process) {
  auto* const connections = new Connections;
  process.module_state[slot] = connections;
  const auto refuse = [&](const std::string& reason) {
    process.log.write(LogLevel::Crit, "sqlops: " + reason + "\n");
    process.failed = true;
  };
  const TextList& all = Param::sqlcon;
  for (std::uint64_t i = 0; i < all.count; ++i) {
    const std::string_view text = all.items[i].view();
    const std::size_t arrow = text.find("=>");
    const std::size_t from = text.find_first_not_of(" \t"), to = text.find_last_not_of(" \t", arrow - 1);
    const std::string name(text.substr(from, to + 1 - from));
    std::string url(text.substr(text.find_first_not_of(" \t", arrow + 2)));
    url.erase(url.find_last_not_of(" \t") + 1);
    for (const Connection& other : *connections)
      if (other.name == name) return refuse("two connections are named '" + name + "'");
    const db::Driver* const driver = db::find_driver(process, url);
    if (!driver || !driver->run) return refuse("no module for the database '" + url + "' is loaded above");
    std::string why;
    if (!driver->run(url, {}, why)) {
      if (Param::connect_mode != 1) return refuse("connection '" + name + "': " + why);
      process.log.write(LogLevel::Err, "sqlops: connection '" + name + "': " + why + "\n");
    }
    connections->emplace_back(name, *driver, std::move(url));
  }
}

void Sqlops::worker_start(Worker& worker) {
  auto* const results = new Results;
  worker.module_state[slot] = results;
  worker.cleanups.push_back([results, &worker] {
    for (Connection& connection : connections_of(worker.process)) connection.queries.leave(worker);
    delete results;
  });
  worker.scripts.add_run_state({[](Worker& left) -> void* {
                                  const Results& results = left.state<Results>(slot);
                                  return results.is_empty() ? nullptr : new Results(results);
                                },
                                [](Worker& entered, void* kept) {
                                  const std::unique_ptr<Results> own(static_cast<Results*>(kept));
                                  entered.state<Results>(slot) = own ? std::move(*own) : Results();
                                }});
}

void Sqlops::stop(Process& process) {
  delete static_cast<Connections*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

}  // namespace strowger
