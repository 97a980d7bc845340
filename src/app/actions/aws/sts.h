// SPDX-License-Identifier: Apache-2.0
// The Security Token Service: a role for a token, a role for credentials, and whose credentials they are. Blocks.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/actions/aws/call.h"

namespace tuesday::actions::aws {

// How STS is asked.
struct Sts {
  std::string region;
  Way way;
  int tries_max = 1;
};

struct AssumeRole {
  std::string role;  // Its complete name (ARN).
  std::string session_name;
  int seconds = 3600;
  std::string external_id;
  std::string inline_policy;
  std::vector<std::string> managed_policies;
  std::vector<std::pair<std::string, std::string>> tags;
};

Result<Credentials> AssumeWithToken(const Sts& sts, const AssumeRole& asked, const std::string& token);
Result<Credentials> Assume(const Sts& sts, const AssumeRole& asked, const Credentials& by);

struct Identity {
  std::string account;
  std::string arn;
};
Result<Identity> WhoseAre(const Sts& sts, const Credentials& credentials);

}  // namespace tuesday::actions::aws
