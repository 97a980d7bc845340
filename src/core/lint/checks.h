// SPDX-License-Identifier: Apache-2.0
// The single checks behind LintObjects. Private to this folder.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/lint/lint.h"
#include "core/manifest/check/rules.h"

namespace tuesday::lint {

// A list that findings of one object go to. Severity, and what the rule is called, come from the table of rules.
struct Report {
  const manifest::Object& object;
  std::vector<Finding>& findings;

  // `rule` must be in the table.
  void Say(std::string_view rule, SourcePos at, std::string message, std::string mend = {}) const;
};

using Arguments = std::map<std::string, std::string>;

// The values that a template's arguments have when a reference gives `given`; those without one are left out.
Arguments ArgumentsOf(const manifest::AnalysisTemplate& body, const std::vector<manifest::AnalysisArg>& given);

// `{{args.name}}` and `{{ args.name }}` replaced; nullopt when an argument has no value.
std::optional<std::string> Resolve(const std::string& text, const Arguments& arguments);

// The names of arguments that a text takes.
std::vector<std::string> NamesIn(const std::string& text);

// A count that stands as a number; nullopt for an absent one or one that cannot be resolved.
std::optional<std::int64_t> CountOf(const std::string& text, const Arguments& arguments);

// A duration; nullopt for an absent one or one that cannot be resolved.
std::optional<Duration> LengthOf(const std::string& text, const Arguments& arguments);

// The longest range of a PromQL expression, subqueries included; 0 when it has none or cannot be read.
Duration LongestWindow(const std::string& query);

void LintConditions(const Report& report, const manifest::Metric& metric, std::size_t index, const Arguments& arguments);
void LintMetrics(const Report& report, const manifest::AnalysisTemplate& body);
void LintArguments(const Report& report, const manifest::AnalysisTemplate& body);
void LintSteps(const Report& report, const manifest::Rollout& rollout);
// Needs the templates that the rollout names.
void LintAnalyses(const Report& report, const manifest::RolloutCheck& check);

}  // namespace tuesday::lint
