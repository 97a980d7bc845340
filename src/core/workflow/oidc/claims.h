// SPDX-License-Identifier: Apache-2.0
// The claims of a job's token, in GitHub's names and forms, from what is known of its run. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tuesday::workflow {

inline constexpr std::size_t kSubjectKeysMax = 16;
inline constexpr std::size_t kAudienceBytesMax = 255;  // As AWS takes them.
inline constexpr std::size_t kSubjectBytesMax = 2048;

// What a token is of. `github` is the context of the run.
struct TokenFacts {
  Json github;
  std::string environment;                // Of the job, as evaluated; empty: none.
  bool is_trusted = false;                // The run may have the repository's secrets (MayHaveSecrets).
  std::string job_workflow;               // The file that the job stands in, as calls name files; empty: the run's own.
  std::string repository_id;              // Never of another repository, whatever its name; empty: unknown.
  std::vector<std::string> subject_keys;  // Empty: as GitHub has it by default. Otherwise the claims that `sub` is made of.
};

// All claims but those of the moment (token.h). `environment`, and with it the subject of an environment, is only there for a
// run that is trusted: what is not merged never looks like what delivers. Numbers are texts, as GitHub has them.
Json::Object ClaimsOf(const TokenFacts& facts);

// The parts of `sub`, each a claim's name, or "repo" and "context" (the part that GitHub appends by default). kInvalid for a
// name that is no claim of ours, a repeated one, or more than there may be.
Result<void> CheckSubjectKeys(const std::vector<std::string>& keys);

// kInvalid for an empty or too long audience, or one with blanks or control characters.
Result<void> CheckAudience(std::string_view audience);

// The names of the claims that a token can have, in alphabetical order: those that discovery tells.
std::vector<std::string_view> ClaimNames();

}  // namespace tuesday::workflow
