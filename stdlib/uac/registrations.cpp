// Registrations at other servers: reading the table, and what is done with replies.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/uac/registrations.h"

#include <algorithm>

#include "runtime/script/core_hash.h"
#include "runtime/sip/uri.h"
#include "stdlib/tm/local_request.h"
#include "stdlib/uac/challenge.h"
#include "stdlib/uac/state.h"

namespace strowger::uac {
namespace {

using P = Uac::Param;

constexpr Int kTableVersion = 5;
constexpr Int kAhead = 3;                ///< seconds before the next look that a registration is renewed at

constexpr std::string Registration::*kTexts[] = {
    &Registration::l_uuid,        &Registration::l_username,    &Registration::l_domain, &Registration::r_username,
    &Registration::r_domain,      &Registration::realm,         &Registration::auth_username,
    &Registration::auth_password, &Registration::auth_ha1,      &Registration::auth_proxy,
    &Registration::contact_addr,  &Registration::socket,
};
constexpr Int Registration::*kNumbers[] = {&Registration::expires, &Registration::flags, &Registration::reg_delay};
const std::string kColumns[] = {"l_uuid",        "l_username", "l_domain",   "r_username",   "r_domain", "realm",   "auth_username",
                                "auth_password", "auth_ha1",   "auth_proxy", "contact_addr", "socket",   "expires", "flags", "reg_delay"};

Text text_of(const std::string& text) { return Text(std::string_view(text)); }

bool can_stand_in_headers(const Registration& record) {
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127 || c == '<' || c == '>' || c == '"'; };
  for (const Column column : {&Registration::l_uuid, &Registration::r_username, &Registration::r_domain, &Registration::contact_addr,
                              &Registration::auth_proxy})
    if (std::any_of((record.*column).begin(), (record.*column).end(), is_bad)) return false;
  return !record.l_uuid.empty() && !record.r_username.empty() && !record.r_domain.empty();
}

std::optional<Registration> record_of(const db::Row& row) {
  Registration record;
  std::size_t at = 0;
  for (const auto text : kTexts) record.*text = db::text_in(row[at++]);
  for (const auto number : kNumbers) record.*number = db::number_in(row[at++]).value_or(0);
  return complete(record) ? std::optional<Registration>(std::move(record)) : std::nullopt;
}

/// A REGISTER for the record as it is now. `credentials`: a line with CRLF, or nothing.
bool send_register(Worker& worker, const Registration& record, std::string_view call_id, std::string_view from_tag, std::uint32_t cseq,
                   std::string_view credentials);

/// Waits for the reply to a REGISTER.
class Registering : public tm::LocalWaiter {
 public:
  Registering(Worker& worker, std::uint64_t number, bool has_credentials) : worker_(worker), number_(number), has_credentials_(has_credentials) {}

  void ended(Int, Text) override {}      // answered() and unanswered() are all there is

  void unanswered(Int, Text) override {
    with_record([&](Registration& record) { fail(record); });
  }

  void answered(Call& reply) override {
    sip::Message& message = reply.message();
    const int status = message.status();
    if (status == 401 || status == 407) return answer(reply);
    with_record([&](Registration& record) {
      if (status == 423) return ask_for_more(record, message);
      if (status < 200 || status > 299) return fail(record);
      accept(record, message);
    });
  }

 private:
  template <class Work>
  void with_record(Work work) {
    Registrations& all = registrations_of(worker_.process);
    const std::lock_guard lock(all.mutex);
    if (Registration* const record = all.find(number_)) work(*record);
  }

  /// Tried again after reg_retry_interval, or never.
  void fail(Registration& record) {
    record.flags &= ~(kOngoing | kOnline | kAuthSent);
    record.callid.clear();
    if (P::reg_retry_interval > 0) record.timer_expires = worker_.now.wall_seconds() + P::reg_retry_interval;
    else record.flags |= kDisabled;
  }

  void ask_for_more(Registration& record, const sip::Message& reply) {
    const auto least = sip::parse_number(sip::trim(reply.value_of(sip::HeaderId::MinExpires)));
    record.expires = least ? static_cast<Int>(*least) : std::min<Int>(record.expires * 2, INT32_MAX);
    record.flags &= ~(kOngoing | kAuthSent);
    record.callid.clear();
  }

  /// The next REGISTER goes on with Call-ID, From tag and CSeq of this one (RFC 3261 §10.2.4).
  static void keep_call(Registration& record, sip::Message& reply) {
    const sip::CSeq* const cseq = reply.cseq();
    record.callid.clear();
    if (P::reg_keep_callid == 0 || !cseq || cseq->number >= INT32_MAX) return;
    record.callid = sip::trim(reply.call_id()).view();
    record.from_tag = reply.from_tag().view();
    record.cseq = cseq->number;
  }

