// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/recorder.h"

#include <gmock/gmock.h>

#include <deque>
#include <functional>

#include "control/metrics/roles.h"

namespace tuesday::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Instant kStart{seconds(1000)};
const ClockJoin kJoin{kStart, WallTime(milliseconds(1'000'000))};

// A rollout with revision "aaa" as stable and "bbb" under attempt 2.
struct Scene {
  RolloutName name{Namespace("default"), "api"};
  rollout::Spec spec;
  rollout::Status status;
  state::Exposure exposure{.stable_service = "api-stable", .canary_service = "api-canary"};
  std::vector<InstanceState> instances;

  Scene() {
    spec.name = name;
    status.revisions = {{RevisionId("aaa"), 1, 0, 1, {}}, {RevisionId("bbb"), 2, 1, 1, {}}};
    rollout::Attempt& attempt = status.attempt.emplace();
    attempt.id = AttemptId("u.2");
    attempt.revision = RevisionId("bbb");
    attempt.baseline = RevisionId("aaa");
    attempt.started_at = kStart;
    Add("a0", "aaa");
    Add("b0", "bbb");
  }
  void Add(const std::string& id, const std::string& revision) {
    InstanceState& instance = instances.emplace_back();
    instance.id = InstanceId(id);
    instance.rollout = name;
    instance.revision = RevisionId(revision);
    instance.ready = true;
  }
  JudgedRollout Judged() const { return {name, spec, status, exposure, instances}; }
};

RequestTally Requests(const Scene& scene, const std::string& instance, int slot, std::map<int, std::uint64_t> by_status) {
  RequestTally tally;
  tally.rollout = scene.name;
  tally.slot = slot;
  tally.instance = InstanceId(instance);
  tally.by_status = std::move(by_status);
  return tally;
}

std::vector<metrics::Series> Select(const metrics::SeriesStore& store,
                                    std::vector<std::pair<std::string, std::string>> labels) {
  std::vector<metrics::LabelMatcher> matchers;
  for (const auto& [name, value] : labels) matchers.push_back({metrics::MatchOp::kEqual, name, value});
  return *store.Snapshot()->Select(matchers, INT64_MIN, INT64_MAX);
}

TEST(Recorder, EverySeriesStartsAtZeroWithItsInstance) {
  Scene scene;
  metrics::SeriesStore store;
  Recorder recorder(store, kJoin);
  recorder.OnRollout(scene.Judged());
  recorder.OnInstances(scene.instances, kStart);
  for (const char* status : {"200", "404", "500", "502", "503", "504"}) {
    const auto series = Select(store, {{"__name__", "http_requests_total"}, {"instance", "b0"}, {"status", status}});
    ASSERT_THAT(series, SizeIs(1)) << status;
    EXPECT_EQ(series[0].samples.front().value, 0);
    EXPECT_EQ(series[0].labels.Get("attempt"), "u.2");
  }
  EXPECT_THAT(Select(store, {{"__name__", "http_request_duration_seconds_bucket"}, {"instance", "b0"}}),
              SizeIs(metrics::kBucketCount + 1));
}

TEST(Recorder, ALaterCodeHasAZeroOneSampleEarlier) {
  Scene scene;
  metrics::SeriesStore store;
  Recorder recorder(store, kJoin);
  recorder.OnRollout(scene.Judged());
  recorder.OnInstances(scene.instances, kStart);
  recorder.OnBatch({WallTime{}, {Requests(scene, "b0", 1, {{418, 3}})}, 3, 0, false}, kStart + seconds(1));
  recorder.OnInstances(scene.instances, kStart + seconds(1));
  const auto series = Select(store, {{"__name__", "http_requests_total"}, {"status", "418"}});
  ASSERT_THAT(series, SizeIs(1));
  ASSERT_THAT(series[0].samples, SizeIs(2));
  EXPECT_EQ(series[0].samples[0].value, 0);
  EXPECT_EQ(series[0].samples[0].t, 1'000'000);
  EXPECT_EQ(series[0].samples[1].value, 3);
}

