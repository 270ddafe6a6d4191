// Machines over bytes: whether, where, and which groups.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/automaton.h"

#include <array>
#include <memory>
#include <string_view>

namespace strowger {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr int kGroups = 10;

enum Side : unsigned { kEdge, kNewline, kWord, kOther };

Side side_of(unsigned char c) {
  if (c == '\n') return kNewline;
  const unsigned char letter = c | 32;
  return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '_' ? kWord : kOther;
}

Side left_of(std::string_view text, std::size_t at) { return at == 0 ? kEdge : side_of(static_cast<unsigned char>(text[at - 1])); }
Side right_of(std::string_view text, std::size_t at) {
  return at == text.size() ? kEdge : side_of(static_cast<unsigned char>(text[at]));
}

/// Bit n: the n-th assertion (abi/automaton.h) holds at this place.
std::uint32_t assertions_at(std::string_view text, std::size_t at) {
  const Side left = left_of(text, at), right = right_of(text, at);
  const bool word_left = left == kWord, word_right = right == kWord;
  return static_cast<std::uint32_t>(left == kEdge) | static_cast<std::uint32_t>(right == kEdge) << 1 |
         static_cast<std::uint32_t>(left <= kNewline) << 2 | static_cast<std::uint32_t>(right <= kNewline) << 3 |
         static_cast<std::uint32_t>(word_left != word_right) << 4 | static_cast<std::uint32_t>(word_left == word_right) << 5 |
         static_cast<std::uint32_t>(!word_left && word_right) << 6 | static_cast<std::uint32_t>(word_left && !word_right) << 7;
}

std::uint16_t step(const MachineImage& machine, std::uint32_t state, char byte) {
  return machine.next[state * machine.width + machine.classes[static_cast<unsigned char>(byte)]];
}
std::uint16_t step_edge(const MachineImage& machine, std::uint32_t state) {
  return machine.next[state * machine.width + machine.width - 1];
}

/// The leftmost place, not before `from`, where a match begins.
std::size_t find_start(const MachineImage& machine, std::string_view text, std::size_t from) {
  std::uint32_t state = machine.start[kEdge];
  std::size_t found = kNone;
  for (std::size_t at = text.size();; --at) {
    const std::uint16_t next = at > 0 ? step(machine, state, text[at - 1]) : step_edge(machine, state);
    if (next & MachineImage::kAccepts) found = at;
    state = next & static_cast<std::uint16_t>(~MachineImage::kAccepts);
    if (at == from) return found;
  }
}

/// The end of the longest match that begins at `start`.
std::size_t find_end(const MachineImage& machine, std::string_view text, std::size_t start) {
  const std::uint8_t* const classes = machine.classes;
  const std::uint16_t* const table = machine.next;
  const std::uint32_t width = machine.width;
  std::uint32_t state = machine.start[left_of(text, start)];
  const char* found = nullptr;
  const char* at = text.data() + start;
  for (const char* const end = text.data() + text.size(); at != end; ++at) {
    const std::uint32_t next = table[state * width + classes[static_cast<unsigned char>(*at)]];
    if (next & MachineImage::kAccepts) found = at;
    state = next & ~std::uint32_t{MachineImage::kAccepts};
    if (state == MachineImage::kDead) return found ? static_cast<std::size_t>(found - text.data()) : kNone;
  }
  if (step_edge(machine, state) & MachineImage::kAccepts) found = at;
  return found ? static_cast<std::size_t>(found - text.data()) : kNone;
}

/// Do all of the assertions hold? At the text's edges, where most stand, without a look at the bytes.
inline bool hold(std::uint32_t assertions, std::string_view text, std::size_t at) {
  constexpr std::uint32_t kBegins = 1 | 4, kEnds = 2 | 8;  // of text and of line
  if (at == 0) assertions &= ~kBegins;
  if (at == text.size()) assertions &= ~kEnds;
  return assertions == 0 || (assertions & ~assertions_at(text, at)) == 0;
}

/// Each byte says the path: the marks as they stand at `end`.
void follow_groups(const AutomatonImage& automaton, std::string_view text, std::size_t start, std::size_t end, std::size_t* marks) {
  const std::uint8_t* const classes = automaton.back.classes;
  const std::uint16_t* const table = automaton.back.next;
  const std::uint32_t width = automaton.back.width;
  std::uint32_t place = automaton.places;  // the begin
  for (std::size_t at = start;; ++at) {
    const bool ends = at == end;
    const std::uint32_t next = ends ? automaton.ends[place] : table[place * width + classes[static_cast<unsigned char>(text[at])]];
    if (next & kPlainStep) {
      place = next & ~std::uint32_t{kPlainStep};
      continue;
    }
    if (next == 0) return;  // only where a match was not one
    const CapturePath& path = automaton.paths[next - 1];
    for (const std::uint8_t *save = automaton.saves + path.save_at, *const last = save + path.save_count; save != last; ++save)
      if (*save < 2 * kGroups) marks[*save] = at;
    if (ends || !hold(path.assertions, text, at)) return;
    place = path.to;
  }
}

void find_groups(const AutomatonImage& automaton, std::string_view text, std::size_t start, std::size_t end, std::size_t* marks) {
  std::array<std::uint16_t, 512> few;
  std::unique_ptr<std::uint16_t[]> many;
  std::uint16_t* states = few.data();
  if (end - start >= few.size()) {
    many.reset(new std::uint16_t[end - start + 1]);
    states = many.get();
  }
  std::uint32_t state = automaton.back.start[right_of(text, end)];
  states[end - start] = static_cast<std::uint16_t>(state);
  for (std::size_t at = end; at > start; --at) {
    state = step(automaton.back, state, text[at - 1]) & static_cast<std::uint16_t>(~MachineImage::kAccepts);
    states[at - 1 - start] = static_cast<std::uint16_t>(state);
  }
  std::uint32_t place = automaton.places;  // the begin
  for (std::size_t at = start;; ++at) {
    const std::uint8_t* viable = automaton.viable + states[at - start] * automaton.row;
    const CapturePath* path = automaton.paths + automaton.path_at[place];
    const CapturePath* const last = automaton.paths + automaton.path_at[place + 1];
    // few paths ask for assertions, and few of those lead to the end
    while (path != last && ((viable[path->to / 8] >> path->to % 8 & 1) == 0 ||
                            (path->assertions != 0 && (path->assertions & ~assertions_at(text, at)) != 0)))
      ++path;
    if (path == last) return;  // only where a match was not one
    for (std::uint32_t i = 0; i < path->save_count; ++i)
      if (const std::uint8_t mark = automaton.saves[path->save_at + i]; mark < 2 * kGroups) marks[mark] = at;
    place = path->to;
    if (at == end) return;
  }
}

}  // namespace

