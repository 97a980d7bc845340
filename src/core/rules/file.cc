// SPDX-License-Identifier: Apache-2.0
// The checks are those of Prometheus' model/rulefmt/rulefmt.go, and so are the words.
#include "core/rules/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/metrics/text.h"
#include "core/promql/parser.h"
#include "core/rules/figures.h"
#include "core/rules/template/expand.h"
#include "core/rules/yaml_reader.h"

namespace tuesday::rules {
namespace {

bool IsUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : (lead & 0xf0) == 0xe0       ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || at + length > text.size()) return false;
    for (std::size_t i = 1; i < length; ++i) {
      if ((static_cast<unsigned char>(text[at + i]) & 0xc0) != 0x80) return false;
    }
    at += length;
  }
  return true;
}

bool IsName(std::string_view name, const ReadOptions& options) {
  return !name.empty() && (options.legacy_names ? metrics::IsLabelName(name) : IsUtf8(name));
}

bool IsLabel(std::string_view name, const ReadOptions& options) { return name != metrics::kNameLabel && IsName(name, options); }

// Reads one rule of one group; all that is wrong with it is said as `group "g", rule 1, "name": ...`.
class RuleReader {
 public:
  RuleReader(const YamlNode& node, const Group& group, int number, FindingSink& sink, const ReadOptions& options)
      : fields_(node, "rulefmt.Rule", sink), group_(group), number_(number), sink_(sink), options_(options) {}

  Rule Read(const std::map<std::string, std::string>& group_labels) {
    if (options_.unknown_keys == UnknownKeys::kRefuse) {
      fields_.RefuseOthers({"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"});
    }
    record_ = fields_.Text("record");
    alert_ = fields_.Text("alert");
    rule_.kind = record_.empty() ? RuleKind::kAlert : RuleKind::kRecording;
    rule_.name = record_.empty() ? alert_ : record_;
    rule_.at = sink_.At(fields_.node());
    rule_.hold = fields_.Length("for").value_or(Duration());
    rule_.keep_firing_for = fields_.Length("keep_firing_for").value_or(Duration());
    rule_.labels = fields_.TextMap("labels");
    rule_.annotations = fields_.TextMap("annotations");
    CheckKind();
    ReadExpression();
    CheckRecording();
    CheckLabels();
    CheckTemplates();
    for (const auto& [name, value] : group_labels) rule_.labels.emplace(name, value);
    return std::move(rule_);
  }

 private:
  void Bad(const YamlNode& at, std::string_view rule, const std::string& message, std::string mend = {}) {
    sink_.Error(at, std::string(rule),
                fmt::format("group \"{}\", rule {}, \"{}\": {}", group_.name, number_, rule_.name, message), std::move(mend));
  }
  const YamlNode& Where(std::string_view key) const {
    const YamlNode* value = fields_.Find(key);
    return value == nullptr ? fields_.node() : *value;
  }

  void CheckKind() {
    if (!record_.empty() && !alert_.empty()) Bad(Where("record"), "rule-kind", "only one of 'record' and 'alert' must be set");
    if (record_.empty() && alert_.empty()) {
      Bad(fields_.node(), "rule-kind", "one of 'record' or 'alert' must be set", "Give the rule a name.");
    }
  }

  void ReadExpression() {
    rule_.expr_text = fields_.Text("expr");
    const YamlNode& at = Where("expr");
    rule_.expr_at = sink_.At(at);
    if (rule_.expr_text.empty()) {
      Bad(at, "missing-expr", "field 'expr' must be set in rule");
      return;
    }
    promql::ParserOptions options;
    options.experimental = options_.experimental;
    Result<promql::ExprPtr> parsed = promql::ParseExpr(rule_.expr_text, options);
    if (parsed) {
      rule_.expr = std::move(*parsed);
      rule_.stable_sides = StableSidesOf(*rule_.expr);
    } else {
      Bad(at, "bad-expr", "could not parse expression: " + parsed.error().message, parsed.error().hint);
    }
  }

  void CheckRecording() {
    if (record_.empty()) return;
    for (const std::string_view key : {"annotations", "for", "keep_firing_for"}) {
      const YamlNode* value = fields_.Find(key);
      const bool given =
          value != nullptr && !(value->IsMapping() && value->members.empty()) && value->text != "0" && value->text != "0s";
      if (given && !value->IsNull()) Bad(*value, "alert-only", fmt::format("invalid field '{}' in recording rule", key));
    }
    if (record_.find_first_of("{}") != std::string::npos) {
      Bad(Where("record"), "record-name", "braces present in the recording rule name; should it be in expr?: " + record_);
    } else if (!IsUtf8(record_)) {
      Bad(Where("record"), "record-name", "invalid recording rule name: " + record_);
    }
  }

  void CheckLabels() {
    if (static_cast<int>(rule_.labels.size() + rule_.annotations.size()) > kLabelsPerRuleMax) {
      Bad(fields_.node(), "limit", fmt::format("more than {} labels and annotations", kLabelsPerRuleMax));
    }
    for (const auto& [name, value] : rule_.labels) {
      if (!IsLabel(name, options_)) Bad(Where("labels"), "label-name", "invalid label name: " + name);
      if (!IsUtf8(value)) Bad(Where("labels"), "label-value", "invalid label value: " + value);
    }
    for (const auto& [name, value] : rule_.annotations) {
      if (!IsName(name, options_)) Bad(Where("annotations"), "label-name", "invalid annotation name: " + name);
    }
  }

