// SPDX-License-Identifier: Apache-2.0
#include "wire/state/codec.h"

#include <gmock/gmock.h>

#include <random>

namespace tuesday::state {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

// Fills values from a seed, so that a round trip is tried with many shapes and a failure can be repeated.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  int Number(int max) { return static_cast<int>(random_() % static_cast<std::uint64_t>(max + 1)); }
  bool Flip() { return Number(1) == 1; }
  std::string Text() { return std::string("t\"\n\xc3\xa9") + std::to_string(random_() % 1000); }
  Instant Time() { return Instant(Duration(static_cast<std::int64_t>(random_() >> 1))); }
  WallTime Wall() { return WallTime(std::chrono::milliseconds(Number(1'000'000'000))); }
  std::optional<Instant> MaybeTime() { return Flip() ? std::optional(Time()) : std::nullopt; }
  RevisionId Revision() { return RevisionId("rev" + std::to_string(Number(9))); }

  rollout::Route Route() {
    rollout::Route route{{static_cast<std::uint64_t>(Number(99))}, Number(5), Number(5), Weight::Permille(Number(1000)), {}};
    for (int i = Number(3); i > 0; --i) route.slots.push_back({i, Revision(), {InstanceId(Text()), InstanceId("b")}});
    return route;
  }

  rollout::Attempt Attempt() {
    rollout::Attempt attempt;
    attempt.id = AttemptId("uid." + std::to_string(Number(9)));
    attempt.ordinal = static_cast<std::uint64_t>(Number(9));
    attempt.revision = Revision();
    if (Flip()) attempt.baseline = Revision();
    attempt.stage = static_cast<rollout::Stage>(Number(5));
    attempt.started_at = Time();
    attempt.step = Number(9);
    attempt.full = Flip();
    if (Flip()) attempt.pause = rollout::PauseState{static_cast<rollout::PauseReason>(Number(3)), Time()};
    attempt.evidence_due_from = MaybeTime();
    attempt.switched_at = MaybeTime();
    attempt.promoted_at = MaybeTime();
    attempt.aborted_at = MaybeTime();
    attempt.ending = static_cast<rollout::Ending>(Number(4));
    attempt.reason = Text();
    return attempt;
  }

  StatusRecord Status() {
    StatusRecord record;
    record.boot_id = Text();
    record.last_target.value = random_() >> 2;
    rollout::Status& status = record.status;
    for (int i = Number(3); i > 0; --i) status.revisions.push_back({Revision(), i, Number(5) - 1, Number(9), MaybeTime()});
    if (Flip()) status.stable = Revision();
    if (Flip()) status.attempt = Attempt();
    status.route = Route();
    status.phase = static_cast<rollout::Phase>(Number(3));
    status.message = Text();
    status.operator_paused = Flip();
    return record;
  }

  RolloutRecord Rollout() {
    RolloutRecord record;
    rollout::Spec& spec = record.spec;
    spec.name = {Namespace(Text()), Text()};
    spec.uid = Uid(Text());
    spec.replicas = Number(1000);
    spec.bake = Duration::max();
    spec.analyses = {Text()};
    if (Flip()) spec.canary.scale_down_delay = seconds(Number(60));
    spec.canary.steps = {rollout::SetWeight{Weight::Permille(Number(1000))},
                         rollout::Pause{},
                         rollout::Pause{seconds(Number(9))},
                         rollout::SetCanaryScale{Number(9), std::nullopt, Flip()},
                         rollout::SetCanaryScale{std::nullopt, Number(100), false},
                         rollout::AnalysisStep{Number(3)}};
    spec.no_evidence = static_cast<rollout::NoEvidencePolicy>(Number(2));
    record.exposure.rules = {{Text(), "/a", Flip()}};
    record.exposure.tls = {{{Text(), Text()}, "ns/secret"}};
    record.exposure.made = {Text()};
    record.release = static_cast<std::uint64_t>(Number(99));
    return record;
  }

 private:
  std::mt19937_64 random_;
};

template <typename T>
void ExpectRoundTrip(const T& value) {
  const std::string text = Encode(value);
  const Result<T> back = Decode<T>(text);
  ASSERT_TRUE(back) << back.error().message << "\n" << text;
  EXPECT_EQ(*back, value) << text;
  EXPECT_EQ(Encode(*back), text);
}

TEST(StateCodec, ReadsBackWhatItWrote) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    Maker make(seed);
    ExpectRoundTrip(make.Status());
    ExpectRoundTrip(make.Rollout());
    ExpectRoundTrip(make.Route());
    ExpectRoundTrip(AttemptRecord{{Namespace("n"), make.Text()}, make.Attempt(), 3, make.Wall(), make.Wall(), {}, {}, "d"});
    ExpectRoundTrip(ImageBinding{make.Text(), make.Text(), make.Text(), make.Wall(), make.Text()});
    ExpectRoundTrip(ReleaseRecord{7, make.Wall(), make.Text(), make.Text(), {{"a", make.Text()}}, {}});
    ObjectRecord object{{Namespace("n"), "Service", make.Text()}, Uid("u"), {4}, "f", Json::Object{{"a", make.Text()}}, {}};
    ExpectRoundTrip(object);
    RevisionRecord revision;
    revision.rollout = {Namespace("n"), "api"};
    revision.id = make.Revision();
    revision.pod.containers.emplace_back().image = make.Text();
    revision.environment = {{"A", make.Text()}};
    ExpectRoundTrip(revision);
  }
}

struct Refused {
  const char* name;
  const char* from;
  const char* to;
  ErrorCode code;
  const char* says;
};

TEST(StateCodec, RefusesWhatItDidNotWrite) {
  const std::string text = Encode(ImageBinding{"r", "s", "d", WallTime{}, "b"});
  const Refused table[] = {
      {"UnknownKeyOfOurFormat", "\"by\":", "\"buy\":1,\"by\":", ErrorCode::kCorrupt, "unknown key `buy`"},
      {"MissingKey", "\"by\":\"b\",", "", ErrorCode::kCorrupt, "lacks `by`"},
      {"WrongType", "\"by\":\"b\"", "\"by\":7", ErrorCode::kCorrupt, "row.by is not a text"},
      {"NoFormat", "\"format\":1,", "", ErrorCode::kCorrupt, "does not say its format"},
      {"NewerThanWeRead", "\"readable_by\":1", "\"readable_by\":2", ErrorCode::kUnsupported, "reads up to 1"},
      {"CutOff", "\"}", "", ErrorCode::kCorrupt, "not JSON"},
  };
  for (const Refused& row : table) {
    SCOPED_TRACE(row.name);
    std::string changed = text;
    const std::size_t at = changed.find(row.from);
    ASSERT_NE(at, std::string::npos) << text;
    changed.replace(at, std::string(row.from).size(), row.to);
    const Result<ImageBinding> read = Decode<ImageBinding>(changed);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, row.code);
    EXPECT_THAT(read.error().message, HasSubstr(row.says));
  }
}

TEST(StateCodec, PassesOverKeysOfANewerWriterThatWeMayRead) {
  std::string text = Encode(ImageBinding{"r", "s", "d", WallTime{}, "b"});
  text.replace(text.find("\"format\":1"), 10, "\"format\":2");
  text.insert(1, "\"added\":true,");
  const Result<ImageBinding> read = Decode<ImageBinding>(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->reference, "r");
}

}  // namespace
}  // namespace tuesday::state
