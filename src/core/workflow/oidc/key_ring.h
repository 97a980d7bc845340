// SPDX-License-Identifier: Apache-2.0
// Which keys there are, which of them signs, and when one comes or goes. Pure: keys are made elsewhere.
//
// A key is published for a while before it signs, so that nobody who keeps the set for some time meets a token by a key that
// is not in it, and stays for a while after the last token by it has ended.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace tuesday::workflow {

inline constexpr std::size_t kSigningKeysMax = 10;  // AWS reads 100 at most, and others fewer.

// `modulus` and `exponent` are base64url, big-endian. A key signs until another one begins to.
struct SigningKey {
  std::string id;  // `kid`: the key's thumbprint.
  std::string modulus;
  std::string exponent;
  std::string private_pem;  // PKCS #8; never shown.
  WallTime made_at{};
  WallTime signs_from{};
  friend bool operator==(const SigningKey&, const SigningKey&) = default;
};

struct KeyTerms {
  Duration signs = std::chrono::hours(24 * 30);
  Duration known_before = std::chrono::hours(24);  // Longer than anybody keeps the set.
  Duration known_after = std::chrono::hours(1);    // Longer than a token lives, and clocks differ.
};

// What is to be done at `now`. `next_from` says when a key that is to be made begins to sign.
struct KeyPlan {
  std::vector<std::string> gone;  // Ids of keys that no token is by any more.
  std::optional<WallTime> next_from;
  friend bool operator==(const KeyPlan&, const KeyPlan&) = default;
};
KeyPlan PlanKeys(const std::vector<SigningKey>& keys, WallTime now, const KeyTerms& terms = {});

// The key that signs at `now`: of those that have begun the last one. Null when there is none.
const SigningKey* SignerAt(const std::vector<SigningKey>& keys, WallTime now);

// By the begin of their signing.
void SortKeys(std::vector<SigningKey>& keys);

// What a person who asks for a change of keys gets. `kGraceful` follows the terms; `kAtOnce` is for a key that somebody else
// may have: the new one signs from now on, and all others are gone.
enum class Rotation { kGraceful, kAtOnce };
KeyPlan PlanRotation(const std::vector<SigningKey>& keys, WallTime now, Rotation rotation, const KeyTerms& terms = {});

}  // namespace tuesday::workflow
