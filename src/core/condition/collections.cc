// SPDX-License-Identifier: Apache-2.0
// The functions of arrays, maps and texts that make new ones (expr-lang v1.17, builtin/builtin.go).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/condition/builtins.h"
#include "core/condition/lexer.h"

namespace tuesday::condition {
namespace {

constexpr std::size_t kMadeBytesMax = 1 << 20;  // Of a text that repeat(), replace() or join() makes.
constexpr int kFlattenDepthMax = 64;

std::unexpected<Error> Wrong(const Node& call, const Json& argument, std::string_view wanted) {
  return FailAt(call.column, fmt::format("{}() needs {}, not {}.", call.text, wanted, TypeName(argument)));
}

std::unexpected<Error> TooLarge(const Node& call) {
  return Fail(ErrorCode::kLimit,
              fmt::format("column {}: {}() would make more than {} bytes.", call.column, call.text, kMadeBytesMax));
}

// Numbers and texts have an order; nothing else has.
Result<bool> Less(const Node& call, const Json& a, const Json& b) {
  if (IsNumber(a) && IsNumber(b)) return a.NumberOr(0) < b.NumberOr(0);
  if (a.as_string() != nullptr && b.as_string() != nullptr) return *a.as_string() < *b.as_string();
  return Wrong(call, IsNumber(a) || a.as_string() != nullptr ? b : a, "numbers only or strings only");
}

Result<Json> Sort(const Node& call, Json::Array array, bool descending) {
  for (std::size_t i = 1; i < array.size(); ++i) TRY_OK(Less(call, array[0], array[i]));
  std::stable_sort(array.begin(), array.end(), [&](const Json& a, const Json& b) {
    return Less(call, descending ? b : a, descending ? a : b).value_or(false);
  });
  return Json(std::move(array));
}

void Flatten(const Json::Array& array, int depth, Json::Array& out) {
  for (const Json& item : array) {
    if (item.as_array() != nullptr && depth < kFlattenDepthMax) {
      Flatten(*item.as_array(), depth + 1, out);
    } else {
      out.push_back(item);
    }
  }
}

Result<Json> OfArray(const Node& call, const Json::Array& array, const Json::Array& arguments) {
  const std::string& name = call.text;
  if (name == "reverse") return Json(Json::Array(array.rbegin(), array.rend()));
  if (name == "sort") return Sort(call, array, arguments.size() > 1 && arguments[1] == Json("desc"));
  if (name == "uniq") {
    Json::Array out;
    for (const Json& item : array) {
      if (std::find(out.begin(), out.end(), item) == out.end()) out.push_back(item);
    }
    return Json(std::move(out));
  }
  if (name == "flatten") {
    Json::Array out;
    Flatten(array, 0, out);
    return Json(std::move(out));
  }
  if (name == "take") {
    if (arguments[1].as_int() == nullptr || *arguments[1].as_int() < 0) return Wrong(call, arguments[1], "a count");
    const auto count = std::min(static_cast<std::size_t>(*arguments[1].as_int()), array.size());
    return Json(Json::Array(array.begin(), array.begin() + static_cast<std::ptrdiff_t>(count)));
  }
  // join
  std::string out;
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (array[i].as_string() == nullptr) return Wrong(call, array[i], "an array of strings");
    if (i > 0 && arguments.size() > 1) out += arguments[1].StringOr("");
    out += *array[i].as_string();
    if (out.size() > kMadeBytesMax) return TooLarge(call);
  }
  return Json(std::move(out));
}

Result<Json> Concat(const Node& call, const Json::Array& arguments) {
  Json::Array out;
  for (const Json& argument : arguments) {
    if (argument.as_array() == nullptr) return Wrong(call, argument, "arrays");
    out.insert(out.end(), argument.as_array()->begin(), argument.as_array()->end());
  }
  return Json(std::move(out));
}

// What get() finds, or nil where an index or a key would be an error.
Json GetOrNil(const Json& container, const Json& key) {
  if (container.as_object() != nullptr && key.as_string() != nullptr) return container.At(*key.as_string());
  const Json::Array* array = container.as_array();
  if (array == nullptr || key.as_int() == nullptr) return {};
  const std::int64_t size = static_cast<std::int64_t>(array->size());
  const std::int64_t at = *key.as_int() < 0 ? *key.as_int() + size : *key.as_int();
  return at < 0 || at >= size ? Json() : (*array)[static_cast<std::size_t>(at)];
}

Result<Json> Replace(const Node& call, const std::string& text, const std::string& from, const std::string& to) {
  if (from.empty()) return Json(text);
  std::string out;
  std::size_t begin = 0;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, begin)) {
    out.append(text, begin, at - begin).append(to);
    begin = at + from.size();
    if (out.size() > kMadeBytesMax) return TooLarge(call);
  }
  return Json(out.append(text, begin));
}

