// SPDX-License-Identifier: Apache-2.0
// Writing JSON: RFC 8785 for bytes that are hashed, an indented form for people.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/json.h"

namespace tuesday {
namespace {

// ECMAScript's Number::toString (ECMA-262 6.1.6.1.20) over the shortest digits that read back.
std::string NumberText(double value) {
  if (!std::isfinite(value)) return "null";
  if (value == 0) return "0";
  if (value < 0) return "-" + NumberText(-value);
  std::array<char, 40> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  int exponent = 0;
  const char* exponent_begin = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(exponent_begin, text.data() + text.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // The decimal point stands after this many digits.
  if (count <= point && point <= 21) return digits + std::string(static_cast<std::size_t>(point - count), '0');
  if (0 < point && point <= 21) return digits.insert(static_cast<std::size_t>(point), ".");
  if (-6 < point && point <= 0) return "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  if (count > 1) digits.insert(1, ".");
  return fmt::format("{}e{}{}", digits, exponent < 0 ? '-' : '+', std::abs(exponent));
}

void AppendString(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

// Orders by UTF-16 code units as RFC 8785 3.2.3 asks. In UTF-8 only one thing differs from bytewise order: characters
// beyond U+FFFF (lead byte F0 and up) are surrogates (D800..DFFF) in UTF-16 and sort before U+E000..U+FFFF (EE, EF).
bool Utf16Less(std::string_view a, std::string_view b) {
  const auto rank = [](unsigned char c) { return c >= 0xF0 ? 0xED * 2 + 1 : c * 2; };
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (y == b.end()) return false;
  if (x == a.end()) return true;
  const int left = rank(static_cast<unsigned char>(*x));
  const int right = rank(static_cast<unsigned char>(*y));
  return left != right ? left < right : static_cast<unsigned char>(*x) < static_cast<unsigned char>(*y);
}

// One writer for both forms: `indent` < 0 writes none of the spaces.
class Writer {
 public:
  explicit Writer(bool pretty) : pretty_(pretty) {}

  void Write(const Json& value, int depth) {
    if (value.is_null()) {
      out_ += "null";
    } else if (const bool* boolean = value.as_bool()) {
      out_ += *boolean ? "true" : "false";
    } else if (const std::int64_t* integer = value.as_int()) {
      out_ += fmt::format("{}", *integer);
    } else if (const double* number = value.as_double()) {
      out_ += NumberText(*number);
    } else if (const std::string* text = value.as_string()) {
      AppendString(out_, *text);
    } else if (const Json::Array* array = value.as_array()) {
      WriteArray(*array, depth);
    } else {
      WriteObject(*value.as_object(), depth);
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  void WriteArray(const Json::Array& array, int depth) {
    out_ += '[';
    bool first = true;
    for (const Json& item : array) {
      Separate(first, depth + 1);
      Write(item, depth + 1);
    }
    Close(first, depth, ']');
  }

  void WriteObject(const Json::Object& object, int depth) {
    std::vector<const Json::Object::value_type*> members;
    members.reserve(object.size());
    for (const auto& member : object) members.push_back(&member);
    std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return Utf16Less(a->first, b->first); });
    out_ += '{';
    bool first = true;
    for (const auto* member : members) {
      Separate(first, depth + 1);
      AppendString(out_, member->first);
      out_ += pretty_ ? ": " : ":";
      Write(member->second, depth + 1);
    }
    Close(first, depth, '}');
  }

  void Separate(bool& first, int depth) {
    if (!first) out_ += ',';
    first = false;
    NewLine(depth);
  }

  void Close(bool empty, int depth, char bracket) {
    if (!empty) NewLine(depth);
    out_ += bracket;
  }

  void NewLine(int depth) {
    if (pretty_) out_ += '\n' + std::string(static_cast<std::size_t>(depth) * 2, ' ');
  }

  bool pretty_;
  std::string out_;
};

}  // namespace

std::string CanonicalJson(const Json& value) {
  Writer writer(false);
  writer.Write(value, 0);
  return writer.Take();
}

std::string PrettyJson(const Json& value) {
  Writer writer(true);
  writer.Write(value, 0);
  return writer.Take();
}

}  // namespace tuesday
