// SPDX-License-Identifier: Apache-2.0
#include "control/apply/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "control/analyses/resolve.h"
#include "control/apply/resolve.h"
#include "core/analysis/ask/question.h"
#include "core/analysis/ask/secrets.h"
#include "core/manifest/check.h"
#include "core/manifest/check/rules.h"

namespace tuesday::control {
namespace {

bool IsPartOfAnalyses(const manifest::Object& object) {
  return object.kind == "AnalysisTemplate" || object.kind == "ClusterAnalysisTemplate" || object.kind == "Secret" ||
         object.kind == "ConfigMap";
}

class QuestionCheck {
 public:
  QuestionCheck(const TypedObjects& after, const std::map<std::string, state::ImageBinding>& images) : after_(after) {
    for (const auto& [name, object] : after) {
      objects_.push_back(object);
      objects_.back().metadata.ns = name.ns.str();
    }
    source_.digest_of = [&images](const std::string& image) -> std::optional<std::string> {
      const auto found = images.find(image);
      if (found == images.end()) return std::nullopt;
      return found->second.digest;
    };
  }

  void Check(const RolloutName& name, const manifest::Object& rollout) {
    manifest::CheckContext context;
    context.ns = name.ns;
    source_.fields = FieldsOf(name, rollout.metadata);
    const Result<std::vector<analysis::Spec>> specs = ResolveAnalyses(rollout, objects_, context, source_);
    // What this engine does not run was told by the checks of manifests; a label may be given before the first analysis.
    if (!specs.has_value() && specs.error().code == ErrorCode::kUnsupported) return;
    if (!specs.has_value()) return Say(name, rollout, specs.error());
    for (const analysis::Spec& spec : *specs) {
      for (const analysis::Metric& metric : spec.metrics) CheckMetric(name, rollout, metric);
    }
  }

  std::vector<Finding> Take() { return std::move(findings_); }

 private:
  void Say(const RolloutName& name, const manifest::Object& rollout, const Error& error) {
    const SourcePos at = manifest::PosOf(rollout, {"spec", "strategy"});
    findings_.push_back({at, Severity::kError, "bad-analysis",
                         fmt::format("An analysis of {} cannot be begun: {}", name.Text(), error.message), error.hint});
  }

  void CheckMetric(const RolloutName& name, const manifest::Object& rollout, const analysis::Metric& metric) {
    if (metric.address.empty()) return;
    const Result<analysis::Question> question = analysis::ReadQuestion(metric.address, metric.query);
    analysis::SecretFiller filler([&](const std::string& secret, const std::string& key) -> Result<std::string> {
      const auto* found = FindBody<manifest::Secret>(after_, {name.ns, "Secret", secret});
      if (found != nullptr && found->data.contains(key)) return std::string();
      return Fail(ErrorCode::kNotFound,
                  fmt::format("The metric {} needs the key {} of the Secret {}, which is not there.", metric.name, key, secret),
                  fmt::format("Set it: tuesday secret set {} {}=VALUE -n {}", secret, key, name.ns.str()));
    });
    // Of the question's text: its placeholders are the same wherever they stand.
    if (const Result<std::string> filled = filler.Fill(metric.query); !filled.has_value())
      return Say(name, rollout, filled.error());
    if (!question.has_value()) return Say(name, rollout, question.error());
    const auto* job = std::get_if<analysis::JobQuestion>(&*question);
    if (job == nullptr) return;
    const Result<Environment> environment = ResolveEnvironment(name.ns, job->container, after_);
    if (!environment.has_value()) Say(name, rollout, environment.error());
  }

  const TypedObjects& after_;
  std::vector<manifest::Object> objects_;
  ArgumentSource source_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> CheckQuestions(const TypedObjects& after, std::span<const manifest::Object> given, const Namespace& ns,
                                    const std::map<std::string, state::ImageBinding>& images) {
  std::set<ObjectName> rollouts;
  for (const manifest::Object& object : given) {
    if (object.kind == "Rollout") rollouts.insert(FullName(object, ns));
  }
  const bool all = std::ranges::any_of(given, IsPartOfAnalyses);
  if (rollouts.empty() && !all) return {};
  QuestionCheck check(after, images);
  for (const auto& [name, object] : after) {
    if (name.kind == "Rollout" && (all || rollouts.contains(name))) check.Check({name.ns, name.name}, object);
  }
  return check.Take();
}

}  // namespace tuesday::control
