// SPDX-License-Identifier: Apache-2.0
// Containers and services of a job, with a podman of the test's own.
#include <gmock/gmock.h>
#include <stdlib.h>

#include "adapters/containers/podman_test_service.h"
#include "adapters/sandbox/place_job_test.h"

namespace tuesday::sandbox {
namespace {

using containers::PodmanTestService;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using workflow::ContainerOrder;
using workflow::ContainerPlan;
using workflow::ContainerTask;

constexpr const char* kTiny = "localhost/tiny:1";

class ContainersTest : public JobTest {
 protected:
  static void SetUpTestSuite() {
    if (!PodmanTestService::Missing().empty()) return;
    service_ = new PodmanTestService();
    ::setenv("DOCKER_HOST", ("unix://" + service_->socket()).c_str(), 1);
    const auto built = service_->BuildTiny(kTiny, "ENV COLOUR=green\n");
    ASSERT_TRUE(built.has_value()) << ErrorText(built.error());
  }
  static void TearDownTestSuite() {
    delete service_;
    service_ = nullptr;
    ::unsetenv("DOCKER_HOST");
  }
  void SetUp() override {
    if (service_ == nullptr) GTEST_SKIP() << PodmanTestService::Missing();
  }

  StepOrder Containers(ContainerTask task, std::vector<ContainerPlan> plans) {
    StepOrder step;
    step.ordinal = ++ordinal_;
    step.id = fmt::format("s{}", ordinal_);
    step.containers = ContainerOrder{task, std::move(plans)};
    return step;
  }
  StepReport Good(const StepOrder& order) {
    StepReport report = Run(order);
    EXPECT_EQ(report.exit_code, 0) << report.problem << Log(order.ordinal);
    EXPECT_THAT(report.problem, IsEmpty()) << Log(order.ordinal);
    return report;
  }
  StepOrder Inside(const std::string& script) {
    StepOrder order = Order(script);
    order.argv = {"sh", "-e", "{0}"};
    order.in_container = true;
    order.working_dir = spec_.workspace;
    return order;
  }
  void AsContainerJob() {
    spec_.workspace = "/__w/app/app";
    spec_.home = "/github/home";
    spec_.temp = "/__w/_temp";
    Open();
    Good(Containers(ContainerTask::kBegin, {{.image = kTiny}}));
  }
  static std::string OutputOf(const StepReport& report, const std::string& name) {
    for (const auto& [key, value] : report.outputs) {
      if (key == name) return value;
    }
    return "";
  }
  static std::size_t ContainersThere() {
    return service_->engine().List({}).value_or(std::vector<containers::ContainerFacts>()).size();
  }
  static bool Gone() {
    for (int round = 0; round < 400 && ContainersThere() != 0; ++round) ::poll(nullptr, 0, 50);
    return ContainersThere() == 0;
  }
  static ContainerPlan Web(const std::string& id) {
    ContainerPlan plan{.id = id, .image = kTiny};
    plan.environment = {{"WORD", "hello-from-" + id}};
    plan.command = {"sh", "-c", "echo $WORD > /tmp/word; echo I serve; httpd -f -p 8080 -h /tmp"};
    plan.ports = {"18080:8080"};
    plan.options = "--health-cmd \"wget -q -O - http://127.0.0.1:8080/word\" --health-interval 1s --health-retries 20";
    return plan;
  }

