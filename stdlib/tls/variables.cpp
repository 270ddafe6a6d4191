// $tls_*: what the handshake of the message's connection has shown. Null where the message did not come over TLS.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <openssl/objects.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "runtime/sip/hex.h"
#include "stdlib/tls/state.h"
#include "tls.interface.h"

namespace strowger {
namespace {

using tls::Facts;

enum class Side : bool { Peer, Own };

Text keep(Call& call, std::string_view text) { return call.arena->copy(Text(text)); }

X509* certificate_of(const Facts& facts, Side side) { return side == Side::Peer ? facts.peer.get() : facts.own.get(); }

/// `print` of the certificate of a side; null when there is none, or when it says so.
template <class F>
Text of_certificate(Call& call, Side side, F print) {
  const auto facts = tls::facts_of(call);
  X509* const certificate = facts ? certificate_of(*facts, side) : nullptr;
  std::string text;
  return certificate != nullptr && print(*certificate, text) ? keep(call, text) : Text::null();
}

Text name_entry(Call& call, Side side, bool issuer, int nid) {
  return of_certificate(call, side, [&](X509& certificate, std::string& text) {
    const X509_NAME* name = issuer ? X509_get_issuer_name(&certificate) : X509_get_subject_name(&certificate);
    return tls::find_name_entry(*name, nid, text);
  });
}

Text alternative_name(Call& call, Side side, int kind) {
  return of_certificate(call, side, [&](X509& certificate, std::string& text) { return tls::find_alternative_name(certificate, kind, text); });
}

Text pem(Call& call, Side side) {
  return of_certificate(call, side, [](X509& certificate, std::string& text) { return text = tls::print_pem(certificate), true; });
}

/// Letters, digits and "-_.~" stay; the rest becomes %xx.
Text urlencoded(Call& call, Side side) {
  return of_certificate(call, side, [](X509& certificate, std::string& text) {
    for (const char c : tls::print_pem(certificate)) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
      if (plain) {
        text += c;
      } else {
        const auto digits = sip::hex_of(static_cast<unsigned char>(c));
        text.append({'%', digits[0], digits[1]});
      }
    }
    return true;
  });
}

Text serial(Call& call, Side side) {
  return of_certificate(call, side, [](X509& certificate, std::string& text) { return text = tls::print_serial(certificate), true; });
}

Text version(Call& call, Side side) {
  return of_certificate(call, side, [](X509& certificate, std::string& text) { return text = std::to_string(X509_get_version(&certificate)), true; });
}

Text name_line(Call& call, Side side, bool issuer) {
  return of_certificate(call, side, [&](X509& certificate, std::string& text) {
    text = tls::print_name_line(issuer ? *X509_get_issuer_name(&certificate) : *X509_get_subject_name(&certificate));
    return true;
  });
}

/// "1" when the peer showed a certificate and its verification gave `result`, else "0". A text, as in Kamailio: `+` appends.
Text verified_as(Call& call, long result) {
  const auto facts = tls::facts_of(call);
  if (!facts) return Text::null();
  return Text(facts->peer && facts->verify_result == result ? "1" : "0");
}

}  // namespace

Text Tls::get_tls_version(Call& call) {
  const auto facts = tls::facts_of(call);
  return facts ? Text(std::string_view(facts->version)) : Text::null();   // OpenSSL's constant
}
Text Tls::get_tls_description(Call& call) {
  const auto facts = tls::facts_of(call);
  char text[256];
  return facts && facts->cipher ? keep(call, SSL_CIPHER_description(facts->cipher, text, sizeof text)) : Text::null();
}
Text Tls::get_tls_cipher_info(Call& call) {
  const auto facts = tls::facts_of(call);
  return facts && facts->cipher ? Text(std::string_view(SSL_CIPHER_get_name(facts->cipher))) : Text::null();
}
Text Tls::get_tls_cipher_bits(Call& call) {
  const auto facts = tls::facts_of(call);
  return facts && facts->cipher ? keep(call, std::to_string(SSL_CIPHER_get_bits(facts->cipher, nullptr))) : Text::null();
}
Text Tls::get_tls_peer_server_name(Call& call) {
  const auto facts = tls::facts_of(call);
  return facts && !facts->server_name.empty() ? keep(call, facts->server_name) : Text::null();
}

Text Tls::get_tls_peer_raw_cert(Call& call) { return pem(call, Side::Peer); }
Text Tls::get_tls_my_raw_cert(Call& call) { return pem(call, Side::Own); }
Text Tls::get_tls_peer_urlencoded_cert(Call& call) { return urlencoded(call, Side::Peer); }
Text Tls::get_tls_my_urlencoded_cert(Call& call) { return urlencoded(call, Side::Own); }
Text Tls::get_tls_peer_version(Call& call) { return version(call, Side::Peer); }
Text Tls::get_tls_my_version(Call& call) { return version(call, Side::Own); }
Text Tls::get_tls_peer_serial(Call& call) { return serial(call, Side::Peer); }
Text Tls::get_tls_my_serial(Call& call) { return serial(call, Side::Own); }

// The whole names are never defined in Kamailio: $tls(p_subject_line) and its like are.
Text Tls::get_tls_peer_subject(Call&) { return Text::null(); }
Text Tls::get_tls_peer_issuer(Call&) { return Text::null(); }
Text Tls::get_tls_my_subject(Call&) { return Text::null(); }
Text Tls::get_tls_my_issuer(Call&) { return Text::null(); }

