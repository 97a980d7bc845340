// SPDX-License-Identifier: Apache-2.0
#include "app/cli/simulate/input.h"

#include <fmt/format.h>

#include <utility>

#include "base/digest.h"
#include "base/yaml.h"
#include "control/analyses/resolve.h"
#include "control/apply/resolve.h"
#include "core/manifest/check.h"

namespace tuesday::cli::simulate {
namespace {

enum class SourceKind { kManifests, kRules, kWorkflow };

// By the first document: a workflow has `on` and `jobs`, a bare rule file `groups` and no kind.
SourceKind KindOf(const SourceText& source) {
  const Result<std::vector<YamlNode>> documents = ParseYamlStream(source.text, source.file);
  if (!documents.has_value() || documents->empty()) return SourceKind::kManifests;
  const YamlNode& first = documents->front();
  if (first.Find("kind") != nullptr || first.Find("apiVersion") != nullptr) return SourceKind::kManifests;
  if (first.Find("on") != nullptr && first.Find("jobs") != nullptr) return SourceKind::kWorkflow;
  return first.Find("groups") != nullptr ? SourceKind::kRules : SourceKind::kManifests;
}

class Reader {
 public:
  explicit Reader(const Namespace& ns) { context_.ns = ns; }

  void Read(const SourceText& source) {
    switch (KindOf(source)) {
      case SourceKind::kWorkflow: input_.notes.push_back(source.file + " is a workflow; it is not played."); return;
      case SourceKind::kRules: return Take(rules::ReadRuleFile(source.text, source.file), rules::ObjectAsks::kNo);
      case SourceKind::kManifests: break;
    }
    manifest::ReadResult read = manifest::ReadManifests(source.text, source.file);
    TakeErrors(read.findings);
    for (manifest::Object& object : read.objects) {
      if (const auto* rule = std::get_if<manifest::PrometheusRule>(&object.body)) {
        const auto asks = object.metadata.annotations.find(std::string(rules::kRollbackAnnotation));
        const bool does = asks != object.metadata.annotations.end() && asks->second == "true";
        Take(rules::ReadGroups(rule->spec, source.file), does ? rules::ObjectAsks::kYes : rules::ObjectAsks::kNo);
      }
      input_.objects.push_back(std::move(object));
    }
  }

  Result<PlayInput> Finish() {
    TakeErrors(manifest::CheckObjects(input_.objects, context_));
    if (!errors_.empty()) return Fail(ErrorCode::kInvalid, fmt::format("{}", fmt::join(errors_, "\n")));
    control::TypedObjects typed;
    for (const manifest::Object& object : input_.objects)
      typed.insert_or_assign(control::FullName(object, context_.ns), object);
    for (const auto& [name, object] : typed) {
      if (std::holds_alternative<manifest::Rollout>(object.body)) TRY_OK(Resolve(name, object, typed));
    }
    if (input_.rollouts.empty()) {
      return Fail(ErrorCode::kNotFound, "The files hold no Rollout.", "Name a file or folder with one: -f examples/playbook.");
    }
    return std::move(input_);
  }

 private:
  void TakeErrors(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      if (finding.severity == Severity::kError) errors_.push_back(finding.Text());
    }
  }

  void Take(rules::ReadGroupsResult read, rules::ObjectAsks asks) {
    TakeErrors(read.findings);
    for (rules::Group& group : read.groups) input_.groups.push_back(judge::MakeRuleGroup(std::move(group), asks));
  }

  Result<void> Resolve(const ObjectName& name, const manifest::Object& object, const control::TypedObjects& typed) {
    // No artifact is looked for: the image's name stands for its bytes.
    const control::ImageResolver resolve_image = [](const std::string&, const std::string& image) -> Result<std::string> {
      return Sha256Hex(image);
    };
    const std::map<std::string, std::string> no_override;
    const std::string no_key;
    TRY(control::Resolved resolved, control::Resolve({.name = {name.ns, name.name},
                                                      .uid = Uid("simulated"),
                                                      .object = object,
                                                      .objects = typed,
                                                      .image_override = no_override,
                                                      .resolve_image = resolve_image,
                                                      .runs_analyses = true,
                                                      .revision_key = no_key}));
    manifest::CheckContext context = context_;
    context.ns = name.ns;
    // An analysis that cannot be begun is an error before the play and not in its middle.
    control::ArgumentSource arguments;
    arguments.fields = control::FieldsOf({name.ns, name.name}, object.metadata);
    arguments.digest_of = [](const std::string& image) { return std::optional(image); };
    TRY(const std::vector<analysis::Spec> specs, control::ResolveAnalyses(object, input_.objects, context, arguments));
    for (const analysis::Spec& spec : specs) {
      for (const analysis::Metric& metric : spec.metrics) {
        if (!analysis::AsksStore(metric)) input_.asked.push_back({metric.name, metric.address});
      }
    }
    input_.rollouts.push_back({std::move(resolved.spec), std::move(resolved.exposure)});
    return {};
  }

  manifest::CheckContext context_;
  PlayInput input_;
  std::vector<std::string> errors_;
};

}  // namespace

Result<PlayInput> ReadPlayInput(const std::vector<SourceText>& sources, const Namespace& ns) {
  Reader reader(ns);
  for (const SourceText& source : sources) reader.Read(source);
  return reader.Finish();
}

}  // namespace tuesday::cli::simulate