TEST(Recorder, OnlyWhatIsInFlightIsSampledEverySecond) {
  Scene moving;
  Scene resting;
  resting.name.name = "web";
  resting.instances.clear();
  resting.Add("w0", "aaa");
  resting.status.attempt->stage = rollout::Stage::kDone;
  metrics::SeriesStore store;
  Recorder recorder(store, kJoin);
  recorder.OnRollout(moving.Judged());
  recorder.OnRollout({resting.name, resting.spec, resting.status, resting.exposure, resting.instances});
  std::vector<InstanceState> all = moving.instances;
  all.insert(all.end(), resting.instances.begin(), resting.instances.end());
  for (int tick = 0; tick <= 40; ++tick) recorder.OnInstances(all, kStart + milliseconds(250) * tick);
  const auto samples = [&](const std::string& instance) {
    return Select(store, {{"__name__", "up"}, {"instance", instance}}).at(0).samples.size();
  };
  EXPECT_EQ(samples("b0"), 11U);
  EXPECT_EQ(samples("w0"), 3U);
}

TEST(Recorder, WithHundredsOfInstancesEachHasItsTurnAndNoCallTakesThemAll) {
  Scene scene;
  scene.status.attempt->stage = rollout::Stage::kDone;
  scene.instances.clear();
  for (int i = 0; i < 200; ++i) scene.Add("i" + std::to_string(i), "aaa");
  metrics::SeriesStore store;
  RecorderSettings settings;
  std::deque<std::function<void()>> put_off;
  settings.later = [&put_off](std::function<void()> call) { put_off.push_back(std::move(call)); };
  Recorder recorder(store, kJoin, nullptr, settings);
  recorder.OnRollout(scene.Judged());
  std::int64_t most = 0;
  for (int tick = 0; tick <= 400; ++tick) {
    std::int64_t before = store.stats().samples;
    recorder.OnInstances(scene.instances, kStart + milliseconds(250) * tick);
    most = std::max(most, store.stats().samples - before);
    while (!put_off.empty()) {
      before = store.stats().samples;
      const std::function<void()> call = std::move(put_off.front());
      put_off.pop_front();
      call();
      most = std::max(most, store.stats().samples - before);
    }
  }
  const auto all = Select(store, {{"__name__", "up"}});
  ASSERT_THAT(all, SizeIs(200));
  std::size_t fewest = SIZE_MAX;
  for (const metrics::Series& series : all) fewest = std::min(fewest, series.samples.size());
  EXPECT_GE(fewest, 17U) << "a hundred seconds, less those in which it had no turn yet";
  EXPECT_LE(most, 12 * 230) << "samples of one call";
}

TEST(Recorder, AnAnswerWithoutAServerCountsForTheRevisionOfItsSlot) {
  Scene scene;
  metrics::SeriesStore store;
  Recorder recorder(store, kJoin);
  recorder.OnRollout(scene.Judged());
  recorder.OnInstances(scene.instances, kStart);
  recorder.OnBatch({WallTime{}, {Requests(scene, "", 1, {{503, 7}})}, 7, 0, false}, kStart + seconds(1));
  recorder.OnInstances(scene.instances, kStart + seconds(1));
  const auto series = Select(store, {{"__name__", "http_requests_total"}, {"status", "503"}, {"instance", "edge"}});
  ASSERT_THAT(series, SizeIs(1));
  EXPECT_EQ(series[0].labels.Get("revision"), "bbb");
  EXPECT_EQ(series[0].samples.back().value, 7);
}

