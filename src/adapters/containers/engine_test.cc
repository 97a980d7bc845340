// SPDX-License-Identifier: Apache-2.0
// The client against a real podman.
#include "adapters/containers/engine.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "adapters/containers/podman_test_service.h"

namespace tuesday::containers {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kTiny = "localhost/tiny:1";
constexpr Duration kPatience = std::chrono::seconds(20);

class EngineTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!PodmanTestService::Missing().empty()) return;
    service_ = new PodmanTestService();
    built_ = new Result<std::string>(service_->BuildTiny(kTiny, "ENV COLOUR=green\nEXPOSE 5432\n"));
  }
  static void TearDownTestSuite() {
    delete built_;
    delete service_;
    built_ = nullptr;
    service_ = nullptr;
  }
  void SetUp() override {
    if (service_ == nullptr) GTEST_SKIP() << PodmanTestService::Missing();
    ASSERT_TRUE(built_->has_value()) << ErrorText(built_->error());
  }

  static ContainerSpec Sh(const std::string& script) {
    ContainerSpec spec;
    spec.image = kTiny;
    spec.command = {"sh", "-c", script};
    spec.labels = {{"test", "engine"}};
    spec.limits = {{"nofile", 1024, 1024}, {"nproc", 1024, 1024}};
    spec.new_privileges = false;
    return spec;
  }
  static Engine engine() { return service_->engine(); }
  static std::string MadeAndStarted(const ContainerSpec& spec) {
    const auto id = engine().Create(spec);
    EXPECT_TRUE(id.has_value()) << ErrorText(id.error());
    if (!id.has_value()) return "";
    const auto started = engine().Start(*id);
    EXPECT_TRUE(started.has_value()) << ErrorText(started.error());
    return *id;
  }
  static std::string WholeLog(const std::string& id) {
    auto log = engine().Logs(id, Engine::Follow::kYes);
    std::string text;
    while (log.has_value() && !log->ended()) text += log->Await(kPatience).value_or("");
    return text;
  }

  static PodmanTestService* service_;
  static Result<std::string>* built_;
};

PodmanTestService* EngineTest::service_ = nullptr;
Result<std::string>* EngineTest::built_ = nullptr;

TEST_F(EngineTest, SaysWhoItIs) {
  const auto version = engine().Version();
  ASSERT_TRUE(version.has_value()) << ErrorText(version.error());
  EXPECT_TRUE(version->is_podman);
  EXPECT_THAT(version->version, HasSubstr("."));
}

TEST_F(EngineTest, ImagesAreFoundWithWhatTheySay) {
  const auto image = engine().FindImage(kTiny);
  ASSERT_TRUE(image.has_value() && image->has_value());
  EXPECT_EQ((*image)->environment.at("COLOUR"), "green");
  EXPECT_THAT((*image)->ports, Contains("5432/tcp"));
  EXPECT_FALSE((*image)->has_health_check);
  const auto missing = engine().FindImage("localhost/nothing:1");
  ASSERT_TRUE(missing.has_value()) << ErrorText(missing.error());
  EXPECT_FALSE(missing->has_value());
}

