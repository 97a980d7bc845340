// SPDX-License-Identifier: Apache-2.0
// A rollout together with the templates that it names: arguments, dry runs, and whether there is time enough for what they
// measure.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "core/lint/checks.h"
#include "core/promql/parser.h"

namespace tuesday::lint {
namespace {

using manifest::AnalysisArg;
using manifest::AnalysisRef;
using manifest::AnalysisTemplate;
using manifest::Metric;
using manifest::Object;
using manifest::RolloutCheck;
using manifest::Step;

constexpr int kNestedMax = 8;
using Path = std::vector<std::string>;

SourcePos PosAt(const Object& object, const Path& path) {
  const std::vector<std::string_view> keys(path.begin(), path.end());
  return manifest::PosOf(object, std::span(keys));
}

Path Under(Path path, std::initializer_list<std::string> more) {
  path.insert(path.end(), more.begin(), more.end());
  return path;
}

std::int64_t WindowMs(const promql::Expr& expr) {
  using namespace promql;
  const auto of = [](const ExprPtr& inner) { return inner == nullptr ? 0 : WindowMs(*inner); };
  if (const auto* matrix = expr.As<MatrixSelector>()) return matrix->range.ms;
  if (const auto* sub = expr.As<SubqueryExpr>()) return sub->range.ms + of(sub->inner);
  if (const auto* unary = expr.As<UnaryExpr>()) return of(unary->inner);
  if (const auto* paren = expr.As<ParenExpr>()) return of(paren->inner);
  if (const auto* binary = expr.As<BinaryExpr>()) return std::max(of(binary->left), of(binary->right));
  if (const auto* aggregate = expr.As<AggregateExpr>()) return std::max(of(aggregate->inner), of(aggregate->parameter));
  std::int64_t longest = 0;
  if (const auto* call = expr.As<CallExpr>()) {
    for (const ExprPtr& argument : call->arguments) longest = std::max(longest, of(argument));
  }
  return longest;
}

// One reference, and everything that it leads to.
struct Followed {
  const AnalysisRef& reference;
  Path path;
  std::vector<const Object*> templates;
  bool complete = true;  // Every template was found.

