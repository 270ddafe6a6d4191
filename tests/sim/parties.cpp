// What callers and callees do.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/sim/parties.h"

#include <algorithm>

namespace strowger::simtest {
namespace {

constexpr Millis kT1 = 500, kT2 = 4000, kGiveUp = 32000;

}  // namespace

// ---- requests ---------------------------------------------------------------------------------------------------------

ClientRequest::ClientRequest(sim::World& world, sim::Agent& agent, std::string text, bool invite)
    : world_(world), agent_(agent), text_(std::move(text)), invite_(invite), end_(world.now() + kGiveUp) {
  agent_.send(text_);
  if (agent_.protocol == sip::Protocol::Udp) again(kT1);
}

void ClientRequest::again(Millis interval) {
  world_.after(interval, [this, interval, alive = alive_] {
    if (!*alive || !running_ || world_.now() >= end_) return;
    agent_.send(text_);
    again(invite_ ? interval * 2 : std::min(interval * 2, kT2));
  });
}

// ---- caller -----------------------------------------------------------------------------------------------------------

Caller::Caller(sim::World& world, sim::Agent& agent, sim::Random& random, int number, std::string target)
    : world_(world), agent_(agent), random_(random), number_(number), target_(std::move(target)) {
  const std::uint32_t kind = random_.below(100);
  method_ = kind < 80 ? "INVITE" : kind < 92 ? "MESSAGE" : "OPTIONS";
  cancels_ = method_ == "INVITE" && random_.chance(0.35);
  rude_ = random_.chance(0.15);
  hangs_up_ = random_.chance(0.7);
}

std::string Caller::request(std::string_view method, std::string_view uri, int cseq, const std::string& branch,
                            std::string_view to_tag, std::string_view routes) const {
  sim::RequestParts parts;
  parts.call_id = call_id();
  parts.branch = branch;
  parts.cseq = cseq;
  parts.from = "<sip:caller@example.org>;tag=a" + std::to_string(number_);
  parts.to = "<sip:callee@example.org>" + (to_tag.empty() ? "" : ";tag=" + std::string(to_tag));
  parts.headers = routes;
  return agent_.make_request(method, uri, parts);
}

void Caller::begin() {
  const std::string branch = "z9hG4bK-" + call_id();
  invite_ = std::make_unique<ClientRequest>(world_, agent_, request(method_, target_, 1, branch, "", ""), method_ == "INVITE");
  if (!cancels_) return;
  const bool late = random_.chance(0.3);
  world_.after(1 + random_.below(late ? 30000 : 3000), [this] {
    cancel_wanted_ = true;
    if (provisional_ || rude_) cancel();
  });
}

void Caller::cancel() {
  if (final_ || cancel_) return;
  cancel_ = std::make_unique<ClientRequest>(world_, agent_, request("CANCEL", target_, 1, "z9hG4bK-" + call_id(), "", ""), false);
}

/// The ACK to a 2xx, along its route set; and perhaps the end of the call.
void Caller::acknowledge(const SipText& reply, bool then_bye) {
  std::string routes;
  for (auto route = reply.record_routes.rbegin(); route != reply.record_routes.rend(); ++route)
    routes.append("Route: ").append(*route).append("\r\n");
  const std::string contact(reply.contact.empty() ? std::string_view(target_) : reply.contact);
  const std::string branch = "z9hG4bK-" + call_id() + "-" + std::to_string(++requests_);
  agent_.send(request("ACK", contact, 1, branch, reply.to_tag, routes));
  const std::string tag(reply.to_tag);
  if (!then_bye || byes_.contains(tag)) return;
  byes_[tag] = nullptr;
  world_.after(random_.below(4000), [this, tag, routes, contact] {
    byes_[tag] = std::make_unique<ClientRequest>(
        world_, agent_, request("BYE", contact, 2, "z9hG4bK-" + call_id() + "-bye-" + tag, tag, routes), false);
  });
}

void Caller::got(const sim::Received& message, const SipText& reply) {
  if (reply.method == "CANCEL") {
    if (cancel_ && reply.status >= 200) cancel_->stop();
    return;
  }
  if (reply.method == "BYE") {
    const auto bye = byes_.find(reply.to_tag);
    if (bye != byes_.end() && bye->second && reply.status >= 200) bye->second->stop();
    return;
  }
  if (reply.method != method_) return;
  if (reply.status < 200) {
    provisional_ = true;
    if (method_ == "INVITE" && invite_) invite_->stop();
    if (cancel_wanted_) cancel();
    return;
  }
  final_ = true;
  if (invite_) invite_->stop();
  if (method_ != "INVITE") return;
  if (reply.status < 300) return acknowledge(reply, hangs_up_ || cancel_wanted_);
  agent_.send(request("ACK", target_, 1, "z9hG4bK-" + call_id(), reply.to_tag, ""));
}

// ---- callee -----------------------------------------------------------------------------------------------------------

Callee::Callee(sim::World& world, sim::Agent& agent, sim::Random& random) : world_(world), agent_(agent), random_(random) {}

Callee::Server* Callee::find(const std::string& key) {
  const auto found = servers_.find(key);
  return found == servers_.end() ? nullptr : &found->second;
}

void Callee::answer(Server& server, int status) {
  server.status = status;
  server.last = agent_.make_reply(server.request, status, "Reason", server.tag);
  for (int i = 0; i < (server.twice ? 2 : 1); ++i)
    world_.send(server.request.protocol, agent_.address, server.request.source, server.request.connection, server.last);
}

void Callee::repeat(const std::string& key, Millis interval, Millis end) {
  world_.after(interval, [this, key, interval, end] {
    Server* server = find(key);
    if (!server || server->acknowledged || world_.now() >= end) return;
    world_.send(server->request.protocol, agent_.address, server->request.source, server->request.connection, server->last);
    repeat(key, std::min(interval * 2, kT2), end);
  });
}

void Callee::plan_invite(const std::string& key, Server& server) {
  if (random_.chance(0.08)) return;   // silent
  server.twice = random_.chance(0.1);
  server.ignores_cancel = random_.chance(0.1);
  Millis at = 0;
  const auto later = [&](int status) {
    at += random_.below(random_.chance(0.1) ? 6000 : 900);
    world_.after(at, [this, key, status] {
      Server* it = find(key);
      if (!it || it->status >= 200) return;
      answer(*it, status);
      if (status < 200) return;
      const bool datagram = it->request.protocol == sip::Protocol::Udp;
      if (datagram || status < 300) repeat(key, kT1, world_.now() + kGiveUp);
    });
  };
  if (random_.chance(0.4)) later(100);
  if (random_.chance(0.7)) later(180);
  if (random_.chance(0.2)) later(183);
  if (random_.chance(0.04)) return;               // rings for ever
  if (random_.chance(0.03)) at += 110000 + random_.below(40000);   // answers about when timer C fires
  static constexpr int finals[] = {200, 200, 200, 200, 202, 302, 401, 404, 407, 408, 480, 486, 486, 500, 503, 600, 603};
  later(finals[random_.below(std::size(finals))]);
}

bool Callee::got(const sim::Received& message) {
  const SipText text = read(message.text);
  if (text.status != 0) return true;
  if (text.method == "ACK") {
    for (auto& [key, server] : servers_)
      if (server.status >= 200 && (server.status < 300 ? server.tag == text.to_tag : key == std::string(text.branch) + " INVITE"))
        server.acknowledged = true;
    return true;
  }
  const std::string key = std::string(text.branch) + " " + std::string(text.method);
  if (Server* known = find(key)) {
    if (!known->last.empty())
      world_.send(known->request.protocol, agent_.address, known->request.source, known->request.connection, known->last);
    return true;
  }
  Server& server = servers_[key];
  server.request = message;
  server.tag = text.to_tag.empty() ? agent_.name + "-" + std::to_string(++tags_) : std::string(text.to_tag);
  if (text.method == "INVITE") {
    plan_invite(key, server);
    return true;
  }
  if (text.method == "CANCEL") {
    Server* invite = find(std::string(text.branch) + " INVITE");
    answer(server, invite ? 200 : 481);
    if (invite && invite->status < 200 && !invite->ignores_cancel) {
      answer(*invite, 487);
      repeat(std::string(text.branch) + " INVITE", kT1, world_.now() + kGiveUp);
    }
    return true;
  }
  if (random_.chance(0.06)) return true;   // silent
  server.twice = random_.chance(0.1);
  const int final = random_.chance(0.8) ? 200 : random_.chance(0.5) ? 404 : 503;
  const bool trying = random_.chance(0.2);
  world_.after(random_.below(700), [this, key, final, trying] {
    Server* it = find(key);
    if (!it) return;
    if (!trying) return answer(*it, final);
    answer(*it, 100);
    world_.after(random_.below(5000), [this, key, final] {
      if (Server* again = find(key)) answer(*again, final);
    });
  });
  return true;
}

}  // namespace strowger::simtest
