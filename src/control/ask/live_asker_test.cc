// SPDX-License-Identifier: Apache-2.0
// Analyses whose metrics ask others: from the manifest to the phase of the run, on a virtual clock.
#include "control/ask/live_asker.h"

#include <gmock/gmock.h>

#include "control/analyses/runner.h"
#include "core/manifest/object.h"
#include "testing/fake_clock.h"
#include "testing/fake_jobs.h"
#include "testing/fake_web.h"
#include "testing/virtual_executor.h"

namespace tuesday::control {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kRollout = R"(apiVersion: argoproj.io/v1alpha1
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
      analysis: {templates: [{templateName: asks}]}
      steps: [{setWeight: 10}, {pause: {duration: 10m}}]
---
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {token: s3cret}
---
)";

std::string Template(const std::string& metric, const std::string& args = "") {
  return std::string(kRollout) + "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: asks}\nspec:\n" +
         args + "  metrics:\n    - name: asked\n" + metric;
}

class LiveAskerTest : public ::testing::Test {
 protected:
  LiveAskerTest() {
    rollout_.name = {Namespace("default"), "api"};
    rollout_.analyses = {"asks"};
    rollout_.revision = RevisionId("new");
    status_.stable = RevisionId("old");
    Begin();
  }

  void Begin() {
    const auto wall = [](Instant at) {
      return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()));
    };
    asker_ = std::make_unique<LiveAsker>(AskerParts{clock_, executor_, web_, jobs_, wall});
    analyses_ =
        std::make_unique<LiveAnalyses>(AnalysisParts{.clock = clock_,
                                                     .executor = executor_,
                                                     .view = [](const RolloutName&) { return nullptr; },
                                                     .wall = wall,
                                                     .changed = [](const RolloutName&, const std::vector<audit::Entry>&) {},
                                                     .asker = *asker_,
                                                     .digest_of = [](const std::string& image) -> std::optional<std::string> {
                                                       if (image == "check:1") return "digest";
                                                       return std::nullopt;
                                                     }});
    if (!objects_.empty()) analyses_->SetObjects(objects_);
  }

  void Use(const std::string& text) {
    manifest::ReadResult read = manifest::ReadManifests(text, "asks.yaml");
    for (const Finding& finding : read.findings) {
      EXPECT_NE(finding.severity, Severity::kError) << finding.Text();
    }
    objects_ = std::move(read.objects);
    for (manifest::Object& object : objects_) object.metadata.ns = "default";
    analyses_->SetObjects(objects_);
  }

  void Target(bool running = true) {
    analyses_->Target({rollout_.name, rollout_, status_, exposure_, instances_}, {key_, running});
  }
  rollout::AnalysisSeen Seen() const { return analyses_->Seen(rollout_.name).front(); }
  analysis::MetricStatus Metric() const { return analyses_->Runs(rollout_.name).front().status.metrics.front(); }

  // Another process takes over what was stored.
  void Restart() {
    const std::vector<Row> rows = analyses_->MemoryOf(rollout_.name)->rows;
    executor_.Crash();
    Begin();
    ASSERT_TRUE(analyses_->Restore(rollout_.name, rows, clock_.BootId(), clock_.Now()).has_value());
  }

  testing::FakeClock clock_;
  testing::VirtualExecutor executor_{clock_};
  testing::FakeWeb web_;
  testing::FakeJobs jobs_{clock_};
  rollout::Spec rollout_;
  rollout::Status status_;
  state::Exposure exposure_;
  std::vector<InstanceState> instances_;
  std::vector<manifest::Object> objects_;
  rollout::AnalysisRunKey key_{AttemptId("u.2"), 0, -1, 0};
  std::unique_ptr<LiveAsker> asker_;
  std::unique_ptr<LiveAnalyses> analyses_;
};

TEST_F(LiveAskerTest, AWebAnswerIsJudgedByTheCondition) {
  web_.Answer("https://w.test/health", 200, R"({"data":{"ok":true}})");
  Use(Template(R"(      successCondition: result.ok
      provider: {web: {url: "https://w.test/health", jsonPath: "{$.data}"}}
)"));
  Target();
  executor_.RunFor(seconds(1));
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kSuccessful);
  EXPECT_EQ(Metric().measurements.front().value, R"({"ok":true})");
}

