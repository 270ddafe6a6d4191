// mt_match(), the loading of trees, and their RPC commands.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <atomic>
#include <mutex>

#include "mtree.interface.h"
#include "runtime/script/aside.h"
#include "runtime/script/call.h"
#include "runtime/script/log_line.h"
#include "runtime/script/rpc.h"
#include "runtime/script/snapshot.h"
#include "stdlib/mtree/tree.h"

namespace strowger {
namespace {

using mtree::Item;
using mtree::Tree;
using mtree::Trees;
using mtree::Type;

struct Definition {
  std::string name, table;
  Type type = Type::Text;
};

/// Values of the last load of a tree.
struct Loaded {
  std::string name;
  Int count = 0;
  Int at = 0;                             ///< seconds, wall clock
};

struct Shared {
  std::vector<Definition> definitions;    ///< of the parameter mtree
  mtree::Alphabet alphabet{Mtree::Param::char_list.view()};
  Snapshot<Trees> trees;
  std::mutex lock;                        ///< of `loads`
  std::vector<Loaded> loads;
  Aside aside;
};

struct PerWorker {
  Shared* shared = nullptr;
  SnapshotReader<Trees> trees;
};

PerWorker& state_of(Worker& worker) { return worker.state<PerWorker>(Mtree::slot); }

const Tree* find(const Trees& trees, std::string_view name) {
  for (const auto& tree : trees)
    if (tree->name == name) return tree.get();
  return nullptr;
}

/// "name=T;dbtable=X;type=0".
std::optional<Definition> parse_definition(std::string_view text, std::string& why) {
  Definition out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view item = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equal = item.find('=');
    const std::string_view name(sip::trim(Text(item.substr(0, equal))).view());
    const std::string_view value(equal == item.npos ? std::string_view() : sip::trim(Text(item.substr(equal + 1))).view());
    if (name.empty() && equal == item.npos) continue;
    if (name == "name")
      out.name = value;
    else if (name == "dbtable")
      out.table = value;
    else if (name == "type" && value.size() == 1 && value[0] >= '0' && value[0] <= '2')
      out.type = static_cast<Type>(value[0] - '0');
    else if (name != "multi") {
      why = "'" + std::string(item) + "' of '" + std::string(text) + "' has no meaning";
      return std::nullopt;
    }
  }
  if (!out.name.empty() && !out.table.empty()) return out;
  why = "'" + std::string(text) + "' must say name= and dbtable=";
  return std::nullopt;
}

mtree::Duplicates duplicates() {
  if (Mtree::Param::mt_allow_duplicates) return mtree::Duplicates::Kept;
  return Mtree::Param::mt_ignore_duplicates ? mtree::Duplicates::LeftOut : mtree::Duplicates::Refused;
}

std::shared_ptr<Tree> load_one(const Process& process, const Shared& shared, const Definition& definition, std::string& why) {
  const std::string columns[] = {std::string(Mtree::Param::tprefix_column.view()), std::string(Mtree::Param::tvalue_column.view())};
  const auto rows = db::load_table(process, Mtree::Param::db_url.view(), definition.table, columns, why);
  if (!rows) return nullptr;
  auto tree = std::make_shared<Tree>(definition.name, definition.type, shared.alphabet);
  for (const db::Row& row : *rows)
    if (const std::string prefix = db::text_in(row[0]); !prefix.empty() && !tree->add(prefix, db::text_in(row[1]), duplicates(), why)) return nullptr;
  return tree;
}

/// The trees of the parameter db_table.
bool load_many(const Process& process, const Shared& shared, Trees& trees, std::string& why) {
  const std::string columns[] = {std::string(Mtree::Param::tname_column.view()), std::string(Mtree::Param::tprefix_column.view()),
                                 std::string(Mtree::Param::tvalue_column.view())};
  const auto rows = db::load_table(process, Mtree::Param::db_url.view(), Mtree::Param::db_table.view(), columns, why);
  if (!rows) return false;
  std::vector<std::shared_ptr<Tree>> made;
  for (const db::Row& row : *rows) {
    const std::string name = db::text_in(row[0]);
    if (name.empty() || db::text_in(row[1]).empty()) continue;
    auto tree = std::find_if(made.begin(), made.end(), [&](const auto& one) { return one->name == name; });
    if (tree == made.end())
      tree = made.insert(tree, std::make_shared<Tree>(name, static_cast<Type>(Mtree::Param::mt_tree_type), shared.alphabet));
    if (!(*tree)->add(db::text_in(row[1]), db::text_in(row[2]), duplicates(), why)) return false;
  }
  trees.insert(trees.end(), made.begin(), made.end());
  return true;
}

/// Loads all trees, or one and keeps the others. False and `why` when one cannot be loaded: all stay as they were.
bool load(const Process& process, Shared& shared, const std::string& only, std::string& why) {
  auto trees = std::make_shared<Trees>();
  const std::shared_ptr<const Trees> before = shared.trees.load();
  for (const Definition& definition : shared.definitions) {
    std::shared_ptr<const Tree> tree;
    if (!only.empty() && definition.name != only && before)
      for (const auto& old : *before)
        if (old->name == definition.name) tree = old;
    if (!tree) tree = load_one(process, shared, definition, why);
    if (!tree) return false;
    trees->push_back(std::move(tree));
  }
  if (!Mtree::Param::db_table.empty() && !load_many(process, shared, *trees, why)) return false;
  std::sort(trees->begin(), trees->end(), [](const auto& a, const auto& b) { return a->name < b->name; });
  shared.trees.publish(trees);
  return true;
}

void count_loads(Shared& shared, const std::string& only, Int now) {
  const std::lock_guard guard(shared.lock);
  for (const auto& tree : *shared.trees.load()) {
    if (!only.empty() && tree->name != only) continue;
    auto loaded = std::find_if(shared.loads.begin(), shared.loads.end(), [&](const Loaded& one) { return one.name == tree->name; });
    if (loaded == shared.loads.end()) loaded = shared.loads.insert(loaded, Loaded{tree->name, 0, 0});
    ++loaded->count;
    loaded->at = now;
  }
}

bool tell(Call& call, const VariableRef* variable, Value value) {
  return !variable || (variable->set && variable->set(&call, value) > 0);
}

Value value_of(Call& call, const Tree& tree, const Item& item) {
  return tree.type == Type::Number ? Value::of(item.number) : Value::of(call.arena->copy(std::string_view(item.text)));
}

void put(RpcReply& out, std::string_view name, const Tree& tree, const Item& item) {
  tree.type == Type::Number ? out.add_named(name, item.number) : out.add_named(name, std::string_view(item.text));
}

}  // namespace

