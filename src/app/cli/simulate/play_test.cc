// SPDX-License-Identifier: Apache-2.0
// Plays the playbook's own files. ACCEPT=1 writes the golden texts anew and reports skipped.
#include "app/cli/simulate/play.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "app/cli/simulate/render.h"

namespace tuesday::cli::simulate {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

PlayInput Playbook() {
  std::vector<SourceText> sources;
  for (const char* name : {"prometheus-rule.yaml", "rollout.yaml", "workflow.yaml"}) {
    sources.push_back({name, ReadAll(std::string(TUESDAY_SOURCE_DIR "/examples/playbook/") + name)});
  }
  Result<PlayInput> input = ReadPlayInput(sources, Namespace("default"));
  EXPECT_TRUE(input.has_value()) << input.error().message;
  return input.has_value() ? std::move(*input) : PlayInput();
}

Script CanaryErrors(double percent) {
  Script script;
  script.changes.front().canary.errors_percent = percent;
  return script;
}

class PlaybookTest : public ::testing::Test {
 protected:
  Play PlayIt(const Script& script, std::uint64_t seed = 1) const {
    return PlayRollout(input_, input_.rollouts.front(), script, seed);
  }
  void ExpectGolden(const Play& play, const std::string& name) const {
    const std::string path = TUESDAY_SOURCE_DIR "/tests/golden/simulate/" + name + ".txt";
    const std::string text = PlayText(input_.rollouts.front(), play);
    if (std::getenv("ACCEPT") != nullptr) {
      std::ofstream(path) << text;
      GTEST_SKIP() << "written anew: " << path;
    }
    EXPECT_EQ(text, ReadAll(path));
  }