TEST_F(LiveAskerTest, AWebAnswerThatFailsEndsTheRun) {
  web_.Answer("https://w.test/health", 200, R"({"ok":false})");
  Use(Template(R"(      successCondition: result.ok
      provider: {web: {url: "https://w.test/health"}}
)"));
  Target();
  executor_.RunFor(seconds(1));
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kFailed);
}

TEST_F(LiveAskerTest, AnAddressThatDoesNotAnswerIsAnErrorAfterFiveTriesAndNeverASuccess) {
  Use(Template(R"(      interval: 30s
      successCondition: "true"
      provider: {web: {url: "https://nobody.test/"}}
)"));
  Target();
  executor_.RunFor(seconds(39));
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kRunning);
  EXPECT_EQ(Metric().error, 4);
  executor_.RunFor(seconds(2));
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kError);
  EXPECT_THAT(Seen().message, HasSubstr("Nobody answers at https://nobody.test/"));
}

TEST_F(LiveAskerTest, ASecretArgumentIsSentAndNeitherStoredNorShown) {
  web_.Answer("https://w.test/", [](const WebRequest& request) -> Result<WebAnswer> {
    return WebAnswer{500, "no access for " + request.headers.front().second};
  });
  Use(Template(R"(      provider: {web: {url: "https://w.test/", headers: [{key: X-Token, value: "{{args.token}}"}]}}
)",
               "  args: [{name: token, valueFrom: {secretKeyRef: {name: login, key: token}}}]\n"));
  Target();
  executor_.RunFor(seconds(1));
  ASSERT_EQ(web_.requests.size(), 1U);
  EXPECT_EQ(web_.requests.front().headers.front().second, "s3cret");
  EXPECT_THAT(Metric().measurements.front().message, HasSubstr("no access for ***"));
  EXPECT_THAT(analyses_->MemoryOf(rollout_.name)->rows.front().value, Not(HasSubstr("s3cret")));
}

TEST_F(LiveAskerTest, ASecretInAConditionIsRefused) {
  Use(Template(R"(      successCondition: result == "{{args.token}}"
      provider: {web: {url: "https://w.test/"}}
)",
               "  args: [{name: token, valueFrom: {secretKeyRef: {name: login, key: token}}}]\n"));
  Target();
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kError);
  EXPECT_THAT(Seen().message, HasSubstr("successCondition: the argument token reads a Secret"));
}

TEST_F(LiveAskerTest, AnExternalPrometheusIsAskedInTheWordsOfItsVersion) {
  web_.Answer("http://p.test:9090/api/v1/query", 200,
              R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.999"]}]}})");
  std::string text = Template(R"(      successCondition: result[0] > 0.99
      provider: {prometheus: {address: "http://p.test:9090/", query: 'rate(x{canary="true"}[5m])'}}
)");
  const std::string metadata = "metadata: {name: asks}";
  text.replace(text.find(metadata), metadata.size(),
               "metadata: {name: asks, annotations: {tuesday/prometheus-version: '2', tuesday/prometheus-canary: revision}}");
  Use(text);
  Target();
  executor_.RunFor(seconds(1));
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kSuccessful) << Seen().message;
  EXPECT_THAT(web_.requests.front().body, HasSubstr("query=rate%28x%7Brevision%3D%22new%22%7D%5B4m59s999ms%5D%29&"));
}

TEST_F(LiveAskerTest, OneSlowHostDelaysNoOther) {
  web_.Answer("https://slow.test/", 200, "1");
  web_.Answer("https://quick.test/", 200, "1");
  executor_.SetLatency("ask slow.test:443", seconds(3000));
  Use(Template(R"(      provider: {web: {url: "https://slow.test/"}}
    - name: quick
      provider: {web: {url: "https://quick.test/"}}
)"));
  Target();
  executor_.RunFor(seconds(1));
  const analysis::Status status = analyses_->Runs(rollout_.name).front().status;
  EXPECT_TRUE(status.metrics[0].waiting);
  EXPECT_EQ(status.metrics[1].phase, analysis::Phase::kSuccessful);
  executor_.RunFor(seconds(50));  // Twice its timeout of 10 s, and 30 s for a thread.
  EXPECT_EQ(Metric().error, 1);
  EXPECT_THAT(Metric().measurements.front().message, HasSubstr("slow.test:443 could not be asked in time"));
}

std::string Job(const std::string& script, const std::string& more = "") {
  return Template("      provider:\n        job:\n          spec:\n            backoffLimit: 0\n" + more +
                  "            template: {spec: {containers: [{name: check, command: [sh, -c, '" + script + "']}]}}\n");
}

TEST_F(LiveAskerTest, TheExitCodeOfAJobDecides) {
  Use(Job("sleep 5; exit 0"));
  Target();
  executor_.RunFor(seconds(4));
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kRunning);
  executor_.RunFor(seconds(2));
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kSuccessful) << Seen().message;
}

