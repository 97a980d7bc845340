// SPDX-License-Identifier: Apache-2.0
#include "core/analysis/analysis.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuesday::analysis {
namespace {

// Worse phases have higher numbers: the run is as bad as its worst deciding metric.
int Badness(Phase phase) {
  switch (phase) {
    case Phase::kSuccessful: return 0;
    case Phase::kRunning: return 1;
    case Phase::kPending: return 2;
    case Phase::kNoEvidence: return 3;
    case Phase::kInconclusive: return 4;
    case Phase::kError: return 5;
    case Phase::kFailed: return 6;
  }
  return 6;
}

bool IsBad(Phase phase) { return phase == Phase::kFailed || phase == Phase::kError || phase == Phase::kInconclusive; }

// Measurements that count against `count`: all but errors and silence.
int Counted(const MetricStatus& metric) { return metric.successful + metric.failed + metric.inconclusive; }

std::string ValueText(const Json& value) {
  constexpr std::size_t kValueBytesMax = 512;
  std::string text = CanonicalJson(value);
  if (text.size() > kValueBytesMax) text = text.substr(0, kValueBytesMax) + "…";
  return text;
}

// Later checks override earlier ones, as in Argo: Failed, then Inconclusive, then Error.
void AssessLimits(const Metric& spec, MetricStatus& metric) {
  if (spec.failure_limit >= 0 && metric.failed > spec.failure_limit) {
    metric.phase = Phase::kFailed;
    metric.message = fmt::format("{} of its measurements failed; the limit is {}.", metric.failed, spec.failure_limit);
  }
  if (metric.inconclusive > spec.inconclusive_limit) {
    metric.phase = Phase::kInconclusive;
    metric.message =
        fmt::format("{} of its measurements were inconclusive; the limit is {}.", metric.inconclusive, spec.inconclusive_limit);
  }
  if (metric.consecutive_error > spec.consecutive_error_limit) {
    metric.phase = Phase::kError;
    metric.message = fmt::format("{} measurements in a row had errors; the limit is {}. The last: {}", metric.consecutive_error,
                                 spec.consecutive_error_limit, metric.measurements.back().message);
  }
}

// Whether enough was measured, and what that means.
void AssessCount(const Metric& spec, MetricStatus& metric) {
  if (IsDone(metric.phase)) return;
  if (spec.consecutive_success_limit > 0 && metric.consecutive_success >= spec.consecutive_success_limit) {
    metric.phase = Phase::kSuccessful;
    return;
  }
  const std::optional<int> wanted = spec.count.has_value()      ? spec.count
                                    : spec.interval.has_value() ? std::nullopt
                                                                : std::optional(1);
  if (!wanted.has_value() || Counted(metric) < *wanted) return;
  if (spec.consecutive_success_limit > 0) {
    metric.phase = spec.failure_limit < 0 ? Phase::kFailed : Phase::kInconclusive;
    metric.message =
        fmt::format("It was measured {} times without {} successes in a row.", *wanted, spec.consecutive_success_limit);
  } else {
    metric.phase = metric.successful > 0 ? Phase::kSuccessful : Phase::kInconclusive;
  }
}

void TakeMeasurement(const Metric& spec, MetricStatus& metric, Measurement measurement, Instant now) {
  metric.waiting = false;
  metric.consecutive_error = measurement.phase == Phase::kError ? metric.consecutive_error + 1 : 0;
  metric.consecutive_success = measurement.phase == Phase::kSuccessful ? metric.consecutive_success + 1 : 0;
  switch (measurement.phase) {
    case Phase::kSuccessful: ++metric.successful; break;
    case Phase::kFailed: ++metric.failed; break;
    case Phase::kInconclusive: ++metric.inconclusive; break;
    case Phase::kError: ++metric.error; break;
    default: ++metric.no_evidence; break;
  }
  // An error is tried again soon, as in Argo. Silence waits for its turn: it is no failure of the provider.
  const Duration usual = spec.interval.value_or(kErrorRetry);
  metric.next_at = now + (measurement.phase == Phase::kError ? std::min(usual, kErrorRetry) : usual);
  metric.measurements.push_back(std::move(measurement));
  if (metric.measurements.size() > kMeasurementsKept) metric.measurements.erase(metric.measurements.begin());
  AssessLimits(spec, metric);
  AssessCount(spec, metric);
}

// A metric that is told to end is successful only when something good was seen of it.
void EndMetric(MetricStatus& metric) {
  metric.waiting = false;
  if (IsDone(metric.phase)) return;
  if (metric.successful > 0) {
    metric.phase = Phase::kSuccessful;
  } else {
    metric.phase = metric.error > 0 ? Phase::kError : Phase::kInconclusive;
    metric.message = metric.error > 0 ? "It ended with nothing but errors." : "It ended before anything was measured.";
  }
}

Phase RunPhase(const Spec& spec, const Status& status) {
  Phase worst = Phase::kSuccessful;
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    if (spec.metrics[i].dry_run) continue;
    if (Badness(status.metrics[i].phase) > Badness(worst)) worst = status.metrics[i].phase;
  }
  return worst;
}

class Stepper {
 public:
  Stepper(const Spec& spec, Status status, Instant now) : spec_(spec), now_(now) {
    outcome_.status = std::move(status);
    outcome_.status.metrics.resize(spec.metrics.size());
  }