  /// What the server grants to our Contact, the one whose user is the record's name.
  void accept(Registration& record, sip::Message& reply) {
    if (!reply.first(sip::HeaderId::Contact)) return fail(record);
    keep_call(record, reply);
    record.flags &= ~(kOngoing | kAuthSent);
    for (const sip::Header* h = reply.first(sip::HeaderId::Contact); h; h = reply.next(h)) {
      Text rest = reply.value(*h);
      while (const auto contact = sip::next_name_addr(rest)) {
        const auto uri = sip::parse_uri(contact->uri);
        if (!uri || uri->user.view() != record.l_uuid) continue;
        auto granted = sip::parse_number(contact->param("expires"));
        if (!granted) granted = sip::parse_number(sip::trim(reply.value_of(sip::HeaderId::Expires)));
        record.timer_expires += granted ? static_cast<Int>(*granted) : record.expires;
        record.flags |= kOnline;
        return;
      }
    }
  }

  void answer(Call& reply) {
    const auto challenge = read_challenge(reply.message());
    const sip::CSeq* const cseq = reply.message().cseq();
    std::optional<Registration> copy;
    Text line;
    with_record([&](Registration& record) {
      const bool fits = challenge && cseq && !has_credentials_ && (record.realm.empty() || challenge->realm.view() == record.realm);
      if (fits) {
        const std::string uri = "sip:" + record.r_domain;
        const bool is_ha1 = !record.auth_ha1.empty();
        line = make_credentials(*challenge, {"REGISTER", text_of(uri), ""},
                                {text_of(record.auth_username), text_of(is_ha1 ? record.auth_ha1 : record.auth_password), is_ha1}, worker_,
                                *reply.arena);
      }
      if (line.is_null()) return fail(record);
      record.flags |= kAuthSent;
      copy = record;
    });
    if (!copy) return;
    const Text call_id = sip::trim(reply.message().call_id());
    if (!send_register(worker_, *copy, call_id.view(), reply.message().from_tag().view(), cseq->number + 1, line.view())) unanswered(477, Text::null());
  }

  Worker& worker_;
  const std::uint64_t number_;
  const bool has_credentials_;
};

bool send_register(Worker& worker, const Registration& record, std::string_view call_id, std::string_view from_tag, std::uint32_t cseq,
                   std::string_view credentials) {
  const std::string uri = "sip:" + record.r_domain, party = "<sip:" + record.r_username + "@" + record.r_domain + ">";
  std::string headers = "Contact: <sip:" + record.l_uuid + "@" + record.contact_addr + ">\r\nExpires: " + std::to_string(record.expires) + "\r\n";
  headers.append(credentials).append("To: ").append(party).append("\r\nFrom: ").append(party);
  if (!from_tag.empty()) headers.append(";tag=").append(from_tag);
  if (!call_id.empty()) headers.append("\r\nCall-ID: ").append(call_id);
  if (cseq) headers.append("\r\nCSeq: ").append(std::to_string(cseq));
  headers += "\r\n";
  tm::LocalRequest request;
  request.method = "REGISTER";
  request.uri = text_of(uri);
  request.next_hop = text_of(record.auth_proxy);
  request.headers = text_of(headers);
  request.socket = record.socket.empty() ? nullptr : worker.process.find_socket(text_of(record.socket));
  if (!request.socket) request.socket = shared_of(worker.process).socket;
  return tm::send_local_request(worker, request, std::make_unique<Registering>(worker, record.number, !credentials.empty()));
}

/// Kamailio's place for it in its table.
std::uint32_t slot_of(const Registration& record) {
  const std::uint32_t slots = 1U << std::clamp<Int>(P::reg_hash_size, 0, 20);
  return core_hash_of(core_hash_sum(text_of(record.l_uuid))) & (slots - 1);
}

/// Is it time to send it?
bool is_due(const Registration& record, Int now, Int interval) {
  if ((record.flags & (kDisabled | kOngoing)) || record.expires <= 0) return false;
  if (record.timer_expires > now + interval + kAhead) return false;
  return (record.flags & kBegun) || record.reg_init + record.reg_delay < now;
}

}  // namespace

Column column_of(std::string_view attribute) {
  if (attribute == "l_uuid") return &Registration::l_uuid;
  if (attribute == "l_username") return &Registration::l_username;
  if (attribute == "r_username") return &Registration::r_username;
  return attribute == "auth_username" ? &Registration::auth_username : nullptr;
}

bool complete(Registration& record) {
  if (record.contact_addr.empty()) record.contact_addr = P::reg_contact_addr.view();
  record.flags &= kDisabled;
  return can_stand_in_headers(record);
}

void switch_registration(Registration& record, bool enable) {
  if (enable == !(record.flags & kDisabled)) return;
  record.flags = enable ? record.flags & ~kDisabled : record.flags | kDisabled;
  if (enable) record.timer_expires = 0;
}

Registration* Registrations::find(Column column, std::string_view value, std::string_view domain) {
  const auto found = std::find_if(records.begin(), records.end(), [&](const Registration& record) {
    return record.*column == value && (domain.empty() || record.l_domain == domain);
  });
  return found == records.end() ? nullptr : &*found;
}

