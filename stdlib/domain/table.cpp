// Domains and their attributes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/domain/table.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "runtime/script/core_hash.h"
#include "runtime/sip/message.h"

namespace strowger::domain {
namespace {

constexpr unsigned kSlots = 128;
enum AttributeType : Int { kNumber = 0, kText = 2 };

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

unsigned slot_of(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), lower);
  return core_hash_of(core_hash_sum(Text(std::string_view(name)))) % kSlots;
}

/// Decimal, of 32 bits, a sign allowed; an empty text is 0, as Kamailio has it.
std::optional<Int> number_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int32_t number = 0;
  if (text.empty()) return number;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional<Int>(number) : std::nullopt;
}

const std::string* text_at(const db::Row& row, std::size_t column) { return std::get_if<std::string>(&row[column]); }

}  // namespace

std::size_t AnyCase::operator()(std::string_view text) const {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(lower(c))) * 0x100000001b3;
  return hash;
}

bool AnyCase::operator()(std::string_view a, std::string_view b) const {
  return sip::equal_ignore_case(Text(a), Text(b));
}

bool Table::add_attributes(const db::Rows& rows, std::string& why) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string *const did = text_at(rows[i], 0), *const name = text_at(rows[i], 1),
                             *const value = text_at(rows[i], 3);
    const Int* const type = std::get_if<Int>(&rows[i][2]);
    const auto number = value ? number_of(*value) : std::nullopt;
    if (!did || !name || !value || !type || (*type != kNumber && *type != kText) || (*type == kNumber && !number)) {
      why = "row " + std::to_string(i + 1) +
            " of the attributes is faulty: it needs a did, a name, type 0 (a number) or 2 (a text), a value";
      return false;
    }
    auto place = by_did_.find(*did);
    if (place == by_did_.end()) {
      attributes_.push_back(std::make_unique<Attributes>(Attributes{*did, {}}));
      place = by_did_.emplace(attributes_.back()->did, attributes_.back().get()).first;
    }
    place->second->all.push_back({*name, *type == kNumber, number.value_or(0), *value});
  }
  for (const auto& attributes : attributes_) std::reverse(attributes->all.begin(), attributes->all.end());
  std::reverse(attributes_.begin(), attributes_.end());
  return true;
}

bool Table::add_domains(const db::Rows& rows, std::string& why) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string* const name = text_at(rows[i], 0);
    const std::string* const did = db::is_null(rows[i][1]) ? name : text_at(rows[i], 1);
    if (!name || !did)
      return why = "row " + std::to_string(i + 1) + " of the domains is faulty: it needs a domain", false;
    const auto attributes = by_did_.find(*did);
    domains_.push_back({*name, *did, attributes == by_did_.end() ? nullptr : attributes->second, slot_of(*name), i});
  }
  std::sort(domains_.begin(), domains_.end(),
            [](const Domain& a, const Domain& b) { return a.slot != b.slot ? a.slot < b.slot : a.row > b.row; });
  for (std::uint32_t i = 0; i < domains_.size(); ++i)
    places_.emplace(domains_[i].name, i);  // the first one, of the last row, stays
  return true;
}

std::unique_ptr<const Table> Table::build(const db::Rows& domains, const db::Rows& attributes, std::string& why) {
  std::unique_ptr<Table> table(new Table);
  if (!table->add_attributes(attributes, why) || !table->add_domains(domains, why)) return nullptr;
  return table;
}

const Domain* Table::find(std::string_view name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? nullptr : &domains_[found->second];
}

}  // namespace strowger::domain
