// SPDX-License-Identifier: Apache-2.0
#include "testing/fake_places.h"

#include "testing/contracts/job_places_contract.h"
#include "testing/fake_clock.h"

namespace tuesday::testing {
namespace {

class FakePlacesHarness {
 public:
  JobPlaces& places() { return places_; }
  bool WaitUntil(const std::function<bool()>& holds) {
    while (!holds()) {
      const auto next = places_.NextEnd();
      if (!next) return false;
      clock_.Set(*next);
    }
    return true;
  }
  void Lose(const PlaceId& place) { places_.Lose(place); }

 private:
  FakeClock clock_;
  FakePlaces places_{clock_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, JobPlacesContract, FakePlacesHarness);

TEST(FakePlacesTest, AStepThatRanTwiceIsCounted) {
  FakeClock clock;
  FakePlaces places(clock);
  PlaceSpec spec;
  spec.id = PlaceId("p-1");
  ASSERT_TRUE(places.Open(spec).has_value());
  StepOrder step;
  step.id = "s1";
  step.ordinal = 1;
  ASSERT_TRUE(places.Start(spec.id, step).has_value());
  ASSERT_TRUE(places.Start(spec.id, step).has_value());
  EXPECT_EQ(places.begun().at("p-1/s1"), 1);
}

TEST(FakePlacesTest, AnOpenThatFailsMakesNoPlace) {
  FakeClock clock;
  FakePlaces places(clock);
  PlaceSpec spec;
  spec.id = PlaceId("p-1");
  places.FailOpens(Error{ErrorCode::kUnsupported, "There is no bubblewrap.", ""});
  EXPECT_FALSE(places.Open(spec).has_value());
  EXPECT_EQ(places.Find(spec.id), nullptr);
}

}  // namespace
}  // namespace tuesday::testing
