// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/masks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/workflow/output/mask/forms.h"
#include "core/workflow/output/text.h"

namespace tuesday::workflow {
namespace {

std::string Masked(const std::vector<std::string_view>& secrets, std::string_view text) {
  Masks masks;
  for (const std::string_view secret : secrets) masks.Add(secret);
  return masks.Mask(text);
}

TEST(MasksTest, WithoutSecretsATextStaysAsItIs) {
  const Masks masks;
  EXPECT_EQ(masks.Mask("nothing to hide"), "nothing to hide");
  EXPECT_EQ(masks.Mask(""), "");
  EXPECT_FALSE(masks.Holds("nothing to hide"));
}

TEST(MasksTest, WhatOverlapsOrTouchesBecomesOneMask) {
  EXPECT_EQ(Masked({"abc", "bcd"}, "xabcdx"), "x***x");
  EXPECT_EQ(Masked({"abc", "def"}, "abcdef"), "***");
  EXPECT_EQ(Masked({"abc"}, "abcabc abc"), "*** ***");
  EXPECT_EQ(Masked({"abcdefgh", "cde"}, "abcdefgx"), "ab***fgx");
  EXPECT_EQ(Masked({"aaaa"}, "aaaaaaa"), "***");
  EXPECT_EQ(Masked({"a", "whale"}, "a whale"), "*** ***");
  EXPECT_EQ(Masked({"she", "he", "hers"}, "ushers"), "u***");
}

TEST(MasksTest, SpaceAroundASecretIsNoPartOfItAndAnEmptyOneIsNone) {
  EXPECT_EQ(Masked({" secret\n"}, "a secret b"), "a *** b");
  EXPECT_EQ(Masked({"", "  ", "\n"}, "a b\nc"), "a b\nc");
}

TEST(MasksTest, EveryLineOfASecretIsOne) {
  Masks masks;
  masks.AddLines("first line\r\nsecond line\n\nthird line\n");
  EXPECT_EQ(masks.Mask("<first line>"), "<***>");
  EXPECT_EQ(masks.Mask("<third line>"), "<***>");
  EXPECT_EQ(masks.Mask("first line\r\nsecond line\n\nthird line"), "***");
  EXPECT_EQ(masks.Mask("a line"), "a line");
}

TEST(MasksTest, ASecretShowsInNoneOfTheEncodings) {
  struct Row {
    std::string_view shows;
    std::string_view secret;
    std::string_view text;
    std::string_view wanted;
  };
  const Row rows[] = {
      {"Base64", "hunter2!", "aHVudGVyMiE=", "***"},
      {"Base64BehindAUser", "hunter2!", "dXNlcjpodW50ZXIyIQ==", "dXNlcjp***"},
      {"Base64BehindTwoBytes", "hunter2!", "dTpodW50ZXIyIQ==", "dTp***"},
      {"Base64WithoutPadding", "hunter2!", "aHVudGVyMiE ", "*** "},
      {"Base64ForUrls", "~~~?>?>>>", "fn5-Pz4_Pj4-", "***"},
      {"CommandLine", "say \"hi\"", R"(x say \"hi\" y)", "x *** y"},
      {"Expression", "it's me", "x it''s me y", "x *** y"},
      {"Json", "a\"b\\c\td", R"({"a":"a\"b\\c\td"})", R"({"a":"***"})"},
      {"JsonAscii", "p\xC3\xA4ssword", "x p\\u00e4ssword", "x ***"},
      {"JsonAstral", "go\xF0\x9F\x94\x91go", "go\\ud83d\\udd11go", "***"},
      {"Uri", "a b&c/d", "x=a%20b%26c%2Fd", "x=***"},
      {"UriLowerCase", "a b&c/d", "x=a%20b%26c%2fd", "x=***"},
      {"UriForm", "a b&c/d", "x=a+b%26c%2Fd", "x=***"},
      {"UriComponent", "p(a)!ss'w'", "x=p(a)!ss'w'", "x=***"},
      {"Xml", "<a&\"b'>", "&lt;a&amp;&quot;b&apos;&gt;!", "***!"},
      {"WithoutQuotes", "\"a quoted secret\"", "x a quoted secret y", "x *** y"},
      {"PowerShellBeforeAmpersand", "secretpart1&part2&secretpart3", "x secretpart1&part2& y", "x *** y"},
      {"PowerShellBehindAmpersand", "secretpart1&part2&secretpart3", "x secretpart3", "x ***"},
      {"PowerShellColour", "secretpart1&+secretpart2", "secretpart1&+\x1B[1ms\x1B[0mecretpart2", "***\x1B[1ms\x1B[0m***"},
      {"NotUtf8", "bin\xFF\xFEsecret", "x bin\xEF\xBF\xBD\xEF\xBF\xBDsecret", "x ***"},
  };
  for (const Row& row : rows) EXPECT_EQ(Masked({row.secret}, row.text), row.wanted) << row.shows;
}

TEST(MasksTest, ShortFormsDoNotMaskHalfOfTheLog) {
  EXPECT_EQ(Masked({"ab"}, "QWERTY a b YW"), "QWERTY a b YW");
  EXPECT_EQ(Masked({"a&b"}, "a& b"), "a& b");
  EXPECT_EQ(Masked({"\"short\""}, "short"), "short");
}

TEST(MasksTest, TooManySecretsHideEverything) {
  Masks masks;
  for (int i = 0; !masks.IsFull() && i < 100'000; ++i)
    masks.Add("a secret of no particular kind, number " + std::to_string(i * 7919));
  ASSERT_TRUE(masks.IsFull());
  EXPECT_EQ(masks.Mask("anything"), "***");
  EXPECT_TRUE(masks.Holds("anything"));
  EXPECT_EQ(masks.Mask(""), "");
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::size_t Below(std::size_t end) { return engine_() % end; }
  std::string Text(std::string_view alphabet, std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += alphabet[Below(alphabet.size())];
    return text;
  }

 private:
  std::mt19937 engine_;
};

std::string PlainBase64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : kAlphabet[(group >> (18 - 6 * k)) & 63U];
  }
  return text;
}

