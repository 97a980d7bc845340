// SPDX-License-Identifier: Apache-2.0
#include "core/lint/lint.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "core/lint/checks.h"
#include "core/lint/rule_table.h"

namespace tuesday::lint {
namespace {

// Words that only Helm has.
constexpr auto kHelmWords = std::to_array<std::string_view>(
    {".Values", ".Release.", ".Chart.", ".Capabilities.", ".Files.", "include ", "toYaml ", "tpl ", "required "});
// Also words of Prometheus' templates, where they stand inside of texts: they tell only in a file that is no YAML.
constexpr auto kSharedWords = std::to_array<std::string_view>(
    {"if ", "range ", "with ", "end", "else", "define ", "block ", "template ", "/*", "$", "."});

bool StartsWithOne(std::string_view text, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [text](std::string_view word) { return text.starts_with(word); });
}

bool HasOne(std::string_view text, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [text](std::string_view word) { return text.find(word) != text.npos; });
}

// What stands behind `{{` or `{{-`.
std::string_view Inside(std::string_view line, std::size_t open) {
  std::string_view inside = line.substr(open + 2);
  inside = inside.substr(0, inside.find("}}"));
  if (inside.starts_with('-')) inside.remove_prefix(1);
  while (inside.starts_with(' ')) inside.remove_prefix(1);
  while (inside.starts_with('(')) inside.remove_prefix(1);
  return inside;
}

}  // namespace

void Report::Say(std::string_view rule, SourcePos at, std::string message, std::string mend) const {
  const RuleText* text = FindRule(rule);
  CHECK(text != nullptr, "A rule that says something is in the table.");
  findings.push_back({std::move(at), text->severity, std::string(rule), std::move(message), std::move(mend)});
}

std::vector<Finding> LintObjects(std::span<const manifest::Object> objects, const manifest::CheckContext& context) {
  std::vector<Finding> findings;
  for (const manifest::Object& object : objects) {
    const Report report{object, findings};
    if (const auto* body = std::get_if<manifest::AnalysisTemplate>(&object.body)) {
      LintMetrics(report, *body);
      LintArguments(report, *body);
    }
    const auto* rollout = std::get_if<manifest::Rollout>(&object.body);
    if (rollout == nullptr) continue;
    LintSteps(report, *rollout);
    const manifest::RolloutCheck check{object,
                                       *rollout,
                                       std::get_if<manifest::CanaryStrategy>(&rollout->strategy),
                                       manifest::NamespaceOf(object, context),
                                       objects,
                                       context,
                                       findings};
    LintAnalyses(report, check);
  }
  return findings;
}

std::vector<Finding> FindTemplateLanguage(std::string_view text, std::string_view file) {
  if (text.find("{{") == std::string_view::npos) return {};
  const bool is_yaml = ParseYamlStream(text, file).has_value();
  int number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] == '#') continue;
    for (std::size_t open = line.find("{{"); open != std::string_view::npos; open = line.find("{{", open + 2)) {
      const std::string_view inside = Inside(line, open);
      if (!HasOne(inside, kHelmWords) && (is_yaml || !StartsWithOne(inside, kSharedWords))) continue;
      const RuleText* rule = FindRule("template-language");
      CHECK(rule != nullptr, "The table has the rule of template languages.");
      return {{{std::string(file), number, static_cast<int>(open) + 1},
               rule->severity,
               std::string(rule->name),
               "This file is a Helm template, not a manifest.",
               "Render it first: `helm template . | tuesday check -`."}};
    }
  }
  return {};
}

}  // namespace tuesday::lint
