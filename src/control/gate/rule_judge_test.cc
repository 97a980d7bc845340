// SPDX-License-Identifier: Apache-2.0
#include "control/gate/rule_judge.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "testing/fake_clock.h"
#include "testing/virtual_executor.h"

namespace tuesday::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

constexpr Instant kStart{seconds(1000)};
const ClockJoin kJoin{kStart, WallTime(milliseconds(1'000'000'000))};

constexpr std::string_view kRules = R"(apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: rules}
spec:
  groups:
    - name: canary
      interval: 10s
      rules:
        - alert: CanaryHighErrorRate
          expr: sum(rate(http_requests_total{status=~"5..",canary="true"}[1m])) / sum(rate(http_requests_total{canary="true"}[1m])) > 0.01
          for: 20s
        - alert: Watchdog
          expr: vector(1)
)";

// One rollout with a canary, its edge's log and its judge, driven second by second.
class JudgeBench {
 public:
  explicit JudgeBench(const std::string& name) : name_{Namespace("default"), name} {
    spec_.name = name_;
    status_.revisions = {{RevisionId("aaa"), 1, 0, 1, {}}, {RevisionId("bbb"), 2, 1, 1, {}}};
    Begin("u.2", kStart);
    for (const char* revision : {"aaa", "bbb"}) {
      InstanceState& instance = instances_.emplace_back();
      instance.id = InstanceId(name + "-" + revision + "-0");
      instance.rollout = name_;
      instance.revision = RevisionId(revision);
      instance.phase = InstancePhase::kRunning;
      instance.ready = true;
    }
  }

  void Begin(const std::string& attempt, Instant at) {
    rollout::Attempt& made = status_.attempt.emplace();
    made.id = AttemptId(attempt);
    made.revision = RevisionId("bbb");
    made.baseline = RevisionId("aaa");
    made.started_at = at;
  }
  void End() { status_.attempt->stage = rollout::Stage::kDone; }
  JudgedRollout View() const { return {name_, spec_, status_, exposure_, instances_}; }
  const std::vector<InstanceState>& instances() const { return instances_; }
  std::vector<InstanceState>& instances() { return instances_; }
  const RolloutName& name() const { return name_; }

  std::vector<RequestTally> Requests(std::uint64_t good, std::uint64_t bad) const {
    std::vector<RequestTally> tallies;
    for (int slot = 0; slot < 2; ++slot) {
      RequestTally& tally = tallies.emplace_back();
      tally.rollout = name_;
      tally.slot = slot;
      tally.instance = instances_[static_cast<std::size_t>(slot)].id;
      tally.by_status = {{200, good}};
      if (slot == 1) tally.by_status[500] = bad;
      tally.duration.buckets[10] = good;
    }
    return tallies;
  }

 private:
  RolloutName name_;
  rollout::Spec spec_;
  rollout::Status status_;
  state::Exposure exposure_{.stable_service = "api-stable", .canary_service = "api-canary"};
  std::vector<InstanceState> instances_;
};

class RuleJudgeTest : public ::testing::Test {
 protected:
  RuleJudgeTest() { judge_ = MakeJudge(); }

  // `bad` of every 100 requests of each canary fail, a second a turn.
  void Run(std::vector<JudgeBench*> benches, std::vector<std::uint64_t> bad, int turns) {
    for (int i = 0; i < turns; ++i, now_ += seconds(1)) {
      EdgeBatch batch;
      std::vector<InstanceState> instances;
      for (std::size_t b = 0; b < benches.size(); ++b) {
        recorder_.OnRollout(benches[b]->View());
        std::ranges::copy(benches[b]->instances(), std::back_inserter(instances));
      }
      recorder_.OnInstances(instances, now_);
      for (std::size_t b = 0; b < benches.size(); ++b) {
        Look(*benches[b]);
        std::ranges::move(benches[b]->Requests(100 - bad[b], bad[b]), std::back_inserter(batch.tallies));
      }
      recorder_.OnBatch(batch, now_);
    }
  }
  // As the loop does: looks, and looks again when the ticks have been taken.
  void Look(const JudgeBench& bench) {
    clock_.Set(now_);
    do {
      changed_ = false;
      for (Judged& judged : judge_->Look(bench.View(), now_)) told_.push_back(std::move(judged));
      executor_.RunUntil(now_);
    } while (changed_);
  }
  // The process ends and another one begins with what was stored.
  void Restart(const JudgeBench& bench) {
    std::vector<Row> rows;
    if (const Memory* memory = judge_->MemoryOf(bench.name())) rows = memory->rows;
    judge_ = MakeJudge();
    ASSERT_TRUE(judge_->Restore(bench.name(), rows, "boot", now_).has_value());
  }
  std::unique_ptr<RuleJudge> MakeJudge() {
    auto made = std::make_unique<RuleJudge>(JudgeParts{.store = store_,
                                                       .recorder = recorder_,
                                                       .analyses = nullptr,
                                                       .executor = executor_,
                                                       .join = kJoin,
                                                       .changed = [this](const RolloutName&) { changed_ = true; }});
    made->SetRules(manifest::ReadManifests(kRules, "rules.yaml").objects);
    return made;
  }
  gate::Verdict VerdictOf(const JudgeBench& bench) const { return judge_->Gate(bench.name())->finding.verdict; }

  metrics::SeriesStore store_;
  Recorder recorder_{store_, kJoin};
  testing::FakeClock clock_;
  testing::VirtualExecutor executor_{clock_};
  bool changed_ = false;
  std::unique_ptr<RuleJudge> judge_;
  Instant now_ = kStart;
  std::vector<Judged> told_;
};

TEST_F(RuleJudgeTest, AHealthyCanaryPassesOnceThereIsEvidence) {
  JudgeBench api("api");
  Run({&api}, {0}, 2);
  EXPECT_EQ(VerdictOf(api), gate::Verdict::kNoEvidence);
  Run({&api}, {0}, 90);
  EXPECT_EQ(VerdictOf(api), gate::Verdict::kPass) << judge_->Gate(api.name())->finding.reason;
}

TEST_F(RuleJudgeTest, ErrorsFailItAndTheSamplesAreSealed) {
  JudgeBench api("api");
  Run({&api}, {5}, 60);
  EXPECT_EQ(VerdictOf(api), gate::Verdict::kFail);
  EXPECT_THAT(judge_->Gate(api.name())->finding.reason, HasSubstr("CanaryHighErrorRate"));
  const auto sealed = std::ranges::find_if(told_, [](const Judged& judged) {
    return judged.entry.kind == "gate.rule" && judged.entry.message.find("fail") != std::string::npos;
  });
  ASSERT_NE(sealed, told_.end());
  const Result<metrics::SampleBatch> batch = metrics::DecodeBatch(sealed->samples);
  ASSERT_TRUE(batch);
  EXPECT_FALSE(batch->series.empty());
}

TEST_F(RuleJudgeTest, AWatchdogThatAlwaysFiresDoesNotCount) {
  JudgeBench api("api");
  Run({&api}, {0}, 90);
  EXPECT_THAT(judge_->Signals(api.name()), Contains(Field(&SignalView::name, "Watchdog")));
  for (const SignalView& signal : judge_->Signals(api.name())) {
    EXPECT_FALSE(signal.name == "Watchdog" && signal.counts);
  }
  EXPECT_NE(VerdictOf(api), gate::Verdict::kFail);
}

TEST_F(RuleJudgeTest, TwoRolloutsAtOnceNeverSeeEachOthersErrors) {
  JudgeBench api("api");
  JudgeBench web("web");
  Run({&api, &web}, {0, 50}, 90);
  EXPECT_EQ(VerdictOf(api), gate::Verdict::kPass) << judge_->Gate(api.name())->finding.reason;
  EXPECT_EQ(VerdictOf(web), gate::Verdict::kFail);
}

TEST_F(RuleJudgeTest, ARetryIsNotJudgedByTheErrorsOfTheAttemptBefore) {
  JudgeBench api("api");
  Run({&api}, {50}, 60);
  ASSERT_EQ(VerdictOf(api), gate::Verdict::kFail);
  now_ += seconds(10);
  api.Begin("u.3", now_);
  for (int i = 0; i < 90; ++i) {
    Run({&api}, {0}, 1);
    ASSERT_NE(VerdictOf(api), gate::Verdict::kFail) << i << ": " << judge_->Gate(api.name())->finding.reason;
  }
  EXPECT_EQ(VerdictOf(api), gate::Verdict::kPass) << judge_->Gate(api.name())->finding.reason;
}

// What there is of a rule, by its entries.
std::vector<std::string> MessagesOf(const std::vector<Judged>& told, const std::string& kind) {
  std::vector<std::string> messages;
  for (const Judged& judged : told) {
    if (judged.entry.kind == kind) messages.push_back(judged.entry.message);
  }
  return messages;
}

TEST_F(RuleJudgeTest, ARestartLosesNoPendingAlertAndTellsNothingTwice) {
  JudgeBench api("api");
  Run({&api}, {5}, 25);  // Errors since the start, pending, and not firing yet.
  ASSERT_NE(VerdictOf(api), gate::Verdict::kFail);
  const std::vector<std::string> before = MessagesOf(told_, "gate.rule");
  Restart(api);
  EXPECT_NE(VerdictOf(api), gate::Verdict::kFail);
  Run({&api}, {5}, 25);
  EXPECT_EQ(VerdictOf(api), gate::Verdict::kFail);
  // As it would have gone without the restart.
  const std::vector<std::string> after = MessagesOf(told_, "gate.rule");
  ASSERT_EQ(after.size(), before.size() + 1);
  EXPECT_THAT(after.back(), HasSubstr("CanaryHighErrorRate: fail"));
}

TEST_F(RuleJudgeTest, TicksThatWereNotStoredAreTakenAgain) {
  JudgeBench api("api");
  Run({&api}, {5}, 15);
  std::vector<Row> rows = judge_->MemoryOf(api.name())->rows;
  Run({&api}, {5}, 40);
  ASSERT_EQ(VerdictOf(api), gate::Verdict::kFail);
  const std::vector<std::string> told = MessagesOf(std::exchange(told_, {}), "gate.rule");
  judge_ = MakeJudge();
  ASSERT_TRUE(judge_->Restore(api.name(), rows, "boot", now_).has_value());
  Run({&api}, {5}, 1);
  EXPECT_EQ(VerdictOf(api), gate::Verdict::kFail);
  EXPECT_EQ(MessagesOf(told_, "gate.rule").back(), told.back());
}

TEST_F(RuleJudgeTest, RestartsBeforeTheDaemonsOwnAreStillTheCanarys) {
  JudgeBench api("api");
  Run({&api}, {0}, 5);
  api.instances()[1].restarts = 1;
  Restart(api);
  Run({&api}, {0}, 2);
  EXPECT_EQ(VerdictOf(api), gate::Verdict::kFail);
  EXPECT_THAT(judge_->Gate(api.name())->finding.reason, HasSubstr("restarted 1 time"));
}

TEST_F(RuleJudgeTest, WhatAWorkerDidForARolloutThatWasForgottenIsDropped) {
  JudgeBench api("api");
  clock_.Set(now_);
  recorder_.OnRollout(api.View());
  judge_->Look(api.View(), now_);  // A worker has a tick of the old one.
  judge_->Forget(api.name());
  api.Begin("v.1", now_ + seconds(15));  // None of its own is due yet.
  judge_->Look(api.View(), now_);
  executor_.RunUntil(now_);
  EXPECT_TRUE(
      std::ranges::none_of(judge_->Signals(api.name()), [](const SignalView& signal) { return signal.name == "Watchdog"; }));
}

TEST_F(RuleJudgeTest, AnAttemptThatEndedLeavesNothingToRestore) {
  JudgeBench api("api");
  Run({&api}, {0}, 20);
  for (const Row& row : judge_->MemoryOf(api.name())->rows) EXPECT_FALSE(row.value.empty()) << row.key;
  api.End();
  Run({&api}, {0}, 1);
  const Memory* memory = judge_->MemoryOf(api.name());
  EXPECT_TRUE(memory->is_due);
  for (const Row& row : memory->rows) EXPECT_TRUE(row.value.empty()) << row.key;
}

TEST_F(RuleJudgeTest, LostLinesAreNoEvidence) {
  JudgeBench api("api");
  Run({&api}, {0}, 60);
  EdgeBatch cut;
  cut.reconnected = true;
  recorder_.OnBatch(cut, now_);
  Run({&api}, {0}, 15);
  EXPECT_EQ(VerdictOf(api), gate::Verdict::kNoEvidence);
  EXPECT_THAT(judge_->Gate(api.name())->finding.reason, HasSubstr("lost"));
}

TEST_F(RuleJudgeTest, LostLinesAreForgottenWhenTheRulesWindowHasPassedThem) {
  JudgeBench api("api");
  Run({&api}, {0}, 1);
  EdgeBatch cut;
  cut.reconnected = true;
  recorder_.OnBatch(cut, now_);
  Run({&api}, {0}, 50);
  EXPECT_EQ(VerdictOf(api), gate::Verdict::kNoEvidence);
  // The window is one minute.
  Run({&api}, {0}, 30);
  EXPECT_EQ(VerdictOf(api), gate::Verdict::kPass) << judge_->Gate(api.name())->finding.reason;
}

TEST_F(RuleJudgeTest, ACanaryWhoseInstancesAreAllDownFails) {
  JudgeBench api("api");
  Run({&api}, {0}, 5);
  api.instances()[1].ready = false;
  api.instances()[1].phase = InstancePhase::kBackOff;
  api.instances()[1].restarts = 1;
  Run({&api}, {0}, 3);
  EXPECT_EQ(VerdictOf(api), gate::Verdict::kFail);
}

}  // namespace
}  // namespace tuesday::control
