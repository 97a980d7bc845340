// SPDX-License-Identifier: Apache-2.0
#include "control/analyses/resolve.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include "control/analyses/metric_reader.h"
#include "core/analysis/ask/secrets.h"
#include "core/manifest/annotations.h"

namespace tuesday::control {
namespace {

Result<std::optional<std::string>> ValueOf(const manifest::AnalysisArg& argument, const ArgumentSource& source) {
  if (argument.value.has_value()) return argument.value;
  if (argument.field_path.has_value()) {
    const auto found = source.fields.find(*argument.field_path);
    if (found != source.fields.end()) return std::optional(found->second);
    return Fail(ErrorCode::kUnsupported,
                fmt::format("The argument {} reads {}, which is not known here.", argument.name, *argument.field_path),
                "metadata.name, metadata.namespace, metadata.labels['…'] and metadata.annotations['…'] are.");
  }
  if (argument.pod_template_hash.has_value())
    return std::optional(*argument.pod_template_hash == "Stable" ? source.stable_hash : source.latest_hash);
  return std::optional<std::string>();
}

// The template's defaults under what the rollout gives.
Result<Arguments> MergeArguments(const std::vector<manifest::AnalysisArg>& defaults,
                                 const std::vector<manifest::AnalysisArg>& given, const ArgumentSource& source) {
  Arguments arguments;
  for (const auto* list : {&defaults, &given}) {
    for (const manifest::AnalysisArg& argument : *list) {
      if (argument.secret_key.has_value()) {
        const auto& [secret, key] = *argument.secret_key;
        arguments.texts.erase(argument.name);
        arguments.secrets[argument.name] = analysis::SecretPlaceholder(secret, key);
        continue;
      }
      TRY(const std::optional<std::string> value, ValueOf(argument, source));
      if (!value.has_value()) continue;
      arguments.secrets.erase(argument.name);
      arguments.texts[argument.name] = *value;
    }
  }
  return arguments;
}

class RunResolver {
 public:
  RunResolver(const manifest::AnalysisRef& reference, std::span<const manifest::Object> objects,
              const manifest::CheckContext& context, const ArgumentSource& source)
      : reference_(reference), objects_(objects), context_(context), source_(source) {}

  Result<analysis::Spec> Resolve() {
    for (const manifest::AnalysisRef::Template& part : reference_.templates) TRY_OK(Add(part.name, part.cluster_scope, 0));
    MarkDryRun(reference_.dry_run);
    return std::move(spec_);
  }

 private:
  Result<void> Add(const std::string& name, bool cluster_scope, int depth) {
    if (depth > kTemplateDepthMax)
      return Fail(ErrorCode::kLimit, fmt::format("Analysis templates name each other deeper than {}.", kTemplateDepthMax));
    const manifest::Object* object = manifest::FindTemplate(name, cluster_scope, context_.ns, objects_, context_);
    if (object == nullptr) return Fail(ErrorCode::kInvalid, fmt::format("There is no analysis template {}.", name));
    const auto& body = std::get<manifest::AnalysisTemplate>(object->body);
    TRY(const Arguments arguments, MergeArguments(body.args, reference_.args, source_));
    TRY(const manifest::Annotations annotations, manifest::ReadAnnotations(object->metadata.annotations));
    for (const manifest::Metric& metric : body.metrics) {
      TRY(analysis::Metric read, ReadMetric(metric, arguments, annotations, source_));
      for (const analysis::Metric& other : spec_.metrics) {
        if (other.name == read.name)
          return Fail(ErrorCode::kInvalid, fmt::format("Two templates have a metric {}.", read.name));
      }
      if (spec_.metrics.size() == kMetricsPerRunMax)
        return Fail(ErrorCode::kLimit, fmt::format("A run has at most {} metrics.", kMetricsPerRunMax));
      spec_.metrics.push_back(std::move(read));
    }
    MarkDryRun(body.dry_run);
    for (const std::string& nested : body.templates) TRY_OK(Add(nested, cluster_scope, depth + 1));
    return {};
  }

  void MarkDryRun(const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) {
      const re2::RE2 regex(pattern, re2::RE2::Quiet);
      for (analysis::Metric& metric : spec_.metrics) metric.dry_run |= regex.ok() && re2::RE2::FullMatch(metric.name, regex);
    }
  }

  const manifest::AnalysisRef& reference_;
  std::span<const manifest::Object> objects_;
  const manifest::CheckContext& context_;
  const ArgumentSource& source_;
  analysis::Spec spec_;
};

}  // namespace

Result<std::string> FillArguments(std::string_view text, const std::map<std::string, std::string>& arguments) {
  std::string out;
  while (true) {
    const std::size_t open = text.find("{{");
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) return Fail(ErrorCode::kInvalid, "\"{{\" has no \"}}\"");
    std::string_view inner = text.substr(open + 2, close - open - 2);
    while (inner.starts_with(' ')) inner.remove_prefix(1);
    while (inner.ends_with(' ')) inner.remove_suffix(1);
    if (!inner.starts_with("args."))
      return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is not an argument; write args.NAME", inner));
    const auto found = arguments.find(std::string(inner.substr(5)));
    if (found == arguments.end())
      return Fail(ErrorCode::kInvalid, fmt::format("the argument {} has no value", inner.substr(5)));
    out += found->second;
    text.remove_prefix(close + 2);
  }
}

std::map<std::string, std::string> FieldsOf(const RolloutName& name, const manifest::Metadata& metadata) {
  std::map<std::string, std::string> fields{{"metadata.name", name.name}, {"metadata.namespace", name.ns.str()}};
  for (const auto& [key, value] : metadata.labels) fields[fmt::format("metadata.labels['{}']", key)] = value;
  for (const auto& [key, value] : metadata.annotations) fields[fmt::format("metadata.annotations['{}']", key)] = value;
  return fields;
}

Result<std::vector<analysis::Spec>> ResolveAnalyses(const manifest::Object& rollout, std::span<const manifest::Object> objects,
                                                    const manifest::CheckContext& context, const ArgumentSource& source) {
  std::vector<analysis::Spec> specs;
  const auto* body = std::get_if<manifest::Rollout>(&rollout.body);
  if (body == nullptr) return specs;
  for (const manifest::AnalysisRef* reference : manifest::AnalysesOf(*body)) {
    TRY(analysis::Spec spec, RunResolver(*reference, objects, context, source).Resolve());
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace tuesday::control
