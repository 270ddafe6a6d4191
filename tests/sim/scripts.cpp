// The routes: plain relay, forking, failover, edits, replies, suspension.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/sim/scripts.h"

#include <array>

#include "rr.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/script/worker.h"
#include "stdlib/tm/suspend.h"
#include "stdlib/tm/table.h"
#include "tm.interface.h"

namespace strowger::simtest {
namespace {

std::uint64_t below(Call& call, std::uint64_t bound) { return (call.worker->random() >> 20) % bound; }

/// The callees, by their user: bN is agent N; "t" behind it: over TCP.
Text callee(Call& call, std::uint64_t which) {
  static constexpr std::array<std::string_view, 4> datagram{"sip:b0@192.0.2.20", "sip:b1@192.0.2.21", "sip:b2@192.0.2.22",
                                                            "sip:b3@192.0.2.23"};
  static constexpr std::array<std::string_view, 4> stream{
      "sip:b0@192.0.2.20;transport=tcp", "sip:b1@192.0.2.21;transport=tcp", "sip:b2@192.0.2.22;transport=tcp",
      "sip:b3@192.0.2.23;transport=tcp"};
  const bool tcp = call.message().ruri().view().find(";transport=tcp") != std::string_view::npos;
  return Text(tcp ? stream[which % 4] : datagram[which % 4]);
}

void aim_at(Call& call, std::uint64_t which) { set_uri(*call.live, *call.arena, callee(call, which)); }

void add(Call& call, std::uint64_t which) {
  BranchTarget target;
  target.uri = callee(call, which);
  call.live->add_branch(*call.arena, target, 12);
}

/// What all scripts begin with, as Kamailio's own script does. True: done.
bool begin(Call& call) {
  const std::uint32_t method = call.message().method_bit();
  if (method == kCancel) {
    if (Tm::t_check_trans(call) > 0) Tm::t_relay(call);
    return true;
  }
  if (!call.message().to_tag().empty()) {
    if (Rr::loose_route(call) > 0) {
      Tm::t_relay(call);
    } else if (method == kAck) {
      if (Tm::t_check_trans(call) > 0) Tm::t_relay(call);
    } else {
      Tm::t_send_reply(call, 404, "Not Here");
    }
    return true;
  }
  if (method == kAck) return true;
  if (Tm::t_check_trans(call) == 0) return true;   // a repetition
  if (method == kInvite) Rr::record_route(call);
  return false;
}

void append(Call& call, std::string_view line) {
  const sip::Header* via = call.message().first(sip::HeaderId::Via);
  if (via) call.live->edits.insert(*call.arena, via->at, Text(line));
}

// ---- plain relay ------------------------------------------------------------------------------------------------------

Int plain(Call* call) {
  if (begin(*call)) return 1;
  aim_at(*call, below(*call, 4));
  Tm::t_relay(*call);
  return 1;
}

// ---- parallel forking -------------------------------------------------------------------------------------------------

Int parallel(Call* call) {
  if (begin(*call)) return 1;
  const std::uint64_t first = below(*call, 4), count = 2 + below(*call, 2);
  aim_at(*call, first);
  for (std::uint64_t i = 1; i < count; ++i) add(*call, first + i);
  Tm::t_relay(*call);
  return 1;
}

// ---- serial forking in failure_route ----------------------------------------------------------------------------------

Int try_next(Call* call);
const RouteRef kTryNext{"next", try_next, kFailureRoute, 1};

Int try_next(Call* call) {
  if (Tm::t_is_canceled(*call) > 0) return 1;
  if (below(*call, 4) == 0) return 1;   // the reply goes up
  if (below(*call, 5) == 0) {
    Tm::t_reply(*call, 404, "Nobody Else");
    return 1;
  }
  Tm::t_on_failure(*call, kTryNext);
  aim_at(*call, below(*call, 4));
  if (below(*call, 3) == 0) add(*call, below(*call, 4));
  Tm::t_relay(*call);
  return 1;
}

Int serial(Call* call) {
  if (begin(*call)) return 1;
  aim_at(*call, below(*call, 4));
  Tm::t_on_failure(*call, kTryNext);
  if (below(*call, 3) == 0) Tm::t_set_fr(*call, 20000, 5000);
  Tm::t_relay(*call);
  return 1;
}

// ---- edits in branch_route and onreply_route --------------------------------------------------------------------------

Int edit_branch(Call* call) {
  append(*call, "X-Branch: yes\r\n");
  if (below(*call, 8) == 0) call->dropped = 1;
  return 1;
}
Int edit_reply(Call* call) {
  append(*call, "X-Reply: yes\r\n");
  if (call->message().status() < 200 && below(*call, 4) == 0) call->dropped = 1;
  return 1;
}
Int branch_failed(Call* call) { return below(*call, 2) ? 1 : -1; }
const RouteRef kEditBranch{"edit", edit_branch, kBranchRoute, 1}, kEditReply{"edit", edit_reply, kReplyRoute, 1},
    kBranchFailed{"tm:branch-failure:one", branch_failed, kBranchFailureRoute, 1};

Int edits(Call* call) {
  if (begin(*call)) return 1;
  const std::uint64_t first = below(*call, 4);
  aim_at(*call, first);
  add(*call, first + 1);
  Tm::t_on_branch(*call, kEditBranch);
  Tm::t_on_reply(*call, kEditReply);
  Tm::t_on_branch_failure(*call, kBranchFailed);
  if (below(*call, 2)) Tm::t_on_failure(*call, kTryNext);
  append(*call, "X-Request: yes\r\n");
  if (Tm::t_relay(*call) < 0) Tm::t_reply(*call, 500, "Not Sent");
  return 1;
}

// ---- replies of the script --------------------------------------------------------------------------------------------

Int answering(Call* call) {
  if (begin(*call)) return 1;
  if (Tm::t_newtran(*call) < 0) return 1;
  if (below(*call, 3) == 0) Tm::t_reply(*call, 183, "Session Progress");
  switch (below(*call, 5)) {
    case 0: Tm::t_reply(*call, 404, "Not Found"); return 1;
    case 1: Tm::t_reply(*call, 302, "Moved"); return 1;
    case 2: Tm::t_reply(*call, 603, "Decline"); return 1;
    default: break;
  }
  aim_at(*call, below(*call, 4));
  Tm::t_on_failure(*call, kTryNext);
  if (Tm::t_relay(*call) < 0) Tm::t_reply(*call, 503, "Not Sent");
  return 1;
}

// ---- routes that wait -------------------------------------------------------------------------------------------------

void rest(Call& call) {
  if (below(call, 2)) call.worker->scripts.sleep(static_cast<Millis>(1 + below(call, kLongestWait / 4)));
}
Int slow_branch(Call* call) {
  rest(*call);
  return 1;
}
Int slow_reply(Call* call) {
  rest(*call);
  return 1;
}
Int slow_failure(Call* call) {
  rest(*call);
  return try_next(call);
}
const RouteRef kSlowBranch{"slow", slow_branch, kBranchRoute, 1}, kSlowReply{"slow", slow_reply, kReplyRoute, 1},
    kSlowFailure{"slow", slow_failure, kFailureRoute, 1};

Int waiting(Call* call) {
  if (begin(*call)) return 1;
  if (below(*call, 2) && Tm::t_newtran(*call) < 0) return 1;
  rest(*call);
  aim_at(*call, below(*call, 4));
  if (below(*call, 2)) add(*call, below(*call, 4));
  if (below(*call, 2)) Tm::t_on_branch(*call, kSlowBranch);
  if (below(*call, 2)) Tm::t_on_reply(*call, kSlowReply);
  if (below(*call, 2)) Tm::t_on_failure(*call, kSlowFailure);
  if (Tm::t_relay(*call) < 0) Tm::t_reply(*call, 503, "Not Sent");
  return 1;
}

// ---- t_suspend(), t_continue() ----------------------------------------------------------------------------------------

Int go_on(Call* call) {
  if (below(*call, 6) == 0) {
    Tm::t_reply(*call, 480, "Later");
    return 1;
  }
  aim_at(*call, below(*call, 4));
  Tm::t_on_failure(*call, kTryNext);
  if (Tm::t_relay(*call) < 0) Tm::t_reply(*call, 503, "Not Sent");
  return 1;
}

Int suspended(Call* call) {
  if (begin(*call)) return 1;
  if (!tm::suspend(*call)) return 1;
  auto* transaction = static_cast<tm::Transaction*>(call->transaction);
  if (below(*call, 10) != 0)   // else nobody goes on: the suspension times out
    tm::continue_later(*transaction, go_on, static_cast<Millis>(1 + below(*call, kLongestWait)));
  return 1;
}

constexpr std::array<Script, 7> kScripts{{
    {"plain", plain},
    {"parallel", parallel},
    {"serial", serial, false, 4900, 19900},
    {"edits", edits},
    {"answering", answering},
    {"waiting", waiting, true},
    {"suspended", suspended, true},
}};

std::array<ModuleImage, 2> modules() {
  std::array<ModuleImage, 2> all{};
  all[0].name = "tm";
  all[0].start = Tm::start;
  all[0].worker_start = Tm::worker_start;
  all[0].reply_in = Tm::reply_in;
  all[0].script_end = Tm::script_end;
  all[1].name = "rr";
  return all;
}

}  // namespace

const Script* scripts(std::size_t& count) {
  count = kScripts.size();
  return kScripts.data();
}

void fill_image(ScriptImage& image, const Script& script) {
  static const auto all = modules();
  image.modules = all.data();
  image.module_count = all.size();
  image.request_route = script.request;
  image.toolchain_version = "test";
}

}  // namespace strowger::simtest
