// Reading certificates.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tls/facts.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <utility>

namespace strowger::tls {
namespace {

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;

std::string text_of(BIO& memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(&memory, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

void free_text(void* text) { OPENSSL_free(text); }

}  // namespace

Facts::Facts(std::uint32_t module, SSL& ssl, std::string name)
    : StreamFacts(module), server_name(std::move(name)), cipher(SSL_get_current_cipher(&ssl)), version(SSL_get_version(&ssl)),
      peer(SSL_get1_peer_certificate(&ssl)), verify_result(SSL_get_verify_result(&ssl)) {
  if (X509* certificate = SSL_get_certificate(&ssl); certificate != nullptr && X509_up_ref(certificate) == 1) own.reset(certificate);
}

std::string print_pem(X509& certificate) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  if (!memory || PEM_write_bio_X509(memory.get(), &certificate) != 1) return {};
  return text_of(*memory);
}

std::string print_serial(X509& certificate) {
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
  if (!number) return {};
  const std::unique_ptr<char, Freed<free_text>> text(BN_bn2dec(number.get()));
  return text ? std::string(text.get()) : std::string();
}

std::string print_name_line(const X509_NAME& name) {
  const std::unique_ptr<char, Freed<free_text>> text(X509_NAME_oneline(&name, nullptr, 0));
  return text ? std::string(text.get()) : std::string();
}

bool find_name_entry(const X509_NAME& name, int nid, std::string& out) {
  const int index = X509_NAME_get_index_by_NID(&name, nid, -1);
  if (index < 0) return false;
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(&name, index));
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size < 0) return false;
  const std::unique_ptr<unsigned char, Freed<free_text>> owned(utf8);
  out.assign(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  return true;
}

bool find_alternative_name(X509& certificate, int kind, std::string& out) {
  const std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != kind) continue;
    const ASN1_STRING* value = kind == GEN_IPADD ? name->d.iPAddress : name->d.ia5;
    const auto* bytes = ASN1_STRING_get0_data(value);
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(value));
    if (kind != GEN_IPADD) return out.assign(reinterpret_cast<const char*>(bytes), size), true;
    if (size != 4 && size != 16) continue;
    sip::Address address;
    address.family = size == 4 ? 4 : 6;
    std::memcpy(address.ip.data(), bytes, size);
    char text[64];
    return out.assign(text, sip::print_ip(address, text)), true;
  }
  return false;
}

std::string print_time(const ASN1_TIME& time) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  if (!memory || ASN1_TIME_print(memory.get(), &time) != 1) return {};
  return text_of(*memory);
}

}  // namespace strowger::tls
