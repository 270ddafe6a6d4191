// Start-up and end of a proxy: the wiring diagram.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/proxy.h"

#include <pthread.h>
#include <sys/random.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <memory>
#include <thread>

#include "runtime/net/local_route.h"
#include "runtime/net/reply_steering.h"
#include "runtime/net/stream_transport.h"
#include "runtime/server/bind.h"
#include "runtime/server/effective.h"
#include "runtime/server/endpoint_open.h"
#include "runtime/server/notify.h"
#include "runtime/server/stream_hub.h"
#include "runtime/server/worker_loop.h"

namespace strowger::server {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

int complain(const std::string& text, int exit_code) {
  std::fprintf(stderr, "%s\n", text.c_str());
  return exit_code;
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

/// The signals that are for us, blocked in every thread and fetched by the main one.
sigset_t own_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

/// The next signal, or 0 when none came in time.
int wait_signal(const sigset_t& set, milliseconds limit) {
  const timespec time{static_cast<time_t>(limit.count() / 1000), static_cast<long>(limit.count() % 1000) * 1000000};
  const int number = sigtimedwait(&set, nullptr, &time);
  return number > 0 ? number : 0;
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
    seed = static_cast<std::uint64_t>(Steady::now().time_since_epoch().count()) ^ (static_cast<std::uint64_t>(std::time(nullptr)) << 32U);
  return seed != 0 ? seed : 1;
}

/// The workers' loops and threads.
class Workers {
 public:
  Workers(Process& process, const Effective& effective)
      : process_(process), fabric_(static_cast<std::uint32_t>(effective.workers)),
        streams_(static_cast<std::uint32_t>(effective.workers)) {
    for (int i = 0; i < effective.workers; ++i)
      loops_.push_back(std::make_unique<WorkerLoop>(process, fabric_, streams_, effective.streams, static_cast<std::uint32_t>(i),
                                                    effective.gather_us, effective.dns_servers));
    process_.streams = &hub_;
    if (core_number(process.image, "mhomed", 0) != 0)
      process_.local_address_to = [this](const sip::Address& to) { return routes_.towards(to); };
    process_.workers.clear();
    for (auto& loop : loops_) process_.workers.push_back(&loop->worker());
  }
  ~Workers() {
    stop();
    loops_.clear();
    process_.workers.clear();
    process_.streams = nullptr;
    process_.local_address_to = nullptr;
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  bool good() const {
    for (const auto& loop : loops_)
      if (!loop->good()) return false;
    return fabric_.good();
  }

  void add(const Socket& socket, BoundListen& bound) {
    if (loops_.size() > 1 && socket.protocol == sip::Protocol::Udp)
      static_cast<void>(net::steer_replies(bound.descriptors[0].get(), socket.via_sent_by.len));   // else they are handed on
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      if (socket.protocol == sip::Protocol::Udp) {
        loops_[i]->add_udp(socket, std::move(bound.descriptors[i]));
      } else {
        loops_[i]->add_listener(socket, std::move(bound.descriptors[i]));
      }
    }
  }

  /// Runs the modules' part of the workers' start, then the threads.
  bool start() {
    for (auto& loop : loops_) {
      loop->worker().start();
      if (process_.failed) return false;
    }
    for (const Endpoint& endpoint : process_.endpoints) {
      std::string why;
      if (loops_[0]->add_endpoint(endpoint, why)) continue;
      process_.log.write(LogLevel::Err, "<core>: control socket: " + why);
      if (!endpoint.may_fail) return false;
    }
    for (auto& loop : loops_) {
      threads_.emplace_back([&loop = *loop] { loop.run(); });
      pthread_setname_np(threads_.back().native_handle(), ("worker-" + std::to_string(loop->worker().index)).c_str());
    }
    return true;
  }

  void drain() {
    for (auto& loop : loops_) loop->drain();
  }
  std::uint64_t unfinished() const {
    std::uint64_t sum = 0;
    for (const auto& loop : loops_) {
      const std::uint64_t count = loop->unfinished();
      if (count == UINT64_MAX) return count;
      sum += count;
    }
    return sum;
  }

  void stop() {
    for (auto& loop : loops_) loop->stop();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  Process& process_;
  Fabric fabric_;
  net::StreamDirectory streams_;
  std::vector<std::unique_ptr<WorkerLoop>> loops_;
  net::LocalRoutes routes_;
  StreamHub hub_{streams_, loops_};
  std::vector<std::thread> threads_;
};

/// Until SIGINT, or SIGTERM and the drain that follows it.
void run_until_stopped(Workers& workers, Log& log, const sigset_t& signals, milliseconds drain) {
  for (;;) {
    const int number = wait_signal(signals, std::chrono::hours(1));
    if (number == SIGHUP) log.reopen();
    if (number == SIGINT) return;
    if (number == SIGTERM) break;
  }
  static_cast<void>(notify_service_manager("STOPPING=1"));
  const auto end = Steady::now() + drain;
  for (;;) {
    workers.drain();                               // asks for a fresh count, too
    const int number = wait_signal(signals, milliseconds(10));
    if (number == SIGINT || workers.unfinished() == 0) return;
    if (number == SIGHUP) log.reopen();
    if (Steady::now() < end) continue;
    if (const std::uint64_t left = workers.unfinished(); left != UINT64_MAX && drain.count() > 0)
      log.write(LogLevel::Notice, "<core>: ended with " + std::to_string(left) + " transactions unfinished");
    return;
  }
}

/// What the script's functions need, and what the proxy itself does: its log file is opened again, paths of control sockets go.
std::uint64_t needs_of(const ScriptImage& image, const Effective& effective, const Process& process) {
  const auto& all = process.endpoints;
  const bool files = effective.log.target == LogTarget::File || std::any_of(all.begin(), all.end(), has_path);
  return image.needs | (files ? kNeedsFiles : 0U);
}

/// As many descriptors as the system grants: every stream connection is one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));   // what we have is enough for a small proxy
}

int start_and_run(const ScriptImage& image, const Options& options, const Effective& effective, Log& log, const sigset_t& signals) {
  Process process(image, log);
  process.settings.debug = effective.log_level;
  process.settings.workers = effective.workers;
  process.settings.state_dir = options.state_dir;
  process.hosts = effective.hosts;
  process.start_seconds = static_cast<std::uint64_t>(std::time(nullptr));
  process.random_seed = random_seed();

  std::vector<BoundListen> bound;
  if (!options.check) {
    raise_descriptor_limit();
    if (core_number(image, "disable_core_dump", 0) != 0) {
      const rlimit none{0, 0};
      static_cast<void>(setrlimit(RLIMIT_CORE, &none));   // lowering a limit is always allowed
    }
    BindFault fault;
    auto all = bind_all(effective.listens, effective.workers, effective.streams, fault);
    if (!all) return log.flush(), complain(fault.text, fault.exit_code);
    bound = std::move(*all);
    // What comes next needs no rights: modules read files and open databases as the user that they will run as.
    if (const auto why = drop_privileges(effective.privileges)) return log.flush(), complain(*why, kExitNoPermission);
  } else {
    for (const Listen& listen : effective.listens) bound.push_back({listen, {}});
  }
  std::string listening;
  for (const BoundListen& one : bound) {
    const Listen& listen = one.listen;
    process.add_socket(listen.protocol, listen.address, Text(std::string_view(listen.advertised_host)), listen.advertised_port,
                       Text(std::string_view(listen.name)));
    const Socket* const added = process.sockets.back().get();
    if (!listen.host_name.empty()) process.aliases.push_back({listen.host_name, listen.address.port, listen.protocol, false, added});
    for (const std::string& name : listen.other_names) process.aliases.push_back({name, listen.address.port, listen.protocol});
    listening += (listening.empty() ? "" : ", ") + listen.text();
  }

  int exit_code = kExitOk;
  if (!process.start()) {
    process.stop();
    log.flush();
    return complain("a module refused its configuration", kExitConfig);
  }
  const bool no_tls = process.services.stream_layer == nullptr;
  for (const auto& socket : process.sockets)
    if (no_tls && socket->protocol == sip::Protocol::Tls) {
      process.stop();
      log.flush();
      return complain("cannot listen on " + std::string(socket->as_text.view()) + ": the script does not load the module tls", kExitConfig);
    }
  if (options.check) {
    print("configuration is good\n");
  } else {
    Workers workers(process, effective);
    for (std::size_t i = 0; i < bound.size(); ++i) workers.add(*process.sockets[i], bound[i]);
    if (!workers.good()) {
      exit_code = complain("not enough memory or file descriptors to start", kExitSoftware);
    } else if (!workers.start()) {
      log.flush();
      exit_code = complain("a module refused its configuration", kExitConfig);
    } else if (const auto why = install_seccomp(options.seccomp, needs_of(image, effective, process))) {
      exit_code = complain(*why, kExitUnavailable);
    } else {
      // A whole line of the core's before `ready`: script lines may be read as going on until the next level word.
      log.write_raw("ready", "<core>: listening on " + listening);
      if (!notify_service_manager("READY=1")) log.write(LogLevel::Warn, "<core>: cannot tell NOTIFY_SOCKET that the proxy is ready");
      run_until_stopped(workers, log, signals, options.drain);
      workers.stop();
    }
  }
  process.stop();
  return exit_code;
}

}  // namespace

int run_proxy(const ScriptImage& image, int argc, char** argv) {
  const std::string program = argc > 0 ? argv[0] : "proxy";
  std::string why;
  const auto options = parse_options({argv + (argc > 0 ? 1 : 0), argv + argc}, why);
  if (!options) return complain(program + ": " + why + "\nTry " + program + " --help.", kExitUsage);
  if (options->help) return print(print_help(program)), kExitOk;
  if (options->version) return print(print_version(image)), kExitOk;

  // Threads inherit the mask: signals reach the main thread only, when it asks.
  const sigset_t signals = own_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const auto effective = effective_settings(image, *options, why);
  if (!effective) return complain(program + ": " + why, kExitConfig);
  if (options->print_config) return print(print_settings(*effective)), kExitOk;

  Log log(effective->log);
  if (!log.open(why)) return complain(program + ": " + why, kExitConfig);
  return start_and_run(image, *options, *effective, log, signals);
}

}  // namespace strowger::server
