// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/oidc/key_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/workflow/oidc/token.h"

namespace tuesday::workflow {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr WallTime kBegin{std::chrono::milliseconds(1'764'000'000'000)};

// Does what the plans say, hour by hour, as the daemon does.
struct Keeper {
  std::vector<SigningKey> keys;
  int made = 0;

  void Take(const KeyPlan& plan, WallTime now) {
    std::erase_if(keys, [&](const SigningKey& key) { return std::ranges::find(plan.gone, key.id) != plan.gone.end(); });
    if (plan.next_from.has_value())
      keys.push_back({.id = "k" + std::to_string(++made), .made_at = now, .signs_from = *plan.next_from});
    SortKeys(keys);
  }
};

TEST(KeyRing, TheFirstKeySignsAtOnce) {
  EXPECT_EQ(PlanKeys({}, kBegin), (KeyPlan{.gone = {}, .next_from = kBegin}));
  EXPECT_EQ(SignerAt({}, kBegin), nullptr);
}

TEST(KeyRing, AKeyIsKnownBeforeItSignsAndAfterItsLastToken) {
  const KeyTerms terms;
  Keeper keeper;
  std::string signer;
  WallTime signed_last{};
  std::map<std::string, WallTime> last_token;
  for (WallTime now = kBegin; now < kBegin + hours(24 * 200); now += hours(1)) {
    keeper.Take(PlanKeys(keeper.keys, now, terms), now);
    const SigningKey* key = SignerAt(keeper.keys, now);
    ASSERT_NE(key, nullptr);
    if (key->id != signer && !signer.empty()) {
      EXPECT_GE(now - key->made_at, terms.known_before);
      EXPECT_LE(now - signed_last, hours(24 * 31));
    }
    if (key->id != signer) signed_last = now;
    signer = key->id;
    last_token[signer] = now;
    for (const auto& [id, at] : last_token) {
      const bool may_live = now < at + std::chrono::duration_cast<minutes>(kIdTokenTime);
      const bool is_there = std::ranges::any_of(keeper.keys, [&](const SigningKey& one) { return one.id == id; });
      EXPECT_TRUE(is_there || !may_live) << id;
    }
    EXPECT_LE(keeper.keys.size(), 2U);
  }
  EXPECT_GE(keeper.made, 6);
}

TEST(KeyRing, AfterALongAbsenceTheOldKeySignsUntilTheNewOneIsKnown) {
  const std::vector<SigningKey> keys = {{.id = "old", .made_at = kBegin, .signs_from = kBegin}};
  const WallTime now = kBegin + hours(24 * 300);
  const KeyPlan plan = PlanKeys(keys, now);
  EXPECT_TRUE(plan.gone.empty());
  EXPECT_EQ(plan.next_from, now + hours(24));
  EXPECT_EQ(SignerAt(keys, now)->id, "old");
}

TEST(KeyRing, ARotationThatIsAskedForFollowsTheTerms) {
  Keeper keeper;
  keeper.Take(PlanKeys({}, kBegin), kBegin);
  const WallTime now = kBegin + hours(1);
  keeper.Take(PlanRotation(keeper.keys, now, Rotation::kGraceful), now);
  ASSERT_EQ(keeper.keys.size(), 2U);
  EXPECT_EQ(SignerAt(keeper.keys, now)->id, "k1");
  EXPECT_EQ(SignerAt(keeper.keys, now + hours(24))->id, "k2");
  EXPECT_EQ(PlanRotation(keeper.keys, now, Rotation::kGraceful), KeyPlan{});
}

TEST(KeyRing, AKeyThatSomebodyElseMayHaveIsGoneAtOnce) {
  Keeper keeper;
  keeper.Take(PlanKeys({}, kBegin), kBegin);
  const WallTime now = kBegin + hours(1);
  keeper.Take(PlanRotation(keeper.keys, now, Rotation::kAtOnce), now);
  ASSERT_EQ(keeper.keys.size(), 1U);
  EXPECT_EQ(SignerAt(keeper.keys, now)->id, "k2");
}

TEST(KeyRing, AClockThatWasSetBackStillHasASigner) {
  const std::vector<SigningKey> keys = {{.id = "a", .signs_from = kBegin}, {.id = "b", .signs_from = kBegin + hours(1)}};
  EXPECT_EQ(SignerAt(keys, kBegin - hours(5))->id, "a");
}

}  // namespace
}  // namespace tuesday::workflow