TEST_F(LiveAskerTest, AJobThatFailsFailsTheRunAndSaysItsLastLine) {
  Use(Job("echo no rows; exit 3"));
  Target();
  executor_.RunFor(seconds(1));
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kFailed);
  EXPECT_THAT(Metric().measurements.front().message,
              HasSubstr("exit 3 after 1 tries; its last line: All its tries failed. no rows"));
}

TEST_F(LiveAskerTest, ARestartFindsTheJobThatRunsAndStartsNoSecondOne) {
  Use(Job("sleep 20; exit 0"));
  Target();
  executor_.RunFor(seconds(5));
  Restart();
  Target();
  executor_.RunFor(seconds(16));
  EXPECT_EQ(jobs_.started(), 1);
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kSuccessful);
}

TEST_F(LiveAskerTest, AJobWhoseQuestionWasNeverCommittedIsFoundAgain) {
  Use(Job("sleep 20; exit 0"));
  Target();
  executor_.RunFor(seconds(5));
  executor_.Crash();
  Begin();
  executor_.RunFor(seconds(3));
  Target();  // The machine says again that it shall run.
  executor_.RunFor(seconds(90));
  EXPECT_EQ(jobs_.started(), 1);
  EXPECT_EQ(Seen().phase, rollout::AnalysisPhase::kSuccessful);
}

TEST_F(LiveAskerTest, AJobOfARunThatEndsIsEnded) {
  Use(Job("sleep 600; exit 0"));
  Target();
  executor_.RunFor(seconds(1));
  ASSERT_EQ((*jobs_.Observe())[0].phase, JobPhase::kRunning);
  Target(false);
  executor_.RunFor(seconds(1));
  EXPECT_EQ((*jobs_.Observe())[0].phase, JobPhase::kFailed);
}

TEST_F(LiveAskerTest, AJobOfARolloutThatIsGoneIsForgottenAndNobodyLooksForIt) {
  Use(Job("sleep 6000; exit 0"));
  Target();
  executor_.RunFor(kStrayJobsAfter + seconds(1));
  analyses_->Forget(rollout_.name);
  executor_.RunFor(seconds(1));
  EXPECT_TRUE(jobs_.Observe()->empty());
  const std::uint64_t steps = executor_.steps();
  executor_.RunFor(seconds(60));
  EXPECT_EQ(executor_.steps(), steps);
}

TEST_F(LiveAskerTest, AStrayJobIsEndedAWhileAfterTheStart) {
  JobSpec stray;
  stray.id = JobId("job-gone-1");
  stray.command = {"sh", "-c", "sleep 600"};
  ASSERT_TRUE(jobs_.Start(stray).has_value());
  Use(Job("exit 0"));
  executor_.RunFor(kStrayJobsAfter - seconds(1));
  EXPECT_EQ(jobs_.Observe()->size(), 1U);
  executor_.RunFor(seconds(2));
  EXPECT_TRUE(jobs_.Observe()->empty());
}

TEST_F(LiveAskerTest, AJobGetsItsVariablesAndItsArtifact) {
  Use(Template(R"(      provider:
        job:
          spec:
            activeDeadlineSeconds: 60
            template:
              spec:
                containers:
                  - name: check
                    image: check:1
                    command: [sh, -c, exit 0]
                    env:
                      - {name: TOKEN, valueFrom: {secretKeyRef: {name: login, key: token}}}
                      - {name: PLAIN, value: "1"}
)"));
  Target();
  executor_.RunFor(seconds(1));
  const JobSpec* spec = jobs_.Find(JobIdOf(key_, 0, 1));
  ASSERT_NE(spec, nullptr);
  EXPECT_EQ(spec->artifact, "digest");
  EXPECT_EQ(spec->environment, (std::map<std::string, std::string>{{"TOKEN", "s3cret"}, {"PLAIN", "1"}}));
  EXPECT_EQ(spec->deadline, seconds(60));
  EXPECT_EQ(spec->backoff_limit, 6);
  EXPECT_THAT(analyses_->MemoryOf(rollout_.name)->rows.front().value, Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace tuesday::control
