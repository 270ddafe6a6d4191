// The end of the headers is looked for line by line as bytes come; no byte is looked at twice for it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/stream_framer.h"

#include "runtime/net/header_scan.h"

namespace strowger::net {
namespace {

/// -2 for what is no number of at most nine digits.
std::int64_t parse_length(Text value) {
  while (value.len > 0 && is_space(*value.ptr)) ++value.ptr, --value.len;
  while (value.len > 0 && is_space(value.ptr[value.len - 1])) --value.len;
  if (value.len == 0 || value.len > 9) return -2;
  std::int64_t number = 0;
  for (std::size_t i = 0; i < value.len; ++i) {
    if (value.ptr[i] < '0' || value.ptr[i] > '9') return -2;
    number = number * 10 + (value.ptr[i] - '0');
  }
  return number;
}

}  // namespace

std::int64_t find_content_length(Text headers, bool http) {
  const char compact = http ? kNoShortName : 'l';
  Text value = find_header(headers, "content-length", compact);
  if (value.is_null()) return -1;
  const std::int64_t length = parse_length(value);
  // A second one that says something else would let two readers cut the stream differently.
  for (;;) {
    const char* from = value.ptr + value.len;
    const Text rest{from, static_cast<std::size_t>(headers.ptr + headers.len - from)};
    value = find_header(rest, "content-length", compact);
    if (value.is_null()) return length;
    if (parse_length(value) != length) return -2;
  }
}

void StreamFramer::lend(std::vector<char>& spare) {
  const std::size_t kept = filled_ - at_;
  if (!buffer_.empty() && spare.size() < kept + kRead) return;   // what it has is as good
  if (kept > 0) std::memcpy(spare.data(), buffer_.data() + at_, kept);
  buffer_ = std::move(spare);
  spare = std::vector<char>();
  at_ = 0;
  filled_ = kept;
}

void StreamFramer::settle(std::vector<char>& spare) {
  const std::size_t kept = filled_ - at_;
  std::vector<char> own(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), buffer_.begin() + static_cast<std::ptrdiff_t>(filled_));
  if (spare.empty() && buffer_.size() <= kLent) spare = std::move(buffer_);
  buffer_ = std::move(own);
  at_ = 0;
  filled_ = kept;
}

void StreamFramer::forget() {
  at_ = filled_;
  line_ = body_ = total_ = 0;
  newlines_ = 0;
}

char* StreamFramer::space(std::size_t& room) {
  if (at_ == filled_) {
    at_ = filled_ = 0;
    if (buffer_.size() > kLent) buffer_ = std::vector<char>();
  } else if (at_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + at_, filled_ - at_);
    filled_ -= at_;
    at_ = 0;
  }
  if (buffer_.size() - filled_ < kRead) buffer_.resize(buffer_.size() * 2 > filled_ + kRead ? buffer_.size() * 2 : filled_ + kRead);
  room = kRead;
  return buffer_.data() + filled_;
}

StreamFramer::Event StreamFramer::next(Text& message) {
  // Between messages: CR and LF are skipped, every second line end is a ping.
  if (line_ == 0 && body_ == 0) {
    while (at_ < filled_ && (buffer_[at_] == '\r' || buffer_[at_] == '\n')) {
      if (buffer_[at_++] != '\n') continue;
      if (++newlines_ < 2) continue;
      newlines_ = 0;
      return Event::Ping;
    }
    if (at_ == filled_) return Event::More;
    newlines_ = 0;
  }
  return cut(message);
}

StreamFramer::Event StreamFramer::cut(Text& message) {
  const char* const start = buffer_.data() + at_;
  const std::size_t there = filled_ - at_;
  while (body_ == 0) {
    const auto* newline = static_cast<const char*>(std::memchr(start + line_, '\n', there - line_));
    if (newline == nullptr) return there > limit_ ? Event::TooLong : Event::More;
    const std::size_t length = static_cast<std::size_t>(newline - start) - line_;
    const bool empty = length == 0 || (length == 1 && start[line_] == '\r');
    line_ += length + 1;
    if (line_ > limit_) return Event::TooLong;
    if (!empty) continue;
    const bool http = is_http({start, line_});
    if (http && !find_header({start, line_}, "transfer-encoding", kNoShortName).is_null()) return Event::Encoded;
    const std::int64_t content = find_content_length({start, line_}, http);
    if (content == -2) return Event::BadLength;
    if (content == -1 && !accept_without_length_) return Event::NoLength;
    total_ = line_ + static_cast<std::size_t>(content < 0 ? 0 : content);
    if (total_ > limit_) return Event::TooLong;
    body_ = line_;
  }
  if (there < total_) return Event::More;
  message = {start, total_};
  at_ += total_;
  line_ = body_ = total_ = 0;
  return Event::Message;
}

}  // namespace strowger::net
