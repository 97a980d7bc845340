// SPDX-License-Identifier: Apache-2.0
#include "wire/state/judgement.h"

#include <gmock/gmock.h>

namespace tuesday::state {
namespace {

using std::chrono::seconds;

TEST(Judgement, IsReadBackAsItWasWritten) {
  JudgementRecord record{AttemptId("u.2"), Instant(seconds(5)), {{InstanceId("api-1"), 3}}, std::nullopt};
  record.gate = gate::Finding{
      gate::Verdict::kFail, "CanaryHighErrorRate", {{"left", "0.05", WallTime(seconds(1)), WallTime(seconds(2))}}};
  const Result<JudgementRecord> read = DecodeJudgement(Encode(record));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->attempt, record.attempt);
  EXPECT_EQ(read->began, record.began);
  EXPECT_EQ(read->restarts_at_start, record.restarts_at_start);
  EXPECT_EQ(read->gate, record.gate);
  EXPECT_EQ(Encode(*read), Encode(record));
}

TEST(Judgement, ARulesCaseKeepsItsAlertsAndItsTicks) {
  RulesCaseRecord record{AttemptId("u.2"), {}};
  judge::GroupCase& group = record.stands.groups.emplace_back();
  group.identity = "abc";
  group.next_tick = 17;
  group.state.evaluations = 17;
  group.state.last_ms = 99;
  group.state.rules.push_back({"A", {}, {metrics::Labels{{"a", "b"}}}, ""});
  group.firing_at_start = {rules::FiringAtStart::kYes, rules::FiringAtStart::kNo};
  group.alerts.push_back({1, {rules::StandingKind::kCountsWhenFiring, "because"}, {}, rules::AlertPhase::kPending, 42});
  const Result<RulesCaseRecord> read = DecodeRulesCase(Encode(record));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  ASSERT_EQ(read->stands.groups.size(), 1);
  EXPECT_EQ(read->stands.groups[0].next_tick, 17);
  EXPECT_EQ(read->stands.groups[0].firing_at_start, group.firing_at_start);
  EXPECT_EQ(read->stands.groups[0].alerts, group.alerts);
  EXPECT_EQ(Encode(*read), Encode(record));
}

TEST(Judgement, RunsOfAnalysesKeepTheirSpecAndTheirCounts) {
  AnalysesRecord record{"boot", {}};
  AnalysesRecord::Run& run = record.runs.emplace_back();
  run.key = {AttemptId("u.2"), 1, 3, 2};
  run.name = "success-rate";
  analysis::Metric& metric = run.spec.metrics.emplace_back();
  metric.name = "m";
  metric.query = "up";
  metric.interval = seconds(60);
  metric.count = 3;
  analysis::MetricStatus& status = run.status.metrics.emplace_back();
  status.failed = 2;
  status.next_at = Instant(seconds(7));
  status.measurements.push_back({4, analysis::Phase::kFailed, "[0.9]", "below", Instant(seconds(6))});
  const Result<AnalysesRecord> read = DecodeAnalyses(Encode(record));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  ASSERT_EQ(read->runs.size(), 1);
  EXPECT_EQ(read->boot_id, "boot");
  EXPECT_EQ(read->runs[0].key, run.key);
  EXPECT_EQ(read->runs[0].spec, run.spec);
  EXPECT_EQ(read->runs[0].status, run.status);
}

TEST(Judgement, DamageIsSaid) {
  EXPECT_EQ(DecodeJudgement("{\"attempt\":1}").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(DecodeRulesCase("no").error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace tuesday::state
