// SPDX-License-Identifier: Apache-2.0
#include "core/condition/builtins.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/condition/lexer.h"

namespace tuesday::condition {
namespace {

std::unexpected<Error> Wrong(const Node& call, const Json& argument, std::string_view wanted) {
  return FailAt(call.column, fmt::format("{}() needs {}, not {}.", call.text, wanted, TypeName(argument)));
}

Result<Json> Length(const Node& call, const Json& value) {
  if (const Json::Array* array = value.as_array()) return Json(array->size());
  if (const Json::Object* object = value.as_object()) return Json(object->size());
  if (const std::string* text = value.as_string()) {
    return Json(
        static_cast<std::int64_t>(std::count_if(text->begin(), text->end(), [](char c) { return (c & 0xC0) != 0x80; })));
  }
  return Wrong(call, value, "an array, a map or a string");
}

// The arguments of max, min, mean, median, sum: numbers, or one array of numbers.
Result<std::vector<double>> Numbers(const Node& call, const Json::Array& arguments) {
  const Json::Array& values =
      arguments.size() == 1 && arguments[0].as_array() != nullptr ? *arguments[0].as_array() : arguments;
  std::vector<double> numbers;
  for (const Json& value : values) {
    if (!IsNumber(value)) return Wrong(call, value, "numbers");
    numbers.push_back(value.NumberOr(0));
  }
  return numbers;
}

Result<Json> Aggregate(const Node& call, const Json::Array& arguments) {
  TRY(std::vector<double> numbers, Numbers(call, arguments));
  if (call.text == "sum") {
    double total = 0;
    for (const double number : numbers) total += number;
    return Json(total);
  }
  if (numbers.empty()) return FailAt(call.column, fmt::format("{}() of an empty array has no value.", call.text));
  // A NaN among the numbers makes the answer NaN: an extreme of the unknown is unknown.
  for (const double number : numbers) {
    if (std::isnan(number)) return Json(number);
  }
  if (call.text == "max") return Json(*std::max_element(numbers.begin(), numbers.end()));
  if (call.text == "min") return Json(*std::min_element(numbers.begin(), numbers.end()));
  if (call.text == "mean") {
    double total = 0;
    for (const double number : numbers) total += number;
    return Json(total / static_cast<double>(numbers.size()));
  }
  std::sort(numbers.begin(), numbers.end());
  const std::size_t half = numbers.size() / 2;
  return Json(numbers.size() % 2 == 1 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2);
}

Result<double> ToFloat(const Node& call, const Json& value) {
  if (IsNumber(value)) return value.NumberOr(0);
  if (const std::string* text = value.as_string()) {
    double number = 0;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
    if (read.ec == std::errc() && read.ptr == text->data() + text->size()) return number;
    return FailAt(call.column, fmt::format("{}(): \"{}\" is not a number.", call.text, *text));
  }
  return Wrong(call, value, "a number or a string");
}

Result<Json> ToInt(const Node& call, const Json& value) {
  if (value.as_int() != nullptr) return value;
  TRY(const double number, ToFloat(call, value));
  if (!(number > -9.2e18 && number < 9.2e18))
    return FailAt(call.column, fmt::format("{}(): the number does not fit an integer.", call.text));
  return Json(static_cast<std::int64_t>(number));
}

// isNaN and isInf take Argo's measurements: a number, or a vector of which the first counts for nobody, so each is asked.
Result<Json> AskFloat(const Node& call, const Json& value) {
  if (!IsNumber(value)) return Wrong(call, value, "a number");
  const double number = value.NumberOr(0);
  return Json(call.text == "isNaN" ? std::isnan(number) : std::isinf(number));
}

Result<Json> Round(const Node& call, const Json& value) {
  if (!IsNumber(value)) return Wrong(call, value, "a number");
  if (value.as_int() != nullptr && call.text == "abs") return Json(std::abs(*value.as_int()));
  const double number = value.NumberOr(0);
  if (call.text == "abs") return Json(std::fabs(number));
  if (call.text == "ceil") return Json(std::ceil(number));
  return Json(call.text == "floor" ? std::floor(number) : std::round(number));
}

Result<Json> FirstOrLast(const Node& call, const Json& value) {
  const Json::Array* array = value.as_array();
  if (array == nullptr) return Wrong(call, value, "an array");
  if (array->empty()) return Json();
  return call.text == "first" ? array->front() : array->back();
}

Result<Json> KeysOrValues(const Node& call, const Json& value) {
  const Json::Object* object = value.as_object();
  if (object == nullptr) return Wrong(call, value, "a map");
  Json::Array items;
  for (const auto& [key, member] : *object) items.push_back(call.text == "keys" ? Json(key) : member);
  return Json(std::move(items));
}

Result<Json> Text(const Node& call, const Json::Array& arguments) {
  const std::string* text = arguments[0].as_string();
  if (text == nullptr) return Wrong(call, arguments[0], "a string");
  if (call.text == "hasPrefix" || call.text == "hasSuffix") {
    const std::string* other = arguments[1].as_string();
    if (other == nullptr) return Wrong(call, arguments[1], "a string");
    return Json(call.text == "hasPrefix" ? text->starts_with(*other) : text->ends_with(*other));
  }
  std::string out = *text;
  if (call.text == "trim") {
    const std::size_t begin = out.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos) return Json("");
    return Json(out.substr(begin, out.find_last_not_of(" \t\r\n") - begin + 1));
  }
  for (char& c : out) {
    if (call.text == "upper" && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (call.text == "lower" && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return Json(std::move(out));
}

}  // namespace

bool IsNumber(const Json& value) { return value.as_int() != nullptr || value.as_double() != nullptr; }

std::string_view TypeName(const Json& value) {
  if (value.is_null()) return "nil";
  if (value.as_bool() != nullptr) return "bool";
  if (value.as_int() != nullptr) return "int";
  if (value.as_double() != nullptr) return "float";
  if (value.as_string() != nullptr) return "string";
  return value.as_array() != nullptr ? "array" : "map";
}

Result<Json> CallBuiltin(const Node& call, const Json::Array& arguments) {
  const std::string& name = call.text;
  const Json& first = arguments[0];
  if (name == "len") return Length(call, first);
  if (name == "count") {
    if (first.as_array() == nullptr) return Wrong(call, first, "an array");
    return Json(static_cast<std::int64_t>(std::count(first.as_array()->begin(), first.as_array()->end(), Json(true))));
  }
  if (name == "max" || name == "min" || name == "mean" || name == "median" || name == "sum") return Aggregate(call, arguments);
  if (name == "abs" || name == "ceil" || name == "floor" || name == "round") return Round(call, first);
  if (name == "int" || name == "asInt") return ToInt(call, first);
  if (name == "float" || name == "asFloat") {
    TRY(const double number, ToFloat(call, first));
    return Json(number);
  }
  if (name == "string") return Json(first.as_string() != nullptr ? *first.as_string() : CanonicalJson(first));
  if (name == "isNaN" || name == "isInf") return AskFloat(call, first);
  if (name == "first" || name == "last") return FirstOrLast(call, first);
  if (name == "keys" || name == "values") return KeysOrValues(call, first);
  if (name == "type") return Json(TypeName(first));
  if (name == "not") {
    if (first.as_bool() == nullptr) return Wrong(call, first, "true or false");
    return Json(!*first.as_bool());
  }
  if (name == "upper" || name == "lower" || name == "trim" || name == "hasPrefix" || name == "hasSuffix")
    return Text(call, arguments);
  return CallCollection(call, arguments);
}

Result<Json> CombineClosure(const Node& call, const Json::Array& elements, const Json::Array& answers) {
  if (call.text == "map") return Json(answers);
  if (call.text == "sum") return Aggregate(call, {Json(answers)});
  if (call.text == "sortBy" || call.text == "groupBy" || call.text == "countBy") return CombineKeys(call, elements, answers);
  Json::Array chosen;
  std::optional<std::size_t> first;
  std::size_t last = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].as_bool() == nullptr) {
      return FailAt(call.column,
                    fmt::format("The closure of {}() must say true or false, not {}.", call.text, TypeName(answers[i])));
    }
    if (!*answers[i].as_bool()) continue;
    chosen.push_back(elements[i]);
    if (!first) first = i;
    last = i;
  }
  if (call.text == "filter") return Json(std::move(chosen));
  if (call.text == "find") return chosen.empty() ? Json() : chosen.front();
  if (call.text == "findLast") return chosen.empty() ? Json() : chosen.back();
  if (call.text == "findIndex") return first ? Json(*first) : Json();
  if (call.text == "findLastIndex") return first ? Json(last) : Json();
  if (call.text == "count") return Json(chosen.size());
  if (call.text == "all") return Json(chosen.size() == elements.size());
  if (call.text == "any") return Json(!chosen.empty());
  if (call.text == "none") return Json(chosen.empty());
  return Json(chosen.size() == 1);  // one
}

}  // namespace tuesday::condition
