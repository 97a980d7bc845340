// SPDX-License-Identifier: Apache-2.0
// Tokens: what is kept of one, and finding one by the secret that a client shows. Of a secret only its SHA-256 is kept, and a
// secret is 32 random bytes, so no salt is needed: nobody can guess one, hash or not. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "core/access/policy.h"

namespace tuesday::access {

inline constexpr std::string_view kSecretPrefix = "tue_";
inline constexpr std::size_t kSecretRandomBytes = 32;
inline constexpr std::size_t kTokenNameMax = 63;
inline constexpr std::size_t kTokensMax = 1000;                             // Revoked ones are kept among them.
inline constexpr Duration kTokenLifeDefault = std::chrono::hours(30 * 24);  // 30 days.
inline constexpr Duration kTokenLifeMax = std::chrono::hours(366 * 24);     // A year.

// Table "token", key: the name. The secret itself is nowhere.
struct Token {
  std::string name;
  std::string secret_hash;  // 64 hex digits.
  Role role = Role::kViewer;
  Namespace ns;  // kAllNamespaces, or the only one.
  WallTime created_at{};
  std::string created_by;
  WallTime expires_at{};
  std::optional<WallTime> revoked_at;
  friend bool operator==(const Token&, const Token&) = default;
};

// The secret of kSecretRandomBytes bytes of chance, as a client shows it.
std::string SecretOf(std::string_view random_bytes);
std::string SecretHash(std::string_view secret);

// Whether text has the form of a secret: nothing else can be one.
bool LooksLikeSecret(std::string_view text);

// The same text with every secret in it masked, for logs.
std::string Masked(std::string_view text);

// The token of a secret, or nullptr. Compares with every token and in constant time: how long it takes tells nothing.
const Token* FindBySecret(const std::vector<Token>& tokens, std::string_view secret);

Caller CallerOf(const Token& token);

// kInvalid for a name that is not made of lower-case letters, digits, "-" and ".", or a life that is too long.
Result<void> CheckToken(const Token& token);

// As stored, and back; docs/formats/token.md.
std::string EncodeToken(const Token& token);
Result<Token> DecodeToken(std::string_view text);

}  // namespace tuesday::access
