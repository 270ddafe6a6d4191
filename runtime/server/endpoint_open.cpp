// Opening of control sockets: unix sockets, FIFOs, UDP and TCP.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/endpoint_open.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace strowger::server {
namespace {

using Kind = Endpoint::Kind;

bool fail(std::string& why, const std::string& what) {
  why = what + ": " + std::strerror(errno);
  return false;
}

bool number(const std::string& text, unsigned& id) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc{} && end == text.data() + text.size();
}

/// Owner and rights of a path that we have just made.
bool give(const Endpoint& endpoint, std::string& why) {
  unsigned user = static_cast<unsigned>(-1), group = static_cast<unsigned>(-1);
  if (!endpoint.user.empty() && !number(endpoint.user, user)) {
    const passwd* entry = getpwnam(endpoint.user.c_str());
    if (entry == nullptr) return why = "there is no user '" + endpoint.user + "'", false;
    user = entry->pw_uid;
  }
  if (!endpoint.group.empty() && !number(endpoint.group, group)) {
    const struct group* entry = getgrnam(endpoint.group.c_str());
    if (entry == nullptr) return why = "there is no group '" + endpoint.group + "'", false;
    group = entry->gr_gid;
  }
  if ((user != static_cast<unsigned>(-1) || group != static_cast<unsigned>(-1)) && ::lchown(endpoint.path.c_str(), user, group) != 0)
    return fail(why, "changing the owner of " + endpoint.path);
  if (::chmod(endpoint.path.c_str(), endpoint.mode & 0777) != 0) return fail(why, "changing the mode of " + endpoint.path);
  return true;
}

/// Removes what an earlier run left at the path; a socket that somebody listens to and other files stay.
bool clear_path(const Endpoint& endpoint, const sockaddr_un& address, std::string& why) {
  struct stat info {};
  if (::lstat(endpoint.path.c_str(), &info) != 0) return true;   // not there, or bind() will tell
  if (endpoint.kind == Kind::Fifo) {
    if (!S_ISFIFO(info.st_mode)) return why = endpoint.path + " exists and is no FIFO", false;
    // Somebody reads it when it can be opened for writing.
    const net::Descriptor probe(::open(endpoint.path.c_str(), O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    if (probe) return why = endpoint.path + " is in use", false;
  } else {
    if (!S_ISSOCK(info.st_mode)) return why = endpoint.path + " exists and is no socket", false;
    const int type = endpoint.kind == Kind::UnixDatagram ? SOCK_DGRAM : SOCK_STREAM;
    const net::Descriptor probe(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (probe && (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN))
      return why = endpoint.path + " is in use", false;
  }
  if (::unlink(endpoint.path.c_str()) != 0) return fail(why, "removing " + endpoint.path);
  return true;
}

net::Descriptor open_unix(const Endpoint& endpoint, std::string& why) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (endpoint.path.empty() || endpoint.path.size() >= sizeof address.sun_path) {
    why = "the path '" + endpoint.path + "' is empty or too long for a socket";
    return {};
  }
  std::memcpy(address.sun_path, endpoint.path.data(), endpoint.path.size());
  if (!clear_path(endpoint, address, why)) return {};
  const int type = endpoint.kind == Kind::UnixDatagram ? SOCK_DGRAM : SOCK_STREAM;
  net::Descriptor fd(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail(why, "opening " + endpoint.path), net::Descriptor();
  const mode_t before = ::umask(0177);             // nobody else gets in before give(); only the main thread runs yet
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  ::umask(before);
  errno = error;
  if (bound != 0) return fail(why, "opening " + endpoint.path), net::Descriptor();
  if (!give(endpoint, why) || (type == SOCK_STREAM && ::listen(fd.get(), 16) != 0 && !fail(why, "listening on " + endpoint.path))) {
    ::unlink(endpoint.path.c_str());
    return {};
  }
  return fd;
}

net::Descriptor open_fifo(const Endpoint& endpoint, std::string& why) {
  if (!clear_path(endpoint, {}, why)) return {};
  if (::mkfifo(endpoint.path.c_str(), 0600) != 0) return fail(why, "making " + endpoint.path), net::Descriptor();
  // Read and write: it never ends when the last writer leaves.
  net::Descriptor fd(::open(endpoint.path.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) fail(why, "opening " + endpoint.path);
  if (!fd || !give(endpoint, why)) {
    ::unlink(endpoint.path.c_str());
    return {};
  }
  return fd;
}

net::Descriptor open_inet(const Endpoint& endpoint, std::string& why) {
  const std::string shown = endpoint.host + ":" + std::to_string(endpoint.port);
  auto address = sip::parse_ip(endpoint.host);
  if (!address) return why = "'" + endpoint.host + "' is no IP address", net::Descriptor();
  address->port = endpoint.port;
  sockaddr_storage storage{};
  const std::uint32_t length = net::to_sockaddr(*address, storage);
  const int type = endpoint.kind == Kind::Udp ? SOCK_DGRAM : SOCK_STREAM;
  net::Descriptor fd(::socket(storage.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (fd && type == SOCK_STREAM) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0 ||
      (type == SOCK_STREAM && ::listen(fd.get(), 16) != 0))
    return fail(why, "opening " + shown), net::Descriptor();
  return fd;
}

}  // namespace

bool has_path(const Endpoint& endpoint) { return endpoint.kind != Kind::Udp && endpoint.kind != Kind::Tcp; }

net::Descriptor open_endpoint(const Endpoint& endpoint, std::string& why) {
  switch (endpoint.kind) {
    case Kind::UnixDatagram:
    case Kind::UnixStream: return open_unix(endpoint, why);
    case Kind::Fifo: return open_fifo(endpoint, why);
    case Kind::Udp:
    case Kind::Tcp: return open_inet(endpoint, why);
  }
  return {};
}

}  // namespace strowger::server