  static PodmanTestService* service_;
};

PodmanTestService* ContainersTest::service_ = nullptr;

TEST_F(ContainersTest, AServiceAnswersAJobOfTheSandboxAtBothPortsAndByItsName) {
  spec_.hosts["web"] = "127.0.0.1";
  Open();
  const StepReport begun = Good(Containers(ContainerTask::kBegin, {Web("web")}));
  const auto services = ParseJson(OutputOf(begun, workflow::kServicesOutput));
  ASSERT_TRUE(services.has_value());
  EXPECT_EQ(services->At("web").At("ports").At("8080").StringOr(""), "18080");
  EXPECT_THAT(Log(1), HasSubstr("web service is healthy."));
  const std::string fetch =
      "python3 -c 'import sys, urllib.request as u\nfor a in sys.argv[1:]: print(u.urlopen(a).read().decode())' ";
  EXPECT_THAT(LogOf(fetch + "http://127.0.0.1:18080/word"), HasSubstr("hello-from-web"));
  EXPECT_THAT(LogOf(fetch + "http://web:8080/word"), HasSubstr("hello-from-web"));
  const StepOrder end = Containers(ContainerTask::kEnd, {Web("web")});
  Good(end);
  EXPECT_THAT(Log(end.ordinal), HasSubstr("I serve"));
  EXPECT_EQ(ContainersThere(), 0U);
}

TEST_F(ContainersTest, AServiceThatIsNotHealthyFailsTheStepWithItsLog) {
  Open();
  ContainerPlan bad = Web("bad");
  bad.options = "--health-cmd false --health-interval 1s --health-retries 1";
  const StepOrder order = Containers(ContainerTask::kBegin, {bad});
  const StepReport report = Run(order);
  EXPECT_EQ(report.exit_code, 1);
  EXPECT_THAT(Log(order.ordinal), HasSubstr("I serve"));
  EXPECT_THAT(Log(order.ordinal), HasSubstr("The service bad is not healthy"));
  ContainerPlan ends = Web("ends");
  ends.ports.clear();
  ends.command = {"sh", "-c", "echo so long; exit 4"};
  const StepOrder second = Containers(ContainerTask::kBegin, {ends});
  EXPECT_EQ(Run(second).exit_code, 1);
  EXPECT_THAT(Log(second.ordinal), HasSubstr("so long"));
  EXPECT_THAT(Log(second.ordinal), HasSubstr("has ended with exit code 4"));
}

TEST_F(ContainersTest, StepsOfAContainerJobRunInTheImage) {
  AsContainerJob();
  const StepReport first =
      Good(Inside("echo \"in $COLOUR $PWD\"; echo word=kept > $GITHUB_OUTPUT; echo A=b >> $GITHUB_ENV; echo x > made"));
  EXPECT_THAT(Log(2), HasSubstr("in green /__w/app/app"));
  EXPECT_EQ(OutputOf(first, "word"), "kept");
  ASSERT_EQ(first.environment.size(), 1U);
  EXPECT_EQ(Run(Inside("exit 5")).exit_code, 5);
  Good(Inside("echo key > locked; chmod 600 locked"));
  const auto digest = machine_.places().HashFiles(spec_.id, {"locked"});
  EXPECT_TRUE(digest.has_value() && !digest->empty());
  // What one side writes the other can write over.
  Good(Order("cat made; echo y >> made; test $(id -u) != 0"));
  Good(Inside("cat made; echo z >> made"));
  EXPECT_THAT(Log(ordinal_), HasSubstr("Z x\n"));
  EXPECT_THAT(Log(ordinal_), HasSubstr("Z y\n"));
  EXPECT_THAT(LogOf("cat made"), HasSubstr("z"));
}

TEST_F(ContainersTest, AContainerHasNoRightsOnTheNetworkAndSeesNothingOfTheMachine) {
  spec_.network = Network::kOutside;
  AsContainerJob();
  const StepOrder caps =
      Inside("grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/self/status; ls / /run /var/lib 2>/dev/null || true");
  Good(caps);
  const std::string log = Log(caps.ordinal);
  EXPECT_THAT(log, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(log, HasSubstr("Seccomp:\t2"));
  const std::size_t at = log.find("CapEff:\t") + 8;
  const std::uint64_t effective = std::strtoull(log.substr(at, 16).c_str(), nullptr, 16);
  for (const int capability : {12, 13, 19, 21, 27}) EXPECT_EQ(effective >> capability & 1, 0U) << capability;
  const StepOrder metadata = Inside("nc -w 3 169.254.169.254 80 < /dev/null 2>&1 && exit 1; exit 0");
  Good(metadata);
  EXPECT_THAT(Log(metadata.ordinal), HasSubstr("No route to host"));
}

TEST_F(ContainersTest, ASecretOfAContainerIsMaskedAndASignalReachesIt) {
  spec_.masks = {"geheimnis"};
  AsContainerJob();
  const StepOrder secret = Inside("echo geheimnis | cat");
  Good(secret);
  EXPECT_THAT(Log(secret.ordinal), Not(HasSubstr("geheimnis")));
  StepOrder late = Inside("trap 'echo told; exit 9' INT; while true; do sleep 0.1; done");
  late.timeout = std::chrono::seconds(1);
  const StepReport report = Run(late);
  EXPECT_EQ(report.end, StepEnd::kTimedOut);
  EXPECT_THAT(Log(late.ordinal), HasSubstr("told"));
}

TEST_F(ContainersTest, NothingIsLeftWhenTheSupervisorIsKilled) {
  spec_.hosts["web"] = "127.0.0.1";
  spec_.workspace = "/__w/app/app";
  Open();
  Good(Containers(ContainerTask::kBegin, {{.image = kTiny}, Web("web")}));
  ASSERT_EQ(ContainersThere(), 2U);
  machine_.Lose(spec_.id);
  EXPECT_TRUE(Gone());
}

TEST_F(ContainersTest, NothingIsLeftWhenThePlaceIsClosed) {
  spec_.workspace = "/__w/app/app";
  Open();
  Good(Containers(ContainerTask::kBegin, {{.image = kTiny}, Web("web")}));
  ASSERT_TRUE(machine_.places().Close(spec_.id).has_value());
  EXPECT_EQ(ContainersThere(), 0U);
}

TEST_F(ContainersTest, AnActionIsBuiltOnceAndRunsWithItsFiles) {
  Open();
  Good(
      Order("mkdir own; cd own; printf 'FROM localhost/tiny:1\\nCOPY run.sh /run.sh\\nENTRYPOINT [\"sh\",\"/run.sh\"]\\n' > "
            "Dockerfile\n"
            "printf 'echo \"$INPUT_WHO $1 in $PWD\"\\necho word=kept > $GITHUB_OUTPUT\\necho made > made\\nexit ${CODE:-0}\\n' "
            "> run.sh"));
  StepOrder action = Containers(ContainerTask::kRun, {{.build_folder = spec_.workspace + "/own", .dockerfile = "Dockerfile"}});
  action.containers->containers[0].command = {"there"};
  action.environment["INPUT_WHO"] = "you";
  const StepReport report = Good(action);
  EXPECT_THAT(Log(action.ordinal), HasSubstr("you there in /github/workspace"));
  EXPECT_EQ(OutputOf(report, "word"), "kept");
  StepOrder again = Containers(ContainerTask::kRun, action.containers->containers);
  again.environment["CODE"] = "6";
  EXPECT_EQ(Run(again).exit_code, 6);
  EXPECT_THAT(Log(again.ordinal), Not(HasSubstr("Building")));
  Good(Order("echo more >> made"));
  EXPECT_EQ(ContainersThere(), 0U);
}

TEST_F(ContainersTest, ADockerfileHasTheJobsNetworkAndNoOther) {
  spec_.network = Network::kOutside;
  Open();
  Good(
      Order("mkdir own; cd own; printf 'FROM localhost/tiny:1\\nRUN nc -w 3 169.254.169.254 80 < /dev/null 2>&1 | cat\\n' > "
            "Dockerfile\n"
            "printf 'FROM localhost/tiny:1\\nAD\\\\\\nD http://169.254.169.254/ /x\\n' > Fetching; ln -s Dockerfile Link"));
  StepOrder action = Containers(ContainerTask::kRun, {{.build_folder = spec_.workspace + "/own", .dockerfile = "Dockerfile"}});
  action.containers->containers[0].command = {"true"};
  Good(action);
  EXPECT_THAT(Log(action.ordinal), HasSubstr("No route to host"));
  for (const auto& [file, problem] :
       {std::pair("Fetching", "adds from an address"), {"Link", "has no Dockerfile"}, {"../x", "has no Dockerfile"}}) {
    const StepOrder bad = Containers(ContainerTask::kRun, {{.build_folder = spec_.workspace + "/own", .dockerfile = file}});
    EXPECT_EQ(Run(bad).exit_code, 1);
    EXPECT_THAT(Log(bad.ordinal), HasSubstr(problem));
  }
}

TEST_F(ContainersTest, AnActionsFolderThatIsALinkOutOfTheJobIsNotPacked) {
  Open();
  Good(Order("ln -s /etc own"));
  const StepOrder action =
      Containers(ContainerTask::kRun, {{.build_folder = spec_.workspace + "/own", .dockerfile = "Dockerfile"}});
  EXPECT_EQ(Run(action).exit_code, 1);
  EXPECT_THAT(Log(action.ordinal), HasSubstr("cannot open the action's folder"));
}

}  // namespace
}  // namespace tuesday::sandbox
