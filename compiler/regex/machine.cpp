// From a graph to a deterministic machine: sets of states, then equal states and equal symbols made one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/regex/machine.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace strowger::regex {
namespace {

constexpr std::size_t kMaxWork = 30'000'000;

using Set = std::vector<std::uint32_t>;

/// Bytes that no step and no assertion tells apart have one symbol.
std::uint32_t divide_bytes(const Graph& graph, std::array<std::uint8_t, 256>& classes) {
  classes.fill(0);
  std::uint32_t count = 1;
  const auto split = [&](auto key) {
    std::map<std::pair<int, int>, std::uint8_t> seen;
    std::array<std::uint8_t, 256> divided{};
    std::uint32_t found = 0;
    for (std::size_t c = 0; c < 256; ++c) {
      const auto [at, is_new] = seen.try_emplace({classes[c], key(c)}, static_cast<std::uint8_t>(found));
      if (is_new) ++found;
      divided[c] = at->second;
    }
    classes = divided;
    count = found;
  };
  if (graph.has_assertions) split([](std::size_t c) { return static_cast<int>(side_of(static_cast<unsigned char>(c))); });
  for (const Graph::State& state : graph.states)
    for (const auto& step : state.steps) split([&](std::size_t c) { return static_cast<int>(step.second[c]); });
  return count;
}

class Determiniser {
 public:
  Determiniser(const Graph& graph, Question question, std::size_t limit)
      : graph_(graph), question_(question), limit_(limit), seen_(graph.states.size(), 0) {}

  std::optional<Machine> run() {
    symbols_ = divide_bytes(graph_, out_.classes);
    out_.width = symbols_ + 1;
    for (std::size_t c = 256; c-- > 0;) sample_[out_.classes[c]] = static_cast<unsigned char>(c);
    sets_.assign(question_.first_only ? 2 : 1, {});  // kDead and kMatched have no set
    nears_.assign(sets_.size(), Side::Edge);
    for (int side = 0; side < kSides; ++side) {
      const auto near = static_cast<Side>(side);
      out_.start[static_cast<std::size_t>(side)] = state_of({graph_.start}, near);
    }
    for (std::size_t state = question_.first_only ? 2 : 1; state < sets_.size(); ++state) {
      if (sets_.size() > limit_ || work_ > kMaxWork) return std::nullopt;
      add_row(state);
    }
    fill_fixed_rows();
    if (question_.keep_sets) out_.sets = std::move(sets_);
    return std::move(out_);
  }

 private:
  bool holds_for(Assertion assertion, Side near, Side far) const {
    return question_.backwards ? holds(assertion, far, near) : holds(assertion, near, far);
  }