TEST(Recorder, GoesOnCountingAfterARestart) {
  Scene scene;
  metrics::SeriesStore store;
  {
    Recorder recorder(store, kJoin);
    recorder.OnRollout(scene.Judged());
    recorder.OnInstances(scene.instances, kStart);
    RequestTally tally = Requests(scene, "b0", 1, {{200, 10}});
    tally.duration.buckets[3] = 4;
    tally.duration.buckets[9] = 6;
    recorder.OnBatch({WallTime{}, {tally}, 10, 0, false}, kStart + seconds(1));
    recorder.OnInstances(scene.instances, kStart + seconds(1));
  }
  Recorder recorder(store, kJoin);
  recorder.Resume();
  recorder.OnRollout(scene.Judged());
  recorder.OnInstances(scene.instances, kStart + seconds(2));
  recorder.OnBatch({WallTime{}, {Requests(scene, "b0", 1, {{200, 5}})}, 5, 0, false}, kStart + seconds(3));
  recorder.OnInstances(scene.instances, kStart + seconds(3));
  const auto requests = Select(store, {{"__name__", "http_requests_total"}, {"status", "200"}, {"instance", "b0"}});
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].samples.back().value, 15);
  const auto count = Select(store, {{"__name__", "http_request_duration_seconds_count"}, {"instance", "b0"}});
  EXPECT_EQ(count[0].samples.back().value, 10);
}

TEST(Recorder, ANewAttemptOfARevisionCountsFromZero) {
  Scene scene;
  metrics::SeriesStore store;
  Recorder recorder(store, kJoin);
  recorder.OnRollout(scene.Judged());
  recorder.OnInstances(scene.instances, kStart);
  recorder.OnBatch({WallTime{}, {Requests(scene, "b0", 1, {{500, 50}})}, 50, 0, false}, kStart + seconds(1));
  scene.status.attempt->id = AttemptId("u.3");
  scene.status.attempt->started_at = kStart + seconds(2);
  recorder.OnRollout(scene.Judged());
  recorder.OnInstances(scene.instances, kStart + seconds(2));
  EXPECT_EQ(recorder.RequestsOf(scene.name, RevisionId("bbb"), AttemptId("u.3")), 0u);
  const auto series =
      Select(store, {{"__name__", "http_requests_total"}, {"status", "500"}, {"attempt", "u.3"}, {"instance", "b0"}});
  ASSERT_THAT(series, SizeIs(1));
  EXPECT_EQ(series[0].samples.front().value, 0);
  EXPECT_GE(series[0].samples.front().t, 1'002'000);
}

TEST(Recorder, WritesOnWhatTheStoreHadToDrop) {
  metrics::SeriesStore store;
  Recorder recorder(store, kJoin);
  Scene scene;
  recorder.OnRollout(scene.Judged());
  recorder.OnInstances(scene.instances, kStart);
  store.DropBefore(INT64_MAX);
  ASSERT_EQ(store.stats().series, 0);
  recorder.OnInstances(scene.instances, kStart + seconds(5));
  const auto found = Select(store, {{"__name__", "up"}, {"instance", "b0"}});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].samples.span(), SizeIs(1));
}

TEST(Recorder, AnswersWithoutAServerAreForgottenWithTheirRevision) {
  metrics::SeriesStore store;
  Recorder recorder(store, kJoin);
  Scene scene;
  recorder.OnRollout(scene.Judged());
  recorder.OnInstances(scene.instances, kStart);
  EdgeBatch batch;
  batch.tallies = {Requests(scene, "", 1, {{503, 3}})};
  recorder.OnBatch(batch, kStart + seconds(1));
  EXPECT_EQ(recorder.RequestsOf(scene.name, RevisionId("bbb"), AttemptId("u.2")), 3U);
  scene.status.revisions = {{RevisionId("aaa"), 1, 0, 1, {}}, {RevisionId("ccc"), 3, 1, 1, {}}};
  scene.status.attempt->id = AttemptId("u.3");
  scene.status.attempt->revision = RevisionId("ccc");
  scene.instances.pop_back();
  recorder.OnRollout(scene.Judged());
  recorder.OnInstances(scene.instances, kStart + seconds(10));
  EXPECT_EQ(recorder.RequestsOf(scene.name, RevisionId("bbb"), AttemptId("u.2")), 0U);
}