  const PlayInput input_ = Playbook();
};

TEST_F(PlaybookTest, TheWorkflowIsPassedOverWithANote) {
  ASSERT_EQ(input_.notes.size(), 1U);
  EXPECT_THAT(input_.notes.front(), HasSubstr("workflow.yaml"));
  EXPECT_EQ(input_.rollouts.size(), 1U);
  EXPECT_EQ(input_.groups.size(), 1U);
}

TEST_F(PlaybookTest, AHealthyCanaryIsPromotedAfterTwentyMinutesAndItsBake) {
  const Play play = PlayIt({});
  EXPECT_EQ(play.ended, Ended::kPromoted) << play.reason;
  EXPECT_GE(play.took, minutes(30));
  EXPECT_LE(play.took, minutes(31));
  ExpectGolden(play, "playbook-healthy");
}

TEST_F(PlaybookTest, TwoPercentErrorsAreAbortedByThePlaybooksRule) {
  const Play play = PlayIt(CanaryErrors(2));
  EXPECT_EQ(play.ended, Ended::kAborted);
  // The alert's minute is over before the third bad measurement.
  EXPECT_THAT(play.reason, HasSubstr("CanaryHighErrorRate"));
  EXPECT_LE(play.took, minutes(2));
  ExpectGolden(play, "playbook-two-percent-errors");
}

TEST_F(PlaybookTest, TwoPercentErrorsAreAbortedByTheErrorRuleWhereNoAnalysisRuns) {
  PlayedRollout rollout = input_.rollouts.front();
  rollout.spec.canary.background_analysis = -1;
  const Play play = PlayRollout(input_, rollout, CanaryErrors(2), 1);
  EXPECT_EQ(play.ended, Ended::kAborted);
  EXPECT_THAT(play.reason, HasSubstr("CanaryHighErrorRate"));
  EXPECT_LE(play.took, minutes(3));
}

TEST_F(PlaybookTest, ASlowCanaryIsAbortedByTheLatencyRule) {
  Script script;
  script.changes.front().canary.latency_factor = 1.5;
  const Play play = PlayIt(script);
  EXPECT_EQ(play.ended, Ended::kAborted);
  EXPECT_THAT(play.reason, HasSubstr("CanaryHighLatency"));
}

TEST_F(PlaybookTest, ACrashingCanaryIsAbortedByTheRestartRule) {
  Script script;
  script.canary_crash_after = seconds(20);
  const Play play = PlayIt(script);
  EXPECT_EQ(play.ended, Ended::kAborted);
  EXPECT_THAT(play.reason, HasSubstr("CanaryPodRestarts"));
}

TEST_F(PlaybookTest, ErrorsInTheBakeRollItBack) {
  Script script;
  script.changes.push_back(script.changes.front());
  script.changes.back().at = minutes(24);
  script.changes.back().canary.errors_percent = 5;
  const Play play = PlayIt(script);
  EXPECT_EQ(play.ended, Ended::kRolledBack) << play.reason;
}

TEST_F(PlaybookTest, WithoutRequestsThereIsNoEvidenceAndNoPromotion) {
  Script script;
  script.changes.front().requests_per_second = 0;
  EXPECT_EQ(PlayIt(script).ended, Ended::kNoEvidence);
}

TEST_F(PlaybookTest, ErrorsOfTheStableSideAbortNoCanary) {
  Script script;
  script.changes.front().stable.errors_percent = 5;
  EXPECT_EQ(PlayIt(script).ended, Ended::kPromoted);
}

TEST_F(PlaybookTest, OneSeedGivesTheSameBytesAndAnotherSeedOthers) {
  const Script script = CanaryErrors(1);
  EXPECT_EQ(CanonicalJson(PlayJson(PlayIt(script, 7))), CanonicalJson(PlayJson(PlayIt(script, 7))));
  EXPECT_NE(PlayIt(script, 7).canary_requests, PlayIt(script, 8).canary_requests);
}

TEST(PlayInputTest, FilesWithoutARolloutAreRefused) {
  const Result<PlayInput> input = ReadPlayInput({{"a.yaml", "groups: []\n"}}, Namespace("default"));
  ASSERT_FALSE(input.has_value());
  EXPECT_EQ(input.error().code, ErrorCode::kNotFound);
}

TEST(PlayInputTest, AnErrorInAFileNamesItsPlace) {
  const Result<PlayInput> input =
      ReadPlayInput({{"a.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec: {replicaz: 1}\n"}},
                    Namespace("default"));
  ASSERT_FALSE(input.has_value());
  EXPECT_THAT(input.error().message, HasSubstr("a.yaml:4:8"));
}

TEST(Shares, CountsTheEndingsAndNamesTheFirstSeed) {
  std::vector<Play> plays(4);
  for (std::size_t i = 0; i < plays.size(); ++i) plays[i].seed = i + 1;
  for (Play& play : plays) play.ended = Ended::kPromoted;
  plays[2].ended = Ended::kAborted;
  const std::string text = SharesText({Namespace("default"), "api"}, plays);
  EXPECT_THAT(text, HasSubstr("75.0 %  3 promoted"));
  EXPECT_THAT(text, HasSubstr("25.0 %  1 aborted; first with --seed 3"));
}

// One rollout whose only step is a job, and whose background analysis asks an address.
constexpr const char* kAsksOthers = R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: api, annotations: {tuesday/bake: 0s}}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: "api:1"}]}
  strategy:
    canary:
      steps: [{setWeight: 10}, {analysis: {templates: [{templateName: smoke}]}}, {setWeight: 50}]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: smoke}
spec:
  metrics:
    - name: smoke
      provider: {job: {spec: {template: {spec: {containers: [{name: smoke, image: "smoke:1"}]}}}}}
    - name: health
      interval: 30s
      count: 3
      successCondition: result.ok
      provider: {web: {url: "https://api.test/health"}}
)";

Ended EndOf(const char* scenario) {
  const Result<PlayInput> input = ReadPlayInput({{"asks.yaml", kAsksOthers}}, Namespace("default"));
  EXPECT_TRUE(input.has_value()) << input.error().message;
  EXPECT_EQ(input->asked.size(), 2U);
  const Result<Script> script = ReadScenario(scenario, "s.yaml", {});
  EXPECT_TRUE(script.has_value());
  return PlayRollout(*input, input->rollouts.front(), *script, 1).ended;
}

TEST(PlayAsksOthers, TheScenarioSaysWhatTheyAnswer) {
  EXPECT_EQ(EndOf("answers: {smoke: [0], health: [{ok: true}]}"), Ended::kPromoted);
  EXPECT_EQ(EndOf("answers: {smoke: [1], health: [{ok: true}]}"), Ended::kAborted);
  EXPECT_EQ(EndOf("answers: {smoke: [0], health: [{ok: true}, {ok: true}, {ok: false}]}"), Ended::kAborted);
}

}  // namespace
}  // namespace tuesday::cli::simulate
