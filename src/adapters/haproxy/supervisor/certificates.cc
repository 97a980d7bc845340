// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/supervisor/certificates.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "adapters/files/files.h"
#include "adapters/haproxy/edge/config.h"

namespace tuesday::haproxy {
namespace {

constexpr long kValidSeconds = 10L * 365 * 24 * 3600;
constexpr long kClockSkewSeconds = 24 * 3600;

template <typename T, auto Free>
struct Freed {
  void operator()(T* value) const { Free(value); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

std::unexpected<Error> CannotMake(std::string_view what) {
  return Fail(ErrorCode::kInternal, fmt::format("A self-signed certificate could not be made: {}.", what));
}

std::string TextOf(BIO* bio) {
  char* begin = nullptr;
  const long size = BIO_get_mem_data(bio, &begin);
  return std::string(begin, static_cast<std::size_t>(size));
}

bool AddAlternativeNames(X509* certificate, const std::vector<std::string>& hosts) {
  std::string names;
  for (const std::string& host : hosts) {
    const bool is_address = host.contains(':') || host.find_first_not_of("0123456789.") == std::string::npos;
    names += fmt::format("{}{}:{}", names.empty() ? "" : ",", is_address ? "IP" : "DNS", host);
  }
  X509V3_CTX context{};
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, names.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// HAProxy would refuse the whole configuration for one bad certificate: better to refuse the certificate.
Result<void> CheckPem(const TlsRule& rule) {
  const Bio certificate_text(BIO_new_mem_buf(rule.certificate_pem.data(), static_cast<int>(rule.certificate_pem.size())));
  const Bio key_text(BIO_new_mem_buf(rule.certificate_pem.data(), static_cast<int>(rule.certificate_pem.size())));
  const Certificate certificate(PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr));
  const Key key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr || key == nullptr || X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("The certificate for {} is not one with its private key.", fmt::join(rule.hosts, ", ")),
                "The secret needs tls.crt and tls.key, in PEM, that belong together.");
  }
  return {};
}

Result<void> WriteOne(const TlsRule& rule, const std::string& folder) {
  const std::string path = CertificatePath(folder, rule);
  if (!rule.certificate_pem.empty()) TRY_OK(CheckPem(rule));
  if (files::Exists(path)) return {};
  std::string pem = rule.certificate_pem;
  if (pem.empty()) {
    TRY(pem, MakeSelfSigned(rule.hosts));
  }
  return files::WriteFileDurably(path, pem, 0600);
}

}  // namespace

Result<std::string> MakeSelfSigned(const std::vector<std::string>& hosts) {
  if (hosts.empty()) return CannotMake("it has no host");
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  if (key == nullptr || certificate == nullptr) return CannotMake("no key");
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kClockSkewSeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidSeconds);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  // A common name holds 64 bytes; clients read the alternative names.
  const std::string common = hosts.front().substr(0, 64);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common.data()),
                             static_cast<int>(common.size()), -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  if (!AddAlternativeNames(certificate.get(), hosts)) return CannotMake("a host is no DNS name");
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) return CannotMake("it could not be signed");
  const Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate.get());
  PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(out.get());
}

Result<void> WriteCertificates(const Edge& edge, const std::string& folder) {
  const bool used =
      std::ranges::any_of(edge.listeners, [](const Listener& listener) { return listener.kind == ListenerKind::kTls; });
  if (!used) return {};
  TRY_OK(files::MakeFolders(folder + "/certificates", 0700));
  TRY_OK(WriteOne(DefaultTls(), folder));
  for (const EdgeRollout& rollout : edge.rollouts) {
    for (const TlsRule& rule : rollout.tls) TRY_OK(WriteOne(rule, folder));
  }
  return {};
}

}  // namespace tuesday::haproxy
