// The head of a frame is collected byte by byte and judged as soon as it can be; a payload is unmasked as it comes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/websocket/frames.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/sip/utf8.h"

namespace strowger::websocket {
namespace {

/// Appends `bytes` xor the mask, eight at a time. `at`: which byte of the mask the first one meets.
void append_unmasked(std::string& out, std::string_view bytes, const std::uint8_t* mask, std::uint8_t at) {
  std::uint8_t turned[8];
  for (std::size_t i = 0; i < 8; ++i) turned[i] = mask[(at + i) % 4];
  std::uint64_t word = 0;
  std::memcpy(&word, turned, 8);
  const std::size_t begin = out.size();
  out.append(bytes);
  char* p = out.data() + begin;
  std::size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, p, 8);
    eight ^= word;
    std::memcpy(p, &eight, 8);
  }
  for (std::size_t i = 0; i < left; ++i) p[i] = static_cast<char>(static_cast<std::uint8_t>(p[i]) ^ turned[i]);
}

}  // namespace

void put_frame(std::string& out, Opcode opcode, std::string_view payload) {
  out.push_back(static_cast<char>(0x80U | static_cast<unsigned>(opcode)));
  const auto put_number = [&](int bytes) {
    for (int i = bytes; i-- > 0;) out.push_back(static_cast<char>(payload.size() >> (8 * i) & 0xffU));
  };
  if (payload.size() < 126) {
    put_number(1);
  } else if (payload.size() < 65536) {
    out.push_back(126);
    put_number(2);
  } else {
    out.push_back(127);
    put_number(8);
  }
  out.append(payload);
}

void put_close(std::string& out, std::uint16_t code, std::string_view words) {
  const char digits[] = {static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
  std::string payload(digits, 2);
  put_frame(out, Opcode::Close, payload.append(words.substr(0, kMostControl - 2)));
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    std::uint64_t eight = 0;
    while (text.size() >= 8) {
      std::memcpy(&eight, text.data(), 8);
      if (eight & 0x8080808080808080U) break;
      text.remove_prefix(8);
    }
    if (text.empty()) return true;
    const std::size_t length = sip::utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool FrameReader::fail(std::uint16_t code, std::string_view words) {
  reason_ = {code, words};
  return false;
}

/// Of the head, as far as its bytes say; they are judged in order.
std::size_t FrameReader::head_size() const {
  if (have_ < 2) return 2;
  const unsigned length = head_[1] & 0x7fU;
  return 6 + (length == 126 ? 2 : length == 127 ? 8 : 0);
}

/// The first two bytes are here. The codes are those that Kamailio closes with.
bool FrameReader::begin_frame() {
  const unsigned opcode = head_[0] & 0x0fU, length = head_[1] & 0x7fU;
  if ((head_[0] & 0x70U) != 0 || (head_[1] & 0x80U) == 0) return fail(1002, "Protocol error");   // no extensions; clients mask
  if (opcode > 10 || (opcode > 2 && opcode < 8)) return fail(1008, "Unsupported opcode");
  if (is_control()) return (is_final() && length <= kMostControl) || fail(1002, "Protocol error");
  return (opcode == 0) == in_message_ || fail(1002, "Protocol error");
}

bool FrameReader::end_head() {
  const unsigned short_length = head_[1] & 0x7fU;
  const std::size_t mask_begins = head_size() - 4;
  left_ = short_length;
  if (short_length >= 126) {
    left_ = 0;
    for (std::size_t i = 2; i < mask_begins; ++i) left_ = left_ << 8U | head_[i];
    const unsigned least = short_length == 126 ? 126 : 65536;      // §5.2: the shortest form
    if (left_ < least || left_ >> 63U != 0) return fail(1002, "Protocol error");
  }
  if (!is_control() && left_ > limit_ - message_.size()) return fail(1009, "Message too big");
  std::memcpy(mask_, head_ + mask_begins, 4);
  mask_at_ = 0;
  return true;
}

FrameReader::Event FrameReader::next(std::string_view& bytes, std::string& payload) {
  for (;;) {
    if (!in_body_) {
      const std::size_t size = head_size();
      const std::size_t count = std::min(size - have_, bytes.size());
      if (count > 0) std::memcpy(head_ + have_, bytes.data(), count);
      have_ = static_cast<std::uint8_t>(have_ + count);
      bytes.remove_prefix(count);
      if (have_ < size) return Event::More;
      if (have_ == 2) {
        if (!begin_frame()) return Event::Fault;
        continue;
      }
      if (!end_head()) return Event::Fault;
      in_body_ = true;
      if (!is_control()) in_message_ = true;
    }
    const std::string_view piece = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    append_unmasked(is_control() ? control_ : message_, piece, mask_, mask_at_);
    mask_at_ = static_cast<std::uint8_t>((mask_at_ + piece.size()) % 4);
    left_ -= piece.size();
    bytes.remove_prefix(piece.size());
    if (left_ > 0) return Event::More;
    in_body_ = false;
    have_ = 0;
    if (is_control()) {
      payload = std::exchange(control_, {});
      const auto opcode = static_cast<Opcode>(head_[0] & 0x0fU);
      return opcode == Opcode::Close ? Event::Close : opcode == Opcode::Ping ? Event::Ping : Event::Pong;
    }
    if (!is_final()) continue;
    in_message_ = false;
    payload = std::exchange(message_, {});
    return Event::Message;
  }
}

}  // namespace strowger::websocket
