// Resolves listen declarations.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/listen.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>

#include "runtime/net/udp_socket.h"

namespace strowger::server {
namespace {

/// A declaration by its parts; texts as written.
struct Declared {
  std::string host;
  std::uint16_t port = 0;
  sip::Protocol protocol = sip::Protocol::Any;
  std::string advertised_host, name;
  std::uint16_t advertised_port = 0;
  bool any_port = false;               ///< port 0 was written: the system chooses
};

bool parse_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

/// "host", "host:port", "[v6]", "[v6]:port" or a bare IPv6 address.
bool parse_host_port(std::string_view text, std::string& host, std::uint16_t& port) {
  if (text.empty()) return false;
  if (text[0] == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = text.substr(0, close + 1);
    const std::string_view rest = text.substr(close + 1);
    return rest.empty() || (rest[0] == ':' && parse_port(rest.substr(1), port));
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
    host = text;
    return true;
  }
  host = text.substr(0, colon);
  return colon > 0 && parse_port(text.substr(colon + 1), port);
}

/// --listen: [PROTO:]HOST[:PORT][/ADVERTISED[:PORT]]
std::optional<Declared> parse_option(std::string_view text) {
  Declared declared;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    if (!parse_host_port(text.substr(slash + 1), declared.advertised_host, declared.advertised_port)) return std::nullopt;
    text = text.substr(0, slash);
  }
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    if (const auto protocol = sip::parse_protocol(text.substr(0, colon))) {
      declared.protocol = *protocol;
      text = text.substr(colon + 1);
    }
  }
  if (!parse_host_port(text, declared.host, declared.port)) return std::nullopt;
  return declared;
}

bool is_wildcard(const sip::Address& address) { return address.family != 0 && address.ip == decltype(address.ip){}; }
bool is_link_local(const sip::Address& address) {
  return address.family == 6 && address.ip[0] == 0xfe && (address.ip[1] & 0xc0) == 0x80;
}

/// The addresses that a host stands for: itself, an interface's, all of a family, or what the hosts file says.
std::vector<sip::Address> addresses_of(const std::string& host, bool v6_too, const ListenSources& sources, bool& by_name) {
  by_name = false;
  std::vector<sip::Address> found;
  if (const auto ip = sip::parse_ip(host)) {
    if (!is_wildcard(*ip)) return {*ip};
    for (const auto& local : sources.locals)
      if (local.address.family == ip->family && !is_link_local(local.address)) found.push_back(local.address);
    return found;
  }
  for (const auto& local : sources.locals)
    if (local.interface == host && (local.address.family == 4 || v6_too) && !is_link_local(local.address))
      found.push_back(local.address);
  if (!found.empty()) return found;
  by_name = true;
  std::string lower = host;
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  for (const int family : {4, 6})
    for (const HostName& name : sources.hosts)
      if (name.name == lower && name.address.family == family) return {name.address};
  return found;
}

void add_once(std::vector<Listen>& all, const Listen& one) {
  for (Listen& there : all) {
    if (there.protocol != one.protocol || there.address != one.address || one.address.port == 0) continue;
    if (!one.host_name.empty()) there.other_names.push_back(one.host_name);
    return;
  }
  all.push_back(one);
}

}  // namespace

std::string Listen::text() const {
  char ip[64];
  return std::string(sip::name_of(protocol).view()) + ":" + std::string(ip, sip::print_ip_bracketed(address, ip)) + ":" +
         std::to_string(address.port);
}

std::vector<LocalAddress> local_addresses() {
  std::vector<LocalAddress> found;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return found;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_UP) == 0) continue;
    const int family = one->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    sockaddr_storage storage{};
    std::memcpy(&storage, one->ifa_addr, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    sip::Address address = net::from_sockaddr(storage);
    address.port = 0;
    found.push_back({one->ifa_name, address});
  }
  freeifaddrs(all);
  return found;
}

