// SPDX-License-Identifier: Apache-2.0
// Whether a job may ask for tokens, by its file and by what the operator has granted. Pure, and denies whatever is not said.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/workflow/model.h"

namespace tuesday::workflow {

inline constexpr std::string_view kIdTokenScope = "id-token";

// What the file says of `id-token`.
enum class TokenPermission {
  kGiven,     // `permissions: {id-token: write}`, of the job, its file or the job that calls it.
  kWithheld,  // `permissions:` says something and not this.
  kUnsaid,    // No `permissions:` at all: the operator may grant it.
};
TokenPermission TokenPermissionOf(const Job& job);

// Whether `grants`, files of one repository (".github/workflows/deploy.yaml"), has the one that the run is of. A job whose
// file withholds the permission gets no token whatever is granted.
bool MayHaveToken(TokenPermission permission, const std::vector<std::string>& grants, std::string_view workflow_file);

// "deploy.yaml" is meant as ".github/workflows/deploy.yaml"; a path stays. Empty when it is neither a name nor a path of
// workflows.
std::string GrantedFile(std::string_view given);

}  // namespace tuesday::workflow
