// SPDX-License-Identifier: Apache-2.0
// Who a server is in TLS: a certificate and its key, which may be replaced while connections come in. Loop thread only.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace tuesday::http {

// OpenSSL's SSL, whose header no header of ours includes.
struct FreeTlsSession {
  void operator()(void* session) const;
};
using TlsSession = std::unique_ptr<void, FreeTlsSession>;

class TlsIdentity {
 public:
  // From PEM: the certificate with those that vouch for it, and the private key. kInvalid when they do not belong together.
  static Result<TlsIdentity> Read(const std::string& certificate_pem, const std::string& key_pem);

  // For one connection; nullptr when there is no memory. TLS 1.2 or newer, no renegotiation.
  TlsSession NewSession() const;

  // Of the certificate, as people compare it: 64 hex digits of its SHA-256.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  std::shared_ptr<void> context_;  // SSL_CTX.
  std::string fingerprint_;
};

}  // namespace tuesday::http
