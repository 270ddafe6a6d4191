// Goes through a trace, delivery by delivery and sending by sending, and keeps what a stranger on the wire would know.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/sim/invariants.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "tests/sim/sip_text.h"

namespace strowger::simtest {
namespace {

constexpr Millis kWait = 5000;   // wt_timer: a transaction is remembered for so long after its end

constexpr Millis kLifetime = 179900;   // max_inv_lifetime

/// A request of a caller: its Via branch and method.
struct Request {
  bool invite = false, canceled = false, forgotten = false;
  bool decided = false;   ///< a 2xx or 6xx came
  struct Final {
    int status;
    std::string tag;
    bool operator==(const Final&) const = default;
  };
  std::vector<Final> finals;
  Millis last_final = -1, begun = -1;
  std::set<std::string> transactions;   ///< of the proxy
  std::vector<std::string> legs;
  /// It came again when the proxy may have forgotten it: what begins anew if a leg of another transaction goes out.
  std::shared_ptr<Request> again;
};

/// A request that the proxy sent to a callee.
struct Leg {
  std::shared_ptr<Request> request;
  Millis sent = 0, provisional_at = -1, canceled_at = -1;
  bool final = false, canceled = false;
  bool doubtful = false;       ///< a reply came when it may have been given up already
  bool unwanted = false;       ///< a CANCEL has to go out as soon as there is a provisional reply
};

class Checker {
 public:
  Checker(const sim::World& world, const sip::Address& proxy, const Expectations& expectations)
      : packets_(world.network.packets()), proxy_(proxy), expectations_(expectations) {}

  std::vector<std::string> run() {
    texts_.reserve(packets_.size());
    effects_.resize(packets_.size());
    std::vector<std::pair<std::pair<std::size_t, int>, std::size_t>> events;   // (place, delivery first), packet
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      const sim::Packet& packet = packets_[i];
      texts_.push_back(read(packet.bytes));
      if (packet.from == proxy_) {
        if (packet.cause) effects_[packet.cause - 1].push_back(i);
        if (packet.fate != sim::Packet::Fate::Duplicate) events.push_back({{i, 1}, i});
      }
      if (packet.to == proxy_ && packet.delivered >= 0) events.push_back({{packet.sent_before, 0}, i});
    }
    std::sort(events.begin(), events.end(), [this](const auto& a, const auto& b) {
      if (a.first != b.first) return a.first < b.first;
      return packets_[a.second].delivery < packets_[b.second].delivery;
    });
    for (const auto& [place, index] : events) place.second == 0 ? delivered(index) : sent(index);
    for (const auto& [key, request] : requests_)
      if (request->finals.empty() && must()) broken(0, "no final reply to " + key);
    return std::move(found_);
  }

 private:
  bool must() const { return !expectations_.memory_ended; }
  bool must_at_once() const { return must() && !expectations_.script->waits; }

  void broken(std::size_t index, const std::string& what) {
    std::string line;
    if (index) {
      const sim::Packet& packet = packets_[index];
      line = std::to_string(packet.from == proxy_ ? packet.sent : packet.delivered) + " " + packet.bytes.substr(0, packet.bytes.find("\r\n")) +
             " (packet " + std::to_string(index) + "): ";
    }
    if (found_.size() < 20) found_.push_back(line + what);
  }

  template <class F>
  bool some_effect(std::size_t index, F is_it) const {
    return std::any_of(effects_[index].begin(), effects_[index].end(), [&](std::size_t i) { return is_it(texts_[i], packets_[i]); });
  }

  static std::string key_of(std::string_view branch, std::string_view method) {
    return std::string(branch) + " " + std::string(method == "CANCEL" || method == "ACK" ? "INVITE" : method);
  }

  bool is_open(const Leg& leg, Millis now) const {
    if (leg.final || leg.doubtful || now >= leg.request->begun + kLifetime) return false;
    const Script& script = *expectations_.script;
    if (leg.canceled && now >= leg.canceled_at + script.silent) return false;
    return leg.provisional_at < 0 ? now < leg.sent + script.silent : now < leg.provisional_at + script.ringing;
  }

