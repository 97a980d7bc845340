// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace tuesday::http {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Certificate = std::unique_ptr<X509, FreeCertificate>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

Bio BioOf(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// A key with a passphrase must not ask for it on the daemon's terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

std::string FingerprintOf(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  X509_digest(certificate, EVP_sha256(), digest, &size);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace

void FreeTlsSession::operator()(void* session) const { SSL_free(static_cast<SSL*>(session)); }

Result<TlsIdentity> TlsIdentity::Read(const std::string& certificate_pem, const std::string& key_pem) {
  const Bio certificate_text = BioOf(certificate_pem);
  const Bio key_text = BioOf(key_pem);
  const Certificate certificate(PEM_read_bio_X509(certificate_text.get(), nullptr, NoPassphrase, nullptr));
  const Key key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, NoPassphrase, nullptr));
  TlsIdentity identity;
  identity.context_ = std::shared_ptr<void>(SSL_CTX_new(TLS_server_method()),
                                            [](void* context) { SSL_CTX_free(static_cast<SSL_CTX*>(context)); });
  auto* context = static_cast<SSL_CTX*>(identity.context_.get());
  const bool fits = certificate != nullptr && key != nullptr && context != nullptr &&
                    SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1;
  if (!fits) {
    ERR_clear_error();
    return Fail(ErrorCode::kInvalid, "The certificate and the key do not belong together, or are not PEM.",
                "The key must have no passphrase.");
  }
  // What follows the certificate in its file vouches for it.
  while (X509* above = PEM_read_bio_X509(certificate_text.get(), nullptr, NoPassphrase, nullptr)) {
    if (SSL_CTX_add_extra_chain_cert(context, above) != 1) X509_free(above);
  }
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  identity.fingerprint_ = FingerprintOf(certificate.get());
  return identity;
}

TlsSession TlsIdentity::NewSession() const { return TlsSession(SSL_new(static_cast<SSL_CTX*>(context_.get()))); }

}  // namespace tuesday::http
