// What the machines of steps.h say, carried out: timers of the worker's wheel, bytes into its outbox. What a reply means for
// the caller is decided in response_context.h.
//
// Times are Kamailio's: intervals double from retr_timer1 to retr_timer2, for INVITE too; fr_timer bounds the wait for
// an answer (timers B, F, H), fr_inv_timer that for the final reply after a provisional one (timer C).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

// ---- client side: a branch was sent, a reply came ------------------------------------------------------------------

/// Tells the branch's machine. Gives its ClientActions; kPassUp and kFinal are left to the caller.
std::uint16_t client_event(Branch& branch, ClientEvent event);
std::uint16_t client_reply(Branch& branch, sip::Message& reply);
/// The script set other times: the running timer starts again.
void restart_final_timer(Branch& branch);

// ---- server side: a reply was sent, the request or its ACK came -----------------------------------------------------

/// The request came: its lifetime begins, or begins again.
void server_started(Transaction& transaction);
void server_sent(Transaction& transaction, int status);
void server_acknowledged(Transaction& transaction);
/// A repetition of the request: the last reply once more.
void server_repeat_reply(Transaction& transaction);

// ---- shared ---------------------------------------------------------------------------------------------------------

/// Bytes of a transaction on their way, without routes: retransmissions, ACK, CANCEL.
/// `call` as in Departure: call_of() the transaction.
void transmit(Worker& worker, const Socket* from, const NextHop& hop, std::uint32_t connection, Text bytes,
              std::uint64_t cookie = 0, std::uint32_t call = 0);
std::uint32_t call_of(const Transaction& transaction);
void transmit_branch(Branch& branch, Text bytes);
/// The mark of a branch in Departure::cookie, and back.
std::uint64_t cookie_of(const Branch& branch);
Branch* branch_of(Table& table, std::uint64_t cookie);

void stop_timers(Branch& branch);
/// Nothing is sent or expected any more.
void abandon_branches(Transaction& transaction);
/// Puts the transaction on the wait for stragglers; it is freed after that.
void wait_and_free(Transaction& transaction);
/// Arms `end` at `delay` from now.
void arm_end(Transaction& transaction, Millis delay);
/// The time is up: frees the transaction unless branches still wait.
void free_when_quiet(Transaction& transaction);

inline Millis now_of(const Branch& branch) { return branch.transaction->worker->now.mono; }

}  // namespace strowger::tm
