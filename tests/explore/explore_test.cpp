// Every sequence of events up to a depth, played to stdlib/tm in a whole worker and to the written model: the messages must be
// the same after each event, and at the end nothing may be left. States that the model cannot tell apart are visited once.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <unordered_set>

#include "runtime/sim/world.h"
#include "stdlib/tm/table.h"
#include "tests/explore/transaction_model.h"
#include "tm.interface.h"

namespace strowger::explore {
namespace {

int branch_total = 1;   // of the test that runs

constexpr std::array<std::string_view, 3> kUris{"sip:b0@192.0.2.20", "sip:b1@192.0.2.30", "sip:b2@192.0.2.40"};
constexpr std::array<std::string_view, 3> kUrisTcp{"sip:b0@192.0.2.20;transport=tcp", "sip:b1@192.0.2.30;transport=tcp",
                                                   "sip:b2@192.0.2.40;transport=tcp"};

template <bool kTcp>
Int fork(Call* call) {
  const std::uint32_t method = call->message().method_bit();
  if (method == kInvite || method == kMessage) {
    for (int i = 1; i < branch_total; ++i) {
      BranchTarget target;
      target.uri = Text(kTcp ? kUrisTcp[static_cast<std::size_t>(i)] : kUris[static_cast<std::size_t>(i)]);
      call->live->add_branch(*call->arena, target, 12);
    }
  }
  Tm::t_relay(*call);
  return 1;
}

/// tm in one worker, driven by hand.
class Subject {
 public:
  explicit Subject(const Setup& setup) : setup_(setup) {
    branch_total = setup.branches;
    module_.name = "tm";
    module_.start = Tm::start;
    module_.worker_start = Tm::worker_start;
    module_.reply_in = Tm::reply_in;
    module_.script_end = Tm::script_end;
    image_.modules = &module_;
    image_.module_count = 1;
    image_.request_route = setup.reliable_down ? fork<true> : fork<false>;
    image_.toolchain_version = "test";
    proxy_ = &world_.add_proxy(image_, "192.0.2.1:5060 tcp:192.0.2.1:5060");
    ready_ = world_.start();
    now_ = world_.now();
    chunks_ = worker().pool.chunks_in_use();
    alice_ = *sim::parse_address("192.0.2.10:5060");
  }

  Output begin() {
    ++number_;
    invites_.assign(static_cast<std::size_t>(setup_.branches), "");
    failure_tag_.clear();
    return from_caller(setup_.invite ? "INVITE" : "MESSAGE", false);
  }

  Output apply(const Event& event, std::int64_t delay) {
    switch (event.kind) {
      case Event::Timer: {
        Output early = pass(delay - 1);
        early.merge(pass(1));
        return early;
      }
      case Event::Again: return from_caller(setup_.invite ? "INVITE" : "MESSAGE", false);
      case Event::Cancel: return from_caller("CANCEL", false);
      case Event::Ack: return from_caller("ACK", false);
      case Event::AckSuccess: return from_caller("ACK", true);
      case Event::Reply: return from_branch(event.branch, event.status, setup_.invite ? "INVITE" : "MESSAGE");
      case Event::CancelReply: return from_branch(event.branch, 200, "CANCEL");
      case Event::Unreachable:
        worker().send_failed(cookies_[event.branch]);
        return sent();
    }
    return {};
  }

  /// Runs everything out; what is left, or "".
  std::string finish() {
    for (int i = 0; i < 100 && (i < 2 || tm::table_of(worker()).size() != 0); ++i) pass(10000);
    const std::size_t left = tm::table_of(worker()).size(), timers = worker().timers.armed(),
                      chunks = worker().pool.chunks_in_use() - chunks_;
    if (left == 0 && timers == 0 && chunks == 0) return "";
    return std::to_string(left) + " transactions, " + std::to_string(timers) + " timers, " + std::to_string(chunks) + " chunks are left";
  }
  bool ready() const { return ready_; }

 private:
  Worker& worker() { return proxy_->worker(); }
  const Socket* socket(bool tcp) const { return proxy_->process.sockets[tcp ? 1 : 0].get(); }

