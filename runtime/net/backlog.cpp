// The age of a queue by the kernel's time stamps, and a look at raw messages.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/backlog.h"

#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <ctime>

#include "runtime/net/header_scan.h"

namespace strowger::net {
namespace {

/// `;tag=` with blanks around its parts; a name in quotes may look like one, too.
bool has_tag(Text to) {
  for (std::size_t i = 0; i + 4 < to.len; ++i) {
    if (to.ptr[i] != ';') continue;
    std::size_t at = i + 1;
    while (at < to.len && is_space(to.ptr[at])) ++at;
    if (at + 3 >= to.len || lower(to.ptr[at]) != 't' || lower(to.ptr[at + 1]) != 'a' || lower(to.ptr[at + 2]) != 'g') continue;
    for (at += 3; at < to.len && is_space(to.ptr[at]); ++at) {
    }
    if (at < to.len && to.ptr[at] == '=') return true;
  }
  return false;
}

}  // namespace

std::int64_t Backlog::age(int fd) {
  timespec came{}, now{};
  if (::ioctl(fd, SIOCGSTAMPNS_OLD, &came) != 0 || came.tv_sec == 0) return 0;
  clock_gettime(CLOCK_REALTIME, &now);
  return (now.tv_sec - came.tv_sec) * 1000 + (now.tv_nsec - came.tv_nsec) / 1000000;
}

int Backlog::filled(int fd) {
  std::uint32_t info[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size) != 0 || info[SK_MEMINFO_RCVBUF] == 0) return 0;
  return static_cast<int>(std::uint64_t{100} * info[SK_MEMINFO_RMEM_ALLOC] / info[SK_MEMINFO_RCVBUF]);
}

bool begins_something(Text message) {
  const std::string_view all = message.view();
  for (const std::string_view word : {"SIP/2.0 ", "ACK ", "CANCEL ", "BYE ", "PRACK "})
    if (all.starts_with(word)) return false;
  return !has_tag(find_header(message, "to", 't'));
}

}  // namespace strowger::net
