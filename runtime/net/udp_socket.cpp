// recvmmsg and sendmmsg, and what to do when the kernel takes less than all.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/udp_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace strowger::net {

std::uint32_t to_sockaddr(const sip::Address& address, sockaddr_storage& out) {
  if (address.family == 6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(address.port);
    std::memcpy(&in.sin6_addr, address.ip.data(), 16);
    std::memcpy(&out, &in, sizeof in);
    return sizeof in;
  }
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(address.port);
  std::memcpy(&in.sin_addr, address.ip.data(), 4);
  std::memcpy(&out, &in, sizeof in);
  return sizeof in;
}

sip::Address from_sockaddr(const sockaddr_storage& in) {
  sip::Address address;
  if (in.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(in);
    address.family = 4;
    address.port = ntohs(v4.sin_port);
    std::memcpy(address.ip.data(), &v4.sin_addr, 4);
  } else if (in.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(in);
    address.port = ntohs(v6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      address.family = 4;
      std::memcpy(address.ip.data(), v6.sin6_addr.s6_addr + 12, 4);
    } else {
      address.family = 6;
      std::memcpy(address.ip.data(), &v6.sin6_addr, 16);
    }
  }
  return address;
}

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Descriptor open_udp(const sip::Address& address, bool reuse_port, int type_of_service) {
  const bool v6 = address.family == 6;
  Descriptor fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  const int on = 1;
  if (reuse_port && setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) return Descriptor();
  if (v6 && setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) return Descriptor();
  // Best effort: as much as the system lets us have, and the class of service.
  // With the right (CAP_NET_ADMIN) beyond the system's usual limit, else up to it.
  const int size = 4 << 20;
  for (const auto& [forced, usual] : {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}})
    if (setsockopt(fd.get(), SOL_SOCKET, forced, &size, sizeof size) != 0)
      static_cast<void>(setsockopt(fd.get(), SOL_SOCKET, usual, &size, sizeof size));
  if (type_of_service >= 0)
    static_cast<void>(v6 ? setsockopt(fd.get(), IPPROTO_IPV6, IPV6_TCLASS, &type_of_service, sizeof type_of_service)
                         : setsockopt(fd.get(), IPPROTO_IP, IP_TOS, &type_of_service, sizeof type_of_service));
  sockaddr_storage to{};
  const socklen_t length = to_sockaddr(address, to);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&to), length) != 0) {
    const int error = errno;
    fd.reset();
    errno = error;
  }
  return fd;
}

sip::Address bound_address(int fd) {
  sockaddr_storage in{};
  socklen_t length = sizeof in;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&in), &length) != 0) return {};
  return from_sockaddr(in);
}

// ---- receiving ---------------------------------------------------------------------------------------------------

struct DatagramBatch::Headers {
  mmsghdr messages[kSize];
  iovec parts[kSize];
  sockaddr_storage names[kSize];
};

