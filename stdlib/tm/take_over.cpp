// Moving a message out of the frame that handles it: requests into their transaction, replies into their branch.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/take_over.h"

namespace strowger::tm {
namespace {

/// Moves texts from one copy of the bytes to another.
struct Rebase {
  const char* from;
  std::size_t length;
  const char* to;
  void operator()(Text& text) const {
    if (text.ptr >= from && text.ptr < from + length) text.ptr = to + (text.ptr - from);
  }
};

void rebase_texts(LiveMessage& live, const Rebase& rebase) {
  for (sip::Edit& edit : live.edits) rebase(edit.insert);
  for (Text* text : {&live.new_uri, &live.dst_uri, &live.path, &live.instance, &live.ruid, &live.location_ua,
                     &live.advertised_host, &live.reply_body, &live.reply_body_type})
    rebase(*text);
  for (ReplyHeader* header = live.reply_headers; header; header = header->next) rebase(header->text);
}

}  // namespace

bool keep_message(LiveMessage& live, sip::Arena& arena, bool in_arena) {
  if (in_arena) {
    live.edits = live.edits.copy(arena);
    return true;
  }
  const Rebase rebase{live.message.base(), live.message.buffer().len, nullptr};
  if (!live.move_buffer(arena)) return false;
  rebase_texts(live, {rebase.from, rebase.length, live.message.base()});
  return true;
}

bool take_over(Transaction& transaction, Call& call) {
  transaction.arena = std::move(*call.arena);
  call.arena = &transaction.arena;
  transaction.avps = *call.avps;
  transaction.avps.arena = &transaction.arena;
  call.avps = &transaction.avps;
  if (!transaction.request.make_from(*call.live) || !keep_message(transaction.request, transaction.arena, true)) return false;
  transaction.request->branches = nullptr;
  transaction.request->branch_count = 0;
  return true;
}

bool update_request(Transaction& transaction, Call& call) {
  LiveMessage copy = *call.live;
  if (!keep_message(copy, transaction.arena, call.arena == &transaction.arena)) return false;
  copy.branches = nullptr;
  copy.branch_count = 0;
  transaction.request = copy;
  return true;
}

bool keep_reply(Branch& branch, Call& call) {
  branch.reply_arena = std::move(*call.arena);
  call.arena = &branch.reply_arena;
  void* place = branch.reply_arena.allocate(sizeof(LiveMessage));
  if (!place) return false;
  auto* kept = new (place) LiveMessage(*call.live);
  if (!keep_message(*kept, branch.reply_arena, true)) return false;
  branch.reply = kept;
  branch.reply_is_kept = true;
  return true;
}

}  // namespace strowger::tm
