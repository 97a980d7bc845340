// SPDX-License-Identifier: Apache-2.0
// Expands the Go text/template of an alert's label or annotation with Prometheus' functions. Pure: queries, the time and
// the external URL are given.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/rules/template/value.h"

namespace tuesday::rules::text {

// One element of what `query` returns.
struct QueriedSample {
  std::map<std::string, std::string> labels;  // With __name__.
  double value = 0;
};
using QueryFunction = std::function<Result<std::vector<QueriedSample>>(std::string_view)>;

// What a missing key of a map reads as: Prometheus sets `missingkey=zero`.
enum class MissingKey { kDefault, kZero, kError };
enum class Markup { kText, kHtml };

struct Expansion {
  std::string name;  // Of the template, for messages: "__alert_<alert>".
  Value dot;
  QueryFunction query;  // May be empty: `query` then fails.
  std::int64_t now_ms = 0;
  std::string external_url;
  MissingKey missing_key = MissingKey::kZero;
  Markup markup = Markup::kText;
};

// Nothing past this many bytes is produced, and no more than this many actions are run: a template cannot hang us.
inline constexpr std::size_t kExpansionBytesMax = 256 << 10;
inline constexpr int kExpansionActionsMax = 100'000;

// The text, or an error whose message is Prometheus': `error executing template NAME: template: NAME:1:3: ...`.
Result<std::string> Expand(std::string_view text, const Expansion& expansion);

// Only parses, as a rule file is checked: with the variables of an alert's templates.
Result<void> CheckAlertTemplate(std::string_view text, std::string_view name);

// What an alert's templates see besides their dot's fields: $labels, $externalLabels, $externalURL and $value.
struct AlertFacts {
  std::string alert;
  std::map<std::string, std::string> labels;  // Of the query's result, without __name__.
  std::map<std::string, std::string> external_labels;
  std::string external_url;
  double value = 0;
  std::int64_t now_ms = 0;
  QueryFunction query;
};

// An expansion that fails becomes the text `<error expanding template: ...>`, as in Prometheus: the alert fires all the same.
std::string ExpandForAlert(std::string_view text, const AlertFacts& facts);

}  // namespace tuesday::rules::text
