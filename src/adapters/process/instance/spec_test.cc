// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/spec.h"

#include <gtest/gtest.h>

#include "adapters/process/instance/record.h"

namespace tuesday::process {
namespace {

using std::chrono::milliseconds;

InstanceSpec FullSpec() {
  InstanceSpec spec;
  spec.instance = InstanceId("api-1234567890-abc123-0");
  spec.rollout = {Namespace("default"), "api"};
  spec.uid = Uid("u");
  spec.revision = RevisionId("1234567890");
  spec.ordinal = 3;
  spec.generation = {7};
  spec.artifact_folder = "/blobs/a";
  spec.command = {"./server", "--x"};
  spec.args = {"y"};
  spec.working_dir = "/app";
  spec.environment = {{"A", "1"}};
  spec.has_port = true;
  spec.readiness =
      manifest::Probe{.action = manifest::HttpGet{.path = "/health", .port = "", .scheme = "HTTP", .headers = {{"H", "v"}}},
                      .period = milliseconds(250)};
  spec.liveness = manifest::Probe{.action = manifest::TcpSocket{"81"}, .failure_threshold = 5};
  spec.startup = manifest::Probe{.action = manifest::ExecCommand{{"test", "-f", "x"}}, .initial_delay = milliseconds(10)};
  spec.resources = {100, 200, 300, 400};
  spec.grace = milliseconds(1500);
  spec.user = "tuesday";
  spec.policy.log_bytes_max = 8192;
  return spec;
}

TEST(InstanceSpec, ReadsBackWhatItWrote) {
  EXPECT_EQ(ParseSpec(CanonicalJson(SpecJson(FullSpec()))).value(), FullSpec());
  InstanceSpec bare;
  bare.instance = InstanceId("a");
  EXPECT_EQ(ParseSpec(CanonicalJson(SpecJson(bare))).value(), bare);
}

TEST(InstanceSpec, RefusesNonsenseAndWhatOnlyANewerTuesdayReads) {
  EXPECT_FALSE(ParseSpec("").has_value());
  EXPECT_FALSE(ParseSpec("{}").has_value());
  EXPECT_EQ(ParseSpec(R"({"format":9,"readable_by":9,"instance":"a"})").error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(ParseSpec(R"({"format":9,"readable_by":1,"instance":"a","news":[1]})").has_value());
}

TEST(InstanceSpec, StopCountsOnlyForItsOwnGenerationAndOlderOnes) {
  const InstanceSpec spec = FullSpec();
  EXPECT_TRUE(IsWanted(spec, std::nullopt));
  EXPECT_TRUE(IsWanted(spec, Generation{6}));
  EXPECT_FALSE(IsWanted(spec, Generation{7}));
  EXPECT_FALSE(IsWanted(spec, Generation{8}));
}

TEST(InstanceRecord, ReadsBackWhatItWrote) {
  InstanceRecord record;
  record.seen.id = InstanceId("a");
  record.seen.phase = InstancePhase::kBackOff;
  record.seen.host = "127.0.0.1";
  record.seen.port = 40000;
  record.seen.ready = true;
  record.seen.ready_since = Instant(Duration(123456789012345));
  record.seen.started_at = Instant(Duration(5));
  record.seen.restarts = 4;
  record.seen.last_exit = "signal 9 (OOM)";
  record.seen.message = "why";
  record.generation = {2};
  record.boot_id = "b";
  record.process = {12, 34};
  record.cpu_seconds_before = 1.5;
  record.groups = {"/sys/fs/cgroup/memory/tuesday/a"};
  record.limits_message = "none";
  EXPECT_EQ(ParseRecord(CanonicalJson(RecordJson(record))).value(), record);
}

}  // namespace
}  // namespace tuesday::process