  Output pass(std::int64_t millis) {
    now_ += millis;
    worker().advance({now_, sim::World::kWallStart + now_ * 1000});
    return sent();
  }

  Output from_caller(const std::string& method, bool new_branch) {
    const std::string number = std::to_string(number_);
    const std::string cseq = method == "MESSAGE" ? "MESSAGE" : method;
    const bool tcp = setup_.reliable_up;
    std::string text = method + " " + std::string(setup_.reliable_down ? kUrisTcp[0] : kUris[0]) + " SIP/2.0\r\n" +
                       "Via: SIP/2.0/" + (tcp ? "TCP" : "UDP") + " 192.0.2.10:5060;branch=z9hG4bK-" + (new_branch ? "x" : "a") + number +
                       "\r\nMax-Forwards: 70\r\nFrom: <sip:a@x>;tag=a\r\nTo: <sip:b@x>" +
                       (method == "ACK" ? ";tag=" + failure_tag_ : "") + "\r\nCall-ID: c" + number + "\r\nCSeq: 1 " + cseq +
                       "\r\nContent-Length: 0\r\n\r\n";
    return receive(text, alice_, tcp);
  }

  Output from_branch(std::size_t at, int status, const std::string& method) {
    // The headers of the request that the branch got, without Max-Forwards and the first line.
    const std::string& invite = invites_[at];
    std::string text = "SIP/2.0 " + std::to_string(status) + " Some Reason\r\n";
    for (std::size_t begin = invite.find("\r\n") + 2, end; (end = invite.find("\r\n", begin)) != begin; begin = end + 2) {
      std::string line = invite.substr(begin, end - begin);
      if (line.starts_with("Max-Forwards")) continue;
      if (line.starts_with("To:") && status > 100) line += ";tag=b" + std::to_string(at);
      if (line.starts_with("CSeq:")) line = "CSeq: 1 " + method;
      text += line + "\r\n";
    }
    return receive(text + "\r\n", *sim::parse_address("192.0.2." + std::to_string(20 + 10 * at) + ":5060"), setup_.reliable_down);
  }

  Output receive(const std::string& text, const sip::Address& from, bool tcp) {
    worker().advance({now_, sim::World::kWallStart + now_ * 1000});
    worker().receive({Text(std::string_view(text)), from, socket(tcp), tcp ? 1u : 0u});
    return sent();
  }

  Output sent() {
    Output out;
    Outbox& outbox = worker().outbox;
    for (const Departure& departure : outbox.entries()) {
      const std::string text(outbox.bytes(departure).view());
      const std::string first = text.substr(0, text.find(' '));
      const auto value = [&](std::string_view name) {
        const std::size_t at = text.find(name);
        return at == std::string::npos ? "" : text.substr(at + name.size(), text.find("\r\n", at) - at - name.size());
      };
      if (departure.to == alice_) {
        const std::string status = text.substr(8, 3), to = value("\r\nTo: ");
        const std::size_t tag = to.find(";tag=b");
        if (text.find("CSeq: 1 CANCEL") != std::string::npos) {
          out.insert("up " + status + " CANCEL");
          continue;
        }
        if (status >= "300") failure_tag_ = to.substr(to.find(";tag=") + 5);
        out.insert("up " + status + (tag == std::string::npos || status == "100" ? " -" : " b" + to.substr(tag + 6, 1)));
        continue;
      }
      const std::size_t at = departure.to.ip[3] / 10u - 2u;
      out.insert("b" + std::to_string(at) + " " + first);
      if (first == "INVITE" || first == "MESSAGE") {
        invites_[at] = text;
        cookies_[at] = departure.cookie;
      }
    }
    outbox.clear();
    return out;
  }

