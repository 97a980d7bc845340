// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/trigger/trigger.h"

#include <gtest/gtest.h>

#include "core/workflow/read.h"
#include "core/workflow/trigger/pattern.h"

namespace tuesday::workflow {
namespace {

TEST(Patterns, MatchAsDocumented) {
  const struct {
    std::string_view pattern;
    std::string_view name;
    bool matches;
  } rows[] = {
      {"feature/*", "feature/my-branch", true},
      {"feature/*", "feature/beta-a/my-branch", false},
      {"feature/**", "feature/beta-a/my-branch", true},
      {"*feature", "mona-feature", true},
      {"v2*", "v2.9", true},
      {"v[12].[0-9]+.[0-9]+", "v1.10.1", true},
      {"v[12].[0-9]+.[0-9]+", "v3.0.0", false},
      {"*.jsx?", "page.js", true},
      {"*.jsx?", "page.jsx", true},
      {"*.jsx?", "a/page.js", false},
      {"**.js", "src/js/app.js", true},
      {"docs/**/*.md", "docs/README.md", true},
      {"docs/**/*.md", "docs/mona/hello-world.md", true},
      {"**/docs/**", "docs/hello.md", true},
      {"**/docs/**", "dir/docs/my-file.txt", true},
      {"**/README.md", "README.md", true},
      {"**/*src/**", "my-src/code/js/app.js", true},
      {"**/*-post.md", "path/their-post.md", true},
      {"**/migrate-*.sql", "db/sept/migrate-v1.sql", true},
      {"a\\*b", "a*b", true},
      {"a\\*b", "axb", false},
      {"a.b", "axb", false},
      {"[unclosed", "u", false},
      {"", "", false},
  };
  for (const auto& row : rows) EXPECT_EQ(MatchesPattern(row.pattern, row.name), row.matches) << row.pattern << " " << row.name;
}

TEST(Patterns, TheLastThatMatchesDecides) {
  EXPECT_TRUE(IncludedBy({"*.md", "!README.md", "README*"}, "README.md"));
  EXPECT_FALSE(IncludedBy({"*.md", "!README.md"}, "README.md"));
  EXPECT_FALSE(IncludedBy({"!README.md"}, "hello.md"));
}

std::vector<Trigger> Read(const std::string& on) {
  const ReadResult result = ReadWorkflow(on + "\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n", "w.yml", {});
  EXPECT_TRUE(result.problems.empty());
  return ReadTriggers(*result.workflow.on);
}

Event Push(std::string branch, std::string tag, std::vector<std::string> paths) {
  return {.name = "push",
          .activity = "",
          .branch = std::move(branch),
          .tag = std::move(tag),
          .paths = std::move(paths),
          .workflow = ""};
}

TEST(Triggers, FiltersOfBranchesKeepTagsOutAndTheOtherWayRound) {
  const auto branches = Read("on: {push: {branches: [main, 'release/**', '!release/old']}}");
  EXPECT_TRUE(Fires(branches[0], Push("main", "", {})));
  EXPECT_TRUE(Fires(branches[0], Push("release/a/b", "", {})));
  EXPECT_FALSE(Fires(branches[0], Push("release/old", "", {})));
  EXPECT_FALSE(Fires(branches[0], Push("", "v1", {})));
  const auto tags = Read("on: {push: {tags-ignore: ['v0.*']}}");
  EXPECT_TRUE(Fires(tags[0], Push("", "v1.0", {})));
  EXPECT_FALSE(Fires(tags[0], Push("", "v0.1", {})));
  EXPECT_FALSE(Fires(tags[0], Push("main", "", {})));
  EXPECT_TRUE(Fires(Read("on: push")[0], Push("", "v1", {})));
}

TEST(Triggers, PathsAndBranchesMustBothFit) {
  const auto both = Read("on: {push: {branches: main, paths: ['src/**', '!**.md']}}");
  EXPECT_TRUE(Fires(both[0], Push("main", "", {"README.md", "src/a.c"})));
  EXPECT_FALSE(Fires(both[0], Push("main", "", {"src/README.md"})));
  EXPECT_FALSE(Fires(both[0], Push("other", "", {"src/a.c"})));
  const auto ignore = Read("on: {push: {paths-ignore: ['**.md']}}");
  EXPECT_FALSE(Fires(ignore[0], Push("main", "", {"a.md", "b/c.md"})));
  EXPECT_TRUE(Fires(ignore[0], Push("main", "", {"a.md", "b.c"})));
}

TEST(Triggers, ChangesHaveThreeTypesByDefault) {
  Event change{.name = "pull_request", .activity = "synchronize", .branch = "main", .tag = "", .paths = {}, .workflow = ""};
  EXPECT_TRUE(Fires(Read("on: [push, pull_request]")[1], change));
  change.activity = "labeled";
  EXPECT_FALSE(Fires(Read("on: pull_request")[0], change));
  EXPECT_TRUE(Fires(Read("on: {pull_request: {types: labeled}}")[0], change));
}

TEST(Triggers, SchedulesAreKeptWithTheirZone) {
  const auto triggers = Read("on: {schedule: [{cron: '5 4 * * *', timezone: Europe/Vienna}, {cron: '0 0 * * 1'}]}");
  ASSERT_EQ(triggers[0].schedule.size(), 2u);
  EXPECT_EQ(triggers[0].schedule[0].timezone, "Europe/Vienna");
  EXPECT_EQ(triggers[0].schedule[1].cron, "0 0 * * 1");
}

}  // namespace
}  // namespace tuesday::workflow