DatagramBatch::DatagramBatch() : headers_(std::make_unique<Headers>()) {
  void* memory = mmap(nullptr, kSize * kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  memory_ = static_cast<char*>(memory);
  for (int i = 0; i < kSize; ++i) {
    headers_->parts[i] = {memory_ + static_cast<std::size_t>(i) * kBytes, kBytes};
    mmsghdr& message = headers_->messages[i];
    std::memset(&message, 0, sizeof message);
    message.msg_hdr.msg_iov = &headers_->parts[i];
    message.msg_hdr.msg_iovlen = 1;
    message.msg_hdr.msg_name = &headers_->names[i];
    message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  }
}

DatagramBatch::~DatagramBatch() {
  if (memory_ != nullptr) munmap(memory_, kSize * kBytes);
}

int DatagramBatch::receive(int fd) {
  const int count = ::recvmmsg(fd, headers_->messages, kSize, MSG_DONTWAIT, nullptr);
  if (count >= 0) {
    for (int i = 0; i < count; ++i) headers_->messages[i].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    return count;
  }
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
}

Text DatagramBatch::bytes(int index) const {
  return {memory_ + static_cast<std::size_t>(index) * kBytes, headers_->messages[index].msg_len};
}

sip::Address DatagramBatch::source(int index) const { return from_sockaddr(headers_->names[index]); }

// ---- sending -----------------------------------------------------------------------------------------------------

struct DatagramSender::Headers {
  mmsghdr messages[DatagramBatch::kSize];
  iovec parts[DatagramBatch::kSize];
  sockaddr_storage names[DatagramBatch::kSize];
  std::uint64_t cookies[DatagramBatch::kSize];
};

DatagramSender::DatagramSender(int fd, SendMany send_many)
    : fd_(fd), send_many_(send_many != nullptr ? send_many : ::sendmmsg), headers_(std::make_unique<Headers>()) {}
DatagramSender::~DatagramSender() = default;
DatagramSender::DatagramSender(DatagramSender&&) noexcept = default;

void DatagramSender::add(const sip::Address& to, Text bytes, std::uint64_t cookie) {
  if (!queue_.empty()) {   // order is kept: what waits goes first
    keep(to, bytes, cookie);
    return;
  }
  if (count_ == DatagramBatch::kSize) flush();
  if (!queue_.empty()) {
    keep(to, bytes, cookie);
    return;
  }
  mmsghdr& message = headers_->messages[count_];
  std::memset(&message, 0, sizeof message);
  headers_->cookies[count_] = cookie;
  headers_->parts[count_] = {const_cast<char*>(bytes.ptr), bytes.len};
  message.msg_hdr.msg_iov = &headers_->parts[count_];
  message.msg_hdr.msg_iovlen = 1;
  message.msg_hdr.msg_name = &headers_->names[count_];
  message.msg_hdr.msg_namelen = to_sockaddr(to, headers_->names[count_]);
  ++count_;
}

void DatagramSender::flush() {
  int done = 0;
  while (done < count_) {
    const int taken = send_many_(fd_, headers_->messages + done, static_cast<unsigned>(count_ - done), MSG_DONTWAIT);
    if (taken > 0) {
      sent += static_cast<std::uint64_t>(taken);
      done += taken;
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) break;
    refuse(error, headers_->cookies[done]);
    ++done;   // this one cannot be sent; the next may
  }
  for (; done < count_; ++done) {
    const iovec& part = headers_->parts[done];
    keep(from_sockaddr(headers_->names[done]), {static_cast<const char*>(part.iov_base), part.iov_len},
         headers_->cookies[done]);
  }
  count_ = 0;
}

void DatagramSender::refuse(int error, std::uint64_t cookie) {
  ++refused;
  last_error = error;
  if (cookie != 0) failed.push_back(cookie);
}

void DatagramSender::keep(const sip::Address& to, Text bytes, std::uint64_t cookie) {
  if (queue_.size() >= kMaxQueued || queued_bytes_ + bytes.len > kMaxQueuedBytes) {
    ++dropped_full;
    return;
  }
  queue_.push_back({to, std::string(bytes.view()), cookie});
  queued_bytes_ += bytes.len;
}

void DatagramSender::send_queued() {
  while (!queue_.empty()) {
    const Queued& next = queue_.front();
    sockaddr_storage to{};
    const socklen_t length = to_sockaddr(next.to, to);
    iovec part{const_cast<char*>(next.bytes.data()), next.bytes.size()};
    mmsghdr message{};
    message.msg_hdr.msg_name = &to;
    message.msg_hdr.msg_namelen = length;
    message.msg_hdr.msg_iov = &part;
    message.msg_hdr.msg_iovlen = 1;
    if (send_many_(fd_, &message, 1, MSG_DONTWAIT) < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return;
      refuse(errno, next.cookie);
    } else {
      ++sent;
    }
    queued_bytes_ -= next.bytes.size();
    queue_.pop_front();
  }
}

}  // namespace strowger::net
