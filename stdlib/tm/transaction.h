// A SIP transaction of the proxy: one server side, its branches, and what the script asked for.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A transaction lives on one worker. It owns the arena of the message that created it: request, branches, attributes and
// the last reply lie there. It is freed only by its own timer, never while a message or route works on it.
#pragma once

#include <memory>

#include "runtime/dns/select.h"
#include "runtime/script/avps.h"
#include "runtime/script/call.h"
#include "runtime/script/forward.h"
#include "runtime/script/live_message.h"
#include "runtime/script/timer_wheel.h"
#include "runtime/sip/arena.h"
#include "stdlib/tm/steps.h"

namespace strowger::tm {

struct Transaction;
struct Branch;
class Table;

/// A timer that knows what it times.
template <class Owner>
struct OwnedTimer : Timer {
  Owner* owner = nullptr;
};

/// What the script may set for one transaction, also before there is one.
struct Preferences {
  std::int32_t fr, fr_inv, retr1, retr2, max_invite, max_other;   ///< milliseconds
  bool auto_100, disable_6xx, no_e2e_reason = false, no_internal_reply = false, no_failover = false, uac_headers = false;
  const RouteRef* on_failure = nullptr;
  const RouteRef* on_branch = nullptr;
  const RouteRef* on_reply = nullptr;
  const RouteRef* on_branch_failure = nullptr;

  Preferences();                       ///< the module's parameters
  void reset_fr();
  void reset_retr();
  void reset_lifetime();
};

/// The CANCEL of one branch: a client transaction of its own (RFC 3261 §9.1), with the branch's Via.
struct CancelLeg {
  OwnedTimer<Branch> retransmit, final;
  Text bytes;
  std::int32_t interval = 0;
};

/// One request that was sent: a client transaction.
struct Branch {
  Branch(Transaction& transaction, std::uint8_t index, sip::ChunkPool& pool);

  OwnedTimer<Branch> retransmit;       ///< timers A and E
  OwnedTimer<Branch> final;            ///< timers B, C and F
  Transaction* transaction;
  Text bytes;                          ///< as sent; null when it could not be sent
  Text uri, dst_uri, path, instance, ruid, location_ua;
  const SenderParties* parties = nullptr;   ///< what replies get back in From and To
  const Socket* out = nullptr;
  NextHop hop;
  std::unique_ptr<dns::Targets> others;   ///< what to try when the hop fails
  std::uint32_t connection = 0;
  std::uint32_t flags = 0;             ///< branch flags
  std::int32_t interval = 0;           ///< the running retransmission interval
  std::int16_t status = 0;             ///< last code received or made here; 0 none
  ClientState state = ClientState::Calling;
  std::uint8_t index;
  bool reliable = false;
  bool replied = false;                ///< some reply came from the network
  bool timed_out = false;
  bool answered_late = false;          ///< a final reply came after it was given up
  bool canceling = false;              ///< a CANCEL is wanted; sent as soon as a provisional reply allows it
  bool dropped = false;                ///< its final reply no longer counts
  bool ended_last = false;             ///< while it is looked at what its end means
  bool waiting = false;                ///< of t_suspend(): nothing is sent for it
  bool reply_is_kept = false;          ///< `reply` lies in reply_arena
  const RouteRef* on_reply;            ///< these three as armed when it was made
  const RouteRef* on_failure;
  const RouteRef* on_branch_failure;
  CancelLeg* cancel = nullptr;
  Text cancel_reason;                  ///< whole Reason lines for the CANCEL
  Text ack;                            ///< for a final reply >= 300 to INVITE
  LiveMessage* reply = nullptr;        ///< the final failure; null when it was made here
  Text made_reason;                    ///< reason phrase of a failure made here
  sip::Arena reply_arena;

  bool is_final() const { return status >= 200; }
  bool pending() const { return !bytes.is_null() && status < 200; }
};

/// What somebody keeps with a transaction; deleted with it.
struct Attachment {
  virtual ~Attachment() = default;
};

/// Who wants to know the final reply to an own request; deleted after it was told, or untold when the worker ends.
struct LocalWaiter : Attachment {
  virtual void ended(Int code, Text reason) = 0;
  /// The same for one that came: `reply` is over its message, and stays while this runs, which may wait.
  virtual void answered(Call& reply) { ended(reply.message().status(), reply.message().reason()); }
  /// The same for a failure made here: nobody answered, or it could not be sent.
  virtual void unanswered(Int code, Text reason) { ended(code, reason); }
};

/// What is left of the request when a transaction has ended and waits for stragglers: a message of the lines by which
/// repetitions, ACK and CANCEL are recognised, and what replies need to find their way.
struct Remains {
  struct Piece { std::uint16_t at = 0, length = 0; };   ///< of `head`
  Text head;                           ///< start line, Via, From, To, Call-ID, CSeq
  Piece method, uri, branch, host, call_id;
  std::uint16_t port = 0;
  std::uint32_t cseq = 0;
  const Socket* socket = nullptr;
  std::uint32_t connection = 0, flags = 0;
  std::uint64_t extended_flags = 0, number = 0;
  sip::Address source;
  bool force_rport = false;
  Text text(Piece piece) const { return {head.ptr + piece.at, piece.length}; }
};

/// The request of a transaction. An ended one has Remains; who asks for the request all the same gets it made from those.
class KeptRequest {
 public:
  explicit KeptRequest(Transaction& owner) : owner_(owner) {}
  ~KeptRequest() { drop(); }
  KeptRequest(const KeptRequest&) = delete;
  KeptRequest& operator=(const KeptRequest&) = delete;
  KeptRequest& operator=(const LiveMessage& live) {
    get() = live;
    return *this;
  }
  operator LiveMessage&() const { return get(); }
  LiveMessage* operator->() const { return &get(); }
  bool is_whole() const { return live_ != nullptr; }
  bool make();                         ///< an empty one; false when memory ends
  bool make_from(const LiveMessage& live);   ///< a copy, where there was none yet
  void drop();

