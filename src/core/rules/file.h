// SPDX-License-Identifier: Apache-2.0
// Rule groups as values: a Prometheus rule file, or the `spec` of a PrometheusRule. Everything that promtool refuses is an
// error here, in its words and with the place in the file.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "base/time.h"
#include "base/yaml.h"
#include "core/promql/ast.h"

namespace tuesday::rules {

inline constexpr int kGroupsMax = 1'000;
inline constexpr int kRulesPerGroupMax = 5'000;
inline constexpr int kLabelsPerRuleMax = 100;
inline constexpr Duration kDefaultInterval = std::chrono::minutes(1);

enum class RuleKind { kAlert, kRecording };

// By a comparison's left side: the same over the stable side, for the sentence of a verdict.
using StableSides = std::map<const promql::Expr*, promql::ExprPtr>;

struct Rule {
  RuleKind kind = RuleKind::kAlert;
  std::string name;  // Of the alert, or of the metric that it records.
  std::string expr_text;
  promql::ExprPtr expr;
  StableSides stable_sides;                        // Of `expr`, into which its keys point.
  Duration hold{};                                 // `for`
  Duration keep_firing_for{};                      // How long it fires on after its expression gave nothing.
  std::map<std::string, std::string> labels;       // The group's under its own. Of an alert: templates.
  std::map<std::string, std::string> annotations;  // Templates.
  SourcePos at;
  SourcePos expr_at;
};

struct Group {
  std::string name;
  std::string file;
  std::optional<Duration> interval;  // Empty: the caller's.
  Duration query_offset{};           // Evaluate this long in the past.
  int limit = 0;                     // Most results of one rule; 0: any number.
  std::vector<Rule> rules;
  SourcePos at;
};

enum class UnknownKeys { kRefuse, kIgnore };

struct ReadOptions {
  UnknownKeys unknown_keys = UnknownKeys::kRefuse;
  bool experimental = false;  // Of the expressions.
  bool legacy_names = false;  // Label names as before UTF-8: [a-zA-Z_][a-zA-Z0-9_]*.
};

// All groups that are right, and everything that there is to say. A group with an error is left out.
struct ReadGroupsResult {
  std::vector<Group> groups;
  std::vector<Finding> findings;
};

// `holder` is the mapping that has the key `groups`.
ReadGroupsResult ReadGroups(const YamlNode& holder, std::string_view file, const ReadOptions& options = {});

// A bare rule file. As in Prometheus, only the first document is read.
ReadGroupsResult ReadRuleFile(std::string_view text, std::string_view file, const ReadOptions& options = {});

// Recorded twice with the same labels: what promtool's `check rules` lists.
struct Duplicate {
  std::string metric;
  std::map<std::string, std::string> labels;
  friend auto operator<=>(const Duplicate&, const Duplicate&) = default;
};
std::vector<Duplicate> FindDuplicates(const std::vector<Group>& groups);

}  // namespace tuesday::rules
