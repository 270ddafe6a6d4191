// www_authenticate(), proxy_authenticate(), auth_check(), is_subscriber().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <map>

#include "auth_db.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/script/queries.h"
#include "stdlib/auth/credentials.h"
#include "stdlib/auth_db/columns.h"

namespace strowger {
namespace {

using auth::Claim;
using sip::HeaderId;

constexpr Int kTableVersion = 7;
constexpr Code kNoRow = -2;                                       // of is_subscriber()
enum CheckFlags : Int { kCheckIdentity = 1, kNotWhereForwarded = 2 };
enum SubscriberFlags : Int { kWithDomain = 1, kNoColumns = 2 };

struct Shared {
  std::optional<db::Queries> queries;
  std::vector<auth_db::Loaded> columns;
  std::map<std::string, Int, std::less<>> versions;               ///< of tables, as they were at start
};

Shared& shared_of(Call& call) { return *static_cast<Shared*>(call.process().module_state[AuthDb::slot]); }

std::string string_of(Text text) { return std::string(text.view()); }

std::vector<std::string> names_of(const std::vector<auth_db::Loaded>& columns) {
  std::vector<std::string> names;
  for (const auth_db::Loaded& column : columns) names.push_back(column.column);
  return names;
}

/// The row of a user; an empty one where there is none, nothing (logged) where the database cannot be asked.
std::optional<db::Row> find_user(Call& call, db::Question question, Text user, Text domain) {
  question.keys.emplace_back(string_of(AuthDb::Param::user_column), string_of(user));
  if (!domain.is_null()) question.keys.emplace_back(string_of(AuthDb::Param::domain_column), string_of(domain));
  question.most = 1;
  std::optional<db::Rows> rows = db::ask_or_log(call, *shared_of(call).queries, "auth_db", std::move(question));
  if (!rows) return std::nullopt;
  return rows->empty() ? db::Row() : std::move(rows->front());
}

/// Behind the '@' of a username, null where it has none.
Text domain_of(Text username) {
  const Text user = auth::user_of(username);
  return user.len < username.len ? Text(username.ptr + user.len + 1, username.len - user.len - 1) : Text::null();
}

/// HA1 of the credentials by the first field of the row. Nothing where the row has no password.
std::optional<sip::HexDigest> ha1_of(Call& call, const Claim& claim, std::string_view realm, const db::Field& field) {
  const std::string password = db::text_in(field);
  if (password.empty()) return std::nullopt;
  if (AuthDb::Param::calculate_ha1 != 0)
    return sip::make_ha1(auth::algorithm_of(call), claim.credentials.username, Text(realm), Text(std::string_view(password)));
  sip::HexDigest ha1;
  ha1.length = static_cast<std::uint8_t>(std::min(password.size(), sizeof ha1.digits));
  std::copy_n(password.data(), ha1.length, ha1.digits);
  return ha1;
}

Code authenticate(Call& call, HeaderId header, Text realm, Text table, Text method, Claim& claim) {
  using P = AuthDb::Param;
  if (auth::is_missing(realm) || auth::is_missing(table)) {
    log_line(call, LogLevel::Err, "auth_db", {auth::is_missing(realm) ? Text("the realm") : Text("the table"), " is missing"});
    return auth::kFailed;
  }
  claim = auth::claim_of(call, realm, header);
  if (claim.result != auth::kGood || claim.is_exempt) return claim.result;
  const std::string kept_realm = string_of(auth::without_prefix(realm)), kept_method = string_of(method);   // they may lie in a $var while this waits
  const bool has_method = !method.is_null();
  const Text username = claim.credentials.username, domain = domain_of(username);
  const bool is_second = P::calculate_ha1 == 0 && !domain.empty();
  std::vector<auth_db::Loaded>& columns = shared_of(call).columns;
  db::Question question{string_of(table), names_of(columns), {}, 1};
  question.columns.insert(question.columns.begin(), string_of(is_second ? P::password_column_2 : P::password_column));
  const Text wanted = P::use_domain == 0 ? Text::null() : domain.empty() ? Text(std::string_view(kept_realm)) : domain;
  const std::optional<db::Row> row = find_user(call, std::move(question), auth::user_of(username), wanted);
  if (!row) return auth::kFailed;
  if (row->empty()) return auth::kUnknownUser;
  const auto ha1 = ha1_of(call, claim, kept_realm, row->front());
  const Text for_method = has_method ? Text(std::string_view(kept_method)) : Text::null();
  const Code result = ha1 ? auth::accept(call, claim, ha1->text(), for_method) : Code{auth::kWrongPassword};
  if (result == auth::kGood || P::force_generate_avps != 0) auth_db::add_avps(call, columns, std::span(*row).subspan(1));
  return result;
}

/// authenticate() for a table that has to have our version.
Code authenticate_by(Call& call, HeaderId header, Text realm, Text table, Text method = Text::null()) {
  const auto& versions = shared_of(call).versions;
  const auto found = versions.find(table.view());
  const Int version = found == versions.end() ? 0 : found->second;
  if (AuthDb::Param::version_table != 0 && version != kTableVersion) {
    log_line(call, LogLevel::Err, "auth_db", {"table ", table, " has version ", version, " in table version, wanted is ", kTableVersion});
    return auth::kFailed;
  }
  Claim claim;
  return authenticate(call, header, realm, table, method, claim);
}

bool read_versions(Process& process, Shared& shared, std::string& why) {
  const std::string columns[] = {"table_name", "table_version"};
  const auto rows = db::load_table(process, AuthDb::Param::db_url.view(), "version", columns, why);
  if (!rows) return false;
  for (const db::Row& row : *rows) shared.versions[db::text_in(row[0])] = db::number_in(row[1]).value_or(0);
  return true;
}

}  // namespace

Code AuthDb::www_authenticate(Call& call, Text realm, Text table) { return authenticate_by(call, HeaderId::Authorization, realm, table); }
Code AuthDb::www_authenticate(Call& call, Text realm, Text table, Text method) {
  return authenticate_by(call, HeaderId::Authorization, realm, table, method);
}
Code AuthDb::proxy_authenticate(Call& call, Text realm, Text table) { return authenticate_by(call, HeaderId::ProxyAuthorization, realm, table); }

Code AuthDb::auth_check(Call& call, Text realm, Text table, Int flags) {
  Claim claim;
  const Code result = authenticate(call, auth::header_for(call), realm, table, Text::null(), claim);
  if (result != auth::kGood || claim.is_exempt || (flags & kCheckIdentity) == 0) return result;
  constexpr std::uint32_t kForwarded = kInvite | kBye | kPrack | kUpdate | kMessage;
  if ((flags & kNotWhereForwarded) != 0 && (call.message().method_bit() & kForwarded) != 0) return result;
  return auth::check_identity(call, claim.credentials.username, Param::use_domain != 0);
}

Code AuthDb::is_subscriber(Call& call, Text uri_text, Text table, Int flags) {
  const std::optional<sip::Uri> uri = uri_text.is_null() ? std::nullopt : sip::parse_uri(call.arena->copy(uri_text));
  if (!uri || table.empty()) {
    log_line(call, LogLevel::Err, "auth_db", {"is_subscriber(): '", uri_text, "' is no URI, or the table is missing"});
    return -1;
  }
  if (uri->user.empty()) return kNoRow;
  std::vector<auth_db::Loaded>& columns = shared_of(call).columns;
  const bool loads = (flags & kNoColumns) == 0;
  if (loads && columns.empty()) {   // Kamailio asks for no column then, and fails
    log_line(call, LogLevel::Err, "auth_db", {"is_subscriber() without flag 2 needs load_credentials"});
    return -1;
  }
  db::Question question{string_of(table), loads ? names_of(columns) : std::vector{string_of(Param::user_column)}, {}, 1};
  const std::optional<db::Row> row = find_user(call, std::move(question), uri->user, (flags & kWithDomain) != 0 ? uri->host : Text::null());
  if (!row) return -1;
  if (row->empty()) return kNoRow;
  if (loads) auth_db::add_avps(call, columns, *row);
  return 1;
}

void AuthDb::start(Process& process) {
  auto* const shared = new Shared;
  process.module_state[slot] = shared;
  std::string why;
  auto columns = auth_db::parse_load_credentials(Param::load_credentials.view(), why);
  if (!columns) {
    process.log.write(LogLevel::Crit, "auth_db: " + why);
    process.failed = true;
    return;
  }
  const db::Driver* const driver = db::driver_to_ask(process, "auth_db", Param::db_url.view());
  if (!driver) return;
  shared->columns = std::move(*columns);
  shared->queries.emplace(*driver, string_of(Param::db_url));
  if (Param::version_table != 0 && !read_versions(process, *shared, why))
    process.log.write(LogLevel::Err, "auth_db: table version of '" + string_of(Param::db_url) + "': " + why);
}

void AuthDb::worker_start(Worker& worker) {
  auto* const shared = static_cast<Shared*>(worker.process.module_state[slot]);
  if (shared && shared->queries) worker.cleanups.push_back([shared, &worker] { shared->queries->leave(worker); });
}

void AuthDb::stop(Process& process) {
  delete static_cast<Shared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

}  // namespace strowger
