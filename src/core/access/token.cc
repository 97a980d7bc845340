// SPDX-License-Identifier: Apache-2.0
#include "core/access/token.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cctype>

#include "base/digest.h"
#include "base/json.h"

namespace tuesday::access {
namespace {

constexpr int kFormat = 1;
constexpr std::size_t kSecretChars = kSecretPrefix.size() + 2 * kSecretRandomBytes;

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool IsNameChar(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

}  // namespace

std::string SecretOf(std::string_view random_bytes) {
  std::string secret(kSecretPrefix);
  for (const char c : random_bytes) secret += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return secret;
}

std::string SecretHash(std::string_view secret) { return Sha256Hex(secret); }

bool LooksLikeSecret(std::string_view text) {
  return text.size() == kSecretChars && text.starts_with(kSecretPrefix) &&
         std::ranges::all_of(text.substr(kSecretPrefix.size()), IsHex);
}

std::string Masked(std::string_view text) {
  std::string masked;
  for (std::size_t at = text.find(kSecretPrefix); at != std::string_view::npos; at = text.find(kSecretPrefix)) {
    masked += text.substr(0, at + kSecretPrefix.size());
    text.remove_prefix(at + kSecretPrefix.size());
    const auto end = std::ranges::find_if_not(text, [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; });
    const auto digits = static_cast<std::size_t>(end - text.begin());
    if (digits > 0) masked += "***";
    text.remove_prefix(digits);
  }
  return masked + std::string(text);
}

const Token* FindBySecret(const std::vector<Token>& tokens, std::string_view secret) {
  if (!LooksLikeSecret(secret)) return nullptr;
  const std::string hash = SecretHash(secret);
  const Token* found = nullptr;
  for (const Token& token : tokens) {
    const bool same =
        token.secret_hash.size() == hash.size() && CRYPTO_memcmp(token.secret_hash.data(), hash.data(), hash.size()) == 0;
    if (same) found = &token;
  }
  return found;
}

Caller CallerOf(const Token& token) {
  return {.name = fmt::format("{} (token)", token.name),
          .role = token.role,
          .ns = token.ns,
          .expires_at = token.expires_at,
          .is_revoked = token.revoked_at.has_value()};
}

Result<void> CheckToken(const Token& token) {
  if (token.name.empty() || token.name.size() > kTokenNameMax || !std::ranges::all_of(token.name, IsNameChar)) {
    return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is not the name of a token.", token.name.substr(0, kTokenNameMax)),
                fmt::format("Take at most {} lower-case letters, digits, dashes and dots.", kTokenNameMax));
  }
  const bool is_namespace = !token.ns.empty() && token.ns.str().size() <= kTokenNameMax &&
                            std::ranges::all_of(token.ns.str(), [](char c) { return IsNameChar(c) && c != '.'; });
  if (token.ns.str() != kAllNamespaces && !is_namespace) {
    return Fail(ErrorCode::kInvalid, "That is not the name of a namespace.", "For example -n default, or -n '*' for all.");
  }
  const Duration life = token.expires_at - token.created_at;
  if (life <= Duration::zero() || life > kTokenLifeMax) {
    return Fail(ErrorCode::kInvalid, "A token lives longer than nothing and at most 366 days.", "For example --expires 30d.");
  }
  return {};
}

std::string EncodeToken(const Token& token) {
  return CanonicalJson(Json::Object{{"format", kFormat},
                                    {"readable_by", kFormat},
                                    {"name", token.name},
                                    {"secret_hash", token.secret_hash},
                                    {"role", RoleName(token.role)},
                                    {"namespace", token.ns.str()},
                                    {"created_at", WallText(token.created_at)},
                                    {"created_by", token.created_by},
                                    {"expires_at", WallText(token.expires_at)},
                                    {"revoked_at", token.revoked_at ? Json(WallText(*token.revoked_at)) : Json()}});
}

Result<Token> DecodeToken(std::string_view text) {
  TRY(const Json json, ParseJson(text));
  if (json.At("readable_by").IntOr(0) != kFormat) {
    return Fail(ErrorCode::kUnsupported, "A stored token was written by a newer tuesday.", "Run that version again.");
  }
  const std::optional<Role> role = RoleOf(json.At("role").StringOr(""));
  Token token;
  token.name = json.At("name").StringOr("");
  token.secret_hash = json.At("secret_hash").StringOr("");
  if (!role.has_value() || token.name.empty() || token.secret_hash.empty()) {
    return Fail(ErrorCode::kCorrupt, fmt::format("The stored token \"{}\" does not read back.", token.name));
  }
  token.role = *role;
  token.ns = Namespace(json.At("namespace").StringOr(""));
  token.created_by = json.At("created_by").StringOr("");
  TRY(token.created_at, ParseWall(json.At("created_at").StringOr("")));
  TRY(token.expires_at, ParseWall(json.At("expires_at").StringOr("")));
  if (!json.At("revoked_at").is_null()) {
    TRY(token.revoked_at, ParseWall(json.At("revoked_at").StringOr("")));
  }
  return token;
}

}  // namespace tuesday::access
