// What a handshake has shown: version, cipher, names and certificates. Kept with the connection, read by any worker.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "runtime/net/stream_layer.h"
#include "stdlib/tls/contexts.h"

namespace strowger::tls {

using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;

class Facts final : public net::StreamFacts {
 public:
  /// Of a connection whose handshake is done. `server_name`: the one that the client asked for.
  Facts(std::uint32_t module, SSL& ssl, std::string server_name);

  std::string server_name;
  const SSL_CIPHER* cipher = nullptr;          ///< OpenSSL's own, constant
  const char* version = "";                    ///< "TLSv1.3"
  CertificatePtr peer;                         ///< null: it showed none
  CertificatePtr own;                          ///< null: we showed none
  long verify_result = 0;                      ///< X509_V_OK ...; of no meaning without `peer`
};

/// Parts of a certificate. All of them are bounded by the certificate, which a handshake limits to 100 KB.
std::string print_pem(X509& certificate);
std::string print_serial(X509& certificate);   ///< decimal
/// "/C=DE/O=Acme/CN=a.example"
std::string print_name_line(const X509_NAME& name);
/// The last value of a kind (NID_commonName ...) in UTF-8; false when there is none.
bool find_name_entry(const X509_NAME& name, int nid, std::string& out);
/// The first alternative name of a kind (GEN_DNS ...); false when there is none.
bool find_alternative_name(X509& certificate, int kind, std::string& out);
/// "Nov 22 05:20:30 2026 GMT"
std::string print_time(const ASN1_TIME& time);

}  // namespace strowger::tls
