// SPDX-License-Identifier: Apache-2.0
// toJSON(): the escapes are those of Newtonsoft's JsonConvert, which GitHub's runner uses.
#include <fmt/format.h>

#include "core/expression/eval/functions.h"
#include "core/expression/value/text.h"

namespace tuesday::expression {
namespace {

std::string QuoteJson(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const Character character = CharacterAt(text, at);
    const std::string_view bytes = text.substr(at, character.bytes);
    at += character.bytes;
    const bool separator =
        character.bytes > 1 && (character.code == 0x85 || character.code == 0x2028 || character.code == 0x2029);
    switch (character.code) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\f': out += "\\f"; break;
      case '\b': out += "\\b"; break;
      default:
        if (character.code < 0x20 || separator) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(character.code));
        } else {
          out += bytes;
        }
    }
  }
  return out + '"';
}

// Appends with the counting that bounds the result.
class Writer {
 public:
  explicit Writer(ByteCount& bytes) : bytes_(bytes) {}

  // `before` is what stands between the parent's last byte and the value.
  Outcome<void> Write(const Value& value, std::string_view before, std::size_t level) {
    if (const ArrayValue* array = value.as_array(); array != nullptr) return WriteArray(*array, before, level);
    if (const ObjectValue* object = value.as_object(); object != nullptr) return WriteObject(*object, before, level);
    const std::string* text = value.as_string();
    if (value.kind() == ValueKind::kNull) return Append(std::string(before) + "null");
    return Append(std::string(before) + (text == nullptr ? value.ToText() : QuoteJson(*text)));
  }

  std::string out;

 private:
  Outcome<void> WriteArray(const ArrayValue& array, std::string_view before, std::size_t level) {
    if (array.items.empty()) return Append(std::string(before) + "[]");
    TRY_OK(Append(std::string(before) + "["));
    for (const Value& item : array.items) {
      TRY_OK(Write(item, (&item == &array.items.front() ? "" : ",") + NewLine(level + 1), level + 1));
    }
    return Append(NewLine(level) + "]");
  }

  Outcome<void> WriteObject(const ObjectValue& object, std::string_view before, std::size_t level) {
    if (object.members().empty()) return Append(std::string(before) + "{}");
    TRY_OK(Append(std::string(before) + "{"));
    for (const auto& member : object.members()) {
      const bool first = &member == &object.members().front();
      TRY_OK(Append((first ? "" : ",") + NewLine(level + 1) + QuoteJson(member.first)));
      TRY_OK(Write(member.second, ": ", level + 1));
    }
    return Append(NewLine(level) + "}");
  }

  static std::string NewLine(std::size_t level) { return "\n" + std::string(level * 2, ' '); }

  Outcome<void> Append(const std::string& text) {
    TRY_OK(bytes_.Add(text));
    out += text;
    return {};
  }

  ByteCount& bytes_;
};

}  // namespace

Outcome<std::string> WriteJson(const Value& value, ByteCount& bytes) {
  Writer writer(bytes);
  TRY_OK(writer.Write(value, "", 0));
  return std::move(writer.out);
}

}  // namespace tuesday::expression
