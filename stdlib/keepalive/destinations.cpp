// What is known of destinations.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/keepalive/destinations.h"

#include <utility>

#include "runtime/sip/uri.h"

namespace strowger::keepalive {

Destination* Destinations::find_here(std::string_view uri, const std::string_view* owner) {
  for (Destination& one : list_)
    if (one.uri == uri && (owner == nullptr || one.owner == *owner)) return &one;
  return nullptr;
}

bool Destinations::add(std::string_view uri, std::string_view owner) {
  if (uri.empty()) return false;
  Destination one;
  one.uri = sip::parse_uri(Text(uri)) ? std::string(uri) : "sip:" + std::string(uri);
  one.owner = owner;
  if (!sip::parse_uri(Text(std::string_view(one.uri)))) return false;
  const std::lock_guard lock(mutex_);
  if (list_.size() >= kMost || find_here(one.uri, &owner) != nullptr) return false;
  list_.push_back(std::move(one));
  return true;
}

bool Destinations::remove(std::string_view uri, std::string_view owner) {
  const std::lock_guard lock(mutex_);
  const Destination* const one = find_here(uri, &owner);
  if (one == nullptr) return false;
  list_.erase(list_.begin() + (one - list_.data()));
  return true;
}

void Destinations::clear() {
  const std::lock_guard lock(mutex_);
  list_.clear();
}

std::vector<Destination> Destinations::all() const {
  const std::lock_guard lock(mutex_);
  return {list_.rbegin(), list_.rend()};
}

std::optional<Destination> Destinations::find(std::string_view uri, const std::string_view* owner) const {
  const std::lock_guard lock(mutex_);
  const Destination* const one = const_cast<Destinations*>(this)->find_here(uri, owner);
  return one != nullptr ? std::optional(*one) : std::nullopt;
}

std::vector<Destination> Destinations::take_due(Millis now, Millis interval, Int most_failures) {
  std::vector<Destination> due;
  const std::lock_guard lock(mutex_);
  for (Destination& one : list_) {
    if (one.due > now || (most_failures > 0 && one.failures > most_failures)) continue;
    one.due = now + interval;
    due.push_back(one);
  }
  return due;
}

bool Destinations::count(const Destination& asked, bool answered, std::int64_t now) {
  const std::lock_guard lock(mutex_);
  const std::string_view owner = asked.owner;
  Destination* const one = find_here(asked.uri, &owner);   // it may be gone
  if (one == nullptr) return false;
  one->checked = now;
  (answered ? one->up : one->down) = now;
  one->failures = answered ? 0 : one->failures + 1;
  const Condition condition = answered ? Condition::Up : Condition::Down;
  return std::exchange(one->condition, condition) != condition;
}

}  // namespace strowger::keepalive