TEST_F(EngineTest, AContainerRunsToItsEndAndItsLogIsWhole) {
  const std::string id = MadeAndStarted(Sh("echo one; echo two >&2; echo $COLOUR; exit 7"));
  const std::string log = WholeLog(id);  // Two outputs: their order is the engine's.
  for (const char* line : {"one\n", "two\n", "green\n"}) EXPECT_THAT(log, HasSubstr(line));
  const auto ended = engine().AwaitEnd(id, kPatience);
  ASSERT_TRUE(ended.has_value()) << ErrorText(ended.error());
  EXPECT_EQ(ended->exit_code, 7);
  EXPECT_EQ(ended->labels.at("test"), "engine");
  EXPECT_TRUE(engine().Remove(id).has_value());
  EXPECT_EQ(engine().Inspect(id).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(engine().Remove(id).has_value()) << "removing twice is harmless";
}

TEST_F(EngineTest, AnEndIsToldByAnEventWithoutAsking) {
  const std::string id = MadeAndStarted(Sh("trap 'exit 3' TERM; while true; do sleep 0.05; done"));
  ASSERT_TRUE(engine().Kill(id, "TERM").has_value());
  const auto ended = engine().AwaitEnd(id, kPatience);
  ASSERT_TRUE(ended.has_value()) << ErrorText(ended.error());
  EXPECT_EQ(ended->exit_code, 3);
  EXPECT_TRUE(engine().Kill(id, "KILL").has_value()) << "one that has ended is not asked";
  static_cast<void>(engine().Remove(id));
}

TEST_F(EngineTest, OneThatRunsIsRemovedToo) {
  const std::string id = MadeAndStarted(Sh("sleep 600"));
  ASSERT_TRUE(engine().Inspect(id).value_or(ContainerFacts()).running);
  ASSERT_TRUE(engine().Remove(id).has_value());
  EXPECT_EQ(engine().Inspect(id).error().code, ErrorCode::kNotFound);
}

TEST_F(EngineTest, ContainersAreListedByTheirLabels) {
  ContainerSpec mine = Sh("sleep 600");
  mine.labels["place"] = "a";
  ContainerSpec other = Sh("sleep 600");
  other.labels["place"] = "b";
  const std::string first = MadeAndStarted(mine);
  const std::string second = MadeAndStarted(other);
  const auto found = engine().List({{"test", "engine"}, {"place", "a"}});
  ASSERT_TRUE(found.has_value()) << ErrorText(found.error());
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ(found->front().id, first);
  EXPECT_TRUE(found->front().running);
  for (const std::string& id : {first, second}) static_cast<void>(engine().Remove(id));
}

TEST_F(EngineTest, HealthIsWhatItsCommandSays) {
  ContainerSpec spec = Sh("sleep 0.3; touch /tmp/well; sleep 600");
  spec.health = HealthCheck{.shell_command = "test -e /tmp/well", .interval = std::chrono::seconds(1), .retries = 30};
  const std::string id = MadeAndStarted(spec);
  const Instant deadline = supervise::BootNow() + kPatience;
  Health health = Health::kStarting;
  while (health != Health::kHealthy && supervise::BootNow() < deadline) {
    health = engine().CheckHealth(id).value_or(Health::kNone);
    ::usleep(50'000);
  }
  EXPECT_EQ(health, Health::kHealthy);
  static_cast<void>(engine().Remove(id));
}

TEST_F(EngineTest, ContainersOfOneNetworkSeeEachOtherAtLocalhost) {
  const std::string server = MadeAndStarted(Sh("echo hello > /tmp/h; httpd -f -p 8080 -h /tmp"));
  ContainerSpec spec =
      Sh("for i in 1 2 3 4 5 6 7 8 9; do wget -q -O - http://127.0.0.1:8080/h && exit 0; sleep 0.2; done; exit 1");
  spec.network_mode = "container:" + server;
  const std::string client = MadeAndStarted(spec);
  EXPECT_THAT(WholeLog(client), HasSubstr("hello"));
  for (const std::string& id : {client, server}) static_cast<void>(engine().Remove(id));
}

TEST_F(EngineTest, VolumesHaveLabelsAndGo) {
  ASSERT_TRUE(engine().CreateVolume("some-volume", {{"test", "engine"}}).has_value());
  EXPECT_THAT(engine().ListVolumes({{"test", "engine"}}).value_or(std::vector<std::string>()), Contains("some-volume"));
  ASSERT_TRUE(engine().RemoveVolume("some-volume").has_value());
  EXPECT_THAT(engine().ListVolumes({{"test", "engine"}}).value_or(std::vector<std::string>{"?"}), IsEmpty());
}

// Debian's docker-registry with one user.
class Registry {
 public:
  explicit Registry(const std::string& folder) {
    static_cast<void>(files::MakeFolders(folder + "/registry", 0700));
    // The word is "geheim".
    static_cast<void>(
        files::ReplaceFile(folder + "/users", "me:$2b$04$EhHdmuU1N.Qpdm.2jRqAu.0a2NIn.Ke78SLau1B4WAMrlMIny.KJW\n", 0600));
    static_cast<void>(files::ReplaceFile(folder + "/registry.yml",
                                         "version: 0.1\nstorage: {filesystem: {rootdirectory: " + folder +
                                             "/registry}}\nhttp: {addr: '" + Address() +
                                             "'}\nauth: {htpasswd: {realm: test, path: " + folder + "/users}}\n",
                                         0644));
    supervise::SpawnPlan plan;
    plan.argv = {"docker-registry", "serve", folder + "/registry.yml"};
    plan.environment = supervise::OwnEnvironment();
    plan.on_parent_death = supervise::OnParentDeath::kDie;
    pid_ = supervise::Spawn(plan).value_or(supervise::Process()).pid;
  }
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  bool started() const { return pid_ != 0; }
  static std::string Address() { return "127.0.0.1:" + std::to_string(kRegistryPort); }

 private:
  pid_t pid_ = 0;
};

TEST_F(EngineTest, ImagesArePulledByTagAndByDigestWithTheRegistrysOwnLogin) {
  const Registry registry(service_->folder());
  if (!registry.started()) GTEST_SKIP() << "docker-registry is not installed";
  const std::string name = Registry::Address() + "/tiny";
  const RegistryLogin login{Registry::Address(), "me", "geheim"};
  const auto ignore = [](const std::string&) {};
  const EngineHttp http(service_->socket());
  const auto call = [&](const std::string& target) {
    return http.Call({.method = "POST", .target = "/v1.41" + target, .headers = {{"X-Registry-Auth", RegistryAuth(login)}}},
                     kPatience);
  };
  ASSERT_EQ(call("/images/" + QueryText(kTiny) + "/tag?repo=" + QueryText(name) + "&tag=1").value_or(EngineResponse()).status,
            201);
  const Instant deadline = supervise::BootNow() + kPatience;
  std::string pushed = "error";
  while (pushed.find("error") != std::string::npos && supervise::BootNow() < deadline) {
    pushed = call("/images/" + QueryText(name) + "/push?tag=1").value_or(EngineResponse{0, "error"}).body;
    ::usleep(100'000);
  }
  const std::size_t digest = pushed.find("sha256:");
  ASSERT_NE(digest, std::string::npos) << pushed;
  const std::string by_digest = name + "@" + pushed.substr(digest, 71);
  ASSERT_TRUE(engine().RemoveImage(name + ":1").has_value());
  const auto denied = engine().Pull(name + ":1", std::nullopt, ignore);
  ASSERT_FALSE(denied.has_value());
  EXPECT_EQ(denied.error().code, ErrorCode::kDenied) << denied.error().message;
  EXPECT_FALSE(engine().Pull(name + ":1", RegistryLogin{"", "me", "wrong"}, ignore).has_value());
  for (const std::string& wanted : {name + ":1", by_digest}) {
    const auto pulled = engine().Pull(wanted, login, ignore);
    ASSERT_TRUE(pulled.has_value()) << ErrorText(pulled.error());
    EXPECT_TRUE(engine().FindImage(wanted).value_or(std::nullopt).has_value()) << wanted;
  }
  EXPECT_EQ(engine().Pull(name + ":none", login, ignore).error().code, ErrorCode::kNotFound);
}

TEST_F(EngineTest, ErrorsAreTheEnginesOwnWords) {
  ContainerSpec spec = Sh("true");
  spec.image = "localhost/nothing:1";
  const auto id = engine().Create(spec);
  ASSERT_FALSE(id.has_value());
  EXPECT_EQ(id.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(id.error().message, HasSubstr("localhost/nothing:1"));
  const auto pulled = engine().Pull("127.0.0.1:1/nothing:1", std::nullopt, [](const std::string&) {});
  ASSERT_FALSE(pulled.has_value());
  EXPECT_THAT(pulled.error().message, HasSubstr("127.0.0.1:1"));
  const auto built = engine().Build(service_->Context("FROM scratch\nCOPY missing /\n"), "localhost/bad:1", "Dockerfile",
                                    BuildTerms(), [](const std::string&) {});
  ASSERT_FALSE(built.has_value());
  EXPECT_THAT(built.error().message, HasSubstr("missing"));
}

TEST(FindEngineSocket, SaysWhatToInstall) {
  EXPECT_EQ(FindEngineSocket("", "tcp://10.0.0.1:2375").error().code, ErrorCode::kUnsupported);
  const auto configured = FindEngineSocket("/nowhere/sock", "");
  ASSERT_FALSE(configured.has_value());
  EXPECT_THAT(configured.error().message, HasSubstr("/nowhere/sock"));
  EXPECT_EQ(FindEngineSocket("unix:///etc/passwd", "").value_or(""), "/etc/passwd");
}

}  // namespace
}  // namespace tuesday::containers
