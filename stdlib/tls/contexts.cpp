// Loads certificates, keys, authorities and revocations; chooses among profiles.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tls/contexts.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509_vfy.h>

#include <utility>

#include "stdlib/tls/layer.h"

namespace strowger::tls {
namespace {

/// verify_client=optional_no_ca: whatever the peer shows is taken; its state is kept for $tls_peer_verified.
int accept_any(int, X509_STORE_CTX*) { return 1; }

bool load_certificate(SSL_CTX& context, const Profile& profile, std::string& why) {
  if (!profile.certificate) return !profile.private_key || (why = "a private key needs a certificate", false);
  if (SSL_CTX_use_certificate_chain_file(&context, profile.certificate->c_str()) != 1)
    return why = "the certificate file '" + *profile.certificate + "' cannot be loaded", false;
  const std::string& key = profile.private_key ? *profile.private_key : *profile.certificate;
  if (SSL_CTX_use_PrivateKey_file(&context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return why = "the private key '" + key + "' cannot be loaded", false;
  return SSL_CTX_check_private_key(&context) == 1 || (why = "the private key '" + key + "' is not for the certificate", false);
}

bool load_authorities(SSL_CTX& context, const Profile& profile, std::string& why) {
  if (profile.ca_list) {
    if (SSL_CTX_load_verify_file(&context, profile.ca_list->c_str()) != 1)
      return why = "the CA list '" + *profile.ca_list + "' cannot be loaded", false;
    if (profile.server) {
      STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(profile.ca_list->c_str());
      if (names == nullptr) return why = "the CA list '" + *profile.ca_list + "' cannot be loaded", false;
      SSL_CTX_set_client_CA_list(&context, names);
    }
  }
  if (profile.ca_path && SSL_CTX_load_verify_dir(&context, profile.ca_path->c_str()) != 1)
    return why = "the CA path '" + *profile.ca_path + "' cannot be used", false;
  if (!profile.crl) return true;
  X509_STORE* const store = SSL_CTX_get_cert_store(&context);
  if (X509_STORE_load_file(store, profile.crl->c_str()) != 1) return why = "the CRL '" + *profile.crl + "' cannot be loaded", false;
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return true;
}

/// As in Kamailio, verify_client counts for connections that we make, too. To their end the last flag means nothing.
int verify_mode_of(const Profile& profile) {
  const VerifyClient client = *profile.verify_client;
  if (*profile.require_certificate || client == VerifyClient::On) return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  return *profile.verify_certificate || client != VerifyClient::Off ? SSL_VERIFY_PEER : SSL_VERIFY_NONE;
}

}  // namespace

std::string openssl_errors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!text.empty()) text += ", ";
    if (reason != nullptr) {
      text += reason;
    } else {
      char buffer[256];
      ERR_error_string_n(code, buffer, sizeof buffer);
      text += buffer;
    }
  }
  return text;
}

Snapshot::~Snapshot() = default;

std::shared_ptr<const Snapshot> Snapshot::make(std::vector<Profile> profiles, const Common& common, std::string& why) {
  ERR_clear_error();
  const std::shared_ptr<Snapshot> made(new Snapshot());
  made->contexts_.reserve(profiles.size());        // pointers to the defaults stay
  for (Profile& profile : profiles) {
    const std::string label = profile.label() + (profile.line > 0 ? ", line " + std::to_string(profile.line) : "");
    if (made->add(std::move(profile), common, why)) continue;
    const std::string errors = openssl_errors();
    why = label + ": " + why + (errors.empty() ? "" : " (" + errors + ")");
    return nullptr;
  }
  if (made->server_default_ == nullptr || made->client_default_ == nullptr) return why = "a default profile is missing", nullptr;
  return made;
}

