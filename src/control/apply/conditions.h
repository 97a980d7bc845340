// SPDX-License-Identifier: Apache-2.0
// Conditions are read when they are applied, not when the first measurement comes.
#pragma once

#include <span>
#include <vector>

#include "core/manifest/check.h"

namespace tuesday::control {

// Errors of rule "bad-condition": conditions of the given templates, and of those that the given rollouts name with the
// arguments that they give, which cannot be read or can never be true or false. What has an argument without a value yet is
// left out.
std::vector<Finding> CheckConditions(std::span<const manifest::Object> given, const manifest::CheckContext& context);

}  // namespace tuesday::control