  const AnalysisTemplate& Body(std::size_t i) const { return std::get<AnalysisTemplate>(templates[i]->body); }
};

void Follow(const RolloutCheck& check, const std::string& name, bool cluster_scope, int depth, Followed& out) {
  const Object* found = manifest::FindTemplate(name, cluster_scope, check.ns, check.objects, check.context);
  if (found == nullptr || depth > kNestedMax) {
    out.complete = false;
    return;
  }
  if (std::find(out.templates.begin(), out.templates.end(), found) != out.templates.end()) return;
  out.templates.push_back(found);
  for (const std::string& nested : std::get<AnalysisTemplate>(found->body).templates) {
    Follow(check, nested, false, depth + 1, out);
  }
}

Followed FollowAll(const RolloutCheck& check, const AnalysisRef& reference, Path path) {
  Followed out{reference, std::move(path), {}};
  for (const AnalysisRef::Template& name : reference.templates) Follow(check, name.name, name.cluster_scope, 0, out);
  return out;
}

void LintUnused(const Report& report, const Followed& followed) {
  std::set<std::string> taken;
  std::vector<std::string_view> words;
  for (std::size_t t = 0; t < followed.templates.size(); ++t) {
    for (const AnalysisArg& arg : followed.Body(t).args) {
      taken.insert(arg.name);
      words.push_back(arg.name);
    }
  }
  for (std::size_t i = 0; i < followed.reference.args.size(); ++i) {
    const std::string& name = followed.reference.args[i].name;
    if (!followed.complete || name.empty() || taken.contains(name)) continue;
    const std::string nearest = NearestWord(name, words);
    report.Say("unused-argument", PosAt(report.object, Under(followed.path, {"args", std::to_string(i), "name"})),
               fmt::format("The argument {} is given, and no template of this analysis takes it.", name),
               nearest.empty() ? "Remove it." : fmt::format("Did you mean `{}`?", nearest));
  }
}

void LintNames(const Report& report, const Followed& followed) {
  std::set<std::string> names;
  for (std::size_t t = 0; t < followed.templates.size(); ++t) {
    for (const Metric& metric : followed.Body(t).metrics) {
      if (metric.name.empty() || names.insert(metric.name).second) continue;
      report.Say("duplicate-metric", PosAt(report.object, Under(followed.path, {"templates"})),
                 fmt::format("Two templates of this analysis have a metric called {}.", metric.name), "Rename one of them.");
    }
  }
  for (std::size_t i = 0; i < followed.reference.dry_run.size(); ++i) {
    const RE2 pattern(followed.reference.dry_run[i], RE2::Quiet);
    const bool found = std::any_of(names.begin(), names.end(),
                                   [&](const std::string& name) { return pattern.ok() && RE2::PartialMatch(name, pattern); });
    if (found || !followed.complete) continue;
    const std::string nearest = NearestWord(followed.reference.dry_run[i], {names.begin(), names.end()});
    report.Say(
        "unknown-dry-run", PosAt(report.object, Under(followed.path, {"dryRun", std::to_string(i), "metricName"})),
        fmt::format("No metric of this analysis is called {}: it counts, and was meant not to.", followed.reference.dry_run[i]),
        nearest.empty() ? "Name one of its metrics." : fmt::format("Did you mean `{}`?", nearest));
  }
}

// A stretch of steps at one weight.
struct Stretch {
  const Step* begin;
  std::size_t step;                // Of `begin`.
  std::optional<Duration> length;  // Nullopt: as long as somebody, or an analysis, takes.
};

std::vector<Stretch> Stretches(const std::vector<Step>& steps) {
  std::vector<Stretch> out;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (std::holds_alternative<manifest::StepSetWeight>(steps[i].body)) out.push_back({&steps[i], i, Duration::zero()});
    if (out.empty() || !out.back().length) continue;
    if (const auto* pause = std::get_if<manifest::StepPause>(&steps[i].body)) {
      out.back().length = pause->duration ? std::optional(*out.back().length + *pause->duration) : std::nullopt;
    } else if (std::holds_alternative<manifest::StepAnalysis>(steps[i].body) ||
               std::holds_alternative<manifest::StepUnsupported>(steps[i].body)) {
      out.back().length = std::nullopt;
    }
  }
  return out;
}

Duration WindowOf(const Metric& metric, const Arguments& arguments) {
  const auto* prometheus = std::get_if<manifest::PrometheusProvider>(&metric.provider);
  const std::optional<std::string> query = prometheus == nullptr ? std::nullopt : Resolve(prometheus->query, arguments);
  return query ? LongestWindow(*query) : Duration::zero();
}

// Queries look back over their window: at the beginning of a stretch that is the weight before it.
void LintBackgroundWindows(const Report& report, const Followed& followed, const std::vector<Step>& steps, std::size_t first) {
  const Stretch* shortest = nullptr;
  const std::vector<Stretch> stretches = Stretches(steps);
  for (const Stretch& stretch : stretches) {
    if (!stretch.length || *stretch.length == Duration::zero() || stretch.step + 1 < first) continue;
    if (shortest == nullptr || *stretch.length < *shortest->length) shortest = &stretch;
  }
  if (shortest == nullptr) return;
  for (std::size_t t = 0; t < followed.templates.size(); ++t) {
    const Arguments arguments = ArgumentsOf(followed.Body(t), followed.reference.args);
    for (const Metric& metric : followed.Body(t).metrics) {
      const Duration window = WindowOf(metric, arguments);
      if (window <= *shortest->length) continue;
      report.Say(
          "window-longer-than-step", shortest->begin->at,
          fmt::format("The metric {} of {} looks back {}, and this weight lasts {}: most of what it sees is from before.",
                      metric.name, followed.templates[t]->metadata.name, DurationText(window), DurationText(*shortest->length)),
          "Pause for longer, or measure over a shorter window.");
    }
  }
}

void LintStepWindows(const Report& report, const Followed& followed, const std::vector<Step>& steps, std::size_t at) {
  Duration since{};
  bool weighted = false;
  for (std::size_t i = 0; i < at; ++i) {
    if (std::holds_alternative<manifest::StepSetWeight>(steps[i].body)) {
      since = Duration::zero();
      weighted = true;
    }
    const auto* pause = std::get_if<manifest::StepPause>(&steps[i].body);
    const bool open = (pause != nullptr && !pause->duration) || std::holds_alternative<manifest::StepAnalysis>(steps[i].body);
    if (open) weighted = false;  // It takes as long as it takes.
    if (pause != nullptr && pause->duration) since += *pause->duration;
  }
  if (!weighted) return;
  for (std::size_t t = 0; t < followed.templates.size(); ++t) {
    const Arguments arguments = ArgumentsOf(followed.Body(t), followed.reference.args);
    for (const Metric& metric : followed.Body(t).metrics) {
      const Duration window = WindowOf(metric, arguments);
      const Duration first = since + LengthOf(metric.initial_delay, arguments).value_or(Duration::zero());
      if (window <= first) continue;
      report.Say(
          "window-longer-than-step", steps[at].at,
          fmt::format("The metric {} of {} looks back {}, and the weight was set only {} before: most of what it sees is "
                      "from before.",
                      metric.name, followed.templates[t]->metadata.name, DurationText(window), DurationText(first)),
          "Pause before the analysis, give the metric an `initialDelay`, or measure over a shorter window.");
    }
  }
}

// The time from a step to the last one; nullopt when a person or an analysis decides.
std::optional<Duration> TimeFrom(const std::vector<Step>& steps, std::size_t first) {
  Duration time{};
  for (std::size_t i = first; i < steps.size(); ++i) {
    const auto* pause = std::get_if<manifest::StepPause>(&steps[i].body);
    const bool open = (pause != nullptr && !pause->duration) || std::holds_alternative<manifest::StepAnalysis>(steps[i].body) ||
                      std::holds_alternative<manifest::StepUnsupported>(steps[i].body);
    if (open) return std::nullopt;
    if (pause != nullptr) time += *pause->duration;
  }
  return time;
}

// A background analysis ends with the steps: a limit that needs more measurements than fit is never reached.
void LintBackgroundLimits(const Report& report, const Followed& followed, const std::vector<Step>& steps, std::size_t first) {
  const std::optional<Duration> time = TimeFrom(steps, first);
  if (!time || *time == Duration::zero()) return;
  for (std::size_t t = 0; t < followed.templates.size(); ++t) {
    const Arguments arguments = ArgumentsOf(followed.Body(t), followed.reference.args);
    for (const Metric& metric : followed.Body(t).metrics) {
      const std::optional<Duration> interval = LengthOf(metric.interval, arguments);
      const std::optional<std::int64_t> limit = CountOf(metric.failure_limit, arguments);
      const Duration delay = LengthOf(metric.initial_delay, arguments).value_or(Duration::zero());
      if (!interval || *interval <= Duration::zero() || !limit || *limit < 0) continue;
      const std::int64_t fit = delay >= *time ? 0 : (*time - delay) / *interval + 1;
      if (fit > *limit) continue;
      report.Say(
          "limit-past-the-steps", PosAt(report.object, Under(followed.path, {"templates"})),
          fmt::format("The metric {} of {} may fail {} times, and in the {} that the steps last it is measured at most {} "
                      "times: it can never end the rollout.",
                      metric.name, followed.templates[t]->metadata.name, *limit, DurationText(*time), fit),
          "Lower `failureLimit`, measure more often, or pause for longer.");
    }
  }
}

void LintStart(const Report& report, const manifest::CanaryStrategy& canary) {
  const int last = static_cast<int>(canary.steps.size());
  if (canary.steps.empty() || canary.analysis_starting_step != last) return;
  report.Say("analysis-after-last-step", PosAt(report.object, {"spec", "strategy", "canary", "analysis", "startingStep"}),
             fmt::format("Steps count from 0: the analysis begins at step {}, and the last one is {}.", last, last - 1),
             fmt::format("Write at most {}.", last - 1));
}

}  // namespace