TEST(MasksTest, NoEncodingOfARandomSecretSurvives) {
  static constexpr std::string_view kAlphabet = "abcXYZ019 \"'\\&+<>/%=\t\n.,:;~!()*\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\x91\x80";
  Random random(20261123);
  for (int round = 0; round < 400; ++round) {
    const std::string secret = "s" + random.Text(kAlphabet, 6 + random.Below(40)) + "e";
    Masks masks;
    masks.Add(secret);
    const std::string before = random.Text("qrs Q7:", random.Below(9));
    const std::string after = random.Text("qrs Q7:", random.Below(9));
    for (const std::string& form : FormsOfSecret(secret)) {
      const std::string masked = masks.Mask(before + form + after);
      EXPECT_THAT(masked, ::testing::Not(::testing::HasSubstr(form))) << secret;
      EXPECT_FALSE(masks.Holds(masked)) << secret;
    }
    // Of base64 at most a character at either side may stay, which has less than a byte of the secret.
    const std::string encoded = PlainBase64(before + secret + after);
    const std::string masked = masks.Mask(encoded);
    const std::size_t inside = secret.size() * 8 / 6 - 2;
    EXPECT_LE(masked.size(), encoded.size() - inside + kMask.size()) << secret << " " << encoded << " " << masked;
  }
}

// The same by trying every text at every place.
std::string MaskedSlowly(const std::vector<std::string>& texts, const std::string& line) {
  std::vector<bool> hidden(line.size(), false);
  for (const std::string& text : texts) {
    for (std::size_t at = line.find(text); at != std::string::npos; at = line.find(text, at + 1))
      std::fill_n(hidden.begin() + static_cast<std::ptrdiff_t>(at), text.size(), true);
  }
  std::string masked;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!hidden[i]) masked += line[i];
    if (hidden[i] && (i == 0 || !hidden[i - 1])) masked += kMask;
  }
  return masked;
}

TEST(MasksTest, FindsWhatTryingEveryTextFinds) {
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    Masks masks;
    std::vector<std::string> forms;
    for (std::size_t i = 1 + random.Below(6); i > 0; --i) {
      const std::string secret = random.Text("ab", 1 + random.Below(7));
      masks.Add(secret);
      EXPECT_TRUE(i % 2 == 0 || masks.Holds(secret));  // Puts in order between.
      for (std::string& form : FormsOfSecret(secret)) forms.push_back(std::move(form));
    }
    const std::string line = random.Text("abc", random.Below(80));
    EXPECT_EQ(masks.Mask(line), MaskedSlowly(forms, line));
  }
}

TEST(MaskStreamTest, PiecesGiveTheSameAsTheWhole) {
  Random random(11);
  for (int round = 0; round < 500; ++round) {
    Masks masks;
    for (std::size_t i = 1 + random.Below(4); i > 0; --i) masks.Add(random.Text("ab", 1 + random.Below(8)));
    const std::string line = random.Text("abbbc", random.Below(60));
    MaskStream stream(masks);
    std::string masked;
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t size = 1 + random.Below(5);
      masked += stream.Feed(std::string_view(line).substr(at, size));
      at += size;
    }
    masked += stream.End();
    EXPECT_EQ(masked, masks.Mask(line)) << line;
  }
}

TEST(MaskStreamTest, WhatIsSettledComesAtOnce) {
  Masks masks;
  masks.Add("secret");
  MaskStream stream(masks);
  EXPECT_EQ(stream.Feed("a line with sec"), "a line with ");
  EXPECT_EQ(stream.Feed("ret in it"), "*** in it");
  EXPECT_EQ(stream.Feed(" se"), " ");
  EXPECT_EQ(stream.End(), "se");
}

TEST(MasksTest, AHostileLineTakesLinearTime) {
  Masks masks;
  masks.Add(std::string(40'000, 'a') + "b");
  const std::string line(200'000, 'a');
  EXPECT_EQ(masks.Mask(line), line);  // Quadratic work would take minutes here.
}

TEST(TextTest, BrokenCharactersAreReplaced) {
  EXPECT_EQ(RepairUtf8("a\xC3\xA4z"), "a\xC3\xA4z");
  EXPECT_EQ(RepairUtf8("a\xC3z\xFF"), "a\xEF\xBF\xBDz\xEF\xBF\xBD");
  EXPECT_EQ(RepairUtf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(TextTest, LinesEndAtLineFeedsAndReturns) {
  using ::testing::ElementsAre;
  EXPECT_THAT(SplitLines(""), ElementsAre(""));
  EXPECT_THAT(SplitLines("a"), ElementsAre("a"));
  EXPECT_THAT(SplitLines("a\nb\r\nc\rd\n"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(SplitLines("\n\n"), ElementsAre("", ""));
}

TEST(TextTest, ColoursAreTakenOut) {
  EXPECT_EQ(WithoutColours("\x1B[1;31merror\x1B[0m: x\x1B["), "error: x");
  EXPECT_EQ(WithoutColours("plain"), "plain");
}

}  // namespace
}  // namespace tuesday::workflow
