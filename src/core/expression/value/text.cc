// SPDX-License-Identifier: Apache-2.0
#include "core/expression/value/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace tuesday::expression {
namespace {

// Characters `first`, `first + step` … `last` have their upper case at a distance of `delta`.
struct CaseRun {
  char32_t first;
  char32_t last;
  std::uint8_t step;
  std::int32_t delta;
};

// Unicode 14, UnicodeData, simple upper case; without U+0131 and U+017F, which .NET leaves alone. Sorted by `first`.
constexpr CaseRun kCaseRuns[] = {
    {0x0061, 0x007A, 1, -32},    {0x00B5, 0x00B5, 1, 743},   {0x00E0, 0x00F6, 1, -32},    {0x00F8, 0x00FE, 1, -32},
    {0x00FF, 0x00FF, 1, 121},    {0x0101, 0x012F, 2, -1},    {0x0133, 0x0137, 2, -1},     {0x013A, 0x0148, 2, -1},
    {0x014B, 0x0177, 2, -1},     {0x017A, 0x017E, 2, -1},    {0x0180, 0x0180, 1, 195},    {0x0183, 0x0185, 2, -1},
    {0x0188, 0x0188, 1, -1},     {0x018C, 0x018C, 1, -1},    {0x0192, 0x0192, 1, -1},     {0x0195, 0x0195, 1, 97},
    {0x0199, 0x0199, 1, -1},     {0x019A, 0x019A, 1, 163},   {0x019E, 0x019E, 1, 130},    {0x01A1, 0x01A5, 2, -1},
    {0x01A8, 0x01A8, 1, -1},     {0x01AD, 0x01AD, 1, -1},    {0x01B0, 0x01B0, 1, -1},     {0x01B4, 0x01B6, 2, -1},
    {0x01B9, 0x01B9, 1, -1},     {0x01BD, 0x01BD, 1, -1},    {0x01BF, 0x01BF, 1, 56},     {0x01C5, 0x01C5, 1, -1},
    {0x01C6, 0x01C6, 1, -2},     {0x01C8, 0x01C8, 1, -1},    {0x01C9, 0x01C9, 1, -2},     {0x01CB, 0x01CB, 1, -1},
    {0x01CC, 0x01CC, 1, -2},     {0x01CE, 0x01DC, 2, -1},    {0x01DD, 0x01DD, 1, -79},    {0x01DF, 0x01EF, 2, -1},
    {0x01F2, 0x01F2, 1, -1},     {0x01F3, 0x01F3, 1, -2},    {0x01F5, 0x01F5, 1, -1},     {0x01F9, 0x021F, 2, -1},
    {0x0223, 0x0233, 2, -1},     {0x023C, 0x023C, 1, -1},    {0x023F, 0x0240, 1, 10815},  {0x0242, 0x0242, 1, -1},
    {0x0247, 0x024F, 2, -1},     {0x0250, 0x0250, 1, 10783}, {0x0251, 0x0251, 1, 10780},  {0x0252, 0x0252, 1, 10782},
    {0x0253, 0x0253, 1, -210},   {0x0254, 0x0254, 1, -206},  {0x0256, 0x0257, 1, -205},   {0x0259, 0x0259, 1, -202},
    {0x025B, 0x025B, 1, -203},   {0x025C, 0x025C, 1, 42319}, {0x0260, 0x0260, 1, -205},   {0x0261, 0x0261, 1, 42315},
    {0x0263, 0x0263, 1, -207},   {0x0265, 0x0265, 1, 42280}, {0x0266, 0x0266, 1, 42308},  {0x0268, 0x0268, 1, -209},
    {0x0269, 0x0269, 1, -211},   {0x026A, 0x026A, 1, 42308}, {0x026B, 0x026B, 1, 10743},  {0x026C, 0x026C, 1, 42305},
    {0x026F, 0x026F, 1, -211},   {0x0271, 0x0271, 1, 10749}, {0x0272, 0x0272, 1, -213},   {0x0275, 0x0275, 1, -214},
    {0x027D, 0x027D, 1, 10727},  {0x0280, 0x0280, 1, -218},  {0x0282, 0x0282, 1, 42307},  {0x0283, 0x0283, 1, -218},
    {0x0287, 0x0287, 1, 42282},  {0x0288, 0x0288, 1, -218},  {0x0289, 0x0289, 1, -69},    {0x028A, 0x028B, 1, -217},
    {0x028C, 0x028C, 1, -71},    {0x0292, 0x0292, 1, -219},  {0x029D, 0x029D, 1, 42261},  {0x029E, 0x029E, 1, 42258},
    {0x0345, 0x0345, 1, 84},     {0x0371, 0x0373, 2, -1},    {0x0377, 0x0377, 1, -1},     {0x037B, 0x037D, 1, 130},
    {0x03AC, 0x03AC, 1, -38},    {0x03AD, 0x03AF, 1, -37},   {0x03B1, 0x03C1, 1, -32},    {0x03C2, 0x03C2, 1, -31},
    {0x03C3, 0x03CB, 1, -32},    {0x03CC, 0x03CC, 1, -64},   {0x03CD, 0x03CE, 1, -63},    {0x03D0, 0x03D0, 1, -62},
    {0x03D1, 0x03D1, 1, -57},    {0x03D5, 0x03D5, 1, -47},   {0x03D6, 0x03D6, 1, -54},    {0x03D7, 0x03D7, 1, -8},
    {0x03D9, 0x03EF, 2, -1},     {0x03F0, 0x03F0, 1, -86},   {0x03F1, 0x03F1, 1, -80},    {0x03F2, 0x03F2, 1, 7},
    {0x03F3, 0x03F3, 1, -116},   {0x03F5, 0x03F5, 1, -96},   {0x03F8, 0x03F8, 1, -1},     {0x03FB, 0x03FB, 1, -1},
    {0x0430, 0x044F, 1, -32},    {0x0450, 0x045F, 1, -80},   {0x0461, 0x0481, 2, -1},     {0x048B, 0x04BF, 2, -1},
    {0x04C2, 0x04CE, 2, -1},     {0x04CF, 0x04CF, 1, -15},   {0x04D1, 0x052F, 2, -1},     {0x0561, 0x0586, 1, -48},
    {0x10D0, 0x10FA, 1, 3008},   {0x10FD, 0x10FF, 1, 3008},  {0x13F8, 0x13FD, 1, -8},     {0x1C80, 0x1C80, 1, -6254},
    {0x1C81, 0x1C81, 1, -6253},  {0x1C82, 0x1C82, 1, -6244}, {0x1C83, 0x1C84, 1, -6242},  {0x1C85, 0x1C85, 1, -6243},
    {0x1C86, 0x1C86, 1, -6236},  {0x1C87, 0x1C87, 1, -6181}, {0x1C88, 0x1C88, 1, 35266},  {0x1D79, 0x1D79, 1, 35332},
    {0x1D7D, 0x1D7D, 1, 3814},   {0x1D8E, 0x1D8E, 1, 35384}, {0x1E01, 0x1E95, 2, -1},     {0x1E9B, 0x1E9B, 1, -59},
    {0x1EA1, 0x1EFF, 2, -1},     {0x1F00, 0x1F07, 1, 8},     {0x1F10, 0x1F15, 1, 8},      {0x1F20, 0x1F27, 1, 8},
    {0x1F30, 0x1F37, 1, 8},      {0x1F40, 0x1F45, 1, 8},     {0x1F51, 0x1F57, 2, 8},      {0x1F60, 0x1F67, 1, 8},
    {0x1F70, 0x1F71, 1, 74},     {0x1F72, 0x1F75, 1, 86},    {0x1F76, 0x1F77, 1, 100},    {0x1F78, 0x1F79, 1, 128},
    {0x1F7A, 0x1F7B, 1, 112},    {0x1F7C, 0x1F7D, 1, 126},   {0x1F80, 0x1F87, 1, 8},      {0x1F90, 0x1F97, 1, 8},
    {0x1FA0, 0x1FA7, 1, 8},      {0x1FB0, 0x1FB1, 1, 8},     {0x1FB3, 0x1FB3, 1, 9},      {0x1FBE, 0x1FBE, 1, -7205},
    {0x1FC3, 0x1FC3, 1, 9},      {0x1FD0, 0x1FD1, 1, 8},     {0x1FE0, 0x1FE1, 1, 8},      {0x1FE5, 0x1FE5, 1, 7},
    {0x1FF3, 0x1FF3, 1, 9},      {0x214E, 0x214E, 1, -28},   {0x2170, 0x217F, 1, -16},    {0x2184, 0x2184, 1, -1},
    {0x24D0, 0x24E9, 1, -26},    {0x2C30, 0x2C5F, 1, -48},   {0x2C61, 0x2C61, 1, -1},     {0x2C65, 0x2C65, 1, -10795},
    {0x2C66, 0x2C66, 1, -10792}, {0x2C68, 0x2C6C, 2, -1},    {0x2C73, 0x2C73, 1, -1},     {0x2C76, 0x2C76, 1, -1},
    {0x2C81, 0x2CE3, 2, -1},     {0x2CEC, 0x2CEE, 2, -1},    {0x2CF3, 0x2CF3, 1, -1},     {0x2D00, 0x2D25, 1, -7264},
    {0x2D27, 0x2D27, 1, -7264},  {0x2D2D, 0x2D2D, 1, -7264}, {0xA641, 0xA66D, 2, -1},     {0xA681, 0xA69B, 2, -1},
    {0xA723, 0xA72F, 2, -1},     {0xA733, 0xA76F, 2, -1},    {0xA77A, 0xA77C, 2, -1},     {0xA77F, 0xA787, 2, -1},
    {0xA78C, 0xA78C, 1, -1},     {0xA791, 0xA793, 2, -1},    {0xA794, 0xA794, 1, 48},     {0xA797, 0xA7A9, 2, -1},
    {0xA7B5, 0xA7C3, 2, -1},     {0xA7C8, 0xA7CA, 2, -1},    {0xA7D1, 0xA7D1, 1, -1},     {0xA7D7, 0xA7D9, 2, -1},
    {0xA7F6, 0xA7F6, 1, -1},     {0xAB53, 0xAB53, 1, -928},  {0xAB70, 0xABBF, 1, -38864}, {0xFF41, 0xFF5A, 1, -32},
    {0x10428, 0x1044F, 1, -40},  {0x104D8, 0x104FB, 1, -40}, {0x10597, 0x105BB, 2, -39},  {0x10598, 0x105A1, 1, -39},
    {0x105A4, 0x105B1, 1, -39},  {0x105B4, 0x105B9, 1, -39}, {0x105BC, 0x105BC, 1, -39},  {0x10CC0, 0x10CF2, 1, -64},
    {0x118C0, 0x118DF, 1, -32},  {0x16E60, 0x16E7F, 1, -32}, {0x1E922, 0x1E943, 1, -34},
};

// Runs of every second letter overlap, so the run of a character is one of the last few that begin before it.
constexpr int kOverlapMax = 4;

char32_t Upper(char32_t code) {
  if (code < 0x80) return code >= 'a' && code <= 'z' ? code - 32 : code;
  const CaseRun* run = std::upper_bound(std::begin(kCaseRuns), std::end(kCaseRuns), code,
                                        [](char32_t c, const CaseRun& r) { return c < r.first; });
  for (int back = 0; back < kOverlapMax && run != std::begin(kCaseRuns); ++back) {
    --run;
    if (code <= run->last && (code - run->first) % run->step == 0) {
      return static_cast<char32_t>(static_cast<std::int32_t>(code) + run->delta);
    }
  }
  return code;
}

void Append(std::string& out, char32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// The first UTF-16 code unit of a character, which decides its order among others.
char32_t FirstUnit(char32_t code) { return code < 0x10000 ? code : 0xD800 + ((code - 0x10000) >> 10); }

// Where the first byte at or behind `from` is that is no ASCII: nearly every text is nothing else.
std::size_t EndOfAscii(std::string_view text, std::size_t from) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  for (std::uint64_t eight = 0; from + sizeof eight <= text.size(); from += sizeof eight) {
    std::memcpy(&eight, text.data() + from, sizeof eight);
    if ((eight & kHighBits) != 0) break;
  }
  while (from < text.size() && static_cast<unsigned char>(text[from]) < 0x80) ++from;
  return from;
}

}  // namespace

