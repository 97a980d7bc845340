// SPDX-License-Identifier: Apache-2.0
// Whether the analyses of rollouts could be asked at all: arguments, addresses, paths, images of jobs, Secrets. Found out at
// `apply`, and not by five errors in the middle of a canary. Pure.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/source.h"
#include "control/apply/typed.h"
#include "wire/state/records.h"

namespace tuesday::control {

// `after`: everything that there will be. Looked at are the rollouts that `given` holds, or all when it holds something that
// analyses are made of.
std::vector<Finding> CheckQuestions(const TypedObjects& after, std::span<const manifest::Object> given, const Namespace& ns,
                                    const std::map<std::string, state::ImageBinding>& images);

}  // namespace tuesday::control
