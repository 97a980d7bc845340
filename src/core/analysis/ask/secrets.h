// SPDX-License-Identifier: Apache-2.0
// Secrets in questions: a placeholder until the moment of asking, stars in everything that comes back.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace tuesday::analysis {

// `{{secrets.NAME/KEY}}`, and whether a text holds one.
std::string SecretPlaceholder(std::string_view secret, std::string_view key);
bool HoldsSecret(std::string_view text);

// The value of a key of a Secret. kNotFound when it is not there.
using SecretLookup = std::function<Result<std::string>(const std::string& secret, const std::string& key)>;

// Fills placeholders and remembers what it filled in.
class SecretFiller {
 public:
  explicit SecretFiller(SecretLookup lookup) : lookup_(std::move(lookup)) {}

  // kNotFound names Secret and key, never a value.
  Result<std::string> Fill(std::string_view text);

  // A value that came another way (a token that was fetched, a variable of a job) and must not be shown either.
  void Remember(const std::string& value);

  // Every value that was filled in becomes `***`: in a text, in all strings and keys of a value, in an error.
  std::string Mask(std::string text) const;
  Json Mask(const Json& value) const;
  Error Mask(Error error) const;

 private:
  SecretLookup lookup_;
  std::set<std::string> values_;
};

inline constexpr std::string_view kMasked = "***";

}  // namespace tuesday::analysis
