// From parameters and tls.cfg to a snapshot.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "stdlib/tls/state.h"
#include "tls.interface.h"

namespace strowger::tls {
namespace {

using Param = Tls::Param;

constexpr std::size_t kMostBytes = 16 << 20;   ///< of tls.cfg

/// Relative paths are relative to the script's folder, as in Kamailio.
std::string path_of(const Process& process, Text path) {
  if (path.view().starts_with('/')) return std::string(path.view());
  const std::string_view script = process.image.cfg_path.view();
  const std::size_t slash = script.rfind('/');
  return (slash == std::string_view::npos ? std::string() : std::string(script.substr(0, slash + 1))) + std::string(path.view());
}

std::optional<std::string> path_or_none(const Process& process, Text path) {
  if (path.empty()) return std::nullopt;
  return path_of(process, path);
}

/// The profile of all connections that we accept, or make, when there is no tls.cfg.
Profile profile_of_parameters(const Process& process, bool server, std::optional<Versions> versions, std::optional<VerifyClient> verify_client) {
  Profile made;
  made.server = server;
  made.certificate = path_or_none(process, Param::certificate);
  made.private_key = path_or_none(process, Param::private_key);
  made.ca_list = path_or_none(process, Param::ca_list);
  made.ca_path = path_or_none(process, Param::ca_path);
  made.crl = path_or_none(process, Param::crl);
  if (!Param::cipher_list.empty()) made.cipher_list = std::string(Param::cipher_list.view());
  made.versions = versions;
  made.verify_certificate = Param::verify_certificate != 0;
  made.require_certificate = Param::require_certificate != 0;
  made.verify_depth = static_cast<int>(Param::verify_depth);
  made.verify_client = verify_client;
  return made;
}

/// What a section leaves open. The parameters that say the same do not count beside tls.cfg.
void fill(const Process& process, Profile& profile) {
  for (auto* path : {&profile.certificate, &profile.private_key, &profile.ca_list, &profile.ca_path, &profile.crl})
    if (*path) *path = path_of(process, Text(std::string_view(**path)));
  if (!profile.certificate && profile.server) profile.certificate = path_of(process, "cert.pem");
  if (!profile.versions) profile.versions = Versions{};
  if (!profile.verify_certificate) profile.verify_certificate = false;
  if (!profile.require_certificate) profile.require_certificate = false;
  if (!profile.verify_depth) profile.verify_depth = 9;
  if (!profile.verify_client) profile.verify_client = VerifyClient::Off;
}

/// Sections that no connection can use are mistakes.
bool check(const Process& process, const Profile& profile, std::string& why) {
  if (profile.place == Profile::Place::Any && profile.server_name.empty() && (profile.server || profile.server_id.empty()))
    return why = "a section for any address needs a server_name" + std::string(profile.server ? "" : " or a server_id"), false;
  if (!profile.server || profile.place != Profile::Place::Address) return true;
  for (const auto& socket : process.sockets)
    if (socket->protocol == sip::Protocol::Tls && socket->address.same_ip(profile.address) &&
        (profile.address.port == 0 || profile.address.port == socket->address.port))
      return true;
  return why = "there is no listening socket of this address", false;
}

bool read_file(const std::string& path, std::string& text, std::string& why) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return why = path + ": " + std::strerror(errno), false;
  text.assign(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) return why = path + ": it cannot be read", false;
  return text.size() <= kMostBytes || (why = path + ": the file is too large", false);
}

}  // namespace

std::shared_ptr<const Snapshot> load(const Process& process, const State& state, std::string& why) {
  const auto versions = Param::tls_method.empty() ? Versions{} : parse_method(Param::tls_method.view());
  if (!versions) return why = "there is no tls_method '" + std::string(Param::tls_method.view()) + "'", nullptr;
  const auto verify_client = parse_verify_client(Param::verify_client.view());
  if (!verify_client) return why = "verify_client is none of off, on, optional, optional_no_ca", nullptr;
  std::vector<Profile> profiles;
  std::string path;
  if (Param::config.empty()) {
    for (const bool server : {true, false}) profiles.push_back(profile_of_parameters(process, server, versions, verify_client));
  } else {
    path = path_of(process, Param::config);
    std::string text;
    if (!read_file(path, text, why)) return nullptr;
    ConfigFault fault;
    auto read = parse_config(text, fault);
    if (!read) return why = path + ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column) + ": " + fault.text, nullptr;
    profiles = std::move(*read);
  }
  for (const bool server : {true, false}) {
    bool there = false;
    for (const Profile& profile : profiles) there = there || (profile.server == server && profile.place == Profile::Place::Default);
    if (there) continue;
    Profile made;
    made.server = server;
    profiles.push_back(made);
  }
  for (Profile& profile : profiles) {
    fill(process, profile);
    if (check(process, profile, why)) continue;
    why = (profile.line > 0 ? path + ":" + std::to_string(profile.line) + ": " : std::string()) + profile.label() + ": " + why;
    return nullptr;
  }
  auto made = Snapshot::make(std::move(profiles), state.common, why);
  if (!made && !path.empty()) why = path + ": " + why;
  return made;
}

}  // namespace strowger::tls