  Outcome Run(const Event& event) {
    Status& status = outcome_.status;
    if (IsDone(status.phase)) return std::move(outcome_);
    if (!status.started_at.has_value()) Begin();
    if (const Answer* answer = std::get_if<Answer>(&event)) TakeAnswer(*answer);
    if (std::holds_alternative<End>(event)) status.ending = true;
    if (AnyBad() || status.ending) {
      for (MetricStatus& metric : status.metrics) EndMetric(metric);
    }
    AskDue();
    Conclude();
    return std::move(outcome_);
  }

 private:
  void Begin() {
    outcome_.status.started_at = now_;
    outcome_.status.phase = Phase::kRunning;
    for (std::size_t i = 0; i < spec_.metrics.size(); ++i) {
      outcome_.status.metrics[i].phase = Phase::kRunning;
      outcome_.status.metrics[i].next_at = now_ + spec_.metrics[i].initial_delay;
    }
  }

  void TakeAnswer(const Answer& answer) {
    if (answer.metric < 0 || answer.metric >= static_cast<int>(spec_.metrics.size())) return;
    const Metric& spec = spec_.metrics[static_cast<std::size_t>(answer.metric)];
    MetricStatus& metric = outcome_.status.metrics[static_cast<std::size_t>(answer.metric)];
    if (!metric.waiting || metric.asked != answer.ordinal || IsDone(metric.phase)) return;
    Measurement measurement{.ordinal = answer.ordinal, .at = now_};
    if (answer.value.has_value()) {
      const Judgement judgement = Judge(spec, *answer.value);
      measurement.phase = judgement.phase;
      measurement.message = judgement.message;
      measurement.value = ValueText(*answer.value);
    } else {
      measurement.phase = Phase::kError;
      measurement.message = ErrorText(answer.value.error());
    }
    const Phase before = metric.measurements.empty() ? Phase::kPending : metric.measurements.back().phase;
    if (measurement.phase != before) Tell(spec, measurement);
    TakeMeasurement(spec, metric, std::move(measurement), now_);
  }

  void Tell(const Metric& spec, const Measurement& measurement) {
    audit::Entry entry{.kind = "analysis.measured", .message = {}, .data = {}};
    entry.message = fmt::format("{} measured {}: {}.", spec.name, measurement.value.empty() ? "nothing" : measurement.value,
                                PhaseName(measurement.phase));
    entry.data = {{"metric", spec.name},
                  {"value", measurement.value},
                  {"phase", PhaseName(measurement.phase)},
                  {"message", measurement.message},
                  {"ordinal", measurement.ordinal}};
    outcome_.entries.push_back(std::move(entry));
  }

  bool AnyBad() const {
    for (std::size_t i = 0; i < spec_.metrics.size(); ++i) {
      if (!spec_.metrics[i].dry_run && IsBad(outcome_.status.metrics[i].phase)) return true;
    }
    return false;
  }

  void AskDue() {
    for (std::size_t i = 0; i < spec_.metrics.size(); ++i) {
      MetricStatus& metric = outcome_.status.metrics[i];
      if (IsDone(metric.phase) || metric.waiting || !metric.next_at.has_value()) continue;
      if (*metric.next_at > now_) {
        outcome_.wake_at = std::min(outcome_.wake_at.value_or(*metric.next_at), *metric.next_at);
        continue;
      }
      metric.waiting = true;
      outcome_.commands.push_back({static_cast<int>(i), ++metric.asked});
    }
  }

  void Conclude() {
    Status& status = outcome_.status;
    const Phase phase = RunPhase(spec_, status);
    if (phase == status.phase) return;
    status.phase = phase;
    if (!IsDone(phase)) return;
    for (std::size_t i = 0; i < spec_.metrics.size(); ++i) {
      if (!spec_.metrics[i].dry_run && status.metrics[i].phase == phase && !status.metrics[i].message.empty()) {
        status.message = fmt::format("Metric \"{}\": {}", spec_.metrics[i].name, status.metrics[i].message);
        break;
      }
    }
    outcome_.commands.clear();
    outcome_.wake_at.reset();
    outcome_.entries.push_back({"analysis.ended",
                                fmt::format("The analysis ended: {}. {}", PhaseName(phase), status.message),
                                {{"phase", PhaseName(phase)}, {"message", status.message}}});
  }

  const Spec& spec_;
  Instant now_;
  Outcome outcome_;
};

}  // namespace

std::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kPending: return "Pending";
    case Phase::kRunning: return "Running";
    case Phase::kSuccessful: return "Successful";
    case Phase::kFailed: return "Failed";
    case Phase::kError: return "Error";
    case Phase::kInconclusive: return "Inconclusive";
    case Phase::kNoEvidence: return "no evidence";
  }
  return "Error";
}

bool IsDone(Phase phase) { return phase == Phase::kSuccessful || IsBad(phase); }

Outcome Step(const Spec& spec, Status status, const Event& event, Instant now) {
  return Stepper(spec, std::move(status), now).Run(event);
}

bool ShowsHealth(const Spec& spec, const Status& status) {
  bool any = false;
  for (std::size_t i = 0; i < spec.metrics.size() && i < status.metrics.size(); ++i) {
    if (spec.metrics[i].dry_run) continue;
    const MetricStatus& metric = status.metrics[i];
    if (IsBad(metric.phase) || metric.successful == 0 || metric.measurements.empty()) return false;
    if (metric.measurements.back().phase != Phase::kSuccessful) return false;
    any = true;
  }
  return any && spec.metrics.size() == status.metrics.size();
}

}  // namespace tuesday::analysis
