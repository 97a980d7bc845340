// SPDX-License-Identifier: Apache-2.0
// RSA keys and RS256 signatures (RFC 7518, 3.3) by OpenSSL. Any thread; making a key takes up to a second.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "core/workflow/oidc/key_ring.h"

namespace tuesday::rsa {

inline constexpr int kKeyBits = 2048;

// A new key with the times left open. Its id is its thumbprint (RFC 7638), so that two keys never share one.
Result<workflow::SigningKey> MakeKey();

// The signature's bytes over the text. kCorrupt when `private_pem` is no RSA key.
Result<std::string> Sign(std::string_view private_pem, std::string_view text);

// Whether the signature is by the public part of the key.
bool Verify(const workflow::SigningKey& key, std::string_view text, std::string_view signature);

// 16 random bytes in the form of a UUID (version 4): what makes a token known.
Result<std::string> MakeTokenId();

}  // namespace tuesday::rsa
