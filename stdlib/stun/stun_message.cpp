// Binding requests and their answers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/stun/stun_message.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace strowger::stun {
namespace {

constexpr std::size_t kHeader = 20;
constexpr std::uint32_t kCookie = 0x2112a442;
constexpr std::uint16_t kBindingRequest = 0x0001, kBindingSuccess = 0x0101, kBindingError = 0x0111;
enum Attribute : std::uint16_t {
  kMappedAddress = 0x0001, kErrorCode = 0x0009, kUnknownAttributes = 0x000a, kXorMappedAddress = 0x0020, kSoftware = 0x8022,
  kFingerprint = 0x8028,
};
constexpr std::uint32_t kFingerprintMask = 0x5354554e;
constexpr std::size_t kMostUnknown = 16;        // that are named in an answer
constexpr std::size_t kMostSoftware = 128;

std::uint16_t read16(const char* p) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(p[0]) << 8U | static_cast<unsigned char>(p[1]));
}
std::uint32_t read32(const char* p) { return static_cast<std::uint32_t>(read16(p)) << 16U | read16(p + 2); }

class Answer {
 public:
  Answer(char* out, std::uint16_t type, const char* request) : out_(out) {
    put16(type);
    put16(0);
    put({request + 4, 16});                     // cookie and transaction id
  }
  void begin(std::uint16_t attribute) {
    put16(attribute);
    at_ = size_;
    put16(0);
  }
  void put(std::string_view bytes) {
    std::memcpy(out_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void put16(std::uint32_t value) {
    out_[size_++] = static_cast<char>(value >> 8U);
    out_[size_++] = static_cast<char>(value);
  }
  /// The attribute's length, and zeros up to four bytes.
  void end() {
    set16(at_, size_ - at_ - 2);
    while (size_ % 4 != 0) out_[size_++] = 0;
  }
  std::size_t finish() {
    set16(2, size_ - kHeader);
    return size_;
  }

 private:
  void set16(std::size_t at, std::size_t value) {
    out_[at] = static_cast<char>(value >> 8U);
    out_[at + 1] = static_cast<char>(value);
  }
  char* out_;
  std::size_t size_ = 0, at_ = 0;
};

/// Must an agent that does not know the attribute refuse the request (RFC 5389 §15)? Those of authentication mean nothing here;
/// 0x0003 (CHANGE-REQUEST of RFC 3489) is let pass as Kamailio does.
bool is_unknown(std::uint16_t attribute) {
  if (attribute >= 0x8000) return false;
  switch (attribute) {
    case 0x0001: case 0x0003: case 0x0006: case 0x0008: case 0x0009: case 0x000a: case 0x0014: case 0x0015: case 0x0020: return false;
    default: return true;
  }
}

/// CRC-32 of ITU V.42, as in Ethernet (RFC 5389 §15.5).
std::uint32_t crc32(std::uint32_t crc, std::string_view bytes) {
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ (crc & 1U ? 0xedb88320U : 0U);
  }
  return crc;
}

/// What a request asks for beside the binding.
struct Request {
  bool well_formed = true, believable = true;
  std::size_t unknown_count = 0;
  std::uint16_t unknown[kMostUnknown];
};

Request read_attributes(std::string_view bytes) {
  Request request;
  std::size_t at = kHeader;
  while (at < bytes.size()) {
    if (bytes.size() - at < 4) return request.well_formed = false, request;
    const std::uint16_t type = read16(bytes.data() + at);
    const std::size_t length = read16(bytes.data() + at + 2), padded = (length + 3) & ~std::size_t{3};
    if (bytes.size() - at - 4 < padded) return request.well_formed = false, request;
    if (is_unknown(type) && request.unknown_count < kMostUnknown) request.unknown[request.unknown_count++] = type;
    if (type == kFingerprint) {
      const std::uint32_t sum = ~crc32(~0U, bytes.substr(0, at)) ^ kFingerprintMask;
      if (length != 4 || read32(bytes.data() + at + 4) != sum) request.believable = false;
    }
    at += 4 + padded;
  }
  return request;
}

void put_software(Answer& answer, std::string_view software) {
  if (software.empty()) return;
  answer.begin(kSoftware);
  answer.put(software.substr(0, kMostSoftware));
  answer.end();
}

std::size_t refuse(char* out, Text bytes, const Request& request, std::string_view software) {
  const bool unknown = request.well_formed;
  Answer answer(out, kBindingError, bytes.ptr);
  answer.begin(kErrorCode);
  answer.put16(0);
  answer.put16(unknown ? 4U << 8U | 20U : 4U << 8U);
  answer.put(unknown ? "Unknown Attribute" : "Bad Request");
  answer.end();
  if (unknown) {
    answer.begin(kUnknownAttributes);
    for (std::size_t i = 0; i < request.unknown_count; ++i) answer.put16(request.unknown[i]);
    answer.end();
  }
  put_software(answer, software);
  return answer.finish();
}

}  // namespace

bool looks_like_stun(Text bytes) { return !bytes.is_null() && bytes.len >= kHeader && (bytes.ptr[0] & 0xc0) == 0 && (bytes.ptr[0] == 0 || bytes.ptr[0] == 1); }

std::size_t answer(Text bytes, const sip::Address& source, std::string_view software, char* out) {
  if (!looks_like_stun(bytes) || read16(bytes.ptr) != kBindingRequest) return 0;
  const bool modern = read32(bytes.ptr + 4) == kCookie;
  if (!modern) software = {};                   // RFC 3489 has none
  Request request;
  const std::size_t declared = read16(bytes.ptr + 2);
  if (declared % 4 != 0 || declared != bytes.len - kHeader) {
    request.well_formed = false;
  } else {
    request = read_attributes(bytes.view());
  }
  if (!request.believable) return 0;
  if (!request.well_formed || request.unknown_count > 0) return refuse(out, bytes, request, software);

  Answer answer(out, kBindingSuccess, bytes.ptr);
  answer.begin(modern ? kXorMappedAddress : kMappedAddress);
  answer.put16(source.family == 6 ? 2 : 1);
  answer.put16(modern ? source.port ^ (kCookie >> 16U) : source.port);
  char ip[16];
  const std::size_t length = source.family == 6 ? 16 : 4;
  for (std::size_t i = 0; i < length; ++i) ip[i] = static_cast<char>(modern ? source.ip[i] ^ static_cast<unsigned char>(bytes.ptr[4 + i]) : source.ip[i]);
  answer.put({ip, length});
  answer.end();
  put_software(answer, software);
  return answer.finish();
}

}  // namespace strowger::stun
