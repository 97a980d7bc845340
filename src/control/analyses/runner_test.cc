// SPDX-License-Identifier: Apache-2.0
#include "control/analyses/runner.h"

#include <gmock/gmock.h>

#include "core/metrics/store.h"
#include "testing/fake_clock.h"
#include "testing/virtual_executor.h"

namespace tuesday::control {
namespace {

using std::chrono::seconds;

// Fails for good with the third bad measurement.
constexpr std::string_view kObjects = R"(apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: low-errors}
spec:
  metrics:
    - name: errors
      interval: 60s
      failureLimit: 2
      successCondition: result[0] < 1
      provider: {prometheus: {query: errors}}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: api}
spec:
  replicas: 1
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: "api:1"}]}
  strategy:
    canary:
      analysis: {templates: [{templateName: low-errors}]}
      steps: [{setWeight: 10}, {pause: {duration: 10m}}]
)";

// Every metric here asks the embedded store.
class NoAsker : public Asker {
 public:
  void Ask(const Asked& asked, Answer) override { ADD_FAILURE() << "asked for " << asked.id.str(); }
  void SetObjects(const std::vector<manifest::Object>&) override {}
  void Keep(const JobsTarget& target) override { EXPECT_TRUE(target.running.empty() && target.kept.empty()); }
};

class LiveAnalysesTest : public ::testing::Test {
 protected:
  LiveAnalysesTest() {
    spec_.name = {Namespace("default"), "api"};
    spec_.analyses = {"low-errors"};
    Append(5);
    Begin();
  }

  void Begin() {
    analyses_ = std::make_unique<LiveAnalyses>(AnalysisParts{
        .clock = clock_,
        .executor = executor_,
        .view = [this](const RolloutName&) { return store_->Snapshot(); },
        .wall =
            [](Instant at) { return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch())); },
        .changed =
            [this](const RolloutName&, const std::vector<audit::Entry>& entries) {
              for (const audit::Entry& entry : entries) told_.push_back(entry.kind);
            },
        .asker = asker_,
        .digest_of = nullptr});
    analyses_->SetObjects(manifest::ReadManifests(kObjects, "api.yaml").objects);
  }

  void Append(double errors) {
    const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.Now().time_since_epoch()).count();
    ASSERT_TRUE(store_->Append(store_->Open(metrics::Labels{{"__name__", "errors"}}), {ms, errors}).has_value());
  }

  void Target() { analyses_->Target({spec_.name, spec_, status_, exposure_, instances_}, {key_, true}); }
  rollout::AnalysisSeen Seen() const { return analyses_->Seen(spec_.name).front(); }
  const analysis::MetricStatus& Errors() {
    runs_ = analyses_->Runs(spec_.name);
    return runs_.front().status.metrics.front();
  }

  // Another process takes over what was stored.
  void Restart(const std::string& boot_id) {
    const std::vector<Row> rows = analyses_->MemoryOf(spec_.name)->rows;
    executor_.Crash();
    Begin();
    ASSERT_TRUE(analyses_->Restore(spec_.name, rows, boot_id, clock_.Now()).has_value());
  }

  testing::FakeClock clock_;
  testing::VirtualExecutor executor_{clock_};
  NoAsker asker_;
  std::unique_ptr<metrics::SeriesStore> store_ = std::make_unique<metrics::SeriesStore>();
  rollout::Spec spec_;
  rollout::Status status_;
  state::Exposure exposure_;
  std::vector<InstanceState> instances_;
  rollout::AnalysisRunKey key_{AttemptId("u.2"), 0, -1, 0};
  std::vector<std::string> told_;
  std::vector<LiveAnalyses::RunView> runs_;
  std::unique_ptr<LiveAnalyses> analyses_;
};

TEST_F(LiveAnalysesTest, MeasuresAtItsIntervalUntilItsLimit) {
  Target();
  executor_.RunFor(seconds(121));
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kFailed);
  EXPECT_THAT(Seen().message, ::testing::HasSubstr("3 of its measurements failed"));
}

TEST_F(LiveAnalysesTest, ARangeOfTheEmbeddedStoreGivesAllItsValues) {
  std::string objects(kObjects);
  const std::string query = "{prometheus: {query: errors}}";
  objects.replace(objects.find(query), query.size(),
                  "{prometheus: {query: errors, rangeQuery: {start: \"now() - duration('2m')\", end: now(), step: 30s}}}");
  const std::string condition = "result[0] < 1";
  objects.replace(objects.find(condition), condition.size(), "\"len(result) == 3 && all(result, # == 5)\"");
  analyses_->SetObjects(manifest::ReadManifests(objects, "api.yaml").objects);
  // Within the first minute there is one sample behind the three newest of five points.
  executor_.RunFor(seconds(60));
  Target();
  executor_.RunFor(seconds(1));
  EXPECT_EQ(Errors().successful, 1) << Errors().measurements.back().value << Errors().measurements.back().message;
}

TEST_F(LiveAnalysesTest, ARestartLosesNoFailedMeasurement) {
  Target();
  executor_.RunFor(seconds(61));
  ASSERT_EQ(Errors().failed, 2);
  Restart(clock_.BootId());
  EXPECT_TRUE(analyses_->Seen(spec_.name).empty()) << "nobody runs it, so the machine has to say again that it shall run";
  Target();
  executor_.RunFor(seconds(58));
  EXPECT_EQ(Errors().failed, 2) << "measured before its time";
  executor_.RunFor(seconds(2));
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kFailed);
}

TEST_F(LiveAnalysesTest, WhatWasAskedWhenTheProcessDiedIsAskedAgain) {
  executor_.SetLatency("analysis", seconds(30));
  Target();
  executor_.RunFor(seconds(10));
  ASSERT_TRUE(Errors().waiting);
  Restart(clock_.BootId());
  Target();
  executor_.RunFor(seconds(31));
  EXPECT_EQ(Errors().failed, 1);
}

TEST_F(LiveAnalysesTest, AfterARebootWhatIsDueIsDueNow) {
  Target();
  executor_.RunFor(seconds(1));
  ASSERT_EQ(Errors().failed, 1);
  ASSERT_NE(analyses_->MemoryOf(spec_.name), nullptr);  // Stored in the boot that is about to end.
  clock_.Reboot("boot-2");
  store_ = std::make_unique<metrics::SeriesStore>();
  Append(5);
  Restart("boot-2");
  Target();
  executor_.RunFor(seconds(1));
  EXPECT_EQ(Errors().failed, 2);
}

TEST_F(LiveAnalysesTest, AMeasurementIsWorthACommitAndAQuestionIsNot) {
  executor_.SetLatency("analysis", seconds(30));
  Target();
  EXPECT_FALSE(analyses_->MemoryOf(spec_.name)->is_due);
  executor_.RunFor(seconds(31));
  EXPECT_TRUE(analyses_->MemoryOf(spec_.name)->is_due);
}

}  // namespace
}  // namespace tuesday::control
