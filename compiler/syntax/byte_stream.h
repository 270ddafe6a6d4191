// A text as ANTLR reads it: one byte is one character, so that indices are offsets and any bytes may stand in a script.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "antlr4-runtime.h"

namespace strowger::syntax {

class ByteStream final : public antlr4::CharStream {
 public:
  explicit ByteStream(std::string_view bytes) : bytes_(bytes) {}

  void consume() override {
    if (at_ < bytes_.size()) ++at_;
  }
  std::size_t LA(ssize_t i) override {
    if (i == 0) return 0;
    const ssize_t index = static_cast<ssize_t>(at_) + (i > 0 ? i - 1 : i);
    if (index < 0 || index >= static_cast<ssize_t>(bytes_.size())) return antlr4::IntStream::EOF;
    return static_cast<unsigned char>(bytes_[static_cast<std::size_t>(index)]);
  }
  ssize_t mark() override { return -1; }
  void release(ssize_t) override {}
  std::size_t index() override { return at_; }
  void seek(std::size_t index) override { at_ = std::min(index, bytes_.size()); }
  std::size_t size() override { return bytes_.size(); }
  std::string getSourceName() const override { return "script"; }
  std::string getText(const antlr4::misc::Interval& interval) override {
    const std::size_t from = static_cast<std::size_t>(interval.a);
    if (from >= bytes_.size() || interval.b < interval.a) return {};
    return std::string(bytes_.substr(from, static_cast<std::size_t>(interval.b - interval.a + 1)));
  }
  std::string toString() const override { return std::string(bytes_); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace strowger::syntax