  /// All that can be entered without a byte. Without `far`, what depends on it stays as it is.
  Set close(const Set& from, Side near, const Side* far) {
    ++mark_;
    Set out, stack;
    const auto enter = [&](std::uint32_t state) {
      if (seen_[state] == mark_) return;
      seen_[state] = mark_;
      stack.push_back(state);
    };
    for (std::uint32_t state : from) enter(state);
    while (!stack.empty()) {
      const std::uint32_t state = stack.back();
      stack.pop_back();
      const Graph::State& here = graph_.states[state];
      bool keep = question_.keep_sets || state == graph_.accept || !here.steps.empty();
      for (const Edge& edge : here.edges) {
        ++work_;
        if (edge.assertion == Assertion::None) {
          enter(edge.to);
        } else if (far) {
          if (holds_for(edge.assertion, near, *far)) enter(edge.to);
        } else {
          int yes = 0;
          for (int side = 0; side < kSides; ++side) yes += holds_for(edge.assertion, near, static_cast<Side>(side));
          if (yes == kSides) enter(edge.to);
          if (yes > 0 && yes < kSides) keep = true;
        }
      }
      if (keep) out.push_back(state);
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  std::uint16_t state_of(Set set, Side near) {
    if (!graph_.has_assertions) near = Side::Other;
    if (question_.anywhere) set.push_back(graph_.start);
    set = close(set, near, nullptr);
    if (question_.first_only && std::binary_search(set.begin(), set.end(), graph_.accept)) return Machine::kMatched;
    // In an unanchored search more may begin later, even where nothing is left now.
    if (set.empty() && !question_.anywhere) return Machine::kDead;
    work_ += set.size();
    std::pair<Set, Side> key{std::move(set), near};
    const auto found = states_.find(key);
    if (found != states_.end()) return found->second;
    const auto number = static_cast<std::uint16_t>(std::min<std::size_t>(sets_.size(), 0x7fff));
    sets_.push_back(key.first);
    nears_.push_back(near);
    states_.emplace(std::move(key), number);
    return number;
  }

  void add_row(std::size_t state) {
    const Set set = sets_[state];
    const Side near = nears_[state];
    out_.next.resize(sets_.size() * out_.width);
    std::vector<std::uint16_t> row(out_.width);
    for (int side = 0; side < kSides; ++side) {
      const auto far = static_cast<Side>(side);
      const Set all = close(set, near, &far);
      const bool accepts = std::binary_search(all.begin(), all.end(), graph_.accept);
      for (std::uint32_t symbol = 0; symbol < symbols_; ++symbol) {
        const unsigned char byte = sample_[symbol];
        if (side_of(byte) != far) continue;
        if (accepts && question_.first_only) {
          row[symbol] = Machine::kMatched;
          continue;
        }
        Set kernel;
        for (std::uint32_t from : all)
          for (const auto& [to, bytes] : graph_.states[from].steps) {
            ++work_;
            if (bytes[byte]) kernel.push_back(to);
          }
        row[symbol] = static_cast<std::uint16_t>(state_of(std::move(kernel), far) | (accepts ? Machine::kAccepts : 0));
      }
      if (far == Side::Edge && accepts) row[symbols_] = question_.first_only ? Machine::kMatched : Machine::kAccepts;
    }
    out_.next.resize(sets_.size() * out_.width);
    std::copy(row.begin(), row.end(), out_.next.begin() + static_cast<std::ptrdiff_t>(state * out_.width));
  }

  void fill_fixed_rows() {
    out_.next.resize(sets_.size() * out_.width);
    std::fill_n(out_.next.begin(), out_.width, Machine::kDead);
    if (question_.first_only) std::fill_n(out_.next.begin() + out_.width, out_.width, Machine::kMatched);
  }

  const Graph& graph_;
  Question question_;
  std::size_t limit_;
  Machine out_;
  std::uint32_t symbols_ = 0;
  std::array<unsigned char, 256> sample_{};  ///< a byte of each symbol
  std::vector<Set> sets_;
  std::vector<Side> nears_;
  std::map<std::pair<Set, Side>, std::uint16_t> states_;
  std::vector<std::uint32_t> seen_;
  std::uint32_t mark_ = 0;
  std::size_t work_ = 0;
};

/// A state's rows as text, states replaced by their groups.
std::string signature(const Machine& machine, std::size_t state, const std::vector<std::uint16_t>& group) {
  std::string out;
  for (std::uint32_t symbol = 0; symbol < machine.width; ++symbol) {
    const std::uint16_t next = machine.next[state * machine.width + symbol];
    const auto entry = static_cast<std::uint16_t>(group[next & ~Machine::kAccepts] | (next & Machine::kAccepts));
    out.append(reinterpret_cast<const char*>(&entry), sizeof entry);
  }
  return out;
}

/// Equal states become one. kDead and kMatched keep their numbers.
void merge_states(Machine& machine, bool first_only) {
  const std::size_t count = machine.size();
  std::vector<std::uint16_t> group(count, static_cast<std::uint16_t>(0));
  if (first_only) group[Machine::kMatched] = 1;
  std::size_t groups = first_only ? 2 : 1;
  while (true) {
    std::unordered_map<std::string, std::uint16_t> seen;
    std::vector<std::uint16_t> divided(count);
    for (std::size_t state = 0; state < count; ++state) {
      std::string key = signature(machine, state, group);
      key.append(reinterpret_cast<const char*>(&group[state]), sizeof group[state]);
      divided[state] = seen.try_emplace(std::move(key), static_cast<std::uint16_t>(seen.size())).first->second;
    }
    group = std::move(divided);
    if (seen.size() == groups) break;
    groups = seen.size();
  }
  Machine out = machine;
  out.next.assign(groups * machine.width, 0);
  for (std::size_t state = 0; state < count; ++state)
    for (std::uint32_t symbol = 0; symbol < machine.width; ++symbol) {
      const std::uint16_t next = machine.next[state * machine.width + symbol];
      out.next[group[state] * machine.width + symbol] =
          static_cast<std::uint16_t>(group[next & ~Machine::kAccepts] | (next & Machine::kAccepts));
    }
  for (std::uint16_t& start : out.start) start = group[start];
  machine = std::move(out);
}

/// Symbols that no state tells apart become one.
void merge_symbols(Machine& machine) {
  std::map<std::vector<std::uint16_t>, std::uint8_t> seen;
  std::vector<std::uint32_t> kept;
  std::array<std::uint8_t, 256> number{};
  for (std::uint32_t symbol = 0; symbol + 1 < machine.width; ++symbol) {
    std::vector<std::uint16_t> column;
    for (std::size_t state = 0; state < machine.size(); ++state) column.push_back(machine.next[state * machine.width + symbol]);
    const auto [at, is_new] = seen.try_emplace(std::move(column), static_cast<std::uint8_t>(kept.size()));
    if (is_new) kept.push_back(symbol);
    number[symbol] = at->second;
  }
  kept.push_back(machine.width - 1);
  std::vector<std::uint16_t> next;
  for (std::size_t state = 0; state < machine.size(); ++state)
    for (std::uint32_t symbol : kept) next.push_back(machine.next[state * machine.width + symbol]);
  for (std::uint8_t& symbol : machine.classes) symbol = number[symbol];
  machine.width = static_cast<std::uint32_t>(kept.size());
  machine.next = std::move(next);
}

}  // namespace

std::optional<Machine> make_machine(const Graph& graph, Question question, std::size_t limit) {
  std::optional<Machine> machine = Determiniser(graph, question, std::min<std::size_t>(limit, 0x7ffe)).run();
  if (!machine) return std::nullopt;
  if (!question.keep_sets) merge_states(*machine, question.first_only);
  merge_symbols(*machine);
  return machine;
}

}  // namespace strowger::regex
