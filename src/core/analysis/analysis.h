// SPDX-License-Identifier: Apache-2.0
// The machine of one analysis run: which metric is measured when, and what its measurements add up to.
// Limits and order of checks are Argo's (analysis/analysis.go, 1.9) with two holes closed: a run that ended without one good
// measurement is not successful, and no data is no evidence instead of an error or a pass.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "core/audit/entry.h"

namespace tuesday::analysis {

// Argo's words; `kNoEvidence` is a measurement that had no data to judge.
enum class Phase { kPending, kRunning, kSuccessful, kFailed, kError, kInconclusive, kNoEvidence };

std::string_view PhaseName(Phase phase);

// One metric with its arguments filled in.
struct Metric {
  std::string name;
  std::string query;                 // PromQL over the attempt's view, or what is asked of `address` (ask/question.h).
  std::string address;               // Empty: the embedded store; else the word of the provider.
  std::optional<Duration> interval;  // None: measured once.
  Duration initial_delay{};
  std::optional<int> count;  // None: once without an interval, else until told to end.
  int failure_limit = 0;     // Failed when there are more; -1: never.
  int inconclusive_limit = 0;
  int consecutive_error_limit = 4;
  int consecutive_success_limit = 0;  // 0: off.
  std::string success_condition;
  std::string failure_condition;
  bool dry_run = false;  // Measured and shown, never decides.
  friend bool operator==(const Metric&, const Metric&) = default;
};

// The word of `Metric::address` for a range of the embedded store: its query holds a StoreQuestion (ask/question.h).
inline constexpr std::string_view kStoreWord = "store";

// Whether the embedded store is asked, and nobody else.
inline bool AsksStore(const Metric& metric) { return metric.address.empty() || metric.address == kStoreWord; }

struct Spec {
  std::vector<Metric> metrics;
  friend bool operator==(const Spec&, const Spec&) = default;
};

struct Measurement {
  std::uint64_t ordinal = 0;
  Phase phase = Phase::kNoEvidence;
  std::string value;  // As Argo prints it: "[0.95]".
  std::string message;
  Instant at;
  friend bool operator==(const Measurement&, const Measurement&) = default;
};

struct MetricStatus {
  Phase phase = Phase::kPending;
  int successful = 0;
  int failed = 0;
  int inconclusive = 0;
  int error = 0;
  int no_evidence = 0;
  int consecutive_error = 0;
  int consecutive_success = 0;
  std::uint64_t asked = 0;         // Ordinal of the last measurement that was asked for.
  bool waiting = false;            // Its answer has not come.
  std::optional<Instant> next_at;  // When to measure next.
  std::string message;
  std::vector<Measurement> measurements;  // The last kMeasurementsKept.
  friend bool operator==(const MetricStatus&, const MetricStatus&) = default;
};

struct Status {
  Phase phase = Phase::kPending;
  std::string message;
  std::optional<Instant> started_at;
  bool ending = false;                // Told to end.
  std::vector<MetricStatus> metrics;  // Parallel to Spec::metrics.
  friend bool operator==(const Status&, const Status&) = default;
};

inline constexpr std::size_t kMeasurementsKept = 10;
inline constexpr Duration kErrorRetry = std::chrono::seconds(10);

// What happens to a run.
struct Tick {};
struct Answer {
  int metric = 0;
  std::uint64_t ordinal = 0;
  Result<Json> value;  // A number, an array of numbers, or what a provider gave.
};
struct End {};  // The rollout needs it no longer.
using Event = std::variant<Tick, Answer, End>;

// Command: measure this metric once and answer with the same ordinal. Its id derives from (run, metric, ordinal).
struct Measure {
  int metric = 0;
  std::uint64_t ordinal = 0;
  friend bool operator==(const Measure&, const Measure&) = default;
};

struct Outcome {
  Status status;
  std::vector<Measure> commands;
  std::vector<audit::Entry> entries;
  std::optional<Instant> wake_at;
};

// Takes one event. An answer that nobody waits for changes nothing.
Outcome Step(const Spec& spec, Status status, const Event& event, Instant now);

bool IsDone(Phase phase);

// True when the run has at least one good measurement of every deciding metric and none of them stands badly: what the
// rollout gate may count as evidence while a background run goes on.
bool ShowsHealth(const Spec& spec, const Status& status);

// The phase of one measured value under the metric's conditions: Argo's truth table, NaN and emptiness apart.
struct Judgement {
  Phase phase = Phase::kNoEvidence;
  std::string message;
};
Judgement Judge(const Metric& metric, const Json& value);

}  // namespace tuesday::analysis
