// sd_lookup().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "runtime/script/queries.h"
#include "runtime/script/rewrite_uri.h"
#include "speeddial.interface.h"

namespace strowger {
namespace {

constexpr Code kFound = 1, kNone = -1;

std::string domain_of(const sip::Uri& uri) {
  std::string_view domain = uri.host.view();
  const std::string_view prefix = Speeddial::Param::domain_prefix.view();
  if (domain.starts_with(prefix)) domain.remove_prefix(prefix.size());
  return std::string(domain);
}

Code look_up(Call& call, Text table, Text owner_text) {
  using P = Speeddial::Param;
  const auto column = [](Text name) { return std::string(name.view()); };
  if (table.empty()) {
    log_line(call, LogLevel::Err, "speeddial", {"sd_lookup(): the table is missing"});
    return kNone;
  }
  const std::optional<sip::Uri> owner = owner_text.is_null() ? std::nullopt : sip::parse_uri(owner_text);
  if (!owner) {
    log_line(call, LogLevel::Err, "speeddial", {"sd_lookup(): the owner '", owner_text, "' is no URI"});
    return kNone;
  }
  const sip::Uri* const uri = call.live->parsed_uri();
  if (!uri || !uri->has_user() || !owner->has_user()) return kNone;
  db::Question question{std::string(table.view()), {column(P::new_uri_column)}, {{column(P::user_column), std::string(owner->user.view())}}, 1};
  if (P::use_domain >= 1) question.keys.emplace_back(column(P::domain_column), domain_of(*owner));
  question.keys.emplace_back(column(P::sd_user_column), uri->user.view());
  if (P::use_domain >= 2) question.keys.emplace_back(column(P::sd_domain_column), domain_of(*uri));
  auto& queries = *static_cast<db::Queries*>(call.process().module_state[Speeddial::slot]);
  const std::optional<db::Rows> rows = db::ask_or_log(call, queries, "speeddial", std::move(question));
  if (!rows || rows->empty() || db::is_null(rows->front()[0])) return kNone;
  std::string new_uri = db::text_in(rows->front()[0]);
  if (!new_uri.starts_with("sip:")) new_uri.insert(0, "sip:");
  return set_uri(*call.live, *call.arena, Text(std::string_view(new_uri))) < 0 ? kNone : kFound;
}

Text sender_of(Call& call) {
  const sip::NameAddr* const from = call.message().from();
  return from ? from->uri : Text::null();
}

}  // namespace

Code Speeddial::sd_lookup(Call& call, Text table) { return look_up(call, table, sender_of(call)); }
Code Speeddial::sd_lookup(Call& call, Text table, Text owner) { return look_up(call, table, owner.empty() && !owner.is_null() ? sender_of(call) : owner); }

void Speeddial::start(Process& process) { db::start_queries(process, slot, "speeddial", Param::db_url); }
void Speeddial::worker_start(Worker& worker) { db::lend_queries(worker, slot); }
void Speeddial::stop(Process& process) { db::stop_queries(process, slot); }

}  // namespace strowger
