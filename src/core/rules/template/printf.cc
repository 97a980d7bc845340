// SPDX-License-Identifier: Apache-2.0
// Go's fmt.Sprintf and fmt.Sprint for the values that a template can have.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/rules/template/functions.h"

namespace tuesday::rules::text {
namespace {

constexpr int kWidthMax = 1000;

// One verb with what stands between it and its percent sign.
struct Verb {
  bool minus = false;
  bool plus = false;
  bool zero = false;
  bool sharp = false;
  bool space = false;
  std::optional<int> width;
  std::optional<int> precision;
  char letter = 0;
};

int ReadCount(std::string_view format, std::size_t& at) {
  int count = 0;
  while (at < format.size() && format[at] >= '0' && format[at] <= '9') {
    count = std::min(count * 10 + (format[at++] - '0'), kWidthMax);
  }
  return count;
}

// Reads what follows a percent sign; `letter` stays 0 when the text ends first.
Verb ReadVerb(std::string_view format, std::size_t& at) {
  Verb verb;
  for (; at < format.size(); ++at) {
    const char c = format[at];
    if (c == '-')
      verb.minus = true;
    else if (c == '+')
      verb.plus = true;
    else if (c == '0')
      verb.zero = true;
    else if (c == '#')
      verb.sharp = true;
    else if (c == ' ')
      verb.space = true;
    else
      break;
  }
  if (at < format.size() && format[at] >= '1' && format[at] <= '9') verb.width = ReadCount(format, at);
  if (at < format.size() && format[at] == '.') {
    ++at;
    verb.precision = ReadCount(format, at);
  }
  if (at < format.size()) verb.letter = format[at++];
  return verb;
}

// Characters, not bytes: Go pads by runes.
int Characters(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string Padded(std::string text, const Verb& verb, bool number) {
  const int missing = verb.width.value_or(0) - Characters(text);
  if (missing <= 0) return text;
  if (verb.minus) return text + std::string(static_cast<std::size_t>(missing), ' ');
  if (!verb.zero || !number) return std::string(static_cast<std::size_t>(missing), ' ') + text;
  const bool signed_text = text.starts_with('-') || text.starts_with('+');
  text.insert(signed_text ? 1 : 0, std::string(static_cast<std::size_t>(missing), '0'));
  return text;
}

std::string Signed(std::string text, const Verb& verb) {
  if (text.starts_with('-') || text.starts_with('+')) return text;
  if (verb.plus) return "+" + text;
  return verb.space ? " " + text : text;
}

std::string Number(double value, const Verb& verb) {
  if (!std::isfinite(value)) return Signed(std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf", verb);
  std::string text;
  switch (verb.letter) {
    case 'e': text = fmt::format("{:.{}e}", value, verb.precision.value_or(6)); break;
    case 'E': text = fmt::format("{:.{}E}", value, verb.precision.value_or(6)); break;
    case 'f':
    case 'F': text = fmt::format("{:.{}f}", value, verb.precision.value_or(6)); break;
    default: text = verb.precision ? fmt::format("{:.{}g}", value, std::max(*verb.precision, 1)) : PrintFloat(value);
  }
  return Signed(text, verb);
}

std::string Integer(const Value& value, const Verb& verb) {
  const bool natural = value.kind == Value::Kind::kUint;
  const bool negative = !natural && value.integer < 0;
  const std::uint64_t size = natural    ? value.natural
                             : negative ? 0 - static_cast<std::uint64_t>(value.integer)
                                        : static_cast<std::uint64_t>(value.integer);
  std::string digits;
  switch (verb.letter) {
    case 'b': digits = fmt::format("{:b}", size); break;
    case 'o': digits = fmt::format("{:o}", size); break;
    case 'x': digits = fmt::format("{:x}", size); break;
    case 'X': digits = fmt::format("{:X}", size); break;
    default: digits = fmt::format("{}", size);
  }
  if (verb.sharp && verb.letter == 'x') digits.insert(0, "0x");
  return Signed((negative ? "-" : "") + digits, verb);
}

std::string Hex(std::string_view text, bool upper) {
  std::string hex;
  for (const char c : text) {
    hex += upper ? fmt::format("{:02X}", static_cast<unsigned char>(c)) : fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return hex;
}

std::string Text(const std::string& text, const Verb& verb) {
  std::string cut = text;
  if (verb.precision && Characters(text) > *verb.precision) {
    std::size_t end = 0;
    for (int left = *verb.precision; end < text.size(); ++end) {
      if ((text[end] & 0xc0) != 0x80 && left-- == 0) break;
    }
    cut = text.substr(0, end);
  }
  switch (verb.letter) {
    case 'q': return Quote(cut);
    case 'x': return Hex(cut, false);
    case 'X': return Hex(cut, true);
    default: return cut;
  }
}

std::string BadVerb(char letter, const Value& value) {
  return fmt::format("%!{}({}={})", letter, TypeName(value), PrintValue(value));
}

std::string One(const Verb& verb, const Value& value) {
  const std::string_view letter(&verb.letter, 1);
  const auto among = [&](std::string_view letters) { return letters.find(letter) != std::string_view::npos; };
  if (verb.letter == 'T') return Padded(TypeName(value), verb, false);
  switch (value.kind) {
    case Value::Kind::kNone: return verb.letter == 'v' ? Padded("<nil>", verb, false) : fmt::format("%!{}(<nil>)", verb.letter);
    case Value::Kind::kBool:
      if (!among("tv")) return BadVerb(verb.letter, value);
      return Padded(PrintValue(value), verb, false);
    case Value::Kind::kInt:
    case Value::Kind::kUint:
      if (verb.letter == 'c' || verb.letter == 'U' || verb.letter == 'q') {
        return Padded(
            verb.letter == 'U' ? fmt::format("U+{:04X}", value.integer) : std::string(1, static_cast<char>(value.integer)),
            verb, false);
      }
      if (!among("dvboxX")) return BadVerb(verb.letter, value);
      return Padded(Integer(value, verb), verb, true);
    case Value::Kind::kFloat:
      if (!among("veEfFgG")) return BadVerb(verb.letter, value);
      return Padded(Number(value.number, verb), verb, std::isfinite(value.number));
    case Value::Kind::kString:
    case Value::Kind::kHtml:
      if (!among("vsqxX")) return BadVerb(verb.letter, value);
      return Padded(Text(value.string, verb), verb, false);
    default:
      if (verb.letter == 'd' && value.kind == Value::Kind::kDuration) return Padded(Integer(value, verb), verb, true);
      if (!among("vs")) return BadVerb(verb.letter, value);
      return Padded(PrintValue(value), verb, false);
  }
}

}  // namespace

std::string Sprintf(std::string_view format, const Arguments& arguments, std::size_t from) {
  std::string text;
  std::size_t next = from;
  for (std::size_t at = 0; at < format.size();) {
    if (format[at] != '%') {
      text += format[at++];
      continue;
    }
    ++at;
    const Verb verb = ReadVerb(format, at);
    if (verb.letter == 0) {
      text += "%!(NOVERB)";
    } else if (verb.letter == '%') {
      text += '%';
    } else if (next >= arguments.size()) {
      text += fmt::format("%!{}(MISSING)", verb.letter);
    } else {
      text += One(verb, arguments[next++]);
    }
  }
  if (next >= arguments.size()) return text;
  text += "%!(EXTRA ";
  for (std::size_t i = next; i < arguments.size(); ++i) {
    text += fmt::format("{}{}={}", i == next ? "" : ", ", TypeName(arguments[i]), PrintValue(arguments[i]));
  }
  return text + ")";
}

// A blank stands between two operands when neither is a text.
std::string Sprint(const Arguments& arguments) {
  std::string text;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0 && !arguments[i].IsText() && !arguments[i - 1].IsText()) text += ' ';
    text += arguments[i].kind == Value::Kind::kNone ? "<nil>" : PrintValue(arguments[i]);
  }
  return text;
}

}  // namespace tuesday::rules::text
