// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/matchers.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <random>
#include <set>

#include "core/metrics/index.h"
#include "core/metrics/pattern.h"

namespace tuesday::metrics {
namespace {

TEST(PlainPattern, TakesWhatNeedsNoEngineAndNothingElse) {
  struct Row {
    const char* pattern;
    bool plain;
  };
  const Row rows[] = {{"", true},          {"5..", true},  {".*canary.*", true}, {"api|web|", true}, {"a\\.b", true},
                      {".+", true},        {"a*", false},  {"[0-9]+", false},    {"(a|b)", false},   {"a.*?", false},
                      {"a.**", false},     {"\\d", false}, {"\\_", false},       {"^a$", false},     {"a{2}", false},
                      {"\xC3\xA4", false}, {"a\\", false}, {"a.{2}", false},     {"|", true}};
  for (const Row& row : rows) EXPECT_EQ(PlainPattern::Read(row.pattern).has_value(), row.plain) << row.pattern;
}

TEST(PlainPattern, MatchesWhatTheEngineMatches) {
  std::mt19937 random(5);
  RE2::Options options;
  options.set_dot_nl(true);
  options.set_log_errors(false);
  const auto text_of = [&](std::string_view letters, std::size_t size_max) {
    std::string text;
    for (std::size_t i = random() % (size_max + 1); i > 0; --i) text += letters[random() % letters.size()];
    return text;
  };
  int matched = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string pattern = text_of("aab...*+|\\", 8);
    const std::optional<PlainPattern> plain = PlainPattern::Read(pattern);
    if (!plain) continue;
    const RE2 regex(pattern, options);
    ASSERT_TRUE(regex.ok()) << pattern;
    for (int i = 0; i < 8; ++i) {
      const std::string text = text_of("aab.\n", 7);
      ASSERT_EQ(plain->Match(text), RE2::FullMatch(text, regex)) << pattern << " on " << text;
      matched += plain->Match(text) ? 1 : 0;
    }
  }
  EXPECT_GT(matched, 1'000);
}

TEST(CompiledMatchers, DotIsOneLetterAlsoOutsideAscii) {
  const Result<CompiledMatchers> compiled = CompiledMatchers::Compile({{MatchOp::kRegex, "a", "b.r"}});
  ASSERT_TRUE(compiled.has_value());
  EXPECT_TRUE(compiled->MatchValue(0, "b\xC3\xA4r"));
  EXPECT_FALSE(compiled->MatchValue(0, "b\xC3\xA4\xC3\xA4r"));
}

TEST(SeriesIndex, FindsWhatMatchingEachSeriesFinds) {
  std::mt19937 random(9);
  const auto pick = [&](std::initializer_list<const char*> from) {
    return std::string(*(from.begin() + random() % from.size()));
  };
  for (int round = 0; round < 300; ++round) {
    std::set<Labels> all;
    for (std::uint64_t i = 0; i < random() % 60; ++i) {
      const Labels labels{{"__name__", pick({"m", "n"})},
                          {"status", pick({"", "200", "500", "503"})},
                          {"i", std::to_string(random() % 40)},
                          {"zone", pick({"", "a"})}};
      all.insert(labels);
    }
    const SeriesIndex index(std::vector<Labels>(all.begin(), all.end()));
    std::vector<LabelMatcher> matchers;
    for (std::uint32_t i = 0; i < random() % 4; ++i) {
      matchers.push_back({static_cast<MatchOp>(random() % 4), pick({"__name__", "status", "i", "zone", "nothing"}),
                          pick({"", "m", "5..", "500", "[0-9]", "1.*", ".*", ".+", "a", "3"})});
    }
    const Result<CompiledMatchers> compiled = CompiledMatchers::Compile(matchers);
    std::vector<std::uint32_t> expected;
    for (std::uint32_t i = 0; i < index.size(); ++i) {
      if (compiled->Match(index.LabelsAt(i))) expected.push_back(i);
    }
    EXPECT_EQ(index.Find(matchers).value(), expected) << round;
  }
}

TEST(Labels, EqualLabelsHaveEqualHashesHoweverTheyWereMade) {
  const Labels whole{{"a", "1"}, {"b", "2"}, {"c", "3"}};
  const Labels made = Labels{{"c", "x"}, {"b", "2"}}.With("c", "3").With("d", "4").With("a", "1").With("d", "");
  EXPECT_EQ(whole, made);
  EXPECT_EQ(whole.Hash(), made.Hash());
  EXPECT_EQ(whole.Hash() - Labels::HashOf({"b", "2"}), (Labels{{"a", "1"}, {"c", "3"}}.Hash()));
  EXPECT_NE((Labels{{"a", "b"}}.Hash()), (Labels{{"b", "a"}}.Hash()));
  EXPECT_LT((Labels{{"a", "1"}}), whole);
}

}  // namespace
}  // namespace tuesday::metrics
