#include "tests/support/certificates.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>

namespace slod {
namespace {

void extend(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Certificates::Certificates() {
  std::string pattern = (std::filesystem::temp_directory_path() / "slod-certificates-XXXXXX");
  folder_ = mkdtemp(pattern.data());
  authority_ = make({.is_authority = true}, nullptr);
}

Certificates::~Certificates() {
  std::filesystem::remove_all(folder_);
}

Certificate Certificates::issue(const std::string& names, long valid_seconds) {
  return make({.names = names, .valid_seconds = valid_seconds}, &authority_);
}

Certificate Certificates::self_signed(const std::string& names) {
  return make({.names = names}, nullptr);
}

Certificate Certificates::issue_to_subject(const std::string& common_name) {
  return make({.common_name = common_name}, &authority_);
}

Certificate Certificates::make(const Wanted& wanted, const Certificate* issuer) {
  ++made_;
  Certificate made;
  made.key = std::shared_ptr<EVP_PKEY>(EVP_EC_gen("P-256"), EVP_PKEY_free);
  made.x509 = std::shared_ptr<X509>(X509_new(), X509_free);
  X509* const x509 = made.x509.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), made_);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), wanted.valid_seconds);
  X509_set_pubkey(x509, made.key.get());
  const std::string own_name = folder_.filename().string() + " " + std::to_string(made_);
  const std::string& subject = wanted.common_name.empty() ? own_name : wanted.common_name;
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
  const Certificate& signer = issuer != nullptr ? *issuer : made;
  X509_set_issuer_name(x509, X509_get_subject_name(signer.x509.get()));
  if (wanted.is_authority) extend(x509, NID_basic_constraints, "critical,CA:TRUE");
  if (!wanted.names.empty()) extend(x509, NID_subject_alt_name, wanted.names);
  X509_sign(x509, signer.key.get(), EVP_sha256());

  made.cert_file = folder_ / (std::to_string(made_) + ".crt");
  made.key_file = folder_ / (std::to_string(made_) + ".key");
  if (std::FILE* const file = std::fopen(made.cert_file.c_str(), "w")) {
    PEM_write_X509(file, x509);
    std::fclose(file);
  }
  if (std::FILE* const file = std::fopen(made.key_file.c_str(), "w")) {
    PEM_write_PrivateKey(file, made.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }
  return made;
}

}  // namespace slod
