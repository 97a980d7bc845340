// SPDX-License-Identifier: Apache-2.0
// One metric at a time: its query, its numbers.
#include <fmt/format.h>

#include <algorithm>

#include "core/condition/moment.h"
#include "core/lint/checks.h"
#include "core/manifest/check/rules.h"
#include "core/promql/parser.h"

namespace tuesday::lint {
namespace {

using manifest::AnalysisTemplate;
using manifest::Metric;
using manifest::PosOf;
using manifest::PrometheusProvider;

// The recorder's while an attempt is in flight, and the shortest that Prometheus' own examples have.
constexpr Duration kSampleInterval = std::chrono::seconds(1);
constexpr Duration kScrapeInterval = std::chrono::seconds(15);

class MetricLint {
 public:
  MetricLint(const Report& report, const Metric& metric, std::size_t index, const Arguments& arguments)
      : report_(report), metric_(metric), index_(std::to_string(index)), arguments_(arguments) {}

  void Run() {
    CheckInterval();
    CheckQuery();
    CheckRange();
    CheckLimits();
  }

 private:
  SourcePos At(std::string_view key) const { return PosOf(report_.object, {"spec", "metrics", index_, key}); }

  void CheckInterval() {
    const std::optional<Duration> interval = LengthOf(metric_.interval, arguments_);
    const auto* prometheus = std::get_if<PrometheusProvider>(&metric_.provider);
    if (!interval || prometheus == nullptr) return;
    const Duration scrape = prometheus->address.empty() ? kSampleInterval : kScrapeInterval;
    if (*interval >= scrape) return;
    report_.Say("interval-shorter-than-scrape", At("interval"),
                fmt::format("The metric {} is measured every {}, and there are new samples every {}: one bad sample counts as "
                            "several failures.",
                            metric_.name, DurationText(*interval), DurationText(scrape)),
                fmt::format("Measure every {} or less often.", DurationText(scrape)));
  }

  void CheckQuery() {
    const auto* prometheus = std::get_if<PrometheusProvider>(&metric_.provider);
    const std::optional<std::string> query = prometheus == nullptr ? std::nullopt : Resolve(prometheus->query, arguments_);
    if (!query || query->empty()) return;
    const promql::ParseReport parsed = promql::ParseWithReport(*query);
    if (parsed.problems.empty()) return;
    report_.Say("bad-query", PosOf(report_.object, {"spec", "metrics", index_, "provider", "prometheus", "query"}),
                fmt::format("The query of {} is not PromQL: {}: {}.", metric_.name,
                            promql::PositionText(*query, parsed.problems.front().pos.start), parsed.problems.front().message));
  }

  void CheckRange() {
    const auto* prometheus = std::get_if<PrometheusProvider>(&metric_.provider);
    if (prometheus == nullptr || !prometheus->range) return;
    const auto at = [this](std::string_view key) {
      return PosOf(report_.object, {"spec", "metrics", index_, "provider", "prometheus", "rangeQuery", key});
    };
    constexpr std::int64_t kSomeInstant = 1'700'000'000'000;
    for (const auto& [key, text] : {std::pair("start", prometheus->range->start), std::pair("end", prometheus->range->end)}) {
      const std::optional<std::string> moment = Resolve(text, arguments_);
      if (!moment) continue;
      const Result<std::int64_t> read = condition::EvaluateMoment(*moment, kSomeInstant);
      if (read.has_value()) continue;
      report_.Say("bad-query", at(key), fmt::format("The range of {} has no {}: {}", metric_.name, key, read.error().message),
                  read.error().hint);
    }
    const std::optional<std::string> step = Resolve(prometheus->range->step, arguments_);
    if (!step) return;
    const Result<Duration> length = ParseGoDuration(*step);
    if (length.has_value() && *length >= std::chrono::milliseconds(1)) return;
    report_.Say("bad-query", at("step"),
                fmt::format("The range of {} has the step \"{}\", which is no length of time.", metric_.name, *step),
                "Write for example 1m.");
  }

  // How many measurements there will be; nullopt: as many as there is time for, or unknown.
  std::optional<std::int64_t> Measurements() const {
    if (!metric_.count.empty()) {
      const std::optional<std::int64_t> count = CountOf(metric_.count, arguments_);
      return count && *count == 0 ? std::nullopt : count;
    }
    return metric_.interval.empty() ? std::optional<std::int64_t>(1) : std::nullopt;
  }

  void CheckLimit(std::string_view key, const std::string& text, std::string_view outcome) {
    const std::optional<std::int64_t> limit = CountOf(text, arguments_);
    const std::optional<std::int64_t> count = Measurements();
    if (!limit || !count || *limit < *count) return;
    report_.Say(
        "limit-never-reached", At(key),
        fmt::format("`{}` {} bears {} {} measurements, and there {}: the metric can never end that way.", key, *limit, *limit,
                    outcome, *count == 1 ? "is one" : fmt::format("are {}", *count)),
        *count == 1 ? std::string("Remove it, or give `count` and `interval`.") : fmt::format("Write at most {}.", *count - 1));
  }

  void CheckLimits() {
    CheckLimit("failureLimit", metric_.failure_limit, "failed");
    CheckLimit("inconclusiveLimit", metric_.inconclusive_limit, "inconclusive");
    const bool both = !metric_.success_condition.empty() && !metric_.failure_condition.empty();
    if (!metric_.inconclusive_limit.empty() && !both) {
      report_.Say("limit-never-reached", At("inconclusiveLimit"),
                  "A measurement is inconclusive when neither of two conditions holds, and there is at most one condition.",
                  "Remove `inconclusiveLimit`, or give both conditions.");
    }
    const std::optional<std::int64_t> success = CountOf(metric_.consecutive_success_limit, arguments_);
    const std::optional<std::int64_t> count = Measurements();
    if (success && count && *success > *count) {
      report_.Say("limit-never-reached", At("consecutiveSuccessLimit"),
                  fmt::format("`consecutiveSuccessLimit` asks for {} good measurements in a row, and there {}.", *success,
                              *count == 1 ? "is one" : fmt::format("are {}", *count)),
                  fmt::format("Write at most {}.", *count));
    }
    const std::optional<std::int64_t> errors = CountOf(metric_.consecutive_error_limit, arguments_);
    if (errors && *errors >= kErrorsMax) {
      report_.Say("limit-never-reached", At("consecutiveErrorLimit"),
                  fmt::format("`consecutiveErrorLimit` {} lets a metrics server be silent for {} before anybody is told: an "
                              "error is asked again every {}.",
                              *errors, DurationText(kErrorRetry * static_cast<int>(std::min(*errors, kErrorsShownMax))),
                              DurationText(kErrorRetry)),
                  "The default is 4.");
    }
  }

  static constexpr Duration kErrorRetry =
      std::chrono::seconds(10);                   // Argo Rollouts 1.9, analysis.go, DefaultErrorRetryInterval.
  static constexpr std::int64_t kErrorsMax = 60;  // Ten minutes: as long as the progress deadline.
  static constexpr std::int64_t kErrorsShownMax = 1'000'000;

  const Report& report_;
  const Metric& metric_;
  const std::string index_;
  const Arguments& arguments_;
};

}  // namespace

void LintMetrics(const Report& report, const AnalysisTemplate& body) {
  const Arguments arguments = ArgumentsOf(body, {});
  for (std::size_t i = 0; i < body.metrics.size(); ++i) {
    MetricLint(report, body.metrics[i], i, arguments).Run();
    LintConditions(report, body.metrics[i], i, arguments);
  }
}

}  // namespace tuesday::lint
