// Reading the list file and building the sets.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/dispatcher/destinations.h"

#include <algorithm>
#include <charconv>

#include "runtime/sip/uri.h"

namespace strowger::dispatcher {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

/// The number that a text begins with; 0 when it does not.
int leading_number(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The number that a line begins with; 0 where there is another word, which stays.
int optional_number(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const char c = line.empty() ? ' ' : line.front();
  return c == '-' || (c >= '0' && c <= '9') ? leading_number(next_word(line)) : 0;
}

std::uint64_t next_random(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

void shuffle(std::array<std::uint16_t, kSlots>& slots, std::uint64_t seed) {
  seed |= 1;
  for (std::size_t i = kSlots - 1; i > 0; --i) std::swap(slots[i], slots[next_random(seed) % (i + 1)]);
}

/// Weights are hundredths: what is more than 100 is cut, what is left goes to the last one. A set whose first
/// destination has no weight has no distribution.
std::array<std::uint16_t, kSlots> weight_slots(const Set& set, std::uint64_t seed) {
  std::array<std::uint16_t, kSlots> slots{};
  if (set.all.empty() || set.all.front()->attributes.weight == 0) return slots;
  std::size_t filled = 0;
  for (std::size_t i = 0; i < set.all.size(); ++i)
    for (int n = set.all[i]->attributes.weight; n > 0 && filled < kSlots; --n)
      slots[filled++] = static_cast<std::uint16_t>(i);
  while (filled < kSlots) slots[filled++] = static_cast<std::uint16_t>(set.all.size() - 1);
  shuffle(slots, seed);
  return slots;
}

bool take_uri(Destination& out, std::string_view uri, const Building& building, std::string& why) {
  out.uri = uri;
  auto parsed = sip::parse_uri(Text(std::string_view(out.uri)));
  if (!parsed && !uri.starts_with("sip")) {
    out.uri = "sip:" + std::string(uri);
    parsed = sip::parse_uri(Text(std::string_view(out.uri)));
  }
  if (!parsed || parsed->host.empty() || (parsed->scheme != sip::Scheme::Sip && parsed->scheme != sip::Scheme::Sips))
    return why = "bad URI", false;
  out.host = parsed->host.view();
  if (parsed->port) out.port = parsed->port_text.view();
  if (!parsed->params.empty()) out.params = parsed->params.view();
  if (const Text transport = parsed->transport(); !transport.empty())
    out.protocol = sip::parse_protocol(transport.view()).value_or(sip::Protocol::Any);
  const bool named = building.resolve && !(out.flags.load() & kNoDns);
  if (const auto ip = sip::parse_ip(out.host))
    out.address = *ip;
  else if (const sip::Address* known = named ? building.process.find_host(parsed->host) : nullptr)
    out.address = *known;                    // other names: look_up()
  out.address.port = parsed->port;
  return true;
}

bool take_socket(Destination& out, const Building& building, std::string& why) {
  const Attributes& attributes = out.attributes;
  out.socket = building.default_socket;
  if (!attributes.sockname.empty()) {
    out.socket = building.process.find_socket_named(std::string_view(attributes.sockname));
    if (!out.socket) why = "there is no socket named " + attributes.sockname;
  } else if (!attributes.socket.empty()) {
    out.socket = building.process.find_socket(std::string_view(attributes.socket));
    if (!out.socket) why = "there is no socket " + attributes.socket;
  }
  return why.empty();
}

std::unique_ptr<Destination> make(const Row& row, const Building& building, std::string& why) {
  auto made = std::make_unique<Destination>();
  made->priority = row.priority;
  made->flags = row.flags;
  std::string note, text = row.attributes;
  if (text.empty() && building.none_attributes) text = "none=yes";
  parse_attributes(text, made->attributes, note);
  if (!take_uri(*made, row.uri, building, why) || !take_socket(*made, building, why)) return nullptr;
  if (!note.empty())
    building.log(LogLevel::Warn, "destination " + row.uri + " of set " + std::to_string(row.id) + ": " + note);
  if (made->attributes.latency > 0) made->latency.expect(made->attributes.latency);
  if (row.known) {
    made->latency.copy(row.known->latency);
    made->streak = row.known->streak.load();
    made->load = row.known->load.load();
  }
  return made;
}

/// An AVL tree of keys, as far as its shape goes.
class Tree {
 public:
  void add(Int key) { root_ = add(root_, key); }
  void print(std::vector<Int>& out) const { print(root_, out); }

 private:
  struct Node {
    Int key;
    int left = -1, right = -1, height = 1;
  };
  int height(int n) const { return n < 0 ? 0 : nodes_[static_cast<std::size_t>(n)].height; }
  Node& at(int n) { return nodes_[static_cast<std::size_t>(n)]; }
  void update(int n) { at(n).height = 1 + std::max(height(at(n).left), height(at(n).right)); }
  int rotate(int n, int Node::* up, int Node::* down) {
    const int top = at(n).*up;
    at(n).*up = at(top).*down;
    at(top).*down = n;
    update(n);
    update(top);
    return top;
  }
  int add(int n, Int key) {
    if (n < 0) {
      nodes_.push_back({key});
      return static_cast<int>(nodes_.size()) - 1;
    }
    if (key == at(n).key) return n;
    int Node::* const side = key < at(n).key ? &Node::left : &Node::right;
    int Node::* const other = key < at(n).key ? &Node::right : &Node::left;
    const int child = add(at(n).*side, key);
    at(n).*side = child;
    update(n);
    if (height(at(n).*side) - height(at(n).*other) < 2) return n;
    if (height(at(child).*other) > height(at(child).*side)) at(n).*side = rotate(child, other, side);
    return rotate(n, side, other);
  }
  void print(int n, std::vector<Int>& out) const {
    if (n < 0) return;
    const Node& node = nodes_[static_cast<std::size_t>(n)];
    print(node.left, out);
    print(node.right, out);
    out.push_back(node.key);
  }
  std::vector<Node> nodes_;
  int root_ = -1;
};

}  // namespace

std::vector<Int> tree_order(const std::vector<Int>& keys) {
  Tree tree;
  for (const Int key : keys) tree.add(key);
  std::vector<Int> order;
  tree.print(order);
  return order;
}

void parse_attributes(std::string_view text, Attributes& out, std::string& note) {
  out.body = text;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view item = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equal = item.find('=');
    if (equal == std::string_view::npos) continue;
    const std::string_view name = trimmed(item.substr(0, equal)), value = trimmed(item.substr(equal + 1));
    const int number = leading_number(value);
    if (name == "duid")
      out.duid = value;
    else if (name == "socket")
      out.socket = value;
    else if (name == "sockname")
      out.sockname = value;
    else if (name == "obproxy")
      out.outbound_proxy = value;
    else if (name == "ping_from")
      out.ping_from = value;
    else if (name == "maxload")
      out.max_load = std::max(number, 0);
    else if (name == "latency")
      out.latency = std::max(number, 0);
    else if (name == "cc")
      out.congestion_control = number != 0;
    else if (name == "weight") {
      if (number >= 1 && number <= 100)
        out.weight = number;
      else
        note = "its weight is not within 1..100 and counts for nothing";
    } else if (name == "rweight") {
      if (number >= 1 && number <= 100)
        out.relative_weight = number;
      else
        note = "its rweight is not within 1..100 and counts for nothing";
    }
  }
}

std::optional<std::vector<Row>> parse_rows(std::string_view text, const Building& building) {
  std::vector<Row> rows;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    Row row;
    row.id = optional_number(line);
    row.uri = next_word(line);
    row.flags = static_cast<std::uint32_t>(optional_number(line)) & (kStates | kProbing | kNoDns);
    row.priority = optional_number(line);
    row.attributes = next_word(line);
    if (row.uri.empty() || rows.size() == kMaxRows) {
      building.log(LogLevel::Err,
                   "line " + std::to_string(number) + (row.uri.empty() ? " has no URI" : ": too many destinations"));
      return std::nullopt;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::shared_ptr<const List> build(const std::vector<Row>& rows, const Building& building) {
  std::unordered_map<Int, std::unique_ptr<Set>> sets;
  std::vector<Int> ids;
  for (const Row& row : rows) {
    std::string why;
    auto made = make(row, building, why);
    if (!made) {
      building.log(building.strict ? LogLevel::Err : LogLevel::Warn,
                   "destination " + row.uri + " of set " + std::to_string(row.id) + " is not taken: " + why);
      if (building.strict) return nullptr;
      continue;
    }
    auto& set = sets[row.id];
    if (!set) {
      set = std::make_unique<Set>();
      set->id = row.id;
      ids.push_back(row.id);
    }
    const auto place = std::find_if(set->all.begin(), set->all.end(),
                                    [&](const auto& other) { return other->priority <= made->priority; });
    set->all.insert(place, std::move(made));
  }
  if (ids.empty()) building.log(LogLevel::Warn, "there are no destinations");
  auto list = std::make_shared<List>();
  for (const Int id : tree_order(ids)) {
    Set& set = *sets[id];
    set.number = list->sets.size();
    set.by_weight = weight_slots(set, building.seed + static_cast<std::uint64_t>(id));
    list->by_id[id] = set.number;
    list->sets.push_back(std::move(sets[id]));
  }
  return list;
}

std::vector<Row> List::rows() const {
  std::vector<Row> rows;
  for (const auto& set : sets)
    for (const auto& one : set->all)
      rows.push_back({set->id, one->uri, one->flags.load(std::memory_order_relaxed), one->priority,
                      one->attributes.body, one.get()});
  return rows;
}

std::array<std::uint16_t, kSlots> relative_slots(const Set& set, std::uint64_t seed) {
  std::array<std::uint16_t, kSlots> slots{};
  const auto share_of = [](const Destination& one) {
    if (!one.usable()) return 0;
    const int less =
        one.attributes.congestion_control ? static_cast<int>(std::min(one.latency.congestion(), 100.0)) : 0;
    return std::max(one.attributes.relative_weight - less, 0);
  };
  int sum = 0;
  for (const auto& one : set.all) sum += share_of(*one);
  if (sum == 0) return slots;
  std::size_t filled = 0, last = 0;
  for (std::size_t i = 0; i < set.all.size(); ++i) {
    const int share = share_of(*set.all[i]);
    if (share > 0) last = i;
    for (int n = share * static_cast<int>(kSlots) / sum; n > 0 && filled < kSlots; --n)
      slots[filled++] = static_cast<std::uint16_t>(i);
  }
  while (filled < kSlots) slots[filled++] = static_cast<std::uint16_t>(last);
  shuffle(slots, seed);
  return slots;
}

}  // namespace strowger::dispatcher
