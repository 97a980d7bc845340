// SPDX-License-Identifier: Apache-2.0
#include "app/backup/digest_stream.h"

#include <openssl/evp.h>

#include <array>

#include "base/check.h"

namespace tuesday::backup {

struct DigestStream::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  void Begin() const { CHECK(EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1, "libcrypto has SHA-256"); }
  ~State() { EVP_MD_CTX_free(context); }
};

DigestStream::DigestStream() : state_(std::make_unique<State>()) { state_->Begin(); }

DigestStream::~DigestStream() = default;

void DigestStream::Add(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1, "libcrypto takes bytes");
}

std::string DigestStream::Take() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  CHECK(EVP_DigestFinal_ex(state_->context, digest.data(), &length) == 1, "libcrypto ends a digest");
  state_->Begin();
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

}  // namespace tuesday::backup