Registration* Registrations::find(std::uint64_t number) {
  const auto found = std::find_if(records.begin(), records.end(), [&](const Registration& record) { return record.number == number; });
  return found == records.end() ? nullptr : &*found;
}

void Registrations::add(Registration record, Int now) {
  record.number = next_number++;
  record.reg_init = now;
  const std::uint32_t slot = slot_of(record);
  const auto place = std::find_if(records.begin(), records.end(), [&](const Registration& other) { return slot_of(other) >= slot; });
  records.insert(place, std::move(record));
}

std::optional<std::vector<Registration>> load_registrations(const Process& process, std::string& why) {
  const auto rows = db::load_table(process, P::reg_db_url.view(), P::reg_db_table.view(), kColumns, why);
  if (!rows) return std::nullopt;
  std::vector<Registration> records;
  for (const db::Row& row : *rows) {
    if (auto record = record_of(row)) records.push_back(std::move(*record));
    else process.log.write(LogLevel::Err, "uac: a row of table " + std::string(P::reg_db_table.view()) + " has no addresses that can be used");
  }
  return records;
}

/// Puts records in place of those there are; of a first load, reg_random_delay spreads them.
static void replace_records(Registrations& all, std::vector<Registration> records, Int now) {
  all.records.clear();
  for (Registration& record : records) all.add(std::move(record), now);
  all.loaded_at = now;
}

bool begin_registrations(Process& process, Registrations& all, std::string& why) {
  all.active = P::reg_active;
  if (P::reg_db_url.empty()) return true;
  if (P::reg_contact_addr.empty()) return why = "reg_db_url needs reg_contact_addr", false;
  if (!db::has_version(process, P::reg_db_url.view(), P::reg_db_table.view(), kTableVersion, why)) return false;
  auto records = load_registrations(process, why);
  if (!records) return false;
  all.is_used = true;
  std::uint64_t state = process.random_seed | 1;
  for (Registration& record : *records) {
    if (P::reg_random_delay <= 0) break;
    state = state * 6364136223846793005 + 1442695040888963407;
    record.reg_delay += static_cast<Int>((state >> 33) % static_cast<std::uint64_t>(P::reg_random_delay));
  }
  replace_records(all, std::move(*records), static_cast<Int>(process.start_seconds));
  return true;
}

Again read_again(Worker& worker, std::string_view uuid) {
  Registrations& all = registrations_of(worker.process);
  if (!all.is_used) return Again::Failed;
  struct Loaded {
    std::optional<std::vector<Registration>> records;
    std::string why;
  };
  const auto loaded = std::make_shared<Loaded>();
  const std::string wanted(uuid);
  const auto result =
      all.aside.run(worker, [loaded, &process = worker.process] { loaded->records = load_registrations(process, loaded->why); });
  if (result != Aside::Result::Done || !loaded->records) {
    worker.log(LogLevel::Err, "uac: registrations cannot be read: " + (loaded->why.empty() ? "they are being read" : loaded->why) + "\n");
    return Again::Failed;
  }
  const Int now = worker.now.wall_seconds();
  const std::lock_guard lock(all.mutex);
  if (wanted.empty()) return replace_records(all, std::move(*loaded->records), now), Again::Done;
  const auto is_it = [&](const Registration& record) { return record.l_uuid == wanted; };
  const auto row = std::find_if(loaded->records->begin(), loaded->records->end(), is_it);
  if (row == loaded->records->end()) return Again::NotFound;
  std::erase_if(all.records, is_it);
  all.add(std::move(*row), now);
  return Again::Done;
}

void register_now(Worker& worker, std::uint64_t number) {
  Registrations& all = registrations_of(worker.process);
  std::optional<Registration> copy;
  {
    const std::lock_guard lock(all.mutex);
    Registration* const record = all.find(number);
    if (!record) return;
    record->flags = (record->flags & ~(kOnline | kAuthSent)) | kOngoing | kBegun;
    record->timer_expires = worker.now.wall_seconds();
    copy = *record;
  }
  const bool goes_on = !copy->callid.empty();
  if (!send_register(worker, *copy, copy->callid, goes_on ? copy->from_tag : "", goes_on ? copy->cseq + 1 : 0, "")) Registering(worker, number, false).unanswered(477, Text::null());
}

void look_at_registrations(Worker& worker) {
  Registrations& all = registrations_of(worker.process);
  const Int now = worker.now.wall_seconds(), interval = std::max<Int>(P::reg_timer_interval, 1);
  std::vector<std::uint64_t> due;
  {
    const std::lock_guard lock(all.mutex);
    if (all.next_look == 0) all.next_look = now + interval;
    if (now < all.next_look) return;
    all.next_look = now + interval;
    if (all.active == 0) return;
    for (const Registration& record : all.records)
      if (is_due(record, now, interval)) due.push_back(record.number);
  }
  for (const std::uint64_t number : due) register_now(worker, number);
}

}  // namespace strowger::uac
