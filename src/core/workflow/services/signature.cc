// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/services/signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/check.h"
#include "core/workflow/services/base64.h"

namespace tuesday::workflow {

std::string SignatureOf(std::string_view text, std::string_view key) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
             text.size(), digest.data(), &size) != nullptr,
        "HMAC is there");
  return EncodeBase64Url({reinterpret_cast<const char*>(digest.data()), size});
}

bool SameSignature(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace tuesday::workflow
