// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/canonical.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tuesday::manifest {
namespace {

// Pods at random from a seed, with every field at its default in some of them.
class AnyPod {
 public:
  explicit AnyPod(unsigned seed) : random_(seed) {}

  PodSpec Make() {
    PodSpec pod;
    pod.labels = Map();
    pod.annotations = Map();
    for (int i = Below(3); i > 0; --i) pod.containers.push_back(MakeContainer());
    if (Coin()) pod.termination_grace = std::chrono::seconds(Below(100));
    return pod;
  }

 private:
  int Below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
  bool Coin() { return Below(2) == 1; }
  std::string Text() {
    static constexpr std::string_view kLetters = "ab/\"\\\n \xC3\xA9{}";
    std::string text;
    for (int i = Below(6); i > 0; --i) text += kLetters[static_cast<std::size_t>(Below(7))];
    return Coin() ? text + "\xC3\xA9" : text;
  }
  std::vector<std::string> Texts() {
    std::vector<std::string> texts;
    for (int i = Below(3); i > 0; --i) texts.push_back(Text());
    return texts;
  }
  std::map<std::string, std::string> Map() {
    std::map<std::string, std::string> map;
    for (int i = Below(3); i > 0; --i) map[Text()] = Text();
    return map;
  }
  std::optional<Probe> MakeProbe() {
    if (Coin()) return std::nullopt;
    Probe probe;
    switch (Below(3)) {
      case 0: probe.action = HttpGet{Text(), Text(), Coin() ? "HTTP" : "HTTPS", Map()}; break;
      case 1: probe.action = TcpSocket{Text()}; break;
      default: probe.action = ExecCommand{Texts()};
    }
    if (Coin()) probe.initial_delay = std::chrono::seconds(Below(60));
    if (Coin()) probe.period = std::chrono::seconds(Below(60));
    if (Coin()) probe.timeout = std::chrono::seconds(Below(60));
    if (Coin()) probe.success_threshold = Below(5);
    if (Coin()) probe.failure_threshold = Below(5);
    return probe;
  }
  EnvVar MakeVariable() {
    EnvVar variable{.name = Text()};
    switch (Below(4)) {
      case 0: variable.value = Text(); break;
      case 1: variable.config_map_key = {Text(), Text()}; break;
      case 2: variable.secret_key = {Text(), Text()}; break;
      default: variable.field_path = Text();
    }
    variable.optional = Coin();
    return variable;
  }
  Container MakeContainer() {
    Container container;
    container.name = Text();
    container.image = Text();
    container.command = Texts();
    container.args = Texts();
    container.working_dir = Text();
    for (int i = Below(3); i > 0; --i) container.ports.push_back({Text(), static_cast<std::uint16_t>(Below(65536))});
    for (int i = Below(3); i > 0; --i) container.env.push_back(MakeVariable());
    for (int i = Below(3); i > 0; --i) container.env_from.push_back({Text(), Text(), Text(), Coin()});
    if (Coin()) container.resources = {Below(4000), Below(4000), Below(1 << 30), Below(1 << 30)};
    container.readiness = MakeProbe();
    container.liveness = MakeProbe();
    container.startup = MakeProbe();
    return container;
  }

  std::mt19937 random_;
};

TEST(CanonicalPod, ComesBackAsItWasWritten) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    const PodSpec pod = AnyPod(seed).Make();
    const std::string text = CanonicalJson(CanonicalPod(pod));
    const Result<Json> json = ParseJson(text);
    ASSERT_TRUE(json.has_value()) << text;
    const Result<PodSpec> read = PodFromJson(*json);
    ASSERT_TRUE(read.has_value()) << "seed " << seed << ": " << read.error().message;
    EXPECT_EQ(*read, pod) << "seed " << seed << ": " << text;
  }
}

TEST(CanonicalPod, EqualPodsAndOnlyEqualPodsHaveEqualBytes) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    const PodSpec a = AnyPod(seed).Make();
    const PodSpec b = AnyPod(seed + 1).Make();
    EXPECT_EQ(CanonicalJson(CanonicalPod(a)) == CanonicalJson(CanonicalPod(b)), a == b) << "seed " << seed;
  }
}

PodSpec ApiServer() {
  PodSpec pod;
  pod.labels = {{"app", "api"}};
  Container container;
  container.name = "api";
  container.image = "api:1";
  container.ports = {{"http", 3000}};
  pod.containers = {container};
  return pod;
}

TEST(CanonicalPod, TheBytesAreFrozen) {
  EXPECT_EQ(CanonicalJson(CanonicalPod(ApiServer())),
            R"({"containers":[{"image":"api:1","name":"api","ports":[{"name":"http","port":3000}]}],"labels":{"app":"api"}})");
}

TEST(RevisionDigest, ChangesWithThePodTheArtifactAndTheConfiguration) {
  const std::map<std::string, std::string> artifacts = {{"api", "aa"}};
  const std::string base = RevisionDigest(ApiServer(), artifacts, {});
  EXPECT_EQ(base, RevisionDigest(ApiServer(), artifacts, {}));
  PodSpec other = ApiServer();
  other.annotations["restarted"] = "now";
  EXPECT_NE(base, RevisionDigest(other, artifacts, {}));
  EXPECT_NE(base, RevisionDigest(ApiServer(), {{"api", "bb"}}, {}));
  EXPECT_NE(base, RevisionDigest(ApiServer(), artifacts, {{"ConfigMap/settings", ConfigDigest({{"a", "b"}})}}));
  EXPECT_EQ(RevisionIdOf(base).str(), base.substr(0, 10));
}

struct CorruptCase {
  const char* name;
  const char* json;
  const char* field;
};

class CorruptPod : public testing::TestWithParam<CorruptCase> {};

TEST_P(CorruptPod, NamesTheField) {
  const Result<Json> json = ParseJson(GetParam().json);
  ASSERT_TRUE(json.has_value());
  const Result<PodSpec> read = PodFromJson(*json);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(read.error().message, testing::HasSubstr(GetParam().field));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, CorruptPod,
    testing::Values(CorruptCase{"NoObject", "[]", "`pod`"}, CorruptCase{"LabelsAreAList", R"({"labels":[]})", "`labels`"},
                    CorruptCase{"LabelIsANumber", R"({"labels":{"a":1}})", "`labels`"},
                    CorruptCase{"ContainerIsAText", R"({"containers":["x"]})", "`containers`"},
                    CorruptCase{"ImageIsANumber", R"({"containers":[{"image":1}]})", "`image`"},
                    CorruptCase{"PortTooLarge", R"({"containers":[{"ports":[{"port":70000}]}]})", "`port`"},
                    CorruptCase{"ProbeWithoutAction", R"({"containers":[{"readiness":{}}]})", "`probe`"},
                    CorruptCase{"ThresholdTooLarge",
                                R"({"containers":[{"liveness":{"exec":["x"],"failure_threshold":4294967296}}]})",
                                "`failure_threshold`"},
                    CorruptCase{"HalfAPair", R"({"containers":[{"env":[{"secret_key":["a"]}]}]})", "`secret_key`"}),
    [](const auto& test) { return test.param.name; });

TEST(CanonicalPod, PassesOverWhatANewerProgramWrote) {
  const Result<Json> json = ParseJson(R"({"containers":[{"name":"api","novelty":1}]})");
  ASSERT_TRUE(json.has_value());
  const Result<PodSpec> read = PodFromJson(*json);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->containers.front().name, "api");
}

}  // namespace
}  // namespace tuesday::manifest
