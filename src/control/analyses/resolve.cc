// SPDX-License-Identifier: Apache-2.0
#include "control/analyses/resolve.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <charconv>

namespace tuesday::control {
namespace {

using Arguments = std::map<std::string, std::string>;

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
  if (argument.secret_key.has_value()) {
    return Fail(ErrorCode::kUnsupported,
                fmt::format("The argument {} reads a Secret, which the embedded metrics need not.", argument.name),
                "Give it a value.");
  }
  return std::optional<std::string>();
}

// The template's defaults under what the rollout gives.
Result<Arguments> MergeArguments(const std::vector<manifest::AnalysisArg>& defaults,
                                 const std::vector<manifest::AnalysisArg>& given, const ArgumentSource& source) {
  Arguments arguments;
  for (const auto* list : {&defaults, &given}) {
    for (const manifest::AnalysisArg& argument : *list) {
      TRY(const std::optional<std::string> value, ValueOf(argument, source));
      if (value.has_value()) arguments[argument.name] = *value;
    }
  }
  return arguments;
}

// Reads the text fields of one metric, with the place and the field's name in every error.
class MetricReader {
 public:
  MetricReader(const manifest::Metric& metric, const Arguments& arguments) : metric_(metric), arguments_(arguments) {}

  Result<analysis::Metric> Read() {
    analysis::Metric out;
    TRY(out.name, Text("name", metric_.name));
    TRY(out.success_condition, Text("successCondition", metric_.success_condition));
    TRY(out.failure_condition, Text("failureCondition", metric_.failure_condition));
    TRY(out.interval, Time("interval", metric_.interval));
    TRY(const std::optional<Duration> delay, Time("initialDelay", metric_.initial_delay));
    out.initial_delay = delay.value_or(Duration::zero());
    TRY(out.count, Number("count", metric_.count));
    TRY_OK(Take("failureLimit", metric_.failure_limit, out.failure_limit));
    TRY_OK(Take("inconclusiveLimit", metric_.inconclusive_limit, out.inconclusive_limit));
    TRY_OK(Take("consecutiveErrorLimit", metric_.consecutive_error_limit, out.consecutive_error_limit));
    TRY_OK(Take("consecutiveSuccessLimit", metric_.consecutive_success_limit, out.consecutive_success_limit));
    const auto* prometheus = std::get_if<manifest::PrometheusProvider>(&metric_.provider);
    if (prometheus == nullptr) {
      return Bad(ErrorCode::kUnsupported,
                 fmt::format("the provider {} is not run here yet", std::get<manifest::OtherProvider>(metric_.provider).name));
    }
    TRY(out.query, Text("query", prometheus->query));
    TRY(out.address, Text("address", prometheus->address));
    if (!out.address.empty())
      return Bad(ErrorCode::kUnsupported,
                 "an external Prometheus (provider.prometheus.address) is not asked yet; leave the address out");
    return out;
  }

 private:
  std::unexpected<Error> Bad(ErrorCode code, const std::string& what) const {
    return Fail(code, fmt::format("{}: metric {}: {}.", metric_.at.Text(), metric_.name, what));
  }

  Result<std::string> Text(const char* field, const std::string& text) const {
    Result<std::string> filled = FillArguments(text, arguments_);
    if (!filled.has_value()) return Bad(ErrorCode::kInvalid, fmt::format("{}: {}", field, filled.error().message));
    return filled;
  }

  Result<std::optional<Duration>> Time(const char* field, const std::string& text) const {
    TRY(const std::string filled, Text(field, text));
    if (filled.empty()) return std::optional<Duration>();
    const Result<Duration> duration = ParseGoDuration(filled);
    if (!duration.has_value()) return Bad(ErrorCode::kInvalid, fmt::format("{}: {}", field, duration.error().message));
    return std::optional(*duration);
  }

  Result<std::optional<int>> Number(const char* field, const std::string& text) const {
    TRY(const std::string filled, Text(field, text));
    if (filled.empty()) return std::optional<int>();
    int value = 0;
    const auto read = std::from_chars(filled.data(), filled.data() + filled.size(), value);
    if (read.ec != std::errc() || read.ptr != filled.data() + filled.size())
      return Bad(ErrorCode::kInvalid, fmt::format("{}: \"{}\" is not a whole number", field, filled));
    return std::optional(value);
  }

  Result<void> Take(const char* field, const std::string& text, int& out) const {
    TRY(const std::optional<int> number, Number(field, text));
    if (number.has_value()) out = *number;
    return {};
  }

  const manifest::Metric& metric_;
  const Arguments& arguments_;
};

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
    for (const manifest::Metric& metric : body.metrics) {
      TRY(analysis::Metric read, MetricReader(metric, arguments).Read());
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
