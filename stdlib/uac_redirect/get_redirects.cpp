// get_redirects(): contacts of the 3xx replies of the branches as new branches (RFC 3261 §8.1.3.4).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/script/log_line.h"
#include "runtime/script/q_value.h"
#include "stdlib/tm/transaction.h"
#include "stdlib/uac_redirect/filters.h"
#include "uac_redirect.interface.h"

namespace strowger {
namespace {

constexpr std::size_t kMost = 32;      ///< contacts of one reply

struct Contact {
  Text uri;
  std::int16_t q = kNoQ;
  std::uint32_t flags = 0;
};

/// "3", "*", "3:2": 0 is no limit. False when it is neither.
bool parse_limits(Text text, std::size_t& total, std::size_t& each) {
  const std::size_t colon = std::min(text.view().find(':'), text.len);
  const auto read = [](std::string_view part, std::size_t& out) {
    out = 0;
    if (part == "*") return true;
    const auto number = sip::parse_number(Text(part));
    if (number) out = *number;
    return number.has_value();
  };
  each = 0;
  return read(text.view().substr(0, colon), total) && (colon == text.len || read(text.view().substr(colon + 1), each));
}

/// Nothing when there is no such parameter or it is malformed.
bool read_contact(const sip::NameAddr& address, Contact& out) {
  const auto uri = sip::parse_uri(address.uri);
  if (!uri) return false;
  out.uri = address.uri;
  out.q = static_cast<std::int16_t>(UacRedirect::Param::q_value);
  out.flags = static_cast<std::uint32_t>(UacRedirect::Param::bflags);
  if (Text q = address.param("q"); !q.is_null()) {
    q.len = std::min(q.len, std::size_t{5});   // three decimals
    const auto number = q.view() == "." ? std::nullopt : parse_q(q);
    if (!number || *number == kNoQ) return false;
    out.q = *number;
  }
  if (UacRedirect::Param::flags_hdr_mode > 0)
    if (const auto flags = sip::parse_number(address.param("flags"))) out.flags = *flags;
  return true;
}

/// The contacts that are taken, the one to be tried last first: by q; of equal ones, those of later headers are preferred.
std::size_t read_contacts(Call& call, const sip::Message& reply, std::array<Contact, kMost>& out) {
  const auto& state = call.state<uac_redirect::State>(UacRedirect::slot);
  std::size_t count = 0;
  for (const sip::Header* h = reply.first(sip::HeaderId::Contact); h; h = reply.next(h)) {
    const std::size_t from = count;
    Text rest = reply.value(*h);
    while (count < kMost && !sip::trim(rest).empty()) {
      const auto address = sip::next_name_addr(rest);
      if (!address) break;
      if (read_contact(*address, out[count]) && uac_redirect::is_taken(call, state, out[count].uri)) ++count;
    }
    std::reverse(out.begin() + from, out.begin() + count);
  }
  const auto less = [](const Contact& a, const Contact& b) { return a.q < b.q; };
  for (auto next = out.begin(); next != out.begin() + count; ++next)   // stable, without memory of its own
    std::rotate(std::upper_bound(out.begin(), next, *next, less), next, next + 1);
  return count;
}

}  // namespace

Code UacRedirect::get_redirects(Call& call, Text max) {
  auto* const transaction = static_cast<tm::Transaction*>(call.transaction);
  std::size_t total = 0, each = 0;
  if (!parse_limits(max, total, each)) {
    log_line(call, LogLevel::Err, "uac_redirect", {"get_redirects(): bad limits \"", max, "\""});
    return -1;
  }
  if (!transaction) return -1;
  const int branches = call.process().settings.max_branches - 1;
  std::array<Contact, kMost> contacts;
  std::size_t added = 0;
  for (std::size_t i = transaction->leg; i < transaction->branch_count; ++i) {
    const tm::Branch& branch = *transaction->branches[i];
    if (branch.status < 300 || branch.status > 399 || !branch.reply) continue;
    const std::size_t count = read_contacts(call, branch.reply->message, contacts);
    std::size_t take = count;
    if (each) take = std::min(take, each);
    if (total) take = std::min(take, total - added);
    for (std::size_t c = count - take; c < count; ++c) {
      BranchTarget target;
      target.uri = call.arena->copy(contacts[c].uri);
      target.q = contacts[c].q;
      target.flags = contacts[c].flags;
      if (target.uri.is_null() || !call.live->add_branch(*call.arena, target, branches)) {
        log_line(call, LogLevel::Err, "uac_redirect", {"get_redirects(): there are too many branches"});
        return added ? 1 : -1;
      }
      ++added;
    }
  }
  return added ? 1 : -1;
}

}  // namespace strowger
