// alias_db_lookup(), alias_db_find().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "alias_db.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/script/queries.h"
#include "runtime/script/rewrite_uri.h"

namespace strowger {
namespace {

constexpr Code kFound = 1, kNone = -1;

/// The URIs that the table has for one, in the arena; none where the first row has no user, and where the database cannot be asked (logged).
std::vector<Text> uris_for(Call& call, Text table, const sip::Uri& uri, Text flags) {
  using P = AliasDb::Param;
  bool by_domain = P::use_domain != 0, reverse = false;
  for (const char flag : flags.view()) {
    if (flag == 'd' || flag == 'D') by_domain = false;
    if (flag == 'u' || flag == 'U') by_domain = true;
    if (flag == 'r' || flag == 'R') reverse = true;
  }
  const std::string alias[] = {std::string(P::alias_user_column.view()), std::string(P::alias_domain_column.view())};
  const std::string user[] = {std::string(P::user_column.view()), std::string(P::domain_column.view())};
  const auto& from = reverse ? user : alias;
  const auto& to = reverse ? alias : user;
  db::Question question{std::string(table.view()), {to[0], to[1]}, {{from[0], std::string(uri.user.view())}}, 1};
  if (P::append_branches != 0) question.most = static_cast<std::size_t>(call.process().settings.max_branches);
  if (by_domain) {
    std::string_view domain = uri.host.view();
    const std::string_view prefix = P::domain_prefix.view();
    if (domain.starts_with(prefix)) domain.remove_prefix(prefix.size());
    question.keys.emplace_back(from[1], domain);
  }
  auto& queries = *static_cast<db::Queries*>(call.process().module_state[AliasDb::slot]);
  std::vector<Text> found;
  const std::optional<db::Rows> rows = db::ask_or_log(call, queries, "alias_db", std::move(question));
  if (!rows) return found;
  for (const db::Row& row : *rows) {
    if (db::is_null(row[0])) {
      if (found.empty()) return found;
      continue;
    }
    const Text text = call.arena->copy(std::string_view("sip:" + db::text_in(row[0]) + "@" + db::text_in(row[1])));
    if (!text.is_null()) found.push_back(text);
  }
  return found;
}

Code look_up(Call& call, Text table, Text flags) {
  const sip::Uri* const uri = call.live->parsed_uri();
  if (!uri || !uri->has_user()) return kNone;
  const std::vector<Text> found = uris_for(call, table, *uri, flags);
  if (found.empty() || set_uri(*call.live, *call.arena, found.front()) < 0) return kNone;
  for (std::size_t i = 1; i < found.size(); ++i) {
    BranchTarget branch;
    branch.uri = found[i];
    if (!call.live->add_branch(*call.arena, branch, call.process().settings.max_branches - 1)) {
      log_line(call, LogLevel::Err, "alias_db", {"no room for the branch ", found[i]});
      break;
    }
  }
  return kFound;
}

Code find(Call& call, Text table, Text in, const VariableRef& out, Text flags) {
  const std::optional<sip::Uri> uri = in.is_null() ? std::nullopt : sip::parse_uri(call.arena->copy(in));
  if (!uri) {
    log_line(call, LogLevel::Err, "alias_db", {"alias_db_find(): '", in, "' is no URI"});
    return kNone;
  }
  if (!uri->has_user()) return kNone;
  const std::vector<Text> found = uris_for(call, table, *uri, flags);
  for (const Text text : found)
    if (out.set(&call, Value::of(text)) < 0) return kNone;
  return found.empty() ? kNone : kFound;
}

}  // namespace

Code AliasDb::alias_db_lookup(Call& call, Text table) { return look_up(call, table, Text()); }
Code AliasDb::alias_db_lookup(Call& call, Text table, Text flags) { return look_up(call, table, flags); }
Code AliasDb::alias_db_find(Call& call, Text table, Text in, const VariableRef& out) { return find(call, table, in, out, Text()); }
Code AliasDb::alias_db_find(Call& call, Text table, Text in, const VariableRef& out, Text flags) { return find(call, table, in, out, flags); }

void AliasDb::start(Process& process) { db::start_queries(process, slot, "alias_db", Param::db_url); }
void AliasDb::worker_start(Worker& worker) { db::lend_queries(worker, slot); }
void AliasDb::stop(Process& process) { db::stop_queries(process, slot); }

}  // namespace strowger