  /// A CANCEL has to go to each open leg that has rung, now.
  void expect_cancels(std::size_t index, const Request& request, const std::string& except) {
    const Millis now = packets_[index].delivered;
    for (const std::string& branch : request.legs) {
      Leg& leg = legs_[branch];
      if (branch == except || !is_open(leg, now)) continue;
      leg.unwanted = true;
      if (leg.provisional_at < 0 || leg.canceled || !must_at_once()) continue;
      if (!some_effect(index, [&](const SipText& text, const sim::Packet&) { return text.is("CANCEL") && text.branch == branch; }))
        broken(index, "no CANCEL to leg " + branch);
    }
  }

  void delivered(std::size_t index) {
    const SipText& text = texts_[index];
    text.status == 0 ? request_delivered(index, text) : reply_delivered(index, text);
  }

  void request_delivered(std::size_t index, const SipText& text) {
    const std::string key = key_of(text.branch, text.method);
    if (text.method == "ACK") {
      const bool of_failure = requests_.contains(key);
      if (!of_failure && must() &&
          !some_effect(index, [](const SipText& out, const sim::Packet&) { return out.is("ACK"); }))
        broken(index, "the ACK of a 2xx was not passed on");
      return;
    }
    if (text.method == "CANCEL") {
      const auto found = requests_.find(key);
      if (found == requests_.end()) return;
      Request& request = *found->second;
      if (request.again) request.again->canceled = true;
      if (!request.finals.empty() || request.canceled) return;
      request.canceled = true;
      expect_cancels(index, request, "");
      return;
    }
    const Millis now = packets_[index].delivered;
    std::shared_ptr<Request>& request = requests_[key];
    if (!request) {
      request = asked(text, now);
    } else if (is_past(*request, now) && (!request->again || !expectations_.script->waits)) {
      request->again = asked(text, now);
    }
  }

  static std::shared_ptr<Request> asked(const SipText& text, Millis now) {
    auto request = std::make_shared<Request>();
    request->begun = now;
    request->invite = text.method == "INVITE";
    return request;
  }

  static bool is_past(const Request& request, Millis now) { return request.last_final >= 0 && now - request.last_final >= kWait; }

  void reply_delivered(std::size_t index, const SipText& text) {
    const auto found = legs_.find(std::string(text.branch));
    if (found == legs_.end() || text.method == "CANCEL") return;
    Leg& leg = found->second;
    Request& request = *leg.request;
    const Millis now = packets_[index].delivered;
    const bool first = !leg.final;
    if (text.status < 200) {
      const bool was_open = is_open(leg, now);
      if (!was_open) leg.doubtful = true;
      leg.provisional_at = now;
      if (request.invite && was_open && leg.unwanted && must_at_once() &&
          !some_effect(index, [&](const SipText& out, const sim::Packet&) { return out.is("CANCEL") && out.branch == text.branch; }))
        broken(index, "no CANCEL after the provisional reply of an unwanted leg");
      return;
    }
    if (!request.invite) {
      leg.final = true;
      return;
    }
    const auto passed = [&](const SipText& out, const sim::Packet&) {
      return out.status == text.status && out.to_tag == text.to_tag && out.answers("INVITE");
    };
    if (text.status < 300) {
      if (must_at_once() && !some_effect(index, passed)) broken(index, "a 2xx was not passed on");
      if (must() && !must_at_once() && first) late_successes_.push_back(index);
    } else if (must_at_once()) {
      const bool acknowledged = some_effect(index, [&](const SipText& out, const sim::Packet& packet) {
        return out.is("ACK") && out.branch == text.branch && packet.to == packets_[index].from;
      });
      if (!acknowledged && !some_effect(index, passed)) broken(index, "a failure was not acknowledged");
    }
    const std::string branch = found->first;
    const bool open = is_open(leg, now);
    leg.final = true;
    if (text.status >= 300 && text.status < 600) return;
    request.decided = true;
    if (first && (text.status < 300 || (open && request.finals.empty()))) expect_cancels(index, request, branch);
  }

