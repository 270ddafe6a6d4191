// Virtual DNS.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sim/dns.h"

#include <algorithm>
#include <list>

#include "runtime/script/worker.h"

namespace strowger::sim {
namespace {

constexpr Millis kRetry = 5000;            // what the channel of a real proxy waits for a try
constexpr int kTries = 2;

const char* type_name(dns::Type type) {
  switch (type) {
    case dns::Type::A: return "A";
    case dns::Type::Aaaa: return "AAAA";
    case dns::Type::Srv: return "SRV";
    case dns::Type::Naptr: return "NAPTR";
    case dns::Type::Cname: return "CNAME";
  }
  return "";
}

}  // namespace

class VirtualDns::Channel final : public dns::Channel {
 public:
  Channel(VirtualDns& dns, Worker& worker) : dns_(dns), worker_(worker) {}
  ~Channel() override {
    for (Question& question : open_) worker_.timers.cancel(question);
  }

  void ask(const std::string& name, dns::Type type, std::function<void(dns::Answer)> done) override {
    bool answered = false;
    const Millis time = dns_.time_of(name, answered);
    dns_.asked.push_back(name + " " + type_name(type));
    Question& question = open_.emplace_back();
    question.owner = this;
    question.done = std::move(done);
    if (answered) question.answer = dns_.answer_to(name, type);
    question.fire = [](Worker&, Timer& timer) {
      auto& it = static_cast<Question&>(timer);
      Channel& self = *it.owner;
      const auto at = std::find_if(self.open_.begin(), self.open_.end(), [&](const Question& one) { return &one == &it; });
      const auto done = std::move(it.done);
      dns::Answer answer = std::move(it.answer);
      self.open_.erase(at);
      done(std::move(answer));
    };
    worker_.timers.arm(question, worker_.now.mono + time);
  }

 private:
  struct Question : Timer {
    Channel* owner = nullptr;
    std::function<void(dns::Answer)> done;
    dns::Answer answer;
  };
  VirtualDns& dns_;
  Worker& worker_;
  std::list<Question> open_;
};

dns::Record& VirtualDns::add(std::string_view name, dns::Type type, std::uint32_t ttl) {
  dns::Answer& answer = answers_[{std::string(name), type}];
  answer.status = dns::Status::Found;
  answer.ttl = ttl;
  answer.records.emplace_back().ttl = ttl;
  return answer.records.back();
}

void VirtualDns::address(std::string_view name, std::string_view ip, std::uint32_t ttl) {
  const auto parsed = sip::parse_ip(ip).value_or(sip::Address{});
  add(name, parsed.family == 6 ? dns::Type::Aaaa : dns::Type::A, ttl).address = parsed;
}

void VirtualDns::server(std::string_view name, int priority, int weight, int port, std::string_view target, std::uint32_t ttl) {
  dns::Record& record = add(name, dns::Type::Srv, ttl);
  record.order = static_cast<std::uint16_t>(priority);
  record.preference = static_cast<std::uint16_t>(weight);
  record.port = static_cast<std::uint16_t>(port);
  record.name = target;
}

void VirtualDns::service(std::string_view name, int order, int preference, std::string_view service, std::string_view replacement,
                         std::uint32_t ttl) {
  dns::Record& record = add(name, dns::Type::Naptr, ttl);
  record.order = static_cast<std::uint16_t>(order);
  record.preference = static_cast<std::uint16_t>(preference);
  record.flags = "s";
  record.services = service;
  record.name = replacement;
}

void VirtualDns::remove(std::string_view name) {
  std::erase_if(answers_, [&](const auto& one) { return one.first.first == name; });
}

dns::Answer VirtualDns::answer_to(const std::string& name, dns::Type type) const {
  if (const auto at = answers_.find({name, type}); at != answers_.end()) return at->second;
  dns::Answer none;
  const auto same = [&](const auto& one) { return one.first.first == name; };
  none.status = std::any_of(answers_.begin(), answers_.end(), same) ? dns::Status::NoData : dns::Status::NoName;
  return none;
}

Millis VirtualDns::time_of(const std::string& name, bool& answered) {
  const auto own = moods_.find(name);
  const auto all = moods_.find("");
  const Mood mood = own != moods_.end() ? own->second : all != moods_.end() ? all->second : Mood();
  answered = !mood.fails;
  Millis time = 0;
  for (int i = 0; i < kTries; ++i, time += kRetry) {
    if (!mood.never && !random_.chance(mood.loss)) return time + mood.delay;
  }
  answered = false;
  return time;
}

std::unique_ptr<dns::Channel> VirtualDns::channel_for(Worker& worker) { return std::make_unique<Channel>(*this, worker); }

}  // namespace strowger::sim
