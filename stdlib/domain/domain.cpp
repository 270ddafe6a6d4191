// is_from_local() and its kin, lookup_domain(), and the loading of the tables.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "domain.interface.h"
#include "runtime/script/aside.h"
#include "runtime/script/call.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/script/own_domains.h"
#include "runtime/script/rpc.h"
#include "stdlib/domain/published.h"
#include "stdlib/domain/table.h"

namespace strowger {
namespace {

using domain::Published;
using domain::Table;

constexpr Int kDomainVersion = 2, kAttributesVersion = 1;
constexpr Code kNotLocal = -1, kNoFrom = -2;

struct Shared {
  Published<Table> table;
  Aside aside;
};

struct PerWorker {
  Shared* shared = nullptr;
  Published<Table>::Reader reader;
};

Shared& shared_of(const Process& process) { return *static_cast<Shared*>(process.module_state[Domain::slot]); }

std::unique_ptr<const Table> load(const Process& process, std::string& why) {
  using P = Domain::Param;
  const auto string = [](Text text) { return std::string(text.view()); };
  const std::string domain_columns[] = {string(P::domain_col), string(P::did_col)};
  const std::string attribute_columns[] = {string(P::did_col), string(P::name_col), string(P::type_col),
                                           string(P::value_col)};
  const auto attributes =
      db::load_table(process, P::db_url.view(), P::domain_attrs_table.view(), attribute_columns, why);
  const auto domains = attributes
                           ? db::load_table(process, P::db_url.view(), P::domain_table.view(), domain_columns, why)
                           : std::nullopt;
  return domains ? Table::build(*domains, *attributes, why) : nullptr;
}

const domain::Domain* find(const Process& process, Text name) {
  const Table* const table = name.empty() ? nullptr : shared_of(process).table.get();
  return table ? table->find(name.view()) : nullptr;
}

Code is_local(Call& call, Text host) { return find(call.process(), host) ? 1 : kNotLocal; }

void push(Call& call, Text prefix, std::string_view name, Value value) {
  const Text parts[] = {prefix, Text(name)};
  if (const Text whole = Operators::concat(&call, parts, 2, 0); !whole.is_null()) call.avps->push(whole, false, value);
}

}  // namespace

bool is_own_domain(const Process& process, Text host) {
  return Domain::Param::register_myself != 0 && process.module_state[Domain::slot] && find(process, host);
}

void Domain::start(Process& process) {
  auto* const shared = new Shared;
  process.module_state[slot] = shared;
  std::string why;
  if (db::has_version(process, Param::db_url.view(), Param::domain_table.view(), kDomainVersion, why) &&
      db::has_version(process, Param::db_url.view(), Param::domain_attrs_table.view(), kAttributesVersion, why)) {
    if (auto table = load(process, why)) {
      shared->table.publish(std::move(table));
      return;
    }
  }
  process.log.write(LogLevel::Crit, "domain: " + why);
  process.failed = true;
}

void Domain::worker_start(Worker& worker) {
  Shared& shared = shared_of(worker.process);
  auto* const state = new PerWorker{&shared, Published<Table>::Reader(shared.table)};
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state] { delete state; });
}

void Domain::tick(Worker& worker) {
  PerWorker& state = worker.state<PerWorker>(slot);
  state.reader.rest();
  if (worker.index == 0) state.shared->table.clean();
}

void Domain::stop(Process& process) {
  delete static_cast<Shared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Code Domain::is_from_local(Call& call) {
  const sip::NameAddr* const from = call.message().from();
  const auto uri = from ? sip::parse_uri(from->uri) : std::nullopt;
  if (uri) return is_local(call, uri->host);
  log_line(call, LogLevel::Err, "domain", {"is_from_local(): From has no URI"});
  return kNoFrom;
}

Code Domain::is_uri_host_local(Call& call) {
  if (call.route_kind != kFailureRoute) {
    const sip::Uri* const uri = call.live->parsed_uri();
    return uri ? is_local(call, uri->host) : kNotLocal;
  }
  if (call.live->branch_count == 0) {
    log_line(call, LogLevel::Err, "domain", {"is_uri_host_local(): the failure_route has added no branch"});
    return kNotLocal;
  }
  const auto uri = sip::parse_uri(call.live->branches[0].uri);
  return uri ? is_local(call, uri->host) : kNotLocal;
}

Code Domain::is_domain_local(Call& call, Text name) { return is_local(call, name); }

Code Domain::lookup_domain(Call& call, Text name) { return lookup_domain(call, name, Text()); }
Code Domain::lookup_domain(Call& call, Text name, Text prefix) {
  const domain::Domain* const found = find(call.process(), name);
  if (!found) return kNotLocal;
  if (found->attributes)
    for (const domain::Attribute& attribute : found->attributes->all)
      push(call, prefix, attribute.name, attribute.value());
  push(call, prefix, "did", Value::of(Text(std::string_view(found->did))));
  return 1;
}

void Domain::rpc_domain_reload(RpcCall& call) {
  Shared& shared = shared_of(call.process());
  const auto loaded = std::make_shared<std::unique_ptr<const Table>>();
  const Aside::Result result = shared.aside.run(call.worker, [loaded, process = &call.process()] {
    std::string why;
    *loaded = load(*process, why);
    if (!*loaded) process->log.write(LogLevel::Err, "domain: " + why);
  });
  if (result != Aside::Result::Done || !*loaded) return call.fault(400, "Reload of domain tables failed");
  shared.table.publish(std::move(*loaded));
}

void Domain::rpc_domain_dump(RpcCall& call) {
  const Table& table = *shared_of(call.process()).table.get();
  RpcReply& out = call.reply;
  out.begin_struct();
  out.begin_array("domains");
  for (const domain::Domain& one : table.domains()) {
    out.begin_struct();
    out.add_named("domain", std::string_view(one.name));
    out.add_named("did", std::string_view(one.did));
    out.end_struct();
  }
  out.end_array();
  out.begin_array("attributes");
  for (const auto& attributes : table.attributes()) {
    out.begin_struct();
    out.add_named("did", std::string_view(attributes->did));
    out.begin_array("attrs");
    for (const domain::Attribute& attribute : attributes->all) out.add(std::string_view(attribute.name));
    out.end_array();
    out.end_struct();
  }
  out.end_array();
  out.end_struct();
}

}  // namespace strowger
