// recvmmsg and sendmmsg, and what to do when the kernel takes less than all.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/udp_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace strowger::net {

[[gnu::always_inline]] static inline std::uint32_t write_sockaddr(const sip::Address& address, sockaddr_storage& out) {
  if (address.family == 6) {
    auto& in = reinterpret_cast<sockaddr_in6&>(out);
    std::memset(&in, 0, sizeof in);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(address.port);
    std::memcpy(&in.sin6_addr, address.ip.data(), 16);
    return sizeof in;
  }
  auto& in = reinterpret_cast<sockaddr_in&>(out);
  in.sin_family = AF_INET;
  in.sin_port = htons(address.port);
  std::memcpy(&in.sin_addr, address.ip.data(), 4);
  std::memset(in.sin_zero, 0, sizeof in.sin_zero);
  return sizeof in;
}

std::uint32_t to_sockaddr(const sip::Address& address, sockaddr_storage& out) { return write_sockaddr(address, out); }

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

void widen_buffers(int fd) {
  // With the right (CAP_NET_ADMIN) beyond the system's usual limit, else up to it.
  const int size = 4 << 20;
  for (const auto& [forced, usual] : {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}})
    if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof size) != 0)
      static_cast<void>(setsockopt(fd, SOL_SOCKET, usual, &size, sizeof size));
}

