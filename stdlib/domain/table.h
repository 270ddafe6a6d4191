// Domains and their attributes, as the tables have them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/script/database.h"

namespace strowger::domain {

struct Attribute {
  std::string name;
  Value value() const { return is_number ? Value::of(number) : Value::of(Text(std::string_view(text))); }
  bool is_number = false;
  Int number = 0;
  std::string text;
};

struct Attributes {
  std::string did;
  std::vector<Attribute> all;  ///< the last row first
};

struct Domain {
  std::string name, did;
  const Attributes* attributes = nullptr;  ///< null: none
  unsigned slot = 0;                       ///< says in which order dumps show them, nothing else
  std::size_t row = 0;
};

/// Hashes and compares without regard to (ASCII) case.
struct AnyCase {
  std::size_t operator()(std::string_view text) const;
  bool operator()(std::string_view a, std::string_view b) const;
};

/// Made once, then only read.
class Table {
 public:
  /// From rows of domain, did and rows of did, name, type, value. Null and `why` where one is faulty.
  static std::unique_ptr<const Table> build(const db::Rows& domains, const db::Rows& attributes, std::string& why);
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  /// In any case; of several rows with it the last one. Null where there is none.
  const Domain* find(std::string_view name) const;
  /// As dumps show them.
  const std::vector<Domain>& domains() const { return domains_; }
  const std::vector<std::unique_ptr<Attributes>>& attributes() const { return attributes_; }

 private:
  Table() = default;
  bool add_attributes(const db::Rows& rows, std::string& why);
  bool add_domains(const db::Rows& rows, std::string& why);
  std::vector<Domain> domains_;
  std::vector<std::unique_ptr<Attributes>> attributes_;
  std::unordered_map<std::string_view, std::uint32_t, AnyCase, AnyCase> places_;
  std::unordered_map<std::string_view, Attributes*, AnyCase, AnyCase> by_did_;
};

}  // namespace strowger::domain
