// For tests: an authority that signs certificates, all made in memory and written to a folder that goes away.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "stdlib/tls/contexts.h"

namespace strowger::tls {

class Authority {
 public:
  explicit Authority(const std::string& name = "Test CA") {
    char made[] = "/tmp/strowger-tls-XXXXXX";
    folder_ = mkdtemp(made);
    key_.reset(EVP_EC_gen("P-256"));
    certificate_ = build(name, "", *key_, nullptr, true, 3600);
    write("ca.pem", *certificate_);
  }
  ~Authority() { std::filesystem::remove_all(folder_); }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  /// Writes NAME.pem, the certificate and its key. `names`: as "DNS:a.example,IP:127.0.0.1". `lives`: seconds from now.
  std::string issue(const std::string& name, const std::string& names, long lives = 3600) {
    const std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
    const auto certificate = build(name, names, *key, certificate_.get(), false, lives);
    const std::string file = path(name + ".pem");
    write(name + ".pem", *certificate);
    std::FILE* out = std::fopen(file.c_str(), "a");
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    return file;
  }

 private:
  using Certificate = std::unique_ptr<X509, Freed<X509_free>>;

  Certificate build(const std::string& name, const std::string& names, EVP_PKEY& key, X509* issuer, bool is_authority, long lives) {
    Certificate made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -7200);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), lives);
    X509_set_pubkey(made.get(), &key);
    X509_NAME* const subject = X509_get_subject_name(made.get());
    const auto add = [&](const char* field, const std::string& value) {
      X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0);
    };
    add("C", "DE");
    add("O", "Acme");
    add("CN", name);
    X509_set_issuer_name(made.get(), issuer != nullptr ? X509_get_subject_name(issuer) : subject);
    const auto extend = [&](int nid, const std::string& value) {
      X509V3_CTX context;
      X509V3_set_ctx(&context, issuer != nullptr ? issuer : made.get(), made.get(), nullptr, nullptr, 0);
      const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
      X509_add_ext(made.get(), extension.get(), -1);
    };
    if (is_authority) extend(NID_basic_constraints, "critical,CA:TRUE");
    if (!names.empty()) extend(NID_subject_alt_name, names);
    X509_sign(made.get(), key_.get(), EVP_sha256());
    return made;
  }

  void write(const std::string& name, X509& certificate) {
    std::FILE* out = std::fopen(path(name).c_str(), "w");
    PEM_write_X509(out, &certificate);
    std::fclose(out);
  }

  std::string folder_;
  std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>> key_;
  Certificate certificate_;
  long serial_ = 0;
};

/// A profile with all values, as the parameters' defaults are.
inline Profile test_profile(bool server, const std::string& certificate = "") {
  Profile profile;
  profile.server = server;
  if (!certificate.empty()) profile.certificate = profile.private_key = certificate;
  profile.versions = Versions{};
  profile.verify_certificate = profile.require_certificate = false;
  profile.verify_depth = 9;
  profile.verify_client = VerifyClient::Off;
  return profile;
}

}  // namespace strowger::tls
