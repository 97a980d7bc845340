// SPDX-License-Identifier: Apache-2.0
// Every rule that `tuesday check` may name, in one table: docs/guide/lint.md and the rules of SARIF are made from it.
#pragma once

#include <span>
#include <string_view>

#include "base/source.h"

namespace tuesday::lint {

enum class RuleGroup {
  kReading,    // The file cannot be read as what it says it is.
  kObjects,    // Between objects.
  kMeaning,    // Right by the schema, and cannot do what was meant.
  kRules,      // Alerting and recording rules.
  kSilences,   // Comments that silence findings.
  kWorkflows,  // GitHub workflows.
};

struct RuleText {
  std::string_view name;
  Severity severity;  // The gravest that it has.
  RuleGroup group;
  std::string_view sentence;  // What it finds.
  std::string_view why;
  std::string_view mend;
};

// Sorted by group, then by name.
std::span<const RuleText> RuleTable();

// nullptr when there is no such rule.
const RuleText* FindRule(std::string_view name);

// "reading", "objects", ...
std::string_view RuleGroupName(RuleGroup group);

}  // namespace tuesday::lint
