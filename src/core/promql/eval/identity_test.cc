// SPDX-License-Identifier: Apache-2.0
#include "core/promql/eval/identity.h"

#include <gtest/gtest.h>

#include <string>

namespace tuesday::promql {
namespace {

using metrics::Labels;

// With the name, `le` and as many others as are asked for.
Labels Many(int others) {
  std::vector<Labels::Pair> pairs = {{"__name__", "m"}, {"__unit__", "s"}, {"le", "1"}};
  for (int i = 0; i < others; ++i) pairs.emplace_back("x" + std::to_string(i), std::to_string(i));
  return Labels(std::move(pairs));
}

TEST(Identity, HidingIsWhatMakingLabelsAnewIs) {
  for (const int others : {0, 3, 61, 62, 100}) {
    const Labels labels = Many(others);
    const auto is_not_le = [](const std::string& label) { return label != "le"; };
    Identity nameless(labels);
    nameless.HideName();
    const Labels expected = labels.With("__name__", "").With("__unit__", "");
    EXPECT_EQ(nameless.Whole(), expected) << others;
    EXPECT_EQ(nameless.Hash(), expected.Hash()) << others;
    EXPECT_EQ(nameless.Name(), "");
    EXPECT_EQ(nameless.Get("le"), "1");
    EXPECT_TRUE(nameless == Identity(expected)) << others;
    EXPECT_FALSE(nameless == Identity(labels)) << others;

    const Identity kept = nameless.Kept(is_not_le);
    EXPECT_EQ(kept.Whole(), expected.With("le", "")) << others;
    EXPECT_EQ(kept.Hash(), kept.Whole().Hash()) << others;

    Identity other_way = Identity(labels).Kept(is_not_le);
    other_way.HideName();
    EXPECT_TRUE(other_way == kept) << others;
    EXPECT_EQ(other_way.Hash(), kept.Hash()) << others;
  }
}

TEST(HashIndex, NumbersInTheOrderOfTheFirstAndTellsEqualHashesApart) {
  HashIndex index(0);
  std::vector<int> things;
  const auto number_of = [&](int thing) {
    const std::size_t number =
        index.FindOrAdd(static_cast<std::uint64_t>(thing % 7), [&](std::size_t n) { return things[n] == thing; });
    if (number == things.size()) things.push_back(thing);
    return number;
  };
  for (int thing = 0; thing < 200; ++thing) EXPECT_EQ(number_of(thing), static_cast<std::size_t>(thing));
  for (int thing = 0; thing < 200; ++thing) EXPECT_EQ(number_of(thing), static_cast<std::size_t>(thing));
  EXPECT_EQ(index.Find(3, [&](std::size_t) { return false; }), index.size());
}

}  // namespace
}  // namespace tuesday::promql
