// SPDX-License-Identifier: Apache-2.0
#include "control/apply/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "control/analyses/resolve.h"
#include "core/condition/condition.h"
#include "core/manifest/check/rules.h"

namespace tuesday::control {
namespace {

using Arguments = std::map<std::string, std::string>;

void AddValues(const std::vector<manifest::AnalysisArg>& from, Arguments& arguments) {
  for (const manifest::AnalysisArg& argument : from) {
    if (argument.value) arguments[argument.name] = *argument.value;
  }
}

class ConditionCheck {
 public:
  ConditionCheck(std::span<const manifest::Object> given, const manifest::CheckContext& context)
      : given_(given), context_(context) {}

  std::vector<Finding> Run() {
    for (const manifest::Object& object : given_) {
      if (const auto* body = std::get_if<manifest::AnalysisTemplate>(&object.body)) CheckTemplate(object, *body, {}, nullptr);
      const auto* rollout = std::get_if<manifest::Rollout>(&object.body);
      if (rollout == nullptr) continue;
      const Namespace ns = manifest::NamespaceOf(object, context_);
      for (const manifest::AnalysisRef* reference : manifest::AnalysesOf(*rollout)) {
        for (const auto& part : reference->templates) Follow(*reference, part.name, part.cluster_scope, part.at, ns, 0);
      }
    }
    return std::move(findings_);
  }

 private:
  void Follow(const manifest::AnalysisRef& reference, const std::string& name, bool cluster_scope, const SourcePos& at,
              const Namespace& ns, int depth) {
    const manifest::Object* found = manifest::FindTemplate(name, cluster_scope, ns, given_, context_);
    if (found == nullptr || depth > kTemplateDepthMax) return;
    const auto& body = std::get<manifest::AnalysisTemplate>(found->body);
    CheckTemplate(*found, body, reference.args, &at);
    for (const std::string& nested : body.templates) Follow(reference, nested, cluster_scope, at, ns, depth + 1);
  }

  // `named_at`: where a rollout names the template. What the rollout's arguments do not change was told at the template.
  void CheckTemplate(const manifest::Object& object, const manifest::AnalysisTemplate& body,
                     const std::vector<manifest::AnalysisArg>& given, const SourcePos* named_at) {
    Arguments arguments;
    AddValues(body.args, arguments);
    AddValues(given, arguments);
    for (std::size_t i = 0; i < body.metrics.size(); ++i) {
      const manifest::Metric& metric = body.metrics[i];
      for (const auto& [key, text] : {std::pair("successCondition", &metric.success_condition),
                                      std::pair("failureCondition", &metric.failure_condition)}) {
        if (named_at != nullptr && text->find("{{") == std::string::npos && IsGiven(object)) continue;
        const SourcePos at =
            named_at != nullptr ? *named_at : manifest::PosOf(object, {"spec", "metrics", std::to_string(i), key});
        CheckText(at, fmt::format("`{}` of the metric {} of {}", key, metric.name, object.metadata.name), *text, arguments);
      }
    }
  }

  bool IsGiven(const manifest::Object& object) const {
    return std::ranges::any_of(given_, [&object](const manifest::Object& one) { return &one == &object; });
  }

  void CheckText(const SourcePos& at, const std::string& what, const std::string& text, const Arguments& arguments) {
    const Result<std::string> filled = FillArguments(text, arguments);
    if (!filled.has_value() || filled->empty()) return;
    const Result<condition::Condition> read = condition::Condition::Parse(*filled);
    if (read.has_value()) return;
    Finding finding{at, Severity::kError, "bad-condition", what + " cannot be read: " + read.error().message,
                    read.error().hint};
    if (std::ranges::find(findings_, finding) == findings_.end()) findings_.push_back(std::move(finding));
  }

  std::span<const manifest::Object> given_;
  const manifest::CheckContext& context_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> CheckConditions(std::span<const manifest::Object> given, const manifest::CheckContext& context) {
  return ConditionCheck(given, context).Run();
}

}  // namespace tuesday::control