Character CharacterAt(std::string_view text, std::size_t offset) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(offset);
  const Character itself{lead, 1};
  if (lead < 0x80) return itself;
  const std::size_t length = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || lead >= 0xF5 || offset + length > text.size()) return itself;
  char32_t code = lead & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(offset + i) & 0xC0) != 0x80) return itself;
    code = (code << 6) | (byte(offset + i) & 0x3F);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (overlong || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return itself;
  return {code, length};
}

bool IsSpace(char32_t code) {
  if (code < 0x80) return code == ' ' || (code >= 9 && code <= 13);
  static constexpr std::array<char32_t, 8> kOthers = {0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
  return (code >= 0x2000 && code <= 0x200A) || std::find(kOthers.begin(), kOthers.end(), code) != kOthers.end();
}

std::string_view Trim(std::string_view text) {
  std::size_t first = text.size();
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = CharacterAt(text, at);
    if (!IsSpace(character.code) || (character.bytes == 1 && character.code >= 0x80)) {
      first = std::min(first, at);
      end = at + character.bytes;
    }
    at += character.bytes;
  }
  return first >= end ? std::string_view() : text.substr(first, end - first);
}

std::size_t Utf16Length(std::string_view text) {
  std::size_t length = EndOfAscii(text, 0);
  for (std::size_t at = length; at < text.size();) {
    const Character character = CharacterAt(text, at);
    length += character.code >= 0x10000 ? 2 : 1;
    at += character.bytes;
  }
  return length;
}