bool Snapshot::add(Profile profile, const Common& common, std::string& why) {
  Context& made = contexts_.emplace_back();
  made.context.reset(SSL_CTX_new(profile.server ? TLS_server_method() : TLS_client_method()));
  if (!made.context) return why = "no memory for a context", false;
  SSL_CTX& context = *made.context;
  const Versions versions = *profile.versions;
  if (versions.lowest != 0 && SSL_CTX_set_min_proto_version(&context, versions.lowest) != 1) return why = "the method cannot be had", false;
  if (versions.highest != 0 && SSL_CTX_set_max_proto_version(&context, versions.highest) != 1) return why = "the method cannot be had", false;
  if (!load_certificate(context, profile, why) || !load_authorities(context, profile, why)) return false;
  if (profile.cipher_list && SSL_CTX_set_cipher_list(&context, profile.cipher_list->c_str()) != 1)
    return why = "the cipher list '" + *profile.cipher_list + "' names no cipher", false;

  std::uint64_t options = SSL_OP_CIPHER_SERVER_PREFERENCE;
  if (common.disable_compression) options |= SSL_OP_NO_COMPRESSION;
  if (!common.renegotiation) options |= SSL_OP_NO_RENEGOTIATION;
  SSL_CTX_set_options(&context, options);
  SSL_CTX_set_keylog_callback(&context, on_key_log);
  if (profile.server) SSL_CTX_set_client_hello_cb(&context, on_client_hello, nullptr);
  SSL_CTX_set_mode(&context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (common.release_buffers) SSL_CTX_set_mode(&context, SSL_MODE_RELEASE_BUFFERS);
  if (common.max_send_fragment >= 0 && SSL_CTX_set_max_send_fragment(&context, common.max_send_fragment) != 1)
    return why = "ssl_max_send_fragment is out of range", false;
  // Tickets need no memory of ours; the cache has some for each session.
  SSL_CTX_set_session_cache_mode(&context, common.session_cache && profile.server ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF);
  // A session that began with one profile never goes on with another, which may demand more of the client.
  const std::string service = common.session_id + '\0' + profile.label();
  unsigned char id[SHA256_DIGEST_LENGTH];
  static_assert(sizeof id <= SSL_MAX_SID_CTX_LENGTH);
  SHA256(reinterpret_cast<const unsigned char*>(service.data()), service.size(), id);
  SSL_CTX_set_session_id_context(&context, id, sizeof id);

  made.verify_mode = verify_mode_of(profile);
  SSL_CTX_set_verify(&context, made.verify_mode, *profile.verify_client == VerifyClient::OptionalNoCa ? accept_any : nullptr);
  SSL_CTX_set_verify_depth(&context, *profile.verify_depth);
  made.verify_name = !profile.server && *profile.verify_certificate;
  made.profile = std::move(profile);
  if (made.profile.place == Profile::Place::Default) (made.profile.server ? server_default_ : client_default_) = &made;
  return true;
}

/// The section that stands last counts first.
const Context* Snapshot::find(bool server, const sip::Address& address, std::string_view name) const {
  for (auto one = contexts_.rbegin(); one != contexts_.rend(); ++one) {
    const Profile& profile = one->profile;
    if (profile.server != server) continue;
    if (profile.place == Profile::Place::Any ? !name.empty() && profile.has_name(name)
                                             : profile.is_at(address) && (name.empty() || profile.server_name.empty() || profile.has_name(name)))
      return &*one;
  }
  return nullptr;
}

/// As in Kamailio: an address whose last section has no server_name has that certificate, whatever names clients ask for.
const Context& Snapshot::for_server(const sip::Address& local, std::string_view name) const {
  const Context* const whole = find(true, local, {});
  if (whole != nullptr && (name.empty() || whole->profile.server_name.empty())) return *whole;
  const Context* const found = find(true, local, name);
  return found != nullptr ? *found : *server_default_;
}

const Context& Snapshot::for_client(const sip::Address& peer, std::string_view name, std::string_view id) const {
  if (!id.empty())
    for (const Context& one : contexts_)
      if (!one.profile.server && one.profile.has_id(id)) return one;
  const Context* const found = find(false, peer, name);
  return found != nullptr ? *found : *client_default_;
}

}  // namespace strowger::tls
