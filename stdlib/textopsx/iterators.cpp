// Walking over headers and over the lines of the body.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <array>

#include "runtime/script/header_edits.h"
#include "runtime/script/log_line.h"
#include "textopsx.interface.h"

namespace strowger {
namespace {

/// One walk. It belongs to the message whose bytes it was started on, and is over with it.
struct Iterator {
  std::string name;
  const char* base = nullptr;       ///< null: free
  std::uint64_t number = 0;         ///< of the message
  std::int64_t at = -1;             ///< headers: index; lines: offset in the body; -1 in front of the first
  std::size_t length = 0;           ///< of the current line
};

constexpr std::size_t kIterators = 4;
struct Iterators {
  std::array<Iterator, kIterators> headers, lines;
  bool is_empty() const {
    const auto is_free = [](const Iterator& it) { return it.base == nullptr; };
    return std::all_of(headers.begin(), headers.end(), is_free) && std::all_of(lines.begin(), lines.end(), is_free);
  }
};
using List = std::array<Iterator, kIterators> Iterators::*;

bool is_live(const Call& call, const Iterator& it) {
  return it.base && it.base == call.live->message.base() && it.number == call.live->number;
}

Iterator* find(Call& call, List list, Text name) {
  for (Iterator& it : call.state<Iterators>(Textopsx::slot).*list)
    if (is_live(call, it) && it.name == name.view()) return &it;
  return nullptr;
}

Code start(Call& call, List list, Text name) {
  if (name.empty()) return 1;   // one without a name goes nowhere
  Iterator* it = find(call, list, name);
  for (Iterator& other : call.state<Iterators>(Textopsx::slot).*list)
    if (!it && !is_live(call, other)) it = &other;
  if (!it) {
    log_line(call, LogLevel::Err, "textopsx", {"there are 4 iterators already"});
    return -1;
  }
  it->name = name.view();
  it->base = call.live->message.base();
  it->number = call.live->number;
  it->at = -1;
  it->length = 0;
  return 1;
}

// One that has ended may be ended again.
Code end(Call& call, List list, Text name) {
  for (Iterator& it : call.state<Iterators>(Textopsx::slot).*list) {
    if (name.empty() || it.name != name.view()) continue;
    it.base = nullptr;
    return 1;
  }
  return -1;
}

const sip::Header* header_at(Call& call, Text name) {
  const Iterator* it = find(call, &Iterators::headers, name);
  const sip::Message& message = call.live->message;
  if (!it || it->at < 0 || static_cast<std::size_t>(it->at) >= message.header_count()) return nullptr;
  return message.begin() + it->at;
}

/// The current line with its end; null in front of the first and behind the last.
Text line_at(Call& call, Text name) {
  const Iterator* it = find(call, &Iterators::lines, name);
  const Text body = call.live->message.body();
  if (!it || it->at < 0 || static_cast<std::size_t>(it->at) >= body.len) return Text::null();
  return {body.ptr + it->at, it->length};
}

Code done(Call& call, bool good) {
  if (!good) log_line(call, LogLevel::Err, "textopsx", {"the place is edited already, or there are too many edits"});
  return good ? 1 : -1;
}

}  // namespace

void Textopsx::worker_start(Worker& worker) {
  auto* iterators = new Iterators;
  worker.module_state[slot] = iterators;
  worker.cleanups.push_back([iterators] { delete iterators; });
  worker.scripts.add_run_state(movable_state<Iterators, &slot>());
}

Code Textopsx::hf_iterator_start(Call& call, Text name) { return start(call, &Iterators::headers, name); }
Code Textopsx::hf_iterator_end(Call& call, Text name) { return end(call, &Iterators::headers, name); }

Code Textopsx::hf_iterator_next(Call& call, Text name) {
  Iterator* it = find(call, &Iterators::headers, name);
  const auto count = static_cast<std::int64_t>(call.live->message.header_count());
  if (!it || it->at >= count) return -1;
  return ++it->at < count ? 1 : -1;
}

// From the second header it goes in front of the first, as in Kamailio 5.6.3, and stays there.
Code Textopsx::hf_iterator_prev(Call& call, Text name) {
  Iterator* it = find(call, &Iterators::headers, name);
  if (!it) return -1;
  it->at = it->at > 1 ? it->at - 1 : -1;
  return 1;
}

Code Textopsx::hf_iterator_rm(Call& call, Text name) {
  const sip::Header* header = header_at(call, name);
  return header ? done(call, remove_line(call, *header)) : -1;
}
Code Textopsx::hf_iterator_append(Call& call, Text name, Text text) {
  const sip::Header* header = header_at(call, name);
  return header ? done(call, insert_text(call, header->end, text)) : -1;
}
Code Textopsx::hf_iterator_insert(Call& call, Text name, Text text) {
  const sip::Header* header = header_at(call, name);
  return header ? done(call, insert_text(call, header->at, text)) : -1;
}

Code Textopsx::bl_iterator_start(Call& call, Text name) { return start(call, &Iterators::lines, name); }
Code Textopsx::bl_iterator_end(Call& call, Text name) { return end(call, &Iterators::lines, name); }

Code Textopsx::bl_iterator_next(Call& call, Text name) {
  Iterator* it = find(call, &Iterators::lines, name);
  const Text body = call.live->message.body();
  if (!it) return -1;
  const std::size_t at = it->at < 0 ? 0 : static_cast<std::size_t>(it->at) + it->length;
  it->at = static_cast<std::int64_t>(at);
  it->length = 0;
  if (at >= body.len) return -1;
  const void* line_end = std::memchr(body.ptr + at, '\n', body.len - at);
  it->length = line_end ? static_cast<std::size_t>(static_cast<const char*>(line_end) - body.ptr) + 1 - at : body.len - at;
  return 1;
}

Code Textopsx::bl_iterator_rm(Call& call, Text name) {
  const Text line = line_at(call, name);
  return line.is_null() ? -1 : done(call, remove_bytes(call, offset_of(call, line), static_cast<std::uint32_t>(line.len)));
}
Code Textopsx::bl_iterator_append(Call& call, Text name, Text text) {
  const Text line = line_at(call, name);
  return line.is_null() ? -1 : done(call, insert_text(call, offset_of(call, line) + static_cast<std::uint32_t>(line.len), text));
}
Code Textopsx::bl_iterator_insert(Call& call, Text name, Text text) {
  const Text line = line_at(call, name);
  return line.is_null() ? -1 : done(call, insert_text(call, offset_of(call, line), text));
}

Text Textopsx::get_hfitname(Call& call, Text name) {
  const sip::Header* header = header_at(call, name);
  return header ? call.live->message.name(*header) : Text::null();
}
Text Textopsx::get_hfitbody(Call& call, Text name) {
  const sip::Header* header = header_at(call, name);
  return header ? call.live->message.value(*header) : Text::null();
}
Text Textopsx::get_blitval(Call& call, Text name) { return line_at(call, name); }

}  // namespace strowger
