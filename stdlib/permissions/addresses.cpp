// The address table.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/permissions/addresses.h"

#include <algorithm>
#include <charconv>

#include "runtime/script/core_hash.h"

namespace strowger::permissions {
namespace {

unsigned bits_of(const sip::Address& address) { return address.family == 4 ? 32 : 128; }

bool is_network(const Entry& entry) {
  return entry.address.family != 0 && entry.mask != 0 && entry.mask != bits_of(entry.address);
}

/// By the first four bytes, as long as addresses were once.
unsigned slot_of(const Entry& entry) {
  const Text bytes = entry.address.family == 0 ? Text(std::string_view(entry.name))
                                               : Text(reinterpret_cast<const char*>(entry.address.ip.data()), 4);
  return core_hash_of(core_hash_sum(bytes)) % kSlots;
}

bool is_meant(const Entry& entry, std::optional<Int> group, Int port) {
  return (!group || entry.group == *group) && (entry.port == 0 || entry.port == port);
}

/// Fills what follows from `name`. False where the mask is longer than the address.
bool complete(Entry& entry) {
  const auto address = address_in(entry.name);
  if (!address) return true;
  entry.address = *address;
  char text[46];
  entry.name.assign(text, sip::print_ip(*address, text));
  return entry.mask <= bits_of(*address);
}

constexpr unsigned kLongestMask = 0xffff;  // of what is no address, where it has no meaning

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Cuts the fields of a line off.
struct Line {
  std::string_view rest;
  bool is_over() {
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
    return rest.empty() || rest.front() == '#';
  }
  /// Digits; 0 where there are none. Nothing for numbers above 32 bits.
  std::optional<Int> number() {
    std::size_t count = 0;
    while (count < rest.size() && rest[count] >= '0' && rest[count] <= '9') ++count;
    std::int32_t value = 0;
    if (count > 0 && std::from_chars(rest.data(), rest.data() + count, value).ec != std::errc()) return std::nullopt;
    rest.remove_prefix(count);
    return value;
  }
  std::string_view word() {
    std::size_t count = 0;
    while (count < rest.size() && !is_blank(rest[count]) && rest[count] != '#') ++count;
    const std::string_view out = rest.substr(0, count);
    rest.remove_prefix(count);
    return out;
  }
};

/// False where the line is faulty.
bool parse_line(Line line, Entry& entry) {
  const auto group = line.number();
  if (!group || line.is_over()) return false;
  entry.group = *group;
  entry.name = line.word();
  const auto mask = line.is_over() ? std::optional<Int>(0) : line.number();
  const auto port = line.is_over() ? std::optional<Int>(0) : line.number();
  if (!mask || !port) return false;
  entry.mask = static_cast<unsigned>(std::min<Int>(*mask, kLongestMask));
  entry.port = *port;
  if (!line.is_over()) entry.tag = line.word();
  return complete(entry);
}

}  // namespace

std::optional<sip::Address> address_in(std::string_view text) {
  const auto address = sip::parse_ip(text);
  return address && address->family == 6 && text.find('.') != text.npos ? std::nullopt : address;
}

Addresses::Prefix Addresses::prefix_of(const sip::Address& address, unsigned bits) {
  Prefix prefix{address, bits};
  prefix.address.port = 0;
  for (unsigned i = 0; i < prefix.address.ip.size(); ++i) {
    const unsigned kept = std::min(bits - std::min(bits, i * 8), 8u);
    prefix.address.ip[i] = static_cast<std::uint8_t>(prefix.address.ip[i] & 0xff00 >> kept);
  }
  return prefix;
}

Addresses::Addresses(std::vector<Entry> rows, std::size_t max_networks) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Entry& row = rows[i];
    row.row = i;
    if (!is_network(row)) {
      row.slot = slot_of(row);
      (row.address.family == 0 ? names_ : hosts_).push_back(std::move(row));
    } else if (networks_.size() < max_networks) {
      networks_.push_back(std::move(row));
    } else {
      ++left_out_;
    }
  }
  for (std::vector<Entry>* const entries : {&hosts_, &names_})  // the last one counts first
    std::sort(entries->begin(), entries->end(),
              [](const Entry& a, const Entry& b) { return a.slot != b.slot ? a.slot < b.slot : a.row > b.row; });
  std::sort(networks_.begin(), networks_.end(),
            [](const Entry& a, const Entry& b) { return a.group != b.group ? a.group < b.group : a.row < b.row; });
  for (std::uint32_t i = 0; i < hosts_.size(); ++i)
    host_places_[prefix_of(hosts_[i].address, bits_of(hosts_[i].address))].push_back(i);
  for (std::uint32_t i = 0; i < names_.size(); ++i) name_places_[names_[i].name].push_back(i);
  for (std::uint32_t i = 0; i < networks_.size(); ++i) {
    const Entry& network = networks_[i];
    network_places_[prefix_of(network.address, network.mask)].push_back(i);
    const std::pair length(network.address.family, network.mask);
    if (std::find(lengths_.begin(), lengths_.end(), length) == lengths_.end()) lengths_.push_back(length);
  }
}

const Entry* Addresses::find(const sip::Address& address, std::optional<Int> group, Int port) const {
  if (const auto places = host_places_.find(prefix_of(address, bits_of(address))); places != host_places_.end())
    for (const std::uint32_t i : places->second)
      if (is_meant(hosts_[i], group, port)) return &hosts_[i];
  std::size_t first = networks_.size();
  for (const auto& [family, bits] : lengths_) {
    if (family != address.family) continue;
    const auto places = network_places_.find(prefix_of(address, bits));
    if (places == network_places_.end()) continue;
    for (const std::uint32_t i : places->second) {
      if (i >= first) break;
      if (is_meant(networks_[i], group, port)) first = i;
    }
  }
  return first < networks_.size() ? &networks_[first] : nullptr;
}

const Entry* Addresses::find(std::string_view name, std::optional<Int> group, Int port) const {
  if (const auto places = name_places_.find(name); places != name_places_.end())
    for (const std::uint32_t i : places->second)
      if (is_meant(names_[i], group, port)) return &names_[i];
  return nullptr;
}

std::optional<std::vector<Entry>> read_addresses(const db::Rows& rows, std::string& why) {
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Int *const group = std::get_if<Int>(&rows[i][0]), *const mask = std::get_if<Int>(&rows[i][2]),
                     *const port = std::get_if<Int>(&rows[i][3]);
    const std::string* const name = std::get_if<std::string>(&rows[i][1]);
    Entry entry;
    if (group && name && mask && port)
      entry = {*group, *name, static_cast<unsigned>(std::clamp<Int>(*mask, 0, kLongestMask)), *port, std::nullopt, {},
               0,      0};
    if (!db::is_null(rows[i][4])) entry.tag = db::text_in(rows[i][4]);
    if (entry.group <= 0 || entry.group > INT32_MAX || *mask < 0 || !complete(entry)) {
      why = "row " + std::to_string(i + 1) +
            " is faulty: it needs a group above 0, an address, the bits of its mask, a port";
      return std::nullopt;
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::optional<std::vector<Entry>> parse_addresses(std::string_view content, std::string& why) {
  std::vector<Entry> entries;
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    Line line{content.substr(0, end)};
    content.remove_prefix(std::min(end + 1, content.size()));
    if (line.is_over()) continue;
    Entry entry;
    if (!parse_line(line, entry)) {
      why = "line " + std::to_string(number) + " is faulty: GROUP ADDRESS [MASK [PORT [TAG]]]";
      return std::nullopt;
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace strowger::permissions
