// SPDX-License-Identifier: Apache-2.0
// metrics_hour FOLDER INSTANCES.json MINUTES: writes what the daemon's own recorder would have written about these instances in
// the minutes before now, as a metrics log, on virtual time. A daemon that is started on it has lived through them. The
// file is an array of {namespace, rollout, revision, instance}.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <vector>

#include "adapters/metricslog/batch_log.h"
#include "base/check.h"
#include "base/json.h"
#include "control/metrics/recorder.h"

namespace tuesday::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kTurn = seconds(5);
constexpr double kRequestsATurn = 100;  // An instance's.
constexpr double kMedianSeconds = 0.02;
constexpr double kSpread = 0.7;
constexpr std::int64_t kMegabyte = 1 << 20;

std::vector<InstanceState> ReadInstances(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  const Result<Json> json = ParseJson(text.str());
  CHECK(json.has_value() && json->as_array() != nullptr, "the file has an array");
  std::vector<InstanceState> instances;
  for (const Json& item : *json->as_array()) {
    InstanceState& instance = instances.emplace_back();
    instance.rollout = {Namespace(item.At("namespace").StringOr("default")), item.At("rollout").StringOr("")};
    instance.revision = RevisionId(item.At("revision").StringOr(""));
    instance.id = InstanceId(item.At("instance").StringOr(""));
    instance.phase = InstancePhase::kRunning;
    instance.ready = true;
  }
  return instances;
}

RequestTally Requests(const InstanceState& instance, std::mt19937_64& random) {
  RequestTally tally;
  tally.rollout = instance.rollout;
  tally.instance = instance.id;
  std::lognormal_distribution<double> latency(std::log(kMedianSeconds), kSpread);
  const int count = std::poisson_distribution<int>(kRequestsATurn)(random);
  for (int i = 0; i < count; ++i) {
    ++tally.by_status[random() % 1000 == 0 ? 500 : 200];
    const double took = latency(random);
    ++tally.duration.buckets[static_cast<std::size_t>(metrics::BucketOf(took))];
    ++tally.first_byte.buckets[static_cast<std::size_t>(metrics::BucketOf(took * 0.9))];
    tally.duration.sum_seconds += took;
    tally.first_byte.sum_seconds += took * 0.9;
  }
  return tally;
}

void Write(const std::string& folder, std::vector<InstanceState> instances, Duration time) {
  metricslog::Replayed replayed;
  Result<metricslog::BatchLog> log = metricslog::BatchLog::Open(folder, {}, [](std::string_view) {}, replayed);
  CHECK(log.has_value(), log.error().message);
  const Instant end = Instant{} + time;
  const auto wall = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  const ClockJoin join{end, WallTime(wall.time_since_epoch())};
  metrics::SeriesStore store;
  Instant now;
  control::Recorder recorder(store, join, [&](const metrics::SampleBatch& batch) {
    const Result<void> appended = log->Append(metrics::EncodeBatch(batch), now);
    CHECK(appended.has_value(), appended.error().message);
  });
  const rollout::Spec spec;
  const rollout::Status status;
  const state::Exposure exposure;
  for (const InstanceState& instance : instances) {
    recorder.OnRollout({instance.rollout, spec, status, exposure, instances});
  }
  std::mt19937_64 random(1);
  for (; now < end; now += kTurn) {
    EdgeBatch batch;
    for (InstanceState& instance : instances) {
      instance.cpu_seconds += 0.01 * static_cast<double>(random() % 100);
      instance.memory_bytes = 20 * kMegabyte + static_cast<std::int64_t>(random() % 256) * 4096;
      batch.tallies.push_back(Requests(instance, random));
    }
    recorder.OnBatch(batch, now);
    recorder.OnInstances(instances, now);
  }
  const Result<void> synced = log->Sync();
  CHECK(synced.has_value(), synced.error().message);
  const metrics::Stats stats = store.stats();
  std::printf("%lld series, %lld samples, %.1f MiB on disk\n", static_cast<long long>(stats.series),
              static_cast<long long>(stats.samples), static_cast<double>(log->total_bytes()) / kMegabyte);
}

}  // namespace
}  // namespace tuesday::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: metrics_hour FOLDER INSTANCES.json MINUTES\n");
    return 2;
  }
  tuesday::bench::Write(argv[1], tuesday::bench::ReadInstances(argv[2]), std::chrono::minutes(std::atoi(argv[3])));
}
