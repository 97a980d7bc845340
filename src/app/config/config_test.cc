// SPDX-License-Identifier: Apache-2.0
#include "app/config/config.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tuesday::config {
namespace {

TEST(Config, AnEmptyFileIsAllDefaults) {
  for (const char* text : {"", "# nothing\n", "log:\n", "{}"}) EXPECT_EQ(ReadConfig(text, "f").value(), Config()) << text;
}

TEST(Config, EveryDefaultInTheTableIsTheOneThatHolds) {
  for (const Key& key : Keys()) {
    if (key.unset.empty()) continue;
    Config config;
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.plain = true;
    node.text = key.unset;
    EXPECT_EQ(key.set(config, node), "") << key.path;
    EXPECT_EQ(config, Config()) << key.path;
  }
}

TEST(Config, TakesEveryKey) {
  const Config config = ReadConfig(R"(external_url: https://deploy.example.com
listeners:
  admin: {group_role: deployer}
  api: {listen: "0.0.0.0:7443", certificate: /etc/a.crt, key: /etc/a.key}
  metrics: {listen: "127.0.0.1:9464"}
  edge: {listen: "0.0.0.0:80", tls_listen: ""}
log: {level: warning, format: json}
limits: {body_bytes_max: 1MiB, header_bytes_max: 8192, connections_max: 16, idle_time_max: 5s, request_time_max: 3s, failed_logins_max: 3}
retention: {metrics: 1h, metrics_bytes_max: 1GiB, artifacts: 7d}
)",
                                   "f")
                            .value();
  EXPECT_EQ(config.group_role, access::Role::kDeployer);
  EXPECT_EQ(config.api_listen, "0.0.0.0:7443");
  EXPECT_EQ(config.edge_tls_listen, "");
  EXPECT_EQ(config.log_format, LogFormat::kJson);
  EXPECT_EQ(config.body_bytes_max, 1 << 20);
  EXPECT_EQ(config.header_bytes_max, 8192);
  EXPECT_EQ(config.request_time_max, std::chrono::seconds(3));
  EXPECT_EQ(config.metrics_bytes_max, 1 << 30);
}

TEST(Config, SaysEverythingThatIsWrongAtOnceWithItsPlace) {
  const Result<Config> config = ReadConfig(R"(listners: {}
listeners:
  api:
    lisen: 127.0.0.1:7443
    certificate: a.crt
log:
  level: loud
limits: 7
retention:
  metrics: [6h]
)",
                                           "t.yaml");
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().code, ErrorCode::kInvalid);
  for (const char* line : {
           "t.yaml:1:1: error: `listners` is not a key of the file. Did you mean `listeners`? [unknown-key]",
           "t.yaml:4:5: error: `lisen` is not a key of listeners.api. Did you mean `listen`? [unknown-key]",
           "t.yaml:5:18: error: `listeners.api.certificate`: \"a.crt\" is not an absolute path. [bad-value]",
           "t.yaml:7:10: error: `log.level`: \"loud\" is none of debug, info, warning, error. [bad-value]",
           "t.yaml:8:9: error: `limits` is a group of keys. [wrong-type]",
           "t.yaml:10:12: error: `retention.metrics` is one time. [wrong-type]",
       }) {
    EXPECT_TRUE(config.error().message.contains(line)) << line << "\nis not in\n" << config.error().message;
  }
  EXPECT_EQ(std::ranges::count(config.error().message, '\n'), 5);
}

TEST(Config, RefusesValuesOutsideTheirLimits) {
  for (const char* text : {"limits: {connections_max: 0}", "limits: {connections_max: many}", "limits: {body_bytes_max: 1}",
                           "limits: {body_bytes_max: 9999999999999GiB}", "limits: {body_bytes_max: -1}",
                           "limits: {idle_time_max: 0s}", "limits: {idle_time_max: 1}", "listeners: {api: {listen: 7443}}",
                           "listeners: {api: {listen: \":7443\"}}", "listeners: {api: {listen: \"a:70000\"}}",
                           "external_url: deploy.example.com", "external_url: https://a/", "listeners: {api: {key: /k}}",
                           "listeners: {admin: {group_role: root}}", "- a", "a: [", "log: {level: info, level: info}"}) {
    EXPECT_FALSE(ReadConfig(text, "f").has_value()) << text;
  }
}

TEST(Config, KnowsWhatNeedsARestart) {
  Config after;
  after.log_level = LogLevel::kDebug;
  EXPECT_TRUE(NeedsRestart({}, after).empty());
  after.edge_listen = "127.0.0.1:80";
  after.metrics_retention = std::chrono::hours(1);  // At once.
  after.metrics_bytes_max = 64 << 20;
  after.containers_socket = "/run/podman/podman.sock";
  after.containers_logins = "/etc/containers/auth.json";
  EXPECT_EQ(NeedsRestart({}, after),
            (std::vector<std::string>{"listeners.edge.listen", "containers.socket", "containers.logins"}));
  const auto at_start = std::ranges::count_if(Keys(), [](const Key& key) { return key.takes == Key::Takes::kAtStart; });
  EXPECT_EQ(at_start, 4) << "and each is compared above";
}

}  // namespace
}  // namespace tuesday::config
