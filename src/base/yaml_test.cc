// SPDX-License-Identifier: Apache-2.0
#include "base/yaml.h"

#include <gtest/gtest.h>

namespace tuesday {
namespace {

std::string JsonOf(std::string_view text) {
  const Result<YamlNode> node = ParseYaml(text, "a.yaml");
  return node.has_value() ? CanonicalJson(YamlToJson(*node)) : ErrorText(node.error());
}

TEST(Yaml, ReadsTheCoreSchema) {
  EXPECT_EQ(JsonOf("on: yes\na: 010\nb: 0x1f\nc: 1.5\nd: ~\ne: 'true'\nf: true\ng: 1e3\nh: 1_000\n"),
            R"({"a":10,"b":31,"c":1.5,"d":null,"e":"true","f":true,"g":1000,"h":"1_000","on":"yes"})");
}

TEST(Yaml, KnowsLineAndColumn) {
  const Result<YamlNode> node = ParseYaml("a:\n  - b: 1\n", "a.yaml");
  ASSERT_TRUE(node.has_value());
  const YamlNode& value = *node->Find("a")->items[0].Find("b");
  EXPECT_EQ(value.line, 2);
  EXPECT_EQ(value.column, 8);
}

TEST(Yaml, ReadsAStreamOfDocuments) {
  const auto documents = ParseYamlStream("---\na: 1\n---\nb: 2\n", "a.yaml");
  ASSERT_TRUE(documents.has_value());
  EXPECT_EQ(documents->size(), 2U);
}

TEST(Yaml, ExpandsAliases) { EXPECT_EQ(JsonOf("a: &x {n: 1}\nb: *x\n"), R"({"a":{"n":1},"b":{"n":1}})"); }

struct BadCase {
  const char* name;
  std::string text;
  std::string expected;
};

class BadYaml : public testing::TestWithParam<BadCase> {};

TEST_P(BadYaml, NamesPlaceAndReason) {
  const Result<YamlNode> node = ParseYaml(GetParam().text, "a.yaml");
  ASSERT_FALSE(node.has_value());
  EXPECT_NE(node.error().message.find(GetParam().expected), std::string::npos) << node.error().message;
}

std::string Bomb() {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) text += ", " + before;
    text += "]\n";
  }
  return text;
}

INSTANTIATE_TEST_SUITE_P(Cases, BadYaml,
                         testing::Values(BadCase{"DuplicateKey", "a: 1\na: 2\n", "a.yaml:2:1: The key \"a\" appears twice."},
                                         BadCase{"Tag", "a: !!python/object x\n", "a.yaml:1:4: The tag"},
                                         BadCase{"UnknownAlias", "a: *b\n", "a.yaml:1:4: The alias *b has no anchor."},
                                         BadCase{"BadIndent", "a:\n  b: 1\n c: 2\n", "a.yaml:3:"},
                                         BadCase{"TooDeep", std::string(200, '['), "nested deeper"},
                                         BadCase{"Bomb", Bomb(), "Aliases expand to more than"},
                                         BadCase{"TooLong", std::string(2 << 20, ' '), "the limit is"},
                                         BadCase{"MappingAsKey", "? {a: 1}\n: 2\n", "A key must be a single word"}),
                         [](const auto& test) { return test.param.name; });

TEST(Yaml, PassesOverAByteOrderMark) {
  const Result<YamlNode> node = ParseYaml(
      "\xEF\xBB\xBF"
      "a: 1\nb: 2\n",
      "f");
  ASSERT_TRUE(node.has_value()) << ErrorText(node.error());
  ASSERT_EQ(node->members.size(), 2U);
  EXPECT_EQ(node->members.front().first.column, 1);
}

}  // namespace
}  // namespace tuesday
