// SPDX-License-Identifier: Apache-2.0
#include "app/cli/render/rollout.h"

#include <gtest/gtest.h>

namespace tuesday::cli {
namespace {

Json Parse(const char* text) {
  Result<Json> json = ParseJson(text);
  EXPECT_TRUE(json.has_value());
  return json.has_value() ? *json : Json();
}

Json Aborted() {
  return Parse(
      R"json({"name": "api", "namespace": "default", "phase": "Degraded", "message": "RolloutAborted: no", "strategy": "Canary",
    "number": 7, "stable_number": 6, "weight_permille": 0, "set_weight_permille": 0, "age_seconds": 604800,
    "step": {"index": 0, "count": 8, "text": "setWeight 10 %"},
    "replicas": {"desired": 2, "current": 3, "updated": 1, "ready": 2, "available": 2},
    "revisions": [
      {"revision": "bbb", "number": 7, "role": "", "desired": 1, "ready": 0, "age_seconds": 90, "images": ["api:v7"],
       "instances": [{"name": "api-bbb-0", "phase": "CrashLoopBackOff", "ready": false, "restarts": 3, "age_seconds": 90}]},
      {"revision": "aaa", "number": 6, "role": "stable", "desired": 2, "ready": 2, "age_seconds": 604800, "images": ["api:v6"],
       "instances": [{"name": "api-aaa-0", "phase": "Running", "ready": true, "restarts": 0, "age_seconds": 604800},
                     {"name": "api-aaa-1", "phase": "Running", "ready": true, "restarts": 0, "age_seconds": 604800}]}],
    "attempts": [{"number": 7, "stage": "aborted", "ending": "aborted", "weight_permille_max": 100,
      "began": "2026-11-24T14:00:00.000Z", "ended": "2026-11-24T14:01:32.000Z",
      "reason": "CanaryHighErrorRate 5.1 % > 1 % (61 of 1,196; stable 0.0 %)"}]
})json");
}

TEST(OutcomeLine, CanBeQuoted) {
  EXPECT_EQ(OutcomeLine(Aborted()),
            "api rev 7 ABORTED at 10 % after 1m32s: CanaryHighErrorRate 5.1 % > 1 % (61 of 1,196; stable 0.0 %). "
            "Now: rev 6 100 %. More: tuesday why api");
  EXPECT_EQ(EndedOf(Aborted()), Ended::kBadly);
}

TEST(NotReady, NamesTheInstanceAndTheReasonInTreeAndWhy) {
  Json rollout = Aborted();
  (*rollout.as_object())["not_ready"] =
      Parse(R"json([{"name": "api-bbb-0", "number": 7, "phase": "CrashLoopBackOff", "age_seconds": 90, "restarts": 3,
               "last_exit": "exit 1", "why": "The process ended with exit 1. The next start is in 8s."},
              {"name": "api-bbb-1", "number": 7, "phase": "Starting", "age_seconds": 2, "restarts": 0, "last_exit": "",
               "why": "The readiness probe fails: connection refused."}])json");
  const std::string lines =
      "not ready: api-bbb-0 (rev 7, CrashLoopBackOff, 90s, restarts 3): The process ended with exit 1. The next start is in "
      "8s.\n"
      "not ready: api-bbb-1 (rev 7, Starting, 2s): The readiness probe fails: connection refused.\n";
  EXPECT_EQ(NotReadyText(rollout), lines);
  EXPECT_TRUE(RolloutTree(rollout).ends_with("\n\n" + lines));
  EXPECT_NE(WhyText(rollout).find(lines), std::string::npos);
}

TEST(OutcomeLine, NamesTheNamespaceWhereItIsNeeded) {
  Json rollout = Aborted();
  (*rollout.as_object())["namespace"] = "production";
  EXPECT_NE(OutcomeLine(rollout).find("tuesday why api -n production"), std::string::npos);
}

TEST(EndedOf, IsNotYetWhileTheCanaryHasWeight) {
  Json rollout = Aborted();
  (*rollout.as_object())["weight_permille"] = 100;
  EXPECT_EQ(EndedOf(rollout), Ended::kNo);
  EXPECT_EQ(EndedOf(Parse(R"({"attempts": []})")), Ended::kNo);
  EXPECT_EQ(EndedOf(Parse(R"({"attempts": [{"stage": "baking", "ending": ""}]})")), Ended::kWell);
  EXPECT_EQ(EndedOf(Parse(R"({"attempts": [{"stage": "stepping", "ending": ""}]})")), Ended::kNo);
}

// The layout of `kubectl argo rollouts get rollout`.
TEST(RolloutTree, HasArgosLayout) {
  EXPECT_EQ(RolloutTree(Aborted()),
            "Name:            api\n"
            "Namespace:       default\n"
            "Status:          ✖ Degraded\n"
            "Message:         RolloutAborted: no\n"
            "Strategy:        Canary\n"
            "  Step:          0/8\n"
            "  SetWeight:     0\n"
            "  ActualWeight:  0\n"
            "Images:          api:v6 (stable)\n"
            "Replicas:\n"
            "  Desired:       2\n"
            "  Current:       3\n"
            "  Updated:       1\n"
            "  Ready:         2\n"
            "  Available:     2\n"
            "\n"
            "NAME                  KIND        STATUS              AGE  INFO\n"
            "⟳ api                 Rollout     ✖ Degraded          7d\n"
            "├──# revision:7\n"
            "│  └──⧉ api-bbb       ReplicaSet  ✖ Degraded          90s\n"
            "│     └──□ api-bbb-0  Pod         ⚠ CrashLoopBackOff  90s  ready:0/1,restarts:3\n"
            "└──# revision:6\n"
            "   └──⧉ api-aaa       ReplicaSet  ✔ Healthy           7d   stable\n"
            "      ├──□ api-aaa-0  Pod         ✔ Running           7d   ready:1/1\n"
            "      └──□ api-aaa-1  Pod         ✔ Running           7d   ready:1/1\n");
}

}  // namespace
}  // namespace tuesday::cli