  void sent(std::size_t index) {
    const SipText& text = texts_[index];
    if (text.status != 0) return reply_sent(index, text);
    if (text.method == "CANCEL") return cancel_sent(index, text);
    if (text.method == "ACK") return ack_sent(index, text);
    const std::string branch(text.branch);
    if (legs_.contains(branch)) return;   // a repetition
    Leg& leg = legs_[branch];
    leg.sent = packets_[index].sent;
    const std::string key = key_of(text.second_branch, text.method), transaction = branch.substr(0, branch.rfind('.'));
    std::shared_ptr<Request>& request = requests_[key];
    if (!request) {
      broken(index, "nobody asked for " + key);
      request = asked(text, leg.sent);
    }
    if (request->again && !request->transactions.contains(transaction)) request = std::exchange(request->again, nullptr);
    leg.request = request;
    request->legs.push_back(branch);
    request->transactions.insert(transaction);
    if (request->transactions.size() > 1) broken(index, "a second transaction for " + key);
  }

  void reply_sent(std::size_t index, const SipText& text) {
    if (text.method == "ACK") return broken(index, "a reply to ACK");
    if (text.status < 200 || text.method == "CANCEL") return;
    const auto found = requests_.find(key_of(text.branch, text.method));
    if (found == requests_.end()) return broken(index, "a reply to nobody");
    // What a leg's reply brings about belongs to its request, also when that one began anew since.
    const std::size_t cause = packets_[index].cause;
    const auto leg = cause && texts_[cause - 1].status != 0 ? legs_.find(texts_[cause - 1].branch) : legs_.end();
    Request& request = leg == legs_.end() ? *found->second : *leg->second.request;
    const Millis now = packets_[index].sent;
    const Request::Final final{text.status, std::string(text.to_tag)};
    // What comes later than wt_timer is forwarded without state, as Kamailio does.
    if (is_past(request, now)) request.forgotten = true;
    if (std::find(request.finals.begin(), request.finals.end(), final) != request.finals.end()) return;
    const bool another_success = request.invite && text.status < 300;
    if (!request.finals.empty() && !another_success && !request.forgotten)
      broken(index, "another final reply: there was " + std::to_string(request.finals.back().status) + " " + request.finals.back().tag);
    // A late 2xx does not make a finished transaction stay longer.
    if (!another_success || request.finals.empty() || request.finals.front().status < 300) request.last_final = now;
    request.finals.push_back(final);
  }

  void cancel_sent(std::size_t index, const SipText& text) {
    const auto found = legs_.find(std::string(text.branch));
    if (found == legs_.end()) return broken(index, "a CANCEL of nothing");
    Leg& leg = found->second;
    const Request& request = *leg.request;
    const Millis now = packets_[index].sent;
    if (leg.provisional_at < 0) broken(index, "a CANCEL before the provisional reply");
    if (leg.final && !leg.canceled && must()) broken(index, "a CANCEL after the final reply");
    const bool timer_c = now >= leg.provisional_at + expectations_.script->ringing || now >= request.begun + kLifetime;
    if (!request.canceled && !request.decided && !timer_c && !leg.canceled && !leg.doubtful && must()) broken(index, "a CANCEL that nobody wanted");
    if (!leg.canceled) leg.canceled_at = now;
    leg.canceled = true;
  }

  void ack_sent(std::size_t index, const SipText& text) {
    const std::size_t cause = packets_[index].cause;
    if (cause == 0) return broken(index, "an ACK out of nothing");
    const SipText& why = texts_[cause - 1];
    const bool of_failure = why.answers("INVITE") && why.status >= 300 && why.branch == text.branch && packets_[cause - 1].from == packets_[index].to;
    const bool end_to_end = why.is("ACK") && text.second_branch == why.branch && !requests_.contains(key_of(why.branch, "INVITE"));
    if (!of_failure && !end_to_end) broken(index, "an ACK that belongs to nothing");
  }

  const std::vector<sim::Packet>& packets_;
  sip::Address proxy_;
  Expectations expectations_;
  std::vector<SipText> texts_;
  std::vector<std::vector<std::size_t>> effects_;
  std::map<std::string, std::shared_ptr<Request>, std::less<>> requests_;   ///< as they are now; legs keep what was
  std::map<std::string, Leg, std::less<>> legs_;
  std::vector<std::size_t> late_successes_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> broken_invariants(const sim::World& world, const sip::Address& proxy, const Expectations& expectations) {
  return Checker(world, proxy, expectations).run();
}

}  // namespace strowger::simtest