Json Split(const std::string& text, const std::string& by) {
  Json::Array out;
  std::size_t begin = 0;
  for (std::size_t at = text.find(by); !by.empty() && at != std::string::npos; at = text.find(by, begin)) {
    out.emplace_back(text.substr(begin, at - begin));
    begin = at + by.size();
  }
  out.emplace_back(text.substr(begin));
  return Json(std::move(out));
}

Result<Json> OfText(const Node& call, const std::string& text, const Json::Array& arguments) {
  const std::string& name = call.text;
  if (name == "repeat") {
    const std::int64_t* count = arguments[1].as_int();
    if (count == nullptr || *count < 0) return Wrong(call, arguments[1], "a count");
    if (!text.empty() && static_cast<std::uint64_t>(*count) > kMadeBytesMax / text.size()) return TooLarge(call);
    std::string out;
    for (std::int64_t i = 0; i < *count && !text.empty(); ++i) out += text;
    return Json(std::move(out));
  }
  if (name == "fromJSON") return ParseJson(text, {.bytes_max = kMadeBytesMax});
  for (const Json& argument : arguments) {
    if (argument.as_string() == nullptr) return Wrong(call, argument, "strings");
  }
  const std::string& other = *arguments[1].as_string();
  const auto position = [](std::size_t at) { return Json(at == std::string::npos ? -1 : static_cast<std::int64_t>(at)); };
  if (name == "indexOf") return position(text.find(other));
  if (name == "lastIndexOf") return position(text.rfind(other));
  if (name == "split") return Split(text, other);
  if (name == "replace") return Replace(call, text, other, *arguments[2].as_string());
  if (name == "trimPrefix") return Json(text.starts_with(other) ? text.substr(other.size()) : text);
  return Json(text.ends_with(other) ? text.substr(0, text.size() - other.size()) : text);  // trimSuffix
}

}  // namespace

Result<Json> CallCollection(const Node& call, const Json::Array& arguments) {
  if (call.text == "concat") return Concat(call, arguments);
  if (call.text == "get") return GetOrNil(arguments[0], arguments[1]);
  if (call.text == "toJSON") return Json(CanonicalJson(arguments[0]));
  constexpr auto kOfArrays = std::to_array<std::string_view>({"flatten", "join", "reverse", "sort", "take", "uniq"});
  if (std::ranges::find(kOfArrays, call.text) != kOfArrays.end()) {
    if (arguments[0].as_array() == nullptr) return Wrong(call, arguments[0], "an array");
    return OfArray(call, *arguments[0].as_array(), arguments);
  }
  if (arguments[0].as_string() == nullptr) return Wrong(call, arguments[0], "a string");
  return OfText(call, *arguments[0].as_string(), arguments);
}

Result<Json> CombineKeys(const Node& call, const Json::Array& elements, const Json::Array& answers) {
  if (call.text == "sortBy") {
    Json::Array keys = answers;
    for (std::size_t i = 1; i < keys.size(); ++i) TRY_OK(Less(call, keys[0], keys[i]));
    std::vector<std::size_t> order(keys.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return Less(call, keys[a], keys[b]).value_or(false); });
    Json::Array sorted;
    for (const std::size_t at : order) sorted.push_back(elements[at]);
    return Json(std::move(sorted));
  }
  Json::Object groups;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::string key = answers[i].as_string() != nullptr ? *answers[i].as_string() : CanonicalJson(answers[i]);
    Json& group = groups[key];
    if (call.text == "countBy") {
      group = Json(group.IntOr(0) + 1);
    } else {
      if (group.is_null()) group = Json(Json::Array());
      group.as_array()->push_back(elements[i]);
    }
  }
  return Json(std::move(groups));
}

}  // namespace tuesday::condition
