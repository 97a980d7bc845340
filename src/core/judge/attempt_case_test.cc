// SPDX-License-Identifier: Apache-2.0
#include "core/judge/attempt_case.h"

#include <gmock/gmock.h>

#include "core/metrics/store.h"

namespace tuesday::judge {
namespace {

using std::chrono::seconds;

constexpr Instant kBegan{seconds(1000)};
constexpr std::int64_t kBeganMs = 1'000'000;

RuleGroup Read(const std::string& rules, rules::ObjectAsks asks = rules::ObjectAsks::kNo) {
  rules::ReadGroupsResult read = rules::ReadRuleFile("groups:\n  - name: g\n    interval: 10s\n    rules:\n" + rules, "f");
  EXPECT_TRUE(read.findings.empty()) << read.findings.front().Text();
  return MakeRuleGroup(std::move(read.groups.front()), asks);
}

const std::string kErrors = "      - {alert: Errors, expr: 'errors{canary=\"true\"} > 1', for: 20s}\n";

// A store with `errors` of the canary every five seconds, and the labels of the two sides.
class World {
 public:
  explicit World(double errors, int from = 0, int to = 200) {
    const metrics::Labels own{{"__name__", "errors"}, {"canary", "true"}};
    const metrics::SeriesRef ref = store_.Open(own);
    for (int i = from; i <= to; i += 5) {
      EXPECT_TRUE(store_.Append(ref, {kBeganMs + i * 1000, errors}).has_value());
    }
    labels_.canary = {metrics::Labels{{"canary", "true"}}};
    labels_.stable = {metrics::Labels{{"canary", "false"}}};
    labels_.metrics = {"errors"};
    source_ = store_.Snapshot();
  }

  std::vector<AlertNews> Take(const RuleGroup& group, GroupCase& stands, bool has_gap = false) const {
    const std::int64_t at_ms = kBeganMs + stands.next_tick * 10'000;
    return TakeTick(group, {*source_, labels_, {kBeganMs, 5'000}, at_ms, has_gap}, stands);
  }

 private:
  metrics::SeriesStore store_;
  rules::AttemptLabels labels_;
  std::shared_ptr<const metrics::Source> source_;
};

TEST(AttemptCase, TellsOnlyWhatChanged) {
  const RuleGroup group = Read(kErrors);
  const World world(5);
  GroupCase stands;
  std::vector<std::size_t> news;
  for (int tick = 0; tick < 5; ++tick) news.push_back(world.Take(group, stands).size());
  EXPECT_THAT(news, ::testing::ElementsAre(1, 0, 1, 0, 0));  // Pending at once, firing after its 20 s.
  EXPECT_EQ(stands.alerts[0].finding.verdict, gate::Verdict::kFail);
  EXPECT_EQ(stands.next_tick, 5);
}

TEST(AttemptCase, WhatFiresAtTheStartFiresForSomebodyElse) {
  const RuleGroup group = Read("      - {alert: Always, expr: vector(1)}\n");
  const World world(0);
  GroupCase stands;
  world.Take(group, stands);
  EXPECT_EQ(stands.alerts[0].standing.kind, rules::StandingKind::kShown);
}

TEST(AttemptCase, AGapTakesAwayAPassAndNeverAFail) {
  const RuleGroup group = Read(kErrors);
  GroupCase healthy;
  const World well(0);
  for (int tick = 0; tick < 3; ++tick) well.Take(group, healthy);
  ASSERT_EQ(healthy.alerts[0].finding.verdict, gate::Verdict::kPass) << healthy.alerts[0].finding.reason;
  well.Take(group, healthy, true);
  EXPECT_EQ(healthy.alerts[0].finding.verdict, gate::Verdict::kNoEvidence);
  GroupCase failing;
  const World ill(5);
  for (int tick = 0; tick < 5; ++tick) ill.Take(group, failing, true);
  EXPECT_EQ(failing.alerts[0].finding.verdict, gate::Verdict::kFail);
}

TEST(AttemptCase, AGroupThatDidNotChangeKeepsWhatItHas) {
  const RuleGroup errors = Read(kErrors);
  const RuleGroup always = Read("      - {alert: Always, expr: vector(1)}\n");
  ASSERT_NE(errors.identity, always.identity);
  ASSERT_NE(errors.identity, Read(kErrors, rules::ObjectAsks::kYes).identity);
  AttemptCase attempt;
  Align({errors, always}, attempt);
  attempt.groups[0].next_tick = 7;
  attempt.groups[1].next_tick = 9;
  Align({always, errors, errors}, attempt);
  ASSERT_EQ(attempt.groups.size(), 3);
  EXPECT_EQ(attempt.groups[0].next_tick, 9);
  EXPECT_EQ(attempt.groups[1].next_tick, 7);
  EXPECT_EQ(attempt.groups[2].next_tick, 0);  // The same text twice is two groups.
}

TEST(AttemptCase, TicksComeInTheOrderOfTimeAndNoneIsLost) {
  RuleGroup slow = Read(kErrors);
  slow.group.interval = seconds(30);
  const std::vector<RuleGroup> groups{slow, Read(kErrors)};
  AttemptCase attempt;
  Align(groups, attempt);
  std::vector<std::pair<std::size_t, std::int64_t>> taken;
  while (true) {
    const std::vector<Tick> due = DueTicks(groups, attempt, kBegan, kBegan + seconds(65), 2);
    if (due.empty()) break;
    for (const Tick& tick : due) {
      ++attempt.groups[tick.group].next_tick;
      taken.emplace_back(tick.group, std::chrono::duration_cast<seconds>(tick.at - kBegan).count());
    }
  }
  using P = std::pair<std::size_t, std::int64_t>;
  EXPECT_THAT(taken, ::testing::ElementsAre(P{0, 0}, P{1, 0}, P{1, 10}, P{1, 20}, P{0, 30}, P{1, 30}, P{1, 40}, P{1, 50},
                                            P{0, 60}, P{1, 60}));
  EXPECT_EQ(NextTickAt(groups, attempt, kBegan), kBegan + seconds(70));
}

TEST(AttemptCase, TicksOfHoursAgoAreLeftOut) {
  const std::vector<RuleGroup> groups{Read(kErrors)};
  AttemptCase attempt;
  Align(groups, attempt);
  const Instant now = kBegan + std::chrono::hours(10);
  EXPECT_EQ(DueTicks(groups, attempt, kBegan, now, 1).front().at, now - kTicksBehindMax * seconds(10));
}

TEST(AttemptCase, TheRuleThatWasEvaluatedLeastDecidesHowOften) {
  const std::vector<RuleGroup> groups{Read(kErrors), Read("      - {alert: Always, expr: vector(1)}\n"), Read(kErrors)};
  const World world(0);
  AttemptCase attempt;
  Align(groups, attempt);
  for (int tick = 0; tick < 3; ++tick) world.Take(groups[0], attempt.groups[0]);
  world.Take(groups[1], attempt.groups[1]);
  world.Take(groups[2], attempt.groups[2]);
  world.Take(groups[2], attempt.groups[2]);
  const RulesSay say = WhatRulesSay(groups, attempt);
  EXPECT_EQ(say.rules.size(), 2);
  EXPECT_EQ(say.evaluations, 2);
}

}  // namespace
}  // namespace tuesday::judge
