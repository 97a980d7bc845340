// SPDX-License-Identifier: Apache-2.0
// What configure-aws-credentials was asked for, read and checked. Pure but for the environment that it reads.
#pragma once

#include <string>
#include <vector>

#include "app/actions/aws/sts.h"
#include "base/result.h"

namespace tuesday::actions::aws {

inline constexpr int kRetriesDefault = 12;
inline constexpr int kRetriesMax = 50;
inline constexpr int kRoleSecondsDefault = 3600;
inline constexpr int kRoleSecondsMin = 900;
inline constexpr int kRoleSecondsMax = 12 * 3600;

struct CredentialInputs {
  std::string region;
  std::string role;  // As given: an ARN or a name.
  std::string audience;
  std::string token_file;
  Credentials given;
  AssumeRole assume;
  Way way;
  int tries_max = kRetriesDefault;
  bool role_chaining = false;
  bool mask_account = false;
  bool output_credentials = false;
  bool environment_credentials = true;
  bool unset_current = false;
  bool use_existing = false;
  bool skip_tags = false;
  std::vector<std::string> allowed_accounts;
};
Result<CredentialInputs> ReadInputs();

// "arn:aws:iam::123456789012:role/name" of a name and the account that asks; kInvalid when the account is not known.
Result<std::string> RoleArn(const std::string& role, const std::string& account);

// Characters that AWS takes in a tag; others become "_".
std::string TagText(std::string_view text);

}  // namespace tuesday::actions::aws
