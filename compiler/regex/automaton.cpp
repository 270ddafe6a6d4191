// The machines of one pattern, and the paths by which its groups are found.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/regex/automaton.h"

#include <algorithm>
#include <map>
#include <set>

namespace strowger::regex {
namespace {

constexpr std::size_t kMaxGraph = 6000;
constexpr std::size_t kMaxStates = 2000;
constexpr std::size_t kMaxTable = 64 * 1024;  ///< bytes of one machine
constexpr std::size_t kMaxPlaces = 512;
constexpr std::size_t kMaxPaths = 4096;

std::optional<Graph> graph_of(std::string_view pattern, Flags flags, std::string& why) {
  const std::optional<Syntax> syntax = parse(pattern, flags, why);
  if (!syntax) return std::nullopt;
  std::optional<Graph> graph = make_graph(*syntax, kMaxGraph);
  if (!graph) why = "its repeats unroll to more than " + std::to_string(kMaxGraph) + " states";
  return graph;
}

bool small_enough(const std::optional<Machine>& machine, const char* what, std::string& why) {
  if (machine && machine->next.size() * sizeof machine->next[0] <= kMaxTable) return true;
  why = std::string("its automaton ") + what + " has more than " + std::to_string(kMaxStates) + " states or 64 KB";
  return false;
}

/// Depth first in order of preference. A state that is entered twice in the same conditions gives nothing new.
class PathFinder {
 public:
  PathFinder(const Graph& graph, const std::vector<int>& places, Captures& out) : graph_(graph), places_(places), out_(out) {}

  bool find(std::uint32_t from) {
    out_.path_at.push_back(static_cast<std::uint32_t>(out_.paths.size()));
    seen_.clear();
    saves_.clear();
    // A frame is a state, the next edge to take there, and how many saves lead to it.
    struct Frame {
      std::uint32_t state;
      std::uint32_t assertions;
      std::size_t edge, saves;
    };
    std::vector<Frame> stack;
    const auto enter = [&](std::uint32_t state, std::uint32_t assertions) {
      if (!seen_.emplace(state, assertions).second) return;
      if (places_[state] >= 0) {
        add(static_cast<std::uint16_t>(places_[state]), assertions);
      } else {
        stack.push_back({state, assertions, 0, saves_.size()});
      }
    };
    enter(from, 0);
    while (!stack.empty() && out_.paths.size() <= kMaxPaths) {
      Frame& frame = stack.back();
      saves_.resize(frame.saves);
      const std::vector<Edge>& edges = graph_.states[frame.state].edges;
      if (frame.edge == edges.size()) {
        stack.pop_back();
        continue;
      }
      const Edge& edge = edges[frame.edge++];
      std::uint32_t assertions = frame.assertions;
      if (edge.assertion != Assertion::None) assertions |= 1U << (static_cast<unsigned>(edge.assertion) - 1);
      if (edge.save >= 0) saves_.push_back(static_cast<std::uint8_t>(edge.save));
      enter(edge.to, assertions);
    }
    return out_.paths.size() <= kMaxPaths;
  }

 private:
  void add(std::uint16_t place, std::uint32_t assertions) {
    out_.paths.push_back({place, static_cast<std::uint16_t>(saves_.size()), static_cast<std::uint32_t>(out_.saves.size()), assertions});
    out_.saves.insert(out_.saves.end(), saves_.begin(), saves_.end());
  }