Duration LongestWindow(const std::string& query) {
  const promql::ParseReport parsed = promql::ParseWithReport(query);
  return parsed.expr == nullptr ? Duration::zero() : std::chrono::milliseconds(WindowMs(*parsed.expr));
}

void LintAnalyses(const Report& report, const RolloutCheck& check) {
  const auto lint = [&](const AnalysisRef& reference, Path path) {
    Followed followed = FollowAll(check, reference, std::move(path));
    LintUnused(report, followed);
    LintNames(report, followed);
    return followed;
  };
  if (check.canary == nullptr) {
    const auto& blue_green = std::get<manifest::BlueGreenStrategy>(check.rollout.strategy);
    const Path base = {"spec", "strategy", "blueGreen"};
    if (blue_green.pre_promotion_analysis) lint(*blue_green.pre_promotion_analysis, Under(base, {"prePromotionAnalysis"}));
    if (blue_green.post_promotion_analysis) lint(*blue_green.post_promotion_analysis, Under(base, {"postPromotionAnalysis"}));
    return;
  }
  const std::vector<Step>& steps = check.canary->steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto* step = std::get_if<manifest::StepAnalysis>(&steps[i].body);
    if (step == nullptr) continue;
    const Followed followed = lint(step->analysis, {"spec", "strategy", "canary", "steps", std::to_string(i), "analysis"});
    LintStepWindows(report, followed, steps, i);
  }
  if (!check.canary->analysis) return;
  const Followed followed = lint(*check.canary->analysis, {"spec", "strategy", "canary", "analysis"});
  LintStart(report, *check.canary);
  const auto first = static_cast<std::size_t>(std::max(0, check.canary->analysis_starting_step));
  LintBackgroundWindows(report, followed, steps, first);
  LintBackgroundLimits(report, followed, steps, first);
}

}  // namespace tuesday::lint