 private:
  LiveMessage& get() const { return live_ ? *live_ : restore(); }
  LiveMessage& restore() const;
  Transaction& owner_;
  mutable LiveMessage* live_ = nullptr;
};

struct Transaction {
  explicit Transaction(sip::ChunkPool& pool, const Preferences& defaults = {}) : arena(pool), wishes(defaults) {}

  Table* table = nullptr;
  Worker* worker = nullptr;
  std::uint32_t slot = 0;
  std::uint32_t label = 0;             ///< 0: not in use
  std::uint32_t key_hash = 0, call_hash = 0;
  bool in_calls = false;

  sip::Arena arena;
  KeptRequest request{*this};
  Remains* remains = nullptr;          ///< in the arena; set when it has ended
  Avps avps;
  Preferences wishes;
  OwnedTimer<Transaction> end;         ///< lifetime, then timer H, then the wait for stragglers (timers I, J, L)
  OwnedTimer<Transaction> retransmit;  ///< timer G: final replies until the ACK comes
  OwnedTimer<Transaction> next;        ///< a suspended request goes on with next_route; the ended one lets go of memory
  RouteFunction next_route = nullptr;

  Branch** branches = nullptr;         ///< in the arena
  std::uint8_t branch_count = 0, branch_room = 0;
  std::uint8_t leg = 0;                ///< first branch of the running leg of serial forking
  ServerState state = ServerState::Trying;
  bool invite = false;
  bool cancel = false;                 ///< the transaction of a CANCEL
  bool local = false;                  ///< own request: nobody waits for replies
  bool replicated = false;             ///< t_replicate(): replies are absorbed
  bool canceled = false;               ///< the caller sent CANCEL
  bool refused = false;                ///< a 6xx came, which ends the others
  bool expired = false;
  bool edits_saved = false;            ///< t_save_lumps()
  bool released = false;
  bool dropping = false;               ///< t_drop(): ends without replies
  bool any_timeout = false, any_replied = false;
  bool local_final = false;            ///< the final reply was made here
  bool concluding = false;             ///< conclude() works on it
  bool replies_chosen = false;         ///< t_drop_replies() has said which replies of earlier legs count
  std::uint8_t watched = 0;            ///< WatchBit: what the watchers (watch.h) want to hear of it
  const void* watch_data = nullptr;    ///< acc's, in the arena
  std::int16_t status = 0;             ///< last reply sent; 0 none
  std::int16_t relayed_branch = -1;    ///< whose final reply was sent
  std::int32_t interval = 0;           ///< timer G
  Int error = 0;                       ///< of the last t_relay(): answered when the script ends, or failure_route with no reply left
  std::uint64_t creator = 0;           ///< Call::run of the script run that made it, while it runs; 0 then
  std::uint32_t holds = 0;             ///< waiting scripts that work with it: it is not freed
  Millis expires = 0;

  NextHop reply_hop;
  Text to_tag;                         ///< of replies made here
  Text acknowledged_tag;               ///< To tag of the last ACK that a watcher was told of
  Text last_reply;                     ///< bytes for retransmission, in a buffer that is used again
  char* reply_buffer = nullptr;
  std::uint32_t reply_capacity = 0;

  std::unique_ptr<Attachment> attachment;   ///< of own requests the LocalWaiter; of others what a watcher (watch.h) keeps with it

  bool pending() const;                ///< does some branch wait for a final reply?
  Branch* add_branch();                ///< null when there are too many or memory ends
  void remove_last_branch();           ///< one that could not be built
};

/// Is `call` the script run that has made the transaction?
inline bool made_by(const Transaction& transaction, const Call& call) {
  return transaction.creator != 0 && transaction.creator == call.run;
}

inline bool reliable(sip::Protocol protocol) { return protocol != sip::Protocol::Udp; }

}  // namespace strowger::tm
