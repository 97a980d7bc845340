// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/yaml/plain_scan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tuesday::workflow {
namespace {

constexpr std::string_view kWorkflow = R"(# A comment above.
name: ci and more   # with a remark

on:
  push:
    branches: [main, 'release/1.x', "next"]
  workflow_dispatch:
  schedule:
  - cron: '0 5 * * 1'
env:
    EMPTY:
    URL: http://host:80/a#b
    QUOTED: "a # b: c"
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      -   name: A longer one
          if: github.ref == 'refs/heads/main' && !cancelled()
          run: |
            echo one

              echo "two" # no comment here
            echo: three

          # below the block
      - run: |-
          true
      - run: |+
          keep

      -
        run: echo ${{ github.sha }}
      - - nested
        - list
      -
"key" : -1
last: ~
)";

std::string TextOf(const std::vector<YamlEvent>& events) {
  std::string text;
  for (const YamlEvent& event : events) {
    text += fmt::format("{} {}:{} {} {} '{}'\n", static_cast<int>(event.kind), event.line, event.column, event.style, event.tag,
                        event.value);
  }
  return text;
}

// Whether the fast way took it; that both say the same is expected here.
bool TakesAsLibyaml(std::string_view text) {
  const auto plain = ScanPlainYaml(text);
  if (!plain.has_value()) return false;
  EXPECT_EQ(TextOf(*plain), TextOf(ScanAnyYaml(text))) << text;
  return true;
}

TEST(PlainYaml, IsWhatWorkflowsAreWrittenIn) {
  EXPECT_TRUE(TakesAsLibyaml(kWorkflow));
  for (const std::string_view text : {"a: b",
                                      "a: b\n",
                                      "a:",
                                      "a:\n",
                                      "a: b #c",
                                      "- a\n- b",
                                      "-\n-\n",
                                      "  a: b\n  c: d\n\n",
                                      "a:\n- b\n-\nc: d\n",
                                      "a:\n  b:\n    c:\n  d: e\nf: g",
                                      "a: |\n  b",
                                      "a: |\n\n\n  b\n\n\n",
                                      "a: |+\n  b\n\n\nc: d",
                                      "a: |-\n  b\n\n\nc: d",
                                      "a: |\n   b\n  \n   c\n   \n",
                                      "- |\n a\n  b\n- c",
                                      "a: []",
                                      "a: [b]",
                                      "a: [ b , 'c' ]  # d",
                                      "a:\n  b\nc: d",
                                      "a:\n  'b'",
                                      "- - - a\n    - b\n  - c",
                                      "a : b",
                                      "a: -b\nc: --d",
                                      "'a': b\n\"c\": d",
                                      "a: b#c\nd: e:f",
                                      "a: |\n  b\n # c\nd: e"}) {
    EXPECT_TRUE(TakesAsLibyaml(text)) << text;
  }
}

TEST(PlainYaml, LeavesAllElseToLibyaml) {
  for (const std::string_view text : {"",
                                      "\n",
                                      "# only a comment",
                                      "a: b\n  ",
                                      "a: b\n#c",
                                      "a",
                                      "a: b: c",
                                      "a: b\n  c",
                                      "a: *b",
                                      "a: &b c",
                                      "a: !t b",
                                      "a: {b: c}",
                                      "a: >\n  b",
                                      "a: \"b\\n\"",
                                      "a: 'b''c'",
                                      "a: |2\n   b",
                                      "--- a: b",
                                      "---\na: b",
                                      "a: b\n---\nc: d",
                                      "a: b\n...\n",
                                      "... a: b",
                                      "%YAML 1.2\n---\na: b",
                                      "a:\tb",
                                      "a: b\r\n",
                                      "\xC3\xA4: b",
                                      "a: \xF0\x9F\x98\x80",
                                      "? a\n: b",
                                      "a: [b",
                                      "a: [b,]",
                                      "a: [b: c]",
                                      "a: [[b]]",
                                      "a: b\n c: d",
                                      " a: b\nc: d",
                                      "a: - b",
                                      "- a\nb: c",
                                      "a: 'b\n  c'",
                                      "a: b\n- c",
                                      "a: |\n b\n  c\nd",
                                      "a: |\n    \n  b",
                                      "a: |\nb: c",
                                      "a: @b",
                                      "a: `b`",
                                      "a: 'b' c",
                                      "a: \"b\"#c"}) {
    EXPECT_FALSE(TakesAsLibyaml(text)) << text;
  }
  const std::string long_key(2'000, 'k');
  EXPECT_FALSE(TakesAsLibyaml(long_key + ": v"));
  EXPECT_FALSE(TakesAsLibyaml("k" + std::string(2'000, ' ') + ": v"));
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "- ";
  EXPECT_FALSE(TakesAsLibyaml(deep + "a"));
}

// What is right by chance must be read as libyaml reads it.
TEST(PlainYaml, IsReadAlikeHoweverItIsDamaged) {
  constexpr int kRounds = 2'000;
  constexpr std::string_view kCharacters = "  \n\n-:#|[],'\"ab.>+{}&*!?%~";
  std::mt19937 random(7);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  int taken = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::string text(kWorkflow.substr(0, below(2) == 0 ? kWorkflow.size() : below(kWorkflow.size())));
    for (std::size_t changes = 1 + below(3); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0: text.erase(at, 1 + below(4)); break;
        case 1: text.insert(at, 1 + below(3), ' '); break;
        case 2: text[at] = kCharacters[below(kCharacters.size())]; break;
        default: text.insert(at, 1, kCharacters[below(kCharacters.size())]);
      }
    }
    taken += TakesAsLibyaml(text) ? 1 : 0;
    if (HasFailure()) return;
  }
  EXPECT_GT(taken, kRounds / 4);
}

}  // namespace
}  // namespace tuesday::workflow