  Setup setup_;
  ModuleImage module_;
  ScriptImage image_;
  sim::World world_{1};
  sim::Proxy* proxy_ = nullptr;
  bool ready_ = false;
  Millis now_ = 0;
  std::size_t chunks_ = 0;
  int number_ = 0;
  sip::Address alice_;
  std::vector<std::string> invites_;
  std::array<std::uint64_t, 3> cookies_{};
  std::string failure_tag_;
};

std::string print(const Output& out) {
  std::string text;
  for (const std::string& line : out) text += "\n      " + line;
  return text.empty() ? " nothing" : text;
}

struct Node {
  std::vector<std::pair<Event, std::int64_t>> path;   // with the time that passes
  TransactionModel model;
};

std::string describe(const Node& node) {
  std::string text;
  for (const auto& [event, delay] : node.path) text += " " + describe(event);
  return text;
}

/// Breadth first; stops at the first difference.
void explore(const std::string& what, const Setup& setup, int depth) {
  Subject subject(setup);
  ASSERT_TRUE(subject.ready());
  Output first;
  std::vector<Node> level{{{}, TransactionModel(setup, first)}};
  std::unordered_set<std::string> seen{level.front().model.key()};
  std::size_t edges = 0, ended = 0;
  int reached = 0;
  for (int at = 1; at <= depth && !level.empty(); ++at) {
    reached = at;
    std::vector<Node> next;
    for (const Node& node : level) {
      for (const Event& event : node.model.possible()) {
        ++edges;
        Node child = node;
        const std::int64_t delay = event.kind == Event::Timer ? child.model.next_timer() : 0;
        child.path.emplace_back(event, delay);
        const Output expected = child.model.apply(event);
        ASSERT_EQ(subject.begin(), first) << what;
        for (const auto& [earlier, passed] : node.path) subject.apply(earlier, passed);
        const Output got = subject.apply(event, delay);
        ASSERT_EQ(got, expected) << what << " after" << describe(child) << "\n    sent:" << print(got) << "\n    model:" << print(expected);
        // §16.7: one failure at most; none after a success.
        ASSERT_LE(child.model.failures_sent, 1) << what << " after" << describe(child);
        const std::string left = subject.finish();
        ASSERT_EQ(left, "") << what << " after" << describe(child);
        if (child.model.gone()) {
          ++ended;
        } else if (seen.insert(child.model.key()).second) {
          next.push_back(std::move(child));
        }
      }
    }
    level = std::move(next);
  }
  std::printf("%s: %zu states, %zu edges, depth %d%s, %zu edges end the transaction\n", what.c_str(), seen.size(), edges, reached,
              level.empty() ? " (all there are)" : "", ended);
}

/// STROWGER_EXPLORE_DEPTH in the environment: deeper or shallower.
int depth_or(int usual) {
  const char* given = std::getenv("STROWGER_EXPLORE_DEPTH");
  return given && *given ? std::atoi(given) : usual;
}

TEST(Explore, InviteOverDatagrams) { explore("INVITE, UDP", {true, false, false, 1, {100, 180, 200, 486, 603}}, depth_or(12)); }
TEST(Explore, InviteOverStreams) { explore("INVITE, TCP", {true, true, true, 1, {100, 180, 200, 486, 603}}, depth_or(12)); }
TEST(Explore, InviteFromStreamsToDatagrams) { explore("INVITE, TCP to UDP", {true, true, false, 1, {180, 200, 486}}, depth_or(12)); }
TEST(Explore, OtherRequestsOverDatagrams) { explore("non-INVITE, UDP", {false, false, false, 1, {100, 180, 200, 486, 603}}, depth_or(12)); }
TEST(Explore, OtherRequestsOverStreams) { explore("non-INVITE, TCP", {false, true, true, 1, {100, 180, 200, 486, 603}}, depth_or(12)); }

// The response context: finals of each class in every order of arrival.
TEST(Explore, TwoBranches) { explore("INVITE to 2 branches", {true, false, false, 2, {180, 200, 302, 401, 404, 503, 603}}, depth_or(6)); }
TEST(Explore, ThreeBranches) { explore("INVITE to 3 branches", {true, true, true, 3, {200, 302, 404, 407, 500, 503, 603}}, depth_or(4)); }
TEST(Explore, TwoBranchesOfOthers) { explore("non-INVITE to 2 branches", {false, false, false, 2, {100, 200, 302, 404, 503, 603}}, depth_or(4)); }

}  // namespace
}  // namespace strowger::explore