bool Automata::matches(const MachineImage* any, const char* text, std::uint64_t length) {
  const std::uint16_t* const next = any->next;
  const std::uint8_t* const classes = any->classes;
  const std::uint32_t width = any->width;
  std::uint32_t state = any->start[kEdge];
  for (const char* const end = text + length; text != end; ++text) {
    if (state <= MachineImage::kMatched) return state == MachineImage::kMatched;
    state = next[state * width + classes[static_cast<unsigned char>(*text)]];
  }
  return next[state * width + width - 1] == MachineImage::kMatched;
}

bool Automata::search(const AutomatonImage& automaton, Text subject, std::size_t from, Text* groups, int count) {
  const std::string_view text = subject.is_null() ? std::string_view("") : subject.view();
  if (from > text.size() || (automaton.anchored == kAtText && from > 0)) return false;
  // A match that begins with the first line is the leftmost: patterns with `^` mostly match there or nowhere.
  std::size_t start = 0, end = kNone;
  if (from == 0 && automaton.anchored) end = find_end(automaton.longest, text, 0);
  if (end == kNone) {
    if (automaton.anchored == kAtText) return false;
    start = find_start(automaton.starts, text, from);
    if (start == kNone) return false;
    end = find_end(automaton.longest, text, start);
    if (end == kNone) return false;
  }
  if (count > 0) groups[0] = {text.data() + start, end - start};
  if (count <= 1) return true;
  std::array<std::size_t, 2 * kGroups> marks;
  marks.fill(kNone);
  if (automaton.groups > 0) (automaton.ends ? follow_groups : find_groups)(automaton, text, start, end, marks.data());
  for (int i = 1; i < count; ++i) {
    const std::size_t begin = i < kGroups ? marks[static_cast<std::size_t>(2 * i)] : kNone;
    groups[i] = begin == kNone || marks[static_cast<std::size_t>(2 * i + 1)] == kNone
                    ? Text::null()
                    : Text(text.data() + begin, marks[static_cast<std::size_t>(2 * i + 1)] - begin);
  }
  return true;
}

}  // namespace strowger