Descriptor open_udp(const sip::Address& address, bool reuse_port, const IpOptions& options) {
  const bool v6 = address.family == 6;
  Descriptor fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  const int on = 1;
  if (reuse_port && setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) return Descriptor();
  if (v6 && setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) return Descriptor();
  widen_buffers(fd.get());
  set_ip_options(fd.get(), v6, true, options);
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

// glibc's own are cancellation points: two calls more, each time, in a process with several threads.
static int receive_many(int fd, mmsghdr* messages, unsigned count, int flags) {
  return static_cast<int>(::syscall(SYS_recvmmsg, fd, messages, count, flags, nullptr));
}
static int send_many(int fd, mmsghdr* messages, unsigned count, int flags) {
  return static_cast<int>(::syscall(SYS_sendmmsg, fd, messages, count, flags));
}

struct DatagramBatch::Headers {
  mmsghdr messages[kSize];
  iovec parts[kSize];
  sockaddr_storage names[kSize];
};

DatagramBatch::DatagramBatch() : headers_(std::make_unique<Headers>()) {
  void* memory = mmap(nullptr, kSize * kStride, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  memory_ = static_cast<char*>(memory);
  for (int i = 0; i < kSize; ++i) {
    headers_->parts[i] = {memory_ + static_cast<std::size_t>(i) * kStride, kBytes};
    mmsghdr& message = headers_->messages[i];
    std::memset(&message, 0, sizeof message);
    message.msg_hdr.msg_iov = &headers_->parts[i];
    message.msg_hdr.msg_iovlen = 1;
    message.msg_hdr.msg_name = &headers_->names[i];
    message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  }
}

DatagramBatch::~DatagramBatch() {
  if (memory_ != nullptr) munmap(memory_, kSize * kStride);
}

int DatagramBatch::receive(int fd, int kept) {
  mmsghdr* const messages = headers_->messages + kept;
  const int count = receive_many(fd, messages, static_cast<unsigned>(kSize - kept), MSG_DONTWAIT);
  if (count >= 0) {
    for (int i = 0; i < count; ++i) messages[i].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    return count;
  }
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
}

Text DatagramBatch::bytes(int index) const {
  return {memory_ + static_cast<std::size_t>(index) * kStride, headers_->messages[index].msg_len};
}

sip::Address DatagramBatch::source(int index) const { return from_sockaddr(headers_->names[index]); }

// ---- sending -----------------------------------------------------------------------------------------------------

/// Longer datagrams are not joined: what may not fit a link's packets is left to IP.
static constexpr std::size_t kLongestSegment = 1400;
static constexpr std::size_t kLongestPiece = 60000;

struct DatagramSender::Headers {
  // As they were added.
  iovec added[DatagramBatch::kSize];
  sockaddr_storage names[DatagramBatch::kSize];
  std::uint32_t name_lengths[DatagramBatch::kSize];
  std::uint64_t cookies[DatagramBatch::kSize];
  std::uint64_t peers[DatagramBatch::kSize];       // the name in short: the same for the same peer, for others hardly ever
  std::uint64_t calls[DatagramBatch::kSize];       // a bit for each call, with many calls to a bit; all for none
  // As they leave: a message has one or more of them, `parts` and `which` in the order of messages.
  mmsghdr* messages = singles;
  mmsghdr joined[DatagramBatch::kSize];
  mmsghdr singles[DatagramBatch::kSize];           // of one datagram each, as added: nothing but the name's length changes
  iovec parts[DatagramBatch::kSize];
  int which[DatagramBatch::kSize];
  int first_part[DatagramBatch::kSize];
  alignas(cmsghdr) char control[DatagramBatch::kSize][CMSG_SPACE(sizeof(std::uint16_t))];
};

namespace {

std::uint64_t peer_of(const sip::Address& to) {
  std::uint64_t words[2];
  static_assert(sizeof words == sizeof to.ip);
  std::memcpy(words, to.ip.data(), sizeof words);
  if (to.family == 4) return (words[0] & 0xffffffff) | std::uint64_t{to.port} << 32 | std::uint64_t{4} << 56;
  return (words[0] * 0x9e3779b97f4a7c15 ^ words[1]) * 0xbf58476d1ce4e5b9 ^ to.port;
}

}  // namespace

/// Of two datagrams whose peers are the same in short: are they really? An IPv4 peer is told by that.
bool DatagramSender::same_name(const Headers& h, int a, int b) {
  return h.name_lengths[a] == h.name_lengths[b] &&
         (h.name_lengths[a] == sizeof(sockaddr_in) || std::memcmp(&h.names[a], &h.names[b], h.name_lengths[a]) == 0);
}

DatagramSender::DatagramSender(int fd, SendMany tests_own)
    : fd_(fd), send_many_(tests_own != nullptr ? tests_own : send_many), headers_(std::make_unique<Headers>()) {
  for (int i = 0; i < DatagramBatch::kSize; ++i) {
    msghdr& single = headers_->singles[i].msg_hdr;
    single.msg_name = &headers_->names[i];
    single.msg_iov = &headers_->added[i];
    single.msg_iovlen = 1;
  }
  const int whole = 0;   // asks whether the option exists, and changes nothing
  segments_ = tests_own == nullptr && setsockopt(fd, SOL_UDP, UDP_SEGMENT, &whole, sizeof whole) == 0;
}
DatagramSender::~DatagramSender() = default;
DatagramSender::DatagramSender(DatagramSender&&) noexcept = default;

void DatagramSender::add(const sip::Address& to, Text bytes, std::uint64_t cookie, std::uint32_t call) {
  if (!queue_.empty()) [[unlikely]] return keep(to, bytes, cookie);   // order is kept: what waits goes first
  headers_->cookies[count_] = cookie;
  headers_->added[count_] = {const_cast<char*>(bytes.ptr), bytes.len};
  headers_->name_lengths[count_] = write_sockaddr(to, headers_->names[count_]);
  headers_->peers[count_] = peer_of(to);
  headers_->calls[count_] = call == 0 ? ~std::uint64_t{0} : std::uint64_t{1} << (call >> 26);
  if (++count_ == DatagramBatch::kSize) [[unlikely]] flush();
}

int DatagramSender::join() {
  Headers& h = *headers_;
  // Of few, hardly two go to one peer: a bit for each peer, and none twice.
  std::uint64_t peers = 0;
  int different = 0;
  for (; different < count_; ++different) {
    const std::uint64_t peer = std::uint64_t{1} << ((h.peers[different] * 0x9e3779b97f4a7c15) >> 58);
    if (peers & peer) break;
    peers |= peer;
  }
  if (different == count_) {
    for (int i = 0; i < count_; ++i) {
      h.singles[i].msg_hdr.msg_namelen = h.name_lengths[i];
      h.which[i] = h.first_part[i] = i;
    }
    h.messages = h.singles;
    return count_;
  }
  // Pieces: datagrams of one length to one peer, and perhaps a shorter one as the last.
  struct Piece {
    int head, tail;                          // its first and last datagram
    std::size_t segment, length;             // of each, of all
    std::uint64_t calls;                     // whose they are
    bool open;                               // may more follow?
  } pieces[DatagramBatch::kSize];
  int next[DatagramBatch::kSize];            // of each datagram: the one behind it in its piece
  int count = 0;
  const auto append = [&](Piece& piece, int i, std::size_t length) {
    next[piece.tail] = i;
    piece.tail = i;
    piece.length += length;
    piece.calls |= h.calls[i];
    piece.open = length == piece.segment;
  };
  // The last piece in front of `before` that a datagram may go into: behind it is nothing of its call.
  const auto find = [&](int before, int i, bool shorter) {
    const std::size_t length = h.added[i].iov_len;
    for (int m = before - 1; m >= 0; --m) {
      const Piece& piece = pieces[m];
      if (piece.head < 0 || h.peers[piece.head] != h.peers[i] || !same_name(h, piece.head, i)) continue;
      if (piece.open && (shorter ? length < piece.segment : length == piece.segment) && piece.length + length <= kLongestPiece) return m;
      if (piece.calls & h.calls[i]) return -1;
    }
    return -1;
  };
  for (int i = 0; i < count_; ++i) {
    next[i] = -1;
    const std::size_t length = h.added[i].iov_len;
    const bool joins = segments_ && length > 0 && length <= kLongestSegment;
    if (const int into = joins ? find(count, i, false) : -1; into >= 0) {
      append(pieces[into], i, length);
    } else {
      pieces[count++] = {i, i, length, length, h.calls[i], joins};
    }
  }
  for (int m = 1; m < count; ++m) {          // those that stayed alone may end another piece
    Piece& alone = pieces[m];
    if (!alone.open || alone.head != alone.tail) continue;
    if (const int into = find(m, alone.head, true); into >= 0) {
      append(pieces[into], alone.head, alone.length);
      alone.head = -1;
    }
  }
  h.messages = h.joined;
  int messages = 0;
  int heads[DatagramBatch::kSize];
  for (int m = 0; m < count; ++m)
    if (pieces[m].head >= 0) heads[messages++] = pieces[m].head;
  int part = 0;
  for (int m = 0; m < messages; ++m) {
    const int first = part;
    for (int i = heads[m]; i >= 0; i = next[i]) {
      h.parts[part] = h.added[i];
      h.which[part++] = i;
    }
    h.first_part[m] = first;
    fill(m, heads[m], part - first);
  }
  return messages;
}

void DatagramSender::fill(int index, int head, int parts) {
  Headers& h = *headers_;
  mmsghdr& message = h.joined[index];
  std::memset(&message, 0, sizeof message);
  message.msg_hdr.msg_iov = &h.parts[h.first_part[index]];
  message.msg_hdr.msg_iovlen = static_cast<std::size_t>(parts);
  message.msg_hdr.msg_name = &h.names[head];
  message.msg_hdr.msg_namelen = h.name_lengths[head];
  if (parts == 1) return;
  message.msg_hdr.msg_control = h.control[index];
  message.msg_hdr.msg_controllen = sizeof h.control[index];
  cmsghdr* control = CMSG_FIRSTHDR(&message.msg_hdr);
  control->cmsg_level = SOL_UDP;
  control->cmsg_type = UDP_SEGMENT;
  control->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
  const auto segment = static_cast<std::uint16_t>(h.added[head].iov_len);
  std::memcpy(CMSG_DATA(control), &segment, sizeof segment);
}

void DatagramSender::flush() {
  if (count_ == 0) return;
  const int messages = join();
  int done = 0;
  bool full = false;
  while (done < messages && !full) {
    const int taken = send_many_(fd_, headers_->messages + done, static_cast<unsigned>(messages - done), MSG_DONTWAIT);
    if (taken > 0) {
      for (int m = done; m < done + taken; ++m) sent += headers_->messages[m].msg_hdr.msg_iovlen;
      done += taken;
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) break;
    if (headers_->messages[done].msg_hdr.msg_iovlen > 1) {
      full = !send_singly(done);               // perhaps the link cannot cut; whoever is refused alone is refused
    } else {
      refuse(error, headers_->cookies[headers_->which[headers_->first_part[done]]]);
    }
    ++done;                                    // this one is through; the next may be sent
  }
  for (; done < messages; ++done) keep_from(done, 0);
  count_ = 0;
}

bool DatagramSender::send_singly(int index) {
  const msghdr& joined = headers_->messages[index].msg_hdr;
  for (std::size_t part = 0; part < joined.msg_iovlen;) {
    mmsghdr one{};
    one.msg_hdr.msg_name = joined.msg_name;
    one.msg_hdr.msg_namelen = joined.msg_namelen;
    one.msg_hdr.msg_iov = joined.msg_iov + part;
    one.msg_hdr.msg_iovlen = 1;
    if (send_many_(fd_, &one, 1, MSG_DONTWAIT) > 0) {
      ++sent;
      ++part;
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) {
      keep_from(index, static_cast<int>(part));
      return false;
    }
    refuse(error, headers_->cookies[headers_->which[headers_->first_part[index] + static_cast<int>(part)]]);
    ++part;
  }
  return true;
}

void DatagramSender::keep_from(int index, int part) {
  const auto parts = static_cast<int>(headers_->messages[index].msg_hdr.msg_iovlen);
  for (; part < parts; ++part) {
    const int i = headers_->which[headers_->first_part[index] + part];
    const iovec& bytes = headers_->added[i];
    keep(from_sockaddr(headers_->names[i]), {static_cast<const char*>(bytes.iov_base), bytes.iov_len}, headers_->cookies[i]);
  }
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