Text Tls::get_tls_peer_subject_cn(Call& call) { return name_entry(call, Side::Peer, false, NID_commonName); }
Text Tls::get_tls_peer_issuer_cn(Call& call) { return name_entry(call, Side::Peer, true, NID_commonName); }
Text Tls::get_tls_my_subject_cn(Call& call) { return name_entry(call, Side::Own, false, NID_commonName); }
Text Tls::get_tls_my_issuer_cn(Call& call) { return name_entry(call, Side::Own, true, NID_commonName); }
Text Tls::get_tls_peer_subject_locality(Call& call) { return name_entry(call, Side::Peer, false, NID_localityName); }
Text Tls::get_tls_peer_issuer_locality(Call& call) { return name_entry(call, Side::Peer, true, NID_localityName); }
Text Tls::get_tls_my_subject_locality(Call& call) { return name_entry(call, Side::Own, false, NID_localityName); }
Text Tls::get_tls_my_issuer_locality(Call& call) { return name_entry(call, Side::Own, true, NID_localityName); }
Text Tls::get_tls_peer_subject_country(Call& call) { return name_entry(call, Side::Peer, false, NID_countryName); }
Text Tls::get_tls_peer_issuer_country(Call& call) { return name_entry(call, Side::Peer, true, NID_countryName); }
Text Tls::get_tls_my_subject_country(Call& call) { return name_entry(call, Side::Own, false, NID_countryName); }
Text Tls::get_tls_my_issuer_country(Call& call) { return name_entry(call, Side::Own, true, NID_countryName); }
Text Tls::get_tls_peer_subject_state(Call& call) { return name_entry(call, Side::Peer, false, NID_stateOrProvinceName); }
Text Tls::get_tls_peer_issuer_state(Call& call) { return name_entry(call, Side::Peer, true, NID_stateOrProvinceName); }
Text Tls::get_tls_my_subject_state(Call& call) { return name_entry(call, Side::Own, false, NID_stateOrProvinceName); }
Text Tls::get_tls_my_issuer_state(Call& call) { return name_entry(call, Side::Own, true, NID_stateOrProvinceName); }
Text Tls::get_tls_peer_subject_organization(Call& call) { return name_entry(call, Side::Peer, false, NID_organizationName); }
Text Tls::get_tls_peer_issuer_organization(Call& call) { return name_entry(call, Side::Peer, true, NID_organizationName); }
Text Tls::get_tls_my_subject_organization(Call& call) { return name_entry(call, Side::Own, false, NID_organizationName); }
Text Tls::get_tls_my_issuer_organization(Call& call) { return name_entry(call, Side::Own, true, NID_organizationName); }
Text Tls::get_tls_peer_subject_unit(Call& call) { return name_entry(call, Side::Peer, false, NID_organizationalUnitName); }
Text Tls::get_tls_peer_issuer_unit(Call& call) { return name_entry(call, Side::Peer, true, NID_organizationalUnitName); }
Text Tls::get_tls_my_subject_unit(Call& call) { return name_entry(call, Side::Own, false, NID_organizationalUnitName); }
Text Tls::get_tls_my_issuer_unit(Call& call) { return name_entry(call, Side::Own, true, NID_organizationalUnitName); }
Text Tls::get_tls_peer_subject_uid(Call& call) { return name_entry(call, Side::Peer, false, NID_userId); }
Text Tls::get_tls_my_subject_uid(Call& call) { return name_entry(call, Side::Own, false, NID_userId); }

Text Tls::get_tls_peer_san_email(Call& call) { return alternative_name(call, Side::Peer, GEN_EMAIL); }
Text Tls::get_tls_my_san_email(Call& call) { return alternative_name(call, Side::Own, GEN_EMAIL); }
Text Tls::get_tls_peer_san_hostname(Call& call) { return alternative_name(call, Side::Peer, GEN_DNS); }
Text Tls::get_tls_my_san_hostname(Call& call) { return alternative_name(call, Side::Own, GEN_DNS); }
Text Tls::get_tls_peer_san_uri(Call& call) { return alternative_name(call, Side::Peer, GEN_URI); }
Text Tls::get_tls_my_san_uri(Call& call) { return alternative_name(call, Side::Own, GEN_URI); }
Text Tls::get_tls_peer_san_ip(Call& call) { return alternative_name(call, Side::Peer, GEN_IPADD); }
Text Tls::get_tls_my_san_ip(Call& call) { return alternative_name(call, Side::Own, GEN_IPADD); }

Text Tls::get_tls_peer_verified(Call& call) { return verified_as(call, X509_V_OK); }
Text Tls::get_tls_peer_revoked(Call& call) { return verified_as(call, X509_V_ERR_CERT_REVOKED); }
Text Tls::get_tls_peer_expired(Call& call) { return verified_as(call, X509_V_ERR_CERT_HAS_EXPIRED); }
Text Tls::get_tls_peer_selfsigned(Call& call) { return verified_as(call, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT); }
Text Tls::get_tls_peer_notBefore(Call& call) {
  return of_certificate(call, Side::Peer, [](X509& certificate, std::string& text) { return text = tls::print_time(*X509_get0_notBefore(&certificate)), true; });
}
Text Tls::get_tls_peer_notAfter(Call& call) {
  return of_certificate(call, Side::Peer, [](X509& certificate, std::string& text) { return text = tls::print_time(*X509_get0_notAfter(&certificate)), true; });
}

Value Tls::get_tls(Call& call, Text key) {
  const std::string_view name = key.view();
  const auto line = [&](Side side, bool issuer) { return Value::of(name_line(call, side, issuer)); };
  if (name == "m_issuer_line") return line(Side::Own, true);
  if (name == "m_subject_line") return line(Side::Own, false);
  if (name == "p_issuer_line") return line(Side::Peer, true);
  if (name == "p_subject_line") return line(Side::Peer, false);
  return Value();
}

}  // namespace strowger
