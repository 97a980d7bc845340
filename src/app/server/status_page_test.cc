// SPDX-License-Identifier: Apache-2.0
#include "app/server/status_page.h"

#include <gtest/gtest.h>

#include <string>

namespace tuesday::server {
namespace {

using control::RolloutView;
using rollout::Phase;

constexpr int kNamespaces = 5;
constexpr int kEach = 60;

const ClockJoin kJoin;

RolloutView View(const std::string& ns, const std::string& name, Phase phase = Phase::kHealthy) {
  RolloutView view;
  view.name = {Namespace(ns), name};
  view.spec.name = view.name;
  view.status.phase = phase;
  return view;
}

RolloutView InFlight(const std::string& ns, const std::string& name, Phase phase) {
  RolloutView view = View(ns, name, phase);
  view.spec.canary.steps = {rollout::Pause{std::nullopt}, rollout::Pause{std::chrono::minutes(1)}};
  view.status.attempt.emplace();
  return view;
}

RolloutView PausedAt(const std::string& ns, const std::string& name, int step) {
  RolloutView view = InFlight(ns, name, Phase::kPaused);
  view.status.attempt->step = step;
  view.status.attempt->pause.emplace();
  return view;
}

// 300 healthy ones in five namespaces, in the order in which the fleet has them.
std::vector<RolloutView> Many() {
  std::vector<RolloutView> views;
  for (int ns = 0; ns < kNamespaces; ++ns) {
    for (int i = 0; i < kEach; ++i) views.push_back(View("ns" + std::to_string(ns), "svc" + std::to_string(100 + i)));
  }
  return views;
}

std::vector<std::string> NamesOf(const Json::Object& page) {
  std::vector<std::string> names;
  for (const Json& row : *page.at("rollouts").as_array())
    names.push_back(row.At("namespace").StringOr("") + "/" + row.At("name").StringOr(""));
  return names;
}

StatusFilter Filter(const std::string& phases, const std::string& limit = "") {
  Result<StatusFilter> filter = ReadStatusFilter(phases, limit);
  EXPECT_TRUE(filter.has_value());
  return filter.value_or(StatusFilter{});
}

TEST(StatusPage, HasThoseThatNeedAPersonOnTopOfHundreds) {
  std::vector<RolloutView> views = Many();
  views[290] = InFlight("ns4", "moves", Phase::kProgressing);
  views[150] = PausedAt("ns2", "waits-for-a-minute", 1);
  views[200] = PausedAt("ns3", "waits-for-you", 0);
  views[10] = InFlight("ns0", "fails", Phase::kProgressing);
  views[10].world.gate.emplace().finding.verdict = gate::Verdict::kFail;
  views[250] = View("ns4", "degraded", Phase::kDegraded);
  views[120] = View("ns2", "held");
  views[120].trouble = "The store does not write: disk full";
  const Json::Object page = StatusPage(views, {}, kJoin);
  const std::vector<std::string> names = NamesOf(page);
  ASSERT_EQ(names.size(), 300U);
  const std::vector<std::string> top(names.begin(), names.begin() + 7);
  EXPECT_EQ(top, (std::vector<std::string>{"ns2/held", "ns4/degraded", "ns3/waits-for-you", "ns0/fails",
                                           "ns2/waits-for-a-minute", "ns4/moves", "ns0/svc100"}));
  EXPECT_TRUE(page.at("rollouts").as_array()->at(2).At("needs_person").BoolOr(false));
  EXPECT_FALSE(page.at("rollouts").as_array()->at(3).At("needs_person").BoolOr(true));
  const Json& counts = page.at("counts");
  EXPECT_EQ(counts.At("total").IntOr(0), 300);
  EXPECT_EQ(counts.At("healthy").IntOr(0), 295);
  EXPECT_EQ(counts.At("progressing").IntOr(0), 2);
  EXPECT_EQ(counts.At("paused").IntOr(0), 2);
  EXPECT_EQ(counts.At("degraded").IntOr(0), 1);
  EXPECT_EQ(counts.At("needs_person").IntOr(0), 3);
}

TEST(StatusPage, IsBoundedAndSaysWhatItLeavesOut) {
  std::vector<RolloutView> views = Many();
  views[299].status.phase = Phase::kDegraded;
  const Json::Object page = StatusPage(views, Filter("", "20"), kJoin);
  EXPECT_EQ(NamesOf(page).size(), 20U);
  EXPECT_EQ(NamesOf(page).front(), "ns4/svc159") << "what matters is never what is left out";
  EXPECT_EQ(page.at("left_out").IntOr(0), 280);
  EXPECT_EQ(page.at("counts").At("total").IntOr(0), 300);
}

TEST(StatusPage, FiltersByPhaseAndCountsAll) {
  std::vector<RolloutView> views = Many();
  views[7].status.phase = Phase::kDegraded;
  views[70].status.phase = Phase::kPaused;
  const Json::Object page = StatusPage(views, Filter("degraded,Paused"), kJoin);
  EXPECT_EQ(NamesOf(page), (std::vector<std::string>{"ns0/svc107", "ns1/svc110"}));
  EXPECT_EQ(page.at("left_out").IntOr(-1), 0);
  EXPECT_EQ(page.at("counts").At("healthy").IntOr(0), 298);
}

TEST(StatusPage, NamesTheLastRollbackAlsoOfARowThatIsNotShown) {
  std::vector<RolloutView> views = Many();
  for (const auto& [index, second] : {std::pair(3, 20), std::pair(40, 50), std::pair(80, 10)}) {
    state::AttemptRecord record;
    record.revision_number = 7;
    record.attempt.ending = rollout::Ending::kAborted;
    record.attempt.reason = "too many errors";
    record.ended = WallTime(std::chrono::seconds(second));
    views[static_cast<std::size_t>(index)].attempts.push_back(record);
  }
  const Json::Object page = StatusPage(views, Filter("degraded"), kJoin);
  EXPECT_TRUE(NamesOf(page).empty());
  EXPECT_EQ(page.at("last_rollback").At("message").StringOr(""), "svc140 rev 7: too many errors");
  EXPECT_TRUE(StatusPage(Many(), {}, kJoin).at("last_rollback").is_null());
}

TEST(StatusFilter, RefusesWhatIsNoPhaseAndNoCount) {
  for (const auto& [phases, limit] : {std::pair("broken", ""), std::pair("Degraded,,Paused", ""), std::pair("", "0"),
                                      std::pair("", "many"), std::pair("", "10x"), std::pair("", "5001")}) {
    const Result<StatusFilter> filter = ReadStatusFilter(phases, limit);
    ASSERT_FALSE(filter.has_value()) << phases << " " << limit;
    EXPECT_EQ(filter.error().code, ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace tuesday::server