  const Graph& graph_;
  const std::vector<int>& places_;
  Captures& out_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen_;
  std::vector<std::uint8_t> saves_;
};

/// Which bytes a place eats: null for the end.
using Eats = std::vector<const Bytes*>;

/// Bytes that no place tells apart are one symbol.
std::uint32_t divide_bytes(const Eats& eats, std::array<std::uint8_t, 256>& classes) {
  std::map<std::vector<bool>, std::uint8_t> symbols;
  for (unsigned c = 0; c < 256; ++c) {
    std::vector<bool> key;
    for (const Bytes* bytes : eats) key.push_back(bytes && bytes->test(c));
    classes[c] = symbols.try_emplace(std::move(key), static_cast<std::uint8_t>(symbols.size())).first->second;
  }
  return static_cast<std::uint32_t>(symbols.size());
}

/// The table that needs no look ahead: at every place each byte leads along one path at most. False when it is not so.
bool make_direct(const Eats& eats, Captures& captures) {
  Machine& direct = captures.direct;
  direct.width = divide_bytes(eats, direct.classes);
  const std::size_t places = eats.size() + 1;  // and the begin
  std::vector<std::uint16_t> ends(places, 0);
  direct.next.assign(places * direct.width, 0);
  if (direct.next.size() * sizeof direct.next[0] > kMaxTable) return false;
  for (std::size_t place = 0; place < places; ++place) {
    if (place < eats.size() && !eats[place]) continue;  // nothing follows the end
    for (std::uint32_t i = captures.path_at[place]; i < captures.path_at[place + 1]; ++i) {
      const Captures::Path& path = captures.paths[i];
      const auto number = static_cast<std::uint16_t>(i + 1);
      if (!eats[path.to]) {
        if (ends[place]) return false;
        ends[place] = number;
        continue;
      }
      const bool plain = path.save_count == 0 && path.assertions == 0;
      std::set<std::uint8_t> done;
      for (unsigned c = 0; c < 256; ++c) {
        if (!eats[path.to]->test(c) || !done.insert(direct.classes[c]).second) continue;
        std::uint16_t& next = direct.next[place * direct.width + direct.classes[c]];
        if (next) return false;
        next = plain ? static_cast<std::uint16_t>(kPlainStep | path.to) : number;
      }
    }
  }
  captures.ends = std::move(ends);
  return true;
}

/// False and `why` where it needs too much.
bool make_captures(const Graph& graph, Searcher& out, std::string& why) {
  std::vector<int> places(graph.states.size(), -1);
  std::vector<std::uint32_t> after;  // the state behind a place
  Eats eats;
  for (std::uint32_t state = 0; state < graph.states.size(); ++state) {
    if (graph.states[state].steps.empty() && state != graph.accept) continue;
    places[state] = static_cast<int>(after.size());
    after.push_back(state == graph.accept ? state : graph.states[state].steps[0].first);
    eats.push_back(state == graph.accept ? nullptr : &graph.states[state].steps[0].second);
  }
  if (after.size() > kMaxPlaces) {
    why = "with groups it has more than " + std::to_string(kMaxPlaces) + " places";
    return false;
  }
  Captures& captures = out.captures;
  PathFinder finder(graph, places, captures);
  bool good = true;
  for (std::uint32_t state : after) good = good && finder.find(state);
  if (!good || !finder.find(graph.start)) {
    why = "its groups can be reached in too many ways";
    return false;
  }
  captures.path_at.push_back(static_cast<std::uint32_t>(captures.paths.size()));
  if (make_direct(eats, captures)) return true;
  captures.direct = {};
  std::optional<Machine> back = make_machine(reversed(graph), {.backwards = true, .keep_sets = true}, kMaxStates);
  if (!small_enough(back, "for groups", why)) return false;
  out.back = std::move(*back);
  captures.row = static_cast<std::uint32_t>((after.size() + 7) / 8);
  captures.viable.assign(out.back.size() * captures.row, 0);
  for (std::size_t state = 0; state < out.back.sets.size(); ++state)
    for (std::uint32_t member : out.back.sets[state])
      if (const int place = places[member]; place >= 0)
        captures.viable[state * captures.row + static_cast<std::size_t>(place) / 8] |= static_cast<std::uint8_t>(1 << place % 8);
  if (captures.viable.size() <= kMaxTable) return true;
  why = "its groups need a table above 64 KB";
  return false;
}

/// Does every way from the start lead through the begin of the text (or, with `lines`, of a line)?
bool begins(const Graph& graph, bool lines) {
  std::vector<bool> seen(graph.states.size(), false);
  std::vector<std::uint32_t> stack = {graph.start};
  while (!stack.empty()) {
    const std::uint32_t state = stack.back();
    stack.pop_back();
    if (seen[state]) continue;
    seen[state] = true;
    if (state == graph.accept || !graph.states[state].steps.empty()) return false;
    for (const Edge& edge : graph.states[state].edges)
      if (edge.assertion != Assertion::TextBegin && !(lines && edge.assertion == Assertion::LineBegin)) stack.push_back(edge.to);
  }
  return true;
}

Anchor anchor_of(const Graph& graph) { return begins(graph, false) ? kAtText : begins(graph, true) ? kAtLines : kNowhere; }

}  // namespace

std::optional<Machine> make_matcher(std::string_view pattern, Flags flags, std::string& why) {
  const std::optional<Graph> graph = graph_of(pattern, flags, why);
  if (!graph) return std::nullopt;
  std::optional<Machine> machine = make_machine(*graph, {.anywhere = true, .first_only = true}, kMaxStates);
  if (!small_enough(machine, "for matching", why)) return std::nullopt;
  return machine;
}

std::optional<Searcher> make_searcher(std::string_view pattern, Flags flags, std::string& why) {
  const std::optional<Graph> graph = graph_of(pattern, flags, why);
  if (!graph) return std::nullopt;
  const Graph mirror = reversed(*graph);
  std::optional<Machine> longest = make_machine(*graph, {}, kMaxStates);
  if (!small_enough(longest, "for a match's end", why)) return std::nullopt;
  std::optional<Machine> starts = make_machine(mirror, {.backwards = true, .anywhere = true}, kMaxStates);
  if (!small_enough(starts, "for a match's begin", why)) return std::nullopt;
  Searcher out;
  out.anchored = anchor_of(*graph);
  out.longest = std::move(*longest);
  out.starts = std::move(*starts);
  out.groups = std::min(graph->groups, 9);
  if (out.groups == 0) return out;
  if (!make_captures(*graph, out, why)) return std::nullopt;
  return out;
}

std::string describe(std::string_view pattern, Flags flags, bool captures) {
  std::string why;
  if (captures) {
    const std::optional<Searcher> searcher = make_searcher(pattern, flags, why);
    if (searcher) return "table, " + std::to_string(searcher->longest.size()) + " states";
  } else if (const std::optional<Machine> matcher = make_matcher(pattern, flags, why)) {
    const std::size_t states = matcher->size();
    return (states <= kMaxCodeStates ? "code, " : "table, ") + std::to_string(states) + " states";
  }
  return "RE2: " + why;
}

}  // namespace strowger::regex