TEST(LossAccount, LinesThatNeverCameMakeAGap) {
  const RolloutName api{Namespace("default"), "api"};
  const auto seen = [&](std::int64_t total, std::int64_t open) {
    EdgeSeen edge;
    edge.process = 7;
    edge.servers[api] = {{InstanceId("a"), 0, true, open, 0, total}};
    return edge;
  };
  const auto batch = [&](std::uint64_t count) {
    EdgeBatch made;
    made.tallies.emplace_back();
    made.tallies[0].rollout = api;
    made.tallies[0].instance = InstanceId("a");
    made.tallies[0].by_status[200] = count;
    return made;
  };
  LossAccount account;
  account.OnEdge(seen(100, 0), 0);
  account.OnEdge(seen(110, 2), 1000);
  account.OnBatch(batch(8), 1500);
  account.OnBatch(batch(0), 2500);
  EXPECT_THAT(account.gaps(), IsEmpty());  // Two are open still.
  account.OnEdge(seen(120, 0), 3000);
  account.OnBatch(batch(5), 3500);
  account.OnBatch(batch(0), 4500);
  ASSERT_THAT(account.gaps(), SizeIs(1));
  EXPECT_EQ(account.gaps()[0].lost, 7);
  EXPECT_TRUE(account.Overlaps(2000, 9000));
  EXPECT_FALSE(account.Overlaps(3000, 9000));
}

TEST(LossAccount, AServerThatOneAnswerLeftOutIsNotCountedTwice) {
  const RolloutName name{Namespace("default"), "api"};
  LossAccount account;
  EdgeSeen seen;
  seen.process = 7;
  seen.servers[name] = {{InstanceId("a0"), 0, true, 0, 0, 0}};
  account.OnEdge(seen, 1'000);
  EdgeBatch batch;
  batch.tallies.resize(1);
  batch.tallies[0].rollout = name;
  batch.tallies[0].instance = InstanceId("a0");
  batch.tallies[0].by_status[200] = 100;
  seen.servers[name][0].total = 100;
  account.OnEdge(seen, 2'000);
  account.OnBatch(batch, 2'000);
  EdgeSeen without = seen;
  without.servers.clear();
  account.OnEdge(without, 70'000);
  account.OnEdge(seen, 140'000);
  for (int i = 0; i < 4; ++i) account.OnBatch({}, 141'000 + i);
  EXPECT_THAT(account.gaps(), IsEmpty());
}

TEST(LossAccount, AnotherProcessOfTheEdgeBeginsAnewAndLosesNothing) {
  const RolloutName api{Namespace("default"), "api"};
  LossAccount account;
  for (int process = 1; process < 4; ++process) {
    EdgeSeen edge;
    edge.process = process;
    edge.servers[api] = {{InstanceId("a"), 0, true, 0, 0, 1000 / process}};
    account.OnEdge(edge, process * 1000);
    for (int i = 0; i < 3; ++i) account.OnBatch({}, process * 1000 + i);
  }
  EXPECT_THAT(account.gaps(), IsEmpty());
}

TEST(RoleRows, NothingOfTheCanaryFromBeforeTheAttemptIsSeen) {
  const Scene scene;
  const auto rows = RoleRowsOf(*scene.status.attempt, scene.exposure, kJoin, kStart + minutes(1));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_TRUE(rows[0].canary);
  EXPECT_EQ(rows[0].from_ms, 1'000'000);
  EXPECT_EQ(rows[0].service, "api-canary");
  EXPECT_FALSE(rows[1].canary);
  EXPECT_EQ(rows[1].from_ms, 0);
  EXPECT_EQ(rows[1].shift_ms, 0);
}

TEST(RoleRows, InTheBakeThePredecessorsLastWindowIsMovedToNow) {
  Scene scene;
  rollout::Attempt& attempt = *scene.status.attempt;
  attempt.stage = rollout::Stage::kBaking;
  attempt.step_started_at = kStart + minutes(20);
  attempt.promoted_at = kStart + minutes(20) + seconds(3);
  const auto rows = RoleRowsOf(attempt, scene.exposure, kJoin, kStart + minutes(25));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_TRUE(rows[0].canary);
  EXPECT_EQ(rows[0].to_ms, INT64_MAX);
  EXPECT_EQ(rows[1].to_ms, 1'000'000 + 20 * 60'000 + 1);
  EXPECT_EQ(rows[1].shift_ms, 5 * 60'000);
}

}  // namespace
}  // namespace tuesday::control
