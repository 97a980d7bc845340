// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/mask/forms.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/text.h"
#include "core/workflow/output/text.h"

namespace tuesday::workflow {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kQuotedMin = 9;     // Shorter ones keep their quotes.
constexpr std::size_t kAmpersandMin = 6;  // Shorter parts are no secret.

enum class HexCase { kUpper, kLower };

// The six bits of `bytes` from `bit` on; what is past the end is zero.
unsigned SixBits(std::string_view bytes, std::size_t bit) {
  unsigned value = 0;
  for (std::size_t i = bit; i < bit + 6; ++i) {
    const unsigned byte = i / 8 < bytes.size() ? static_cast<unsigned char>(bytes[i / 8]) : 0U;
    value = value << 1U | ((byte >> (7 - i % 8)) & 1U);
  }
  return value;
}

// The characters of a base64 text that the secret alone decides when `before` bytes of its group of three come first.
std::string Base64Inside(std::string_view secret, std::size_t before, std::string_view alphabet) {
  const std::string padded = std::string(before, '\0') + std::string(secret);
  std::string text;
  for (std::size_t bit = (before * 8 + 5) / 6 * 6; bit + 6 <= padded.size() * 8; bit += 6)
    text += alphabet[SixBits(padded, bit)];
  return text;
}

std::string Base64(std::string_view bytes, std::string_view alphabet) {
  std::string text;
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 6) text += alphabet[SixBits(bytes, bit)];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

void AddBase64(std::string_view secret, std::vector<std::string>& forms) {
  for (const std::string_view alphabet : {kBase64, kBase64Url}) {
    for (std::size_t shift = 0; shift < 3; ++shift) {
      if (std::string inside = Base64Inside(secret, shift, alphabet); inside.size() >= kBase64PartMin)
        forms.push_back(std::move(inside));
      if (secret.size() <= shift) continue;
      std::string whole = Base64(secret.substr(shift), alphabet);
      std::string unpadded = whole.substr(0, whole.find('='));
      forms.push_back(std::move(whole));
      if (unpadded.size() >= kBase64PartMin) forms.push_back(std::move(unpadded));
    }
  }
}

std::string Replaced(std::string_view text, char wanted, std::string_view by) {
  std::string result;
  for (const char c : text) {
    if (c == wanted) {
      result += by;
    } else {
      result += c;
    }
  }
  return result;
}

enum class JsonOf { kEveryCharacter, kAscii };

void AppendUnicodeEscape(std::string& text, char32_t code) {
  if (code > 0xFFFF) {
    text += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((code - 0x10000) >> 10U), 0xDC00 + ((code - 0x10000) & 0x3FFU));
  } else {
    text += fmt::format("\\u{:04x}", static_cast<unsigned>(code));
  }
}

std::string JsonEscaped(std::string_view text, JsonOf which) {
  static constexpr std::string_view kShort = "\b\t\n\f\r\"\\";
  static constexpr std::string_view kLetters = "btnfr\"\\";
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const expression::Character character = expression::CharacterAt(text, at);
    const char32_t code = character.code;
    const std::size_t letter = code < 0x80 ? kShort.find(static_cast<char>(code)) : std::string_view::npos;
    const bool separator = code == 0x85 || code == 0x2028 || code == 0x2029;
    if (letter != std::string_view::npos) {
      result += {'\\', kLetters[letter]};
    } else if (code < 0x20 || separator || (which == JsonOf::kAscii && code >= 0x7F)) {
      AppendUnicodeEscape(result, code);
    } else {
      result += text.substr(at, character.bytes);
    }
    at += character.bytes;
  }
  return result;
}

// `kept` are the characters besides letters and digits that stay.
std::string UriEscaped(std::string_view text, std::string_view kept, HexCase hex) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || kept.find(c) != std::string_view::npos) {
      result += c;
    } else if (hex == HexCase::kUpper) {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      result += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

void AddUri(std::string_view secret, std::vector<std::string>& forms) {
  for (const HexCase hex : {HexCase::kUpper, HexCase::kLower}) {
    forms.push_back(UriEscaped(secret, "-_.~", hex));                       // RFC 3986.
    forms.push_back(UriEscaped(secret, "-_.~!'()*", hex));                  // encodeURIComponent.
    forms.push_back(UriEscaped(secret, "-_.~/", hex));                      // A path.
    forms.push_back(Replaced(UriEscaped(secret, "-_.~ ", hex), ' ', "+"));  // A form.
  }
}

std::string XmlEscaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      case '\'': result += "&apos;"; break;
      case '&': result += "&amp;"; break;
      default: result += c;
    }
  }
  return result;
}

// PowerShell colours the character behind `&+`, or breaks at the last `&`: either side shows alone.
void AddAmpersandParts(std::string_view secret, std::vector<std::string>& forms) {
  const std::size_t plus = secret.find("&+");
  const std::size_t last = secret.rfind('&');
  if (last == std::string_view::npos) return;
  const std::size_t before = plus != std::string_view::npos ? plus + 2 : last + 1;
  const std::size_t after = std::min(secret.size(), plus != std::string_view::npos ? plus + 3 : last + 1);
  if (before >= kAmpersandMin) forms.emplace_back(secret.substr(0, before));
  if (secret.size() - after >= kAmpersandMin) forms.emplace_back(secret.substr(after));
}

}  // namespace

std::vector<std::string> FormsOfSecret(std::string_view secret) {
  std::vector<std::string> forms;
  if (secret.empty()) return forms;
  forms.emplace_back(secret);
  forms.push_back(RepairUtf8(secret));
  AddBase64(secret, forms);
  forms.push_back(Replaced(secret, '"', "\\\""));
  forms.push_back(Replaced(secret, '\'', "''"));
  forms.push_back(JsonEscaped(secret, JsonOf::kEveryCharacter));
  forms.push_back(JsonEscaped(secret, JsonOf::kAscii));
  AddUri(secret, forms);
  forms.push_back(XmlEscaped(secret));
  if (secret.size() >= kQuotedMin && secret.starts_with('"') && secret.ends_with('"'))
    forms.emplace_back(secret.substr(1, secret.size() - 2));
  AddAmpersandParts(secret, forms);
  return forms;
}

}  // namespace tuesday::workflow