std::optional<std::vector<Listen>> resolve_listens(const ScriptImage& image, const ListenSources& sources, std::string& why) {
  const auto default_port = static_cast<std::uint16_t>(core_number(image, "port", 5060));
  const bool tcp = core_number(image, "disable_tcp", 0) == 0;
  const bool tls = tcp && core_number(image, "enable_tls", 0) != 0 && core_number(image, "disable_tls", 0) == 0;
  const auto default_tls_port = static_cast<std::uint16_t>(core_number(image, "tls_port_no", 5061));
  const auto port_of = [&](sip::Protocol protocol) { return protocol == sip::Protocol::Tls ? default_tls_port : default_port; };
  std::vector<Declared> declared;
  for (const std::string& option : sources.options) {
    const auto parsed = parse_option(option);
    if (!parsed) {
      why = "--listen " + option + ": not an address (as udp:192.0.2.1:5060 or tcp:[2001:db8::1]:5060)";
      return std::nullopt;
    }
    declared.push_back(*parsed);
    declared.back().any_port = declared.back().port == 0 && option.ends_with(":0");
  }
  if (sources.options.empty()) {
    for (std::uint64_t i = 0; i < image.listen_count; ++i) {
      const SocketDecl& decl = image.listens[i];
      declared.push_back({std::string(decl.host.view()), static_cast<std::uint16_t>(decl.port),
                          static_cast<sip::Protocol>(decl.protocol), std::string(decl.advertise_host.view()),
                          std::string(decl.name.view()), static_cast<std::uint16_t>(decl.advertise_port), false});
    }
  }
  const bool v6_too = core_number(image, "auto_bind_ipv6", 0) != 0;
  if (declared.empty()) {
    declared.push_back({"0.0.0.0", 0, sip::Protocol::Any, "", "", 0, false});
    const bool has_v6 = std::any_of(sources.locals.begin(), sources.locals.end(), [](const LocalAddress& local) {
      return local.address.family == 6 && !is_link_local(local.address);
    });
    if (v6_too && has_v6) declared.push_back({"::", 0, sip::Protocol::Any, "", "", 0, false});
  }

  std::vector<Listen> all;
  for (const Declared& one : declared) {
    bool by_name = false;
    const auto addresses = addresses_of(one.host, v6_too, sources, by_name);
    if (addresses.empty()) {
      why = "cannot listen on '" + one.host + "': not an address, an interface that is up, or a name in /etc/hosts";
      return std::nullopt;
    }
    std::vector<sip::Protocol> protocols{one.protocol};
    if (one.protocol == sip::Protocol::Any) {
      protocols = {sip::Protocol::Udp};
      if (tcp) protocols.push_back(sip::Protocol::Tcp);
      if (tls) protocols.push_back(sip::Protocol::Tls);
    }
    for (const sip::Protocol protocol : protocols) {
      if (protocol != sip::Protocol::Udp && protocol != sip::Protocol::Tcp && protocol != sip::Protocol::Tls) {
        why = "cannot listen on " + std::string(sip::name_of(protocol).view()) + ":" + one.host +
              ": listening is for udp, tcp and tls";
        return std::nullopt;
      }
      if (protocol == sip::Protocol::Tcp && !tcp) continue;
      if (protocol == sip::Protocol::Tls && !tls) continue;   // a declaration may stand there for the day that TLS is enabled
      for (sip::Address address : addresses) {
        // Port 0 of the command line: the system's choice. No port: the protocol's.
        address.port = one.any_port || one.port != 0 ? one.port : port_of(protocol);
        if (one.protocol == sip::Protocol::Any && protocol == sip::Protocol::Tls && one.port != 0) ++address.port;
        add_once(all, {protocol, address, one.advertised_host, one.advertised_port, one.name, by_name ? one.host : "", {}});
      }
    }
  }
  if (all.empty()) {
    why = "no address to listen on";
    return std::nullopt;
  }
  return all;
}

}  // namespace strowger::server
