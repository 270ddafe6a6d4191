// The module's life: reading the list, replacing it, and what is done every second.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/read_file.h"
#include "runtime/script/rpc.h"
#include "stdlib/dispatcher/state.h"

namespace strowger {
namespace dispatcher {
namespace {

constexpr Int kLoadMode = 1;
constexpr Int kAnyResolve = 7;             // bits of ds_dns_mode

}  // namespace

std::shared_ptr<const List> load(const Process& process, const Shared& shared) {
  const Building building = building_for(process, shared);
  const std::string& path = shared.settings.list_file;
  const auto content = read_file(path);
  if (!content) {
    building.log(LogLevel::Err, "the file '" + path + "' cannot be read");
    return nullptr;
  }
  const auto rows = parse_rows(*content, building);
  return rows ? build(*rows, building) : nullptr;
}

namespace {

/// Calls go on when the list is read again.
void keep_loads(const List& before, const List& after) {
  for (const auto& set : before.sets)
    for (const auto& one : set->all)
      if (const int load = one->load.load(); load > 0) change_load(after, {set->id, one->attributes.duid}, load);
}

/// `make` gives the new list; null leaves the old one.
template <class F>
Changed replace(Worker& worker, F make) {
  Shared& shared = shared_of(worker.process);
  const std::unique_lock lock(shared.writing, std::try_to_lock);
  const std::int64_t now = worker.now.mono / 1000;
  if (!lock || now < shared.changed + Dispatcher::Param::reload_delta) return Changed::Ongoing;
  shared.changed = now;
  std::shared_ptr<const List> list = make(shared);
  if (!list) return Changed::Failed;
  shared.list = std::move(list);
  shared.version.fetch_add(1, std::memory_order_release);
  return Changed::Yes;
}

/// "class=2;code=404"; false when it is neither.
bool parse_codes(std::string_view text, std::bitset<700>& out) {
  for (int code = 200; code < 300; ++code) out.set(static_cast<std::size_t>(code));
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view item(sip::trim(Text(text.substr(0, end))).view());
    text.remove_prefix(std::min(end + 1, text.size()));
    if (item.empty()) continue;
    const std::size_t equal = std::min(item.find('='), item.size());
    const auto number = sip::parse_number(Text(item.substr(std::min(equal + 1, item.size()))));
    const bool is_class = item.substr(0, equal) == "class";
    if (!number || (!is_class && item.substr(0, equal) != "code") || *number < (is_class ? 1u : 100u) ||
        *number > (is_class ? 6u : 699u))
      return false;
    if (!is_class) out.set(*number);
    for (std::size_t code = *number * 100; is_class && code < *number * 100 + 100; ++code) out.set(code);
  }
  return true;
}

}  // namespace

Building building_for(const Process& process, const Shared& shared) {
  Building building{process, nullptr, true, false, false, 1, {}};
  building.default_socket = shared.default_socket;
  building.resolve = (Dispatcher::Param::ds_dns_mode & kAnyResolve) != 0;
  building.none_attributes = Dispatcher::Param::ds_attrs_none != 0;
  building.strict = Dispatcher::Param::ds_load_mode == kLoadMode;
  building.seed = process.random_seed;
  building.log = [&process](LogLevel level, const std::string& text) {
    if (static_cast<int>(level) <= process.settings.debug) process.log.write(level, "dispatcher: " + text);
  };
  return building;
}

std::shared_ptr<const List> current(Worker& worker) {
  PerWorker& state = state_of(worker);
  const std::uint64_t version = state.shared->version.load(std::memory_order_acquire);
  if (state.version != version) {
    // A control block of its own: the workers do not share a count of references.
    const auto own = std::make_shared<std::shared_ptr<const List>>(state.shared->list.load());
    state.list = std::shared_ptr<const List>(own, own->get());
    state.version = version;
    state.cursors.assign(state.list->sets.size(), Cursor{worker.index, worker.index, worker.index, 0, {}});
  }
  return state.list;
}

Changed reload(Worker& worker) {
  return replace(worker, [&](Shared& shared) {
    const std::shared_ptr<const List> before = shared.list.load();
    std::shared_ptr<const List> list = load(worker.process, shared);
    if (list && shared.calls) keep_loads(*before, *list);
    return list;
  });
}

Changed rebuild(Worker& worker, const std::function<void(std::vector<Row>&)>& edit) {
  return replace(worker, [&](Shared& shared) {
    std::vector<Row> rows = shared.list.load()->rows();
    edit(rows);
    return build(rows, building_for(worker.process, shared));
  });
}

}  // namespace dispatcher

using dispatcher::Shared;

void Dispatcher::start(Process& process) {
  auto* const shared = new Shared;
  process.module_state[slot] = shared;
  const auto refuse = [&](const std::string& why) {
    process.log.write(LogLevel::Err, "dispatcher: " + why);
    process.failed = true;
  };
  shared->down = process.event_route("dispatcher:dst-down");
  shared->up = process.event_route("dispatcher:dst-up");
  if (!dispatcher::parse_codes(Param::ds_ping_reply_codes.view(), shared->good_codes))
    return refuse("ds_ping_reply_codes is faulty");
  if (!Param::ds_default_sockname.empty()) {
    shared->default_socket = process.find_socket_named(Param::ds_default_sockname);
    if (!shared->default_socket) return refuse("ds_default_sockname names no socket");
  } else if (!Param::ds_default_socket.empty()) {
    shared->default_socket = process.find_socket(Param::ds_default_socket);
    if (!shared->default_socket) return refuse("ds_default_socket is none of the sockets");
  }
  if (Param::ds_hash_size > 0)
    shared->calls = std::make_unique<dispatcher::Calls>(std::size_t{1} << std::min<Int>(Param::ds_hash_size, 10));
  if (shared->settings.ping_interval > 0 && !dispatcher::can_probe())
    return refuse("probing (ds_ping_interval) needs loadmodule \"tm.so\"");
  shared->list = dispatcher::load(process, *shared);
  if (!shared->list.load()) refuse("no destinations could be loaded");
}

void Dispatcher::stop(Process& process) {
  delete static_cast<Shared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void Dispatcher::worker_start(Worker& worker) {
  auto* const state = new dispatcher::PerWorker;
  state->shared = &dispatcher::shared_of(worker.process);
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state] { delete state; });
}

void Dispatcher::tick(Worker& worker) {
  if (worker.index != 0) return;
  dispatcher::PerWorker& state = dispatcher::state_of(worker);
  ++state.seconds;
  constexpr std::int64_t kLookUp = 5;
  if ((Param::ds_dns_mode & dispatcher::kAnyResolve) != 0 && state.seconds % kLookUp == 1) dispatcher::look_up(worker);
  const Int interval = state.shared->settings.ping_interval;
  if (interval > 0 && state.seconds % interval == 0 && state.shared->pinging.load() != 0) dispatcher::probe(worker);
  if (state.shared->calls && Param::ds_hash_check_interval > 0 && state.seconds % Param::ds_hash_check_interval == 0)
    dispatcher::expire_calls(worker);
}

Code Dispatcher::ds_reload(Call& call) {
  switch (dispatcher::reload(*call.worker)) {
    case dispatcher::Changed::Yes:
      return 1;
    case dispatcher::Changed::Ongoing:
      call.log(LogLevel::Err, "dispatcher: ds_reload(): the list was changed a moment ago\n");
      break;
    case dispatcher::Changed::Failed:
      break;
  }
  return -1;
}

}  // namespace strowger
