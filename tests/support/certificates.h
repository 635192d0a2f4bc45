#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

namespace slod {

/// A certificate with its private key, in memory and as two PEM files.
struct Certificate {
  std::shared_ptr<X509> x509;
  std::shared_ptr<EVP_PKEY> key;
  std::string cert_file;
  std::string key_file;
};

/// A certificate authority of its own, with the certificates it has signed. The files last as long
/// as it does.
class Certificates {
 public:
  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  const Certificate& authority() const { return authority_; }
  /// `names` as OpenSSL writes subjectAltName: "DNS:localhost,IP:127.0.0.1". It is valid from an
  /// hour ago until `valid_seconds` from now, which may be negative.
  Certificate issue(const std::string& names, long valid_seconds = 3600);
  /// The same, signed by itself.
  Certificate self_signed(const std::string& names);
  /// One that the authority has signed, with a name only as the common name of its subject.
  Certificate issue_to_subject(const std::string& common_name);

 private:
  struct Wanted {
    std::string names = {};        ///< the subjectAltName
    std::string common_name = {};  ///< empty: one of its own
    long valid_seconds = 3600;
    bool is_authority = false;
  };
  Certificate make(const Wanted& wanted, const Certificate* issuer);

  std::filesystem::path folder_;
  int made_ = 0;
  Certificate authority_;
};

}  // namespace slod