void Mtree::start(Process& process) {
  auto* const shared = new Shared;
  process.module_state[slot] = shared;
  std::string why;
  for (std::uint64_t i = 0; i < Param::mtree.count && why.empty(); ++i)
    if (auto definition = parse_definition(Param::mtree.items[i].view(), why)) shared->definitions.push_back(std::move(*definition));
  if (why.empty() && load(process, *shared, {}, why)) return count_loads(*shared, {}, static_cast<Int>(process.start_seconds));
  process.log.write(LogLevel::Crit, "mtree: " + why);
  process.failed = true;
}

void Mtree::worker_start(Worker& worker) {
  auto* const state = new PerWorker;
  state->shared = static_cast<Shared*>(worker.process.module_state[slot]);
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state] { delete state; });
}

void Mtree::stop(Process& process) {
  delete static_cast<Shared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Code Mtree::mt_match(Call& call, Text name, Text text, Int mode) {
  PerWorker& state = state_of(*call.worker);
  const auto trees = state.trees.get(state.shared->trees);
  const Tree* const tree = find(*trees, name.view());
  if (!tree) {
    log_line(call, LogLevel::Err, "mtree", {"there is no tree ", name});
    return -1;
  }
  const Item* longest = nullptr;
  std::vector<mtree::Destination> destinations;
  bool good = true;
  const bool known = tree->walk(text.view(), [&](std::string_view, const std::vector<Item>& items) {
    longest = &items.front();
    if (tree->type == Type::Weights) {
      destinations.insert(destinations.end(), items.front().destinations.begin(), items.front().destinations.end());
    } else if (mode == 2) {
      for (const Item& item : items) good = good && tell(call, Param::pv_values, value_of(call, *tree, item));
    }
  });
  if (!known || !longest) return -1;
  for (const mtree::Destination& one : destinations)
    good = good && tell(call, Param::pv_dstid, Value::of(one.id)) && tell(call, Param::pv_weight, Value::of(one.weight));
  if (!good) return -1;
  if (tree->type == Type::Weights) return tell(call, Param::pv_count, Value::of(static_cast<Int>(destinations.size()))) ? 1 : -1;
  return mode == 2 || tell(call, Param::pv_value, value_of(call, *tree, *longest)) ? 1 : -1;
}

void Mtree::rpc_mtree_summary(RpcCall& call) {
  const std::string only = call.next_text().value_or("");
  PerWorker& state = state_of(call.worker);
  const auto trees = state.trees.get(state.shared->trees);
  if (!only.empty() && !find(*trees, only)) return call.fault(404, "Tree not found");
  const std::lock_guard guard(state.shared->lock);
  for (const auto& tree : *trees) {
    if (!only.empty() && tree->name != only) continue;
    const auto loaded = std::find_if(state.shared->loads.begin(), state.shared->loads.end(), [&](const Loaded& one) { return one.name == tree->name; });
    call.reply.begin_struct();
    call.reply.add_named("table", std::string_view(tree->name));
    call.reply.begin_struct("item");
    call.reply.add_named("ttype", static_cast<Int>(tree->type));
    call.reply.add_named("memsize", static_cast<Int>(tree->bytes()));
    call.reply.add_named("nrnodes", static_cast<Int>(tree->nodes()));
    call.reply.add_named("nritems", static_cast<Int>(tree->type == Type::Number ? 0 : tree->items));   // as in Kamailio
    if (loaded != state.shared->loads.end()) {
      call.reply.add_named("reload_count", loaded->count);
      call.reply.add_named("reload_time", loaded->at);
    }
    call.reply.end_struct();
    call.reply.end_struct();
  }
}

void Mtree::rpc_mtree_reload(RpcCall& call) {
  Shared* const shared = state_of(call.worker).shared;
  const std::string only = call.next_text().value_or("");
  if (!only.empty() && !find(*shared->trees.load(), only)) return call.fault(500, "Can not find specified Mtree");
  const auto good = std::make_shared<std::atomic<bool>>(false);
  const Aside::Result result = shared->aside.run(call.worker, [=, process = &call.process()] {
    std::string why;
    *good = load(*process, *shared, only, why);
    if (!*good) process->log.write(LogLevel::Err, "mtree: " + why);
  });
  if (result == Aside::Result::Busy) return call.fault(500, "Ongoing reload");
  if (!*good) return call.fault(500, "Mtree Reload Failed");
  count_loads(*shared, only, static_cast<Int>(call.worker.now.wall_seconds()));
  call.reply.add(std::string_view("Ok. Mtree reloaded."));
}

void Mtree::rpc_mtree_match(RpcCall& call) {
  const auto name = call.next_text(), text = call.next_text();
  const auto mode = call.next_int();
  if (!name || !text || !mode) return call.fault(500, "Invalid Parameters");
  if (*mode != 0 && *mode != 2) return call.fault(500, "Invalid parameter 'mode'");
  PerWorker& state = state_of(call.worker);
  const auto trees = state.trees.get(state.shared->trees);
  const Tree* const tree = find(*trees, *name);
  if (!tree) return call.fault(404, "Tree not found");
  struct Found {
    std::string prefix;
    const Item* item;
  };
  std::vector<Found> found;
  const bool known = tree->walk(*text, [&](std::string_view at, const std::vector<Item>& items) {
    if (*mode == 0) found.clear();   // the longest prefix only
    found.push_back({std::string(at), *mode == 2 ? &items.back() : &items.front()});
  });
  if (!known || found.empty()) return call.fault(404, "Prefix not found");
  call.reply.add(std::string_view(*name));   // over JSON the last value is the answer
  for (const Found& one : found) {
    call.reply.begin_struct();
    call.reply.add_named("PREFIX", std::string_view(one.prefix));
    put(call.reply, "TVALUE", *tree, *one.item);
    call.reply.end_struct();
  }
}

void Mtree::rpc_mtree_list(RpcCall& call) {
  const std::string only = call.next_text().value_or("");
  PerWorker& state = state_of(call.worker);
  const auto trees = state.trees.get(state.shared->trees);
  for (const auto& tree : *trees) {
    if (!only.empty() && tree->name != only) continue;
    tree->each([&](const std::string& prefix, const std::vector<Item>& items) {
      call.reply.begin_struct();
      call.reply.add_named("tname", std::string_view(tree->name));
      call.reply.add_named("tprefix", std::string_view(prefix));
      call.reply.begin_array("tvalue");
      for (const Item& item : items) tree->type == Type::Number ? call.reply.add(item.number) : call.reply.add(std::string_view(item.text));
      call.reply.end_array();
      call.reply.end_struct();
    });
  }
}

}  // namespace strowger