std::string UpperCase(std::string_view text) {
  const std::size_t plain = EndOfAscii(text, 0);
  std::string out(text.substr(0, plain));
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  for (std::size_t at = plain; at < text.size();) {
    const Character character = CharacterAt(text, at);
    if (character.bytes == 1 && character.code >= 0x80) {
      out += text[at];
    } else {
      Append(out, Upper(character.code));
    }
    at += character.bytes;
  }
  return out;
}

bool SameText(std::string_view left, std::string_view right) { return CompareText(left, right) == std::strong_ordering::equal; }

std::strong_ordering CompareText(std::string_view left, std::string_view right) {
  std::size_t l = 0;
  std::size_t r = 0;
  while (l < left.size() && r < right.size()) {
    if (left[l] == right[r] && static_cast<unsigned char>(left[l]) < 0x80) {
      ++l;
      ++r;
      continue;
    }
    const Character a = CharacterAt(left, l);
    const Character b = CharacterAt(right, r);
    const char32_t upper_a = Upper(a.code);
    const char32_t upper_b = Upper(b.code);
    if (upper_a != upper_b) {
      const auto order = FirstUnit(upper_a) <=> FirstUnit(upper_b);
      return order == std::strong_ordering::equal ? upper_a <=> upper_b : order;
    }
    l += a.bytes;
    r += b.bytes;
  }
  return (left.size() - l > 0) <=> (right.size() - r > 0);
}

bool IsKeyword(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || !letter(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace tuesday::expression
