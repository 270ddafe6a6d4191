// Registrations at other servers (table uacreg): who is registered where, and when again. One list for all workers; worker 0 sends.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "runtime/script/aside.h"
#include "runtime/script/database.h"

namespace strowger::uac {

/// Registration::flags, as Kamailio shows them.
enum RegFlag : Int { kDisabled = 1, kOngoing = 2, kOnline = 4, kAuthSent = 8, kBegun = 16 };

/// A row of the table and what became of it. Times are seconds since 1970.
struct Registration {
  std::string l_uuid, l_username, l_domain, r_username, r_domain, realm, auth_username, auth_password, auth_ha1, auth_proxy, contact_addr,
      socket;
  Int expires = 0, flags = 0, reg_delay = 0;
  Int timer_expires = 0;                 ///< when it was sent last, or ends, or is tried again
  Int reg_init = 0;                      ///< when it was read
  std::string callid, from_tag;          ///< of the REGISTER that was accepted, with reg_keep_callid; else empty
  std::uint32_t cseq = 0;                ///< its number
  std::uint64_t number = 0;              ///< one of its own, also when its row is read again
};

constexpr std::size_t kHa1Digits = 32;

/// Says where the Contact is where the record does not, and drops what is no concern of it. False where an address cannot stand in a header.
bool complete(Registration& record);
/// Ends what was ongoing; an enabled one is sent at the next look.
void switch_registration(Registration& record, bool enable);

/// A column that records are found by; null where the name is none of them.
using Column = std::string Registration::*;
Column column_of(std::string_view attribute);

/// The list. Whoever looks at records holds `mutex`, and lets it go before it sends or waits.
struct Registrations {
  std::mutex mutex;
  std::vector<Registration> records;     ///< in the order of Kamailio's table: slots by hash, the newest first
  bool is_used = false;                  ///< reg_db_url is set; else there are none
  Int active = 1;                        ///< reg_active, as RPC has changed it
  Int loaded_at = 0, next_look = 0;
  std::uint64_t next_number = 1;
  Aside aside;                           ///< reads the table again

  /// `domain`, where not empty, is the l_domain, too.
  Registration* find(Column column, std::string_view value, std::string_view domain = {});
  Registration* find(std::uint64_t number);
  void add(Registration record, Int now);
};

/// Reads the table; rows that cannot be used are left out (logged). Nothing and `why` where it cannot be read. May take its time.
std::optional<std::vector<Registration>> load_registrations(const Process& process, std::string& why);

/// For start(): reads the table. False and `why`.
bool begin_registrations(Process& process, Registrations& registrations, std::string& why);

enum class Again : std::uint8_t { Done, NotFound, Failed };
/// Reads the table again in a thread while the script waits: all of it, or only the record of `uuid`.
Again read_again(Worker& worker, std::string_view uuid);

/// Once a second on worker 0: sends what is due.
void look_at_registrations(Worker& worker);
/// Sends one now, whatever its time. On worker 0.
void register_now(Worker& worker, std::uint64_t number);

Registrations& registrations_of(const Process& process);

}  // namespace strowger::uac
