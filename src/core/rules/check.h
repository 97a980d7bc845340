// SPDX-License-Identifier: Apache-2.0
// `tuesday rules check`: everything that there is to say about a rule file, with promtool's exit status.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/rules/file.h"

namespace tuesday::rules {

struct CheckReport {
  int rules = 0;
  std::vector<Finding> findings;      // Errors of the file, then what the lint has to say.
  std::vector<Duplicate> duplicates;  // As in promtool: told, and no error.

  int ExitStatus() const { return HasErrors(findings) ? 1 : 0; }
};

CheckReport CheckRules(std::string_view text, std::string_view file, const ReadOptions& options = {});

// For people: promtool's lines, then the findings.
std::string CheckText(const CheckReport& report, std::string_view file);

}  // namespace tuesday::rules
