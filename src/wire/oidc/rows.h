// SPDX-License-Identifier: Apache-2.0
// Stored rows of the issuer of tokens. See docs/formats/oidc.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/workflow/oidc/key_ring.h"

namespace tuesday::oidc {

inline constexpr std::string_view kKeyTable = "oidc-key";                // Key: the key's id. Sealed.
inline constexpr std::string_view kRepositoryTable = "oidc-repository";  // Key: the repository's name.

// What the operator has said of a repository's tokens. Of a repository with another id it says nothing: that is one of the same
// name, made later.
struct RepositoryTokens {
  std::string repository_id;
  std::vector<std::string> workflows;     // Files whose jobs may ask though they say nothing of permissions.
  std::vector<std::string> subject_keys;  // What `sub` is made of; empty: as by default.
  friend bool operator==(const RepositoryTokens&, const RepositoryTokens&) = default;
};

std::string Encode(const workflow::SigningKey& key);
std::string Encode(const RepositoryTokens& tokens);
Result<workflow::SigningKey> DecodeKey(std::string_view text);
Result<RepositoryTokens> DecodeRepositoryTokens(std::string_view text);

}  // namespace tuesday::oidc