  void CheckTemplates() {
    if (alert_.empty()) return;
    const auto check = [&](std::string_view word, const std::string& name, const std::string& text, const YamlNode& at) {
      const Result<void> checked = text::CheckAlertTemplate(text, "__alert_" + alert_);
      if (!checked) Bad(at, "bad-template", fmt::format("{} \"{}\": {}", word, name, checked.error().message));
    };
    for (const auto& [name, text] : rule_.labels) check("label", name, text, Where("labels"));
    for (const auto& [name, text] : rule_.annotations) check("annotation", name, text, Where("annotations"));
  }

  Fields fields_;
  const Group& group_;
  int number_;
  FindingSink& sink_;
  const ReadOptions& options_;
  std::string record_;
  std::string alert_;
  Rule rule_;
};

int ReadLimit(const Fields& fields, FindingSink& sink) {
  const YamlNode* value = fields.Find("limit");
  if (value == nullptr || value->IsNull()) return 0;
  const std::optional<std::int64_t> limit = value->AsInt();
  if (limit && *limit >= 0 && *limit <= 1'000'000'000) return static_cast<int>(*limit);
  sink.Error(*value, "bad-limit", fmt::format("`limit` must be a whole number from 0, not \"{}\".", value->text));
  return 0;
}

Group ReadGroup(const YamlNode& node, FindingSink& sink, const ReadOptions& options, std::set<std::string>& names) {
  const Fields fields(node, "rulefmt.RuleGroup", sink);
  if (options.unknown_keys == UnknownKeys::kRefuse) {
    // `partial_response_strategy` is a PrometheusRule's, for Thanos; it changes nothing here.
    fields.RefuseOthers({"name", "interval", "query_offset", "limit", "labels", "rules", "partial_response_strategy"});
  }
  Group group;
  group.name = fields.Text("name");
  group.file = sink.file();
  group.at = sink.At(node);
  group.interval = fields.Length("interval");
  if (group.interval == Duration()) group.interval.reset();
  group.query_offset = fields.Length("query_offset").value_or(Duration());
  group.limit = ReadLimit(fields, sink);
  if (group.name.empty()) sink.Error(node, "group-name", "Groupname must not be empty", "Give the group a `name`.");
  if (!group.name.empty() && !names.insert(group.name).second) {
    sink.Error(node, "group-name", fmt::format("groupname: \"{}\" is repeated in the same file", group.name));
  }
  const std::map<std::string, std::string> labels = fields.TextMap("labels");
  for (const auto& [name, value] : labels) {
    if (!IsLabel(name, options)) sink.Error(*fields.Find("labels"), "label-name", "invalid label name: " + name);
  }
  const std::vector<const YamlNode*> rules = fields.Items("rules");
  if (static_cast<int>(rules.size()) > kRulesPerGroupMax) {
    sink.Error(node, "limit", fmt::format("group \"{}\" has more than {} rules", group.name, kRulesPerGroupMax));
    return group;
  }
  int number = 0;
  for (const YamlNode* rule : rules) {
    group.rules.push_back(RuleReader(*rule, group, ++number, sink, options).Read(labels));
  }
  return group;
}

}  // namespace

ReadGroupsResult ReadGroups(const YamlNode& holder, std::string_view file, const ReadOptions& options) {
  FindingSink sink(file);
  ReadGroupsResult result;
  const Fields fields(holder, "rulefmt.RuleGroups", sink);
  if (options.unknown_keys == UnknownKeys::kRefuse) fields.RefuseOthers({"groups"});
  const std::vector<const YamlNode*> groups = fields.Items("groups");
  if (static_cast<int>(groups.size()) > kGroupsMax) {
    sink.Error(holder, "limit", fmt::format("more than {} groups", kGroupsMax));
  } else {
    std::set<std::string> names;
    for (const YamlNode* node : groups) {
      const int errors_before = sink.errors();
      Group group = ReadGroup(*node, sink, options, names);
      if (sink.errors() == errors_before) result.groups.push_back(std::move(group));
    }
  }
  result.findings = sink.Take();
  return result;
}

ReadGroupsResult ReadRuleFile(std::string_view text, std::string_view file, const ReadOptions& options) {
  const Result<std::vector<YamlNode>> documents = ParseYamlStream(text, file);
  if (!documents) {
    return {{},
            {{SourcePos{std::string(file)}, Severity::kError, "not-yaml", documents.error().message, documents.error().hint}}};
  }
  return ReadGroups(documents->empty() ? YamlNode() : documents->front(), file, options);
}

std::vector<Duplicate> FindDuplicates(const std::vector<Group>& groups) {
  std::map<Duplicate, int> seen;
  for (const Group& group : groups) {
    for (const Rule& rule : group.rules) ++seen[{rule.name, rule.labels}];
  }
  std::vector<Duplicate> duplicates;
  for (const auto& [duplicate, count] : seen) {
    if (count > 1) duplicates.push_back(duplicate);
  }
  return duplicates;
}

}  // namespace tuesday::rules
