// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/manifest/check/rules.h"
#include "core/manifest/unsupported.h"

namespace tuesday::manifest {
namespace {

constexpr int kNestedMax = 8;  // Templates of templates; a cycle ends here too.

std::vector<std::string_view> TemplateNames(const RolloutCheck& check) {
  std::vector<std::string_view> names;
  const auto add = [&names](std::span<const Object> objects) {
    for (const Object& object : objects) {
      if (std::holds_alternative<AnalysisTemplate>(object.body)) names.push_back(object.metadata.name);
    }
  };
  add(check.objects);
  add(check.context.known);
  add(BuiltInTemplates());
  return names;
}

// Follows one name and the templates that it nests.
class Visit {
 public:
  Visit(const RolloutCheck& check, const AnalysisRef& reference) : check_(check), reference_(reference) {}

  void Follow(const std::string& name, bool cluster_scope, const SourcePos& at, int depth) {
    const Object* found = FindTemplate(name, cluster_scope, check_.ns, check_.objects, check_.context);
    if (found == nullptr) {
      const std::string nearest = NearestWord(name, TemplateNames(check_));
      check_.Say(Severity::kError, at, "unknown-template",
                 fmt::format("The analysis template {} is given by no file and is not built in.", name),
                 nearest.empty() ? "Give an AnalysisTemplate of this name." : fmt::format("Did you mean `{}`?", nearest));
      return;
    }
    if (!seen_.insert(found).second || depth > kNestedMax) return;
    if (IsBuiltIn(*found)) {
      check_.Say(Severity::kNote, at, "built-in-template",
                 fmt::format("The analysis template {} is given by no file; the built-in one is used: {}", name,
                             found->metadata.annotations.at("summary")),
                 fmt::format("A ClusterAnalysisTemplate called {} in a file takes its place.", name));
    }
    const auto& body = std::get<AnalysisTemplate>(found->body);
    CheckProviders(name, body, at);
    CheckArguments(name, body, at);
    for (const std::string& nested : body.templates) Follow(nested, false, at, depth + 1);
  }

 private:
  void CheckProviders(const std::string& name, const AnalysisTemplate& body, const SourcePos& at) {
    for (const Metric& metric : body.metrics) {
      const auto* other = std::get_if<OtherProvider>(&metric.provider);
      if (other != nullptr) {
        check_.findings.push_back(UnsupportedFinding(other->name, fmt::format("metric {} of {}", metric.name, name), at));
      }
    }
  }

  void CheckArguments(const std::string& name, const AnalysisTemplate& body, const SourcePos& at) {
    for (const AnalysisArg& arg : body.args) {
      const bool has_default = arg.value || arg.secret_key || arg.field_path;
      const bool given = std::any_of(reference_.args.begin(), reference_.args.end(),
                                     [&arg](const AnalysisArg& a) { return a.name == arg.name; });
      if (has_default || given) continue;
      check_.Say(Severity::kError, at, "missing-argument",
                 fmt::format("The template {} needs the argument {}, and nothing gives it.", name, arg.name),
                 fmt::format("Add `args: [{{name: {}, value: ...}}]` beside `templates`.", arg.name));
    }
  }

  const RolloutCheck& check_;
  const AnalysisRef& reference_;
  std::set<const Object*> seen_;
};

void CheckReference(const RolloutCheck& check, const AnalysisRef& reference) {
  Visit visit(check, reference);
  for (const AnalysisRef::Template& name : reference.templates) visit.Follow(name.name, name.cluster_scope, name.at, 0);
}

}  // namespace

void CheckTemplates(const RolloutCheck& check) {
  for (const AnalysisRef* reference : AnalysesOf(check.rollout)) CheckReference(check, *reference);
}

}  // namespace tuesday::manifest
