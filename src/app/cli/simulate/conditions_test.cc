// SPDX-License-Identifier: Apache-2.0
#include "app/cli/simulate/conditions.h"

#include <gmock/gmock.h>

namespace tuesday::cli::simulate {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(Scenario, AnEmptyFileLeavesWhatTheCommandLineSaid) {
  Conditions base;
  base.requests_per_second = 7;
  const Result<Script> script = ReadScenario("", "s.yaml", base);
  ASSERT_TRUE(script.has_value());
  EXPECT_EQ(script->changes, std::vector<Conditions>{base});
  EXPECT_TRUE(script->canary_ready);
}

TEST(Scenario, AChangeKeepsWhatItDoesNotName) {
  const Result<Script> script = ReadScenario(
      "rps: 50\n"
      "canary: {errors_percent: 0.5, latency_factor: 1.5, crash_after: 20s}\n"
      "stable: {errors_percent: 0.1}\n"
      "changes:\n"
      "  - at: 5m\n"
      "    canary: {errors_percent: 5}\n"
      "  - {at: 6m, rps: 100}\n",
      "s.yaml", {});
  ASSERT_TRUE(script.has_value()) << script.error().message;
  const Conditions begin{Duration::zero(), 50, {0.5, 1.5}, {0.1, 1}};
  const Conditions worse{minutes(5), 50, {5, 1.5}, {0.1, 1}};
  const Conditions busier{minutes(6), 100, {5, 1.5}, {0.1, 1}};
  EXPECT_EQ(script->changes, (std::vector<Conditions>{begin, worse, busier}));
  EXPECT_EQ(script->canary_crash_after, seconds(20));
}

TEST(Scenario, AnswersAreTheMetricsValuesInOrder) {
  const Result<Script> script = ReadScenario("answers:\n  smoke: [0, 1]\n  health: [{ok: true}]\n", "s.yaml", {});
  ASSERT_TRUE(script.has_value()) << script.error().message;
  EXPECT_EQ(script->answers.at("smoke"), (std::vector<Json>{Json(0), Json(1)}));
  EXPECT_EQ(CanonicalJson(script->answers.at("health").front()), R"({"ok":true})");
}

struct Bad {
  const char* name;
  const char* text;
  const char* place;
  const char* said;
};

class BadScenario : public ::testing::TestWithParam<Bad> {};

TEST_P(BadScenario, NamesPlaceAndMend) {
  const Result<Script> script = ReadScenario(GetParam().text, "s.yaml", {});
  ASSERT_FALSE(script.has_value());
  EXPECT_THAT(ErrorText(script.error()), HasSubstr(GetParam().place));
  EXPECT_THAT(ErrorText(script.error()), HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    Scenario, BadScenario,
    ::testing::Values(Bad{"MisspeltKey", "rps: 1\ncanary:\n  error_percent: 2\n", "s.yaml:3:3", "errors_percent"},
                      Bad{"UnknownTopKey", "flux: 1\n", "s.yaml:1:1", "flux"},
                      Bad{"TooManyPercent", "stable: {errors_percent: 101}\n", "s.yaml:1:26", "0 to 100"},
                      Bad{"TextForANumber", "rps: many\n", "s.yaml:1:6", "number"},
                      Bad{"NotADuration", "canary: {crash_after: soon}\n", "s.yaml:1:23", "duration"},
                      Bad{"ReadyIsNoBool", "canary: {ready: 1}\n", "s.yaml:1:17", "true or false"},
                      Bad{"CrashInAChange", "changes: [{at: 1m, canary: {crash_after: 1s}}]\n", "s.yaml:1:29", "crash_after"},
                      Bad{"ChangeWithoutAt", "changes: [{rps: 1}]\n", "s.yaml:1:11", "at"},
                      Bad{"ChangesOutOfOrder", "changes: [{at: 2m}, {at: 1m}]\n", "s.yaml:1:21", "order"},
                      Bad{"ChangesNoList", "changes: {at: 2m}\n", "s.yaml:1:10", "list"},
                      Bad{"AnswersNoMapping", "answers: [1]\n", "s.yaml:1:10", "mapping"},
                      Bad{"AnAnswerNoList", "answers: {smoke: 1}\n", "s.yaml:1:18", "list of 1 to"},
                      Bad{"NoMapping", "- 1\n", "s.yaml:1:1", "mapping"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace tuesday::cli::simulate
