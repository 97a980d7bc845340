// SPDX-License-Identifier: Apache-2.0
// Plays one scenario: each call of upstream's test is done to, or asked of, tuesday's own fleet.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "scenario.h"

namespace tuesday::scenarios {

struct Corpus {
  std::string manifests;  // The folder that "@functional/x.yaml" is in.
  std::string support;    // All documents that scenarios may refer to without naming: analysis templates.
};

// Success, or the first call that could not be done, wait that was not reached, or expectation that does not hold. `story`,
// where given, gets the calls and what the journal says between them.
Result<void> Play(const Scenario& scenario, const Corpus& corpus, std::vector<std::string>* story);

}  // namespace tuesday::scenarios
