// SPDX-License-Identifier: Apache-2.0
// Evaluates a condition's tree. Numbers follow Go: integers and floats compare with each other, `/` always gives a float.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/condition/builtins.h"
#include "core/condition/condition.h"
#include "core/condition/lexer.h"
#include "core/condition/node.h"

namespace tuesday::condition {
namespace {

using Kind = Node::Kind;

constexpr std::int64_t kRangeMax = 10'000;

bool Equal(const Json& a, const Json& b) {
  if (IsNumber(a) && IsNumber(b)) return a.NumberOr(0) == b.NumberOr(0);
  if (const Json::Array* left = a.as_array()) {
    const Json::Array* right = b.as_array();
    if (right == nullptr || left->size() != right->size()) return false;
    for (std::size_t i = 0; i < left->size(); ++i) {
      if (!Equal((*left)[i], (*right)[i])) return false;
    }
    return true;
  }
  return a == b;
}

// One evaluation: the value of `result` and the elements that the closures around stand on.
class Evaluation {
 public:
  explicit Evaluation(const Json& result) : result_(result) {}

  Result<Json> Run(const Node& node) {
    if (++steps_ > kEvaluationStepsMax) return Fail(ErrorCode::kLimit, "The condition takes too many steps.");
    switch (node.kind) {
      case Kind::kLiteral: return node.value;
      case Kind::kResult: return Copy(result_);
      case Kind::kElement: return RunElement(node);
      case Kind::kMap: return RunMap(node);
      case Kind::kLet: return RunLet(node);
      case Kind::kVariable: return RunVariable(node);
      case Kind::kArray: return RunArray(node);
      case Kind::kMember: return RunMember(node);
      case Kind::kIndex: return RunIndex(node);
      case Kind::kSlice: return RunSlice(node);
      case Kind::kUnary: return RunUnary(node);
      case Kind::kBinary: return RunBinary(node);
      case Kind::kTernary: {
        TRY(const bool yes, RunBool(*node.children[0]));
        return Run(*node.children[yes ? 1 : 2]);
      }
      case Kind::kCall: return RunCall(node);
    }
    return Fail(ErrorCode::kInternal, "The condition has a node of an unknown kind.");
  }

  Result<bool> RunBool(const Node& node) {
    TRY(const Json value, Run(node));
    if (const bool* boolean = value.as_bool()) return *boolean;
    return FailAt(node.column, fmt::format("true or false is expected, not {}.", TypeName(value)));
  }

 private:
  Result<Json> RunArray(const Node& node) {
    Json::Array array;
    for (const auto& child : node.children) {
      TRY(Json item, Run(*child));
      array.push_back(std::move(item));
    }
    return Json(std::move(array));
  }

  // Doubling a value again and again takes few steps and all of the memory, so what is copied is counted.
  Result<Json> Copy(const Json& value) {
    Count(value);
    if (copies_left_ < 0) return Fail(ErrorCode::kLimit, "The condition makes too many values.");
    return value;
  }

  void Count(const Json& value) {
    --copies_left_;
    if (copies_left_ < 0) return;
    if (const std::string* text = value.as_string()) copies_left_ -= static_cast<std::int64_t>(text->size() / sizeof(Json));
    if (const Json::Array* array = value.as_array()) {
      for (const Json& item : *array) Count(item);
    }
    if (const Json::Object* object = value.as_object()) {
      for (const auto& [key, item] : *object) Count(item);
    }
  }

  Result<Json> RunElement(const Node& node) {
    const Element& element = elements_.back();
    if (node.text == "index") return Json(element.index);
    return Copy(node.text == "acc" ? element.accumulated : element.value);
  }

  Result<Json> RunMap(const Node& node) {
    Json::Object object;
    const Json::Array& keys = *node.value.as_array();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      TRY(Json value, Run(*node.children[i]));
      object.insert_or_assign(keys[i].StringOr(""), std::move(value));
    }
    return Json(std::move(object));
  }

  Result<Json> RunLet(const Node& node) {
    TRY(Json value, Run(*node.children[0]));
    variables_.emplace_back(node.text, std::move(value));
    Result<Json> answer = Run(*node.children[1]);
    variables_.pop_back();
    return answer;
  }

  Result<Json> RunVariable(const Node& node) {
    for (auto variable = variables_.rbegin(); variable != variables_.rend(); ++variable) {
      if (variable->first == node.text) return Copy(variable->second);
    }
    return Fail(ErrorCode::kInternal, "A variable has no value.");
  }

  Result<Json> RunMember(const Node& node) {
    TRY(const Json base, Run(*node.children[0]));
    if (base.is_null() && node.optional) return Json();
    if (base.as_object() == nullptr)
      return FailAt(node.column, fmt::format("{} has no member .{}.", TypeName(base), node.text));
    return base.At(node.text);
  }

  Result<Json> RunIndex(const Node& node) {
    TRY(const Json base, Run(*node.children[0]));
    if (base.is_null() && node.optional) return Json();
    TRY(const Json index, Run(*node.children[1]));
    if (base.as_object() != nullptr && index.as_string() != nullptr) return base.At(*index.as_string());
    const Json::Array* array = base.as_array();
    if (array == nullptr || index.as_int() == nullptr) {
      return FailAt(node.column, fmt::format("{} cannot be indexed by {}.", TypeName(base), TypeName(index)));
    }
    std::int64_t at = *index.as_int();
    if (at < 0) at += static_cast<std::int64_t>(array->size());
    if (at < 0 || at >= static_cast<std::int64_t>(array->size())) {
      return FailAt(node.column, fmt::format("index out of range: {} (array length is {})", *index.as_int(), array->size()));
    }
    return (*array)[static_cast<std::size_t>(at)];
  }

  Result<Json> RunSlice(const Node& node) {
    TRY(const Json base, Run(*node.children[0]));
    TRY(const Json from, Run(*node.children[1]));
    TRY(const Json to, Run(*node.children[2]));
    const Json::Array* array = base.as_array();
    if (array == nullptr) return FailAt(node.column, fmt::format("{} cannot be sliced.", TypeName(base)));
    const auto size = static_cast<std::int64_t>(array->size());
    const auto clip = [size](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size); };
    const std::int64_t begin = clip(from.IntOr(0));
    const std::int64_t end = std::max(begin, clip(to.IntOr(size)));
    return Json(Json::Array(array->begin() + begin, array->begin() + end));
  }

  Result<Json> RunUnary(const Node& node) {
    if (node.text == "not") {
      TRY(const bool value, RunBool(*node.children[0]));
      return Json(!value);
    }
    TRY(const Json value, Run(*node.children[0]));
    if (!IsNumber(value)) return FailAt(node.column, fmt::format("\"{}\" needs a number, not {}.", node.text, TypeName(value)));
    if (node.text == "+") return value;
    if (const std::int64_t* integer = value.as_int())
      return Json(static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(*integer)));
    return Json(-value.NumberOr(0));
  }

  Result<Json> RunBinary(const Node& node) {
    const std::string& op = node.text;
    if (op == "&&" || op == "and" || op == "||" || op == "or") {
      const bool is_and = op == "&&" || op == "and";
      TRY(const bool left, RunBool(*node.children[0]));
      if (left != is_and) return Json(left);
      TRY(const bool right, RunBool(*node.children[1]));
      return Json(right);
    }
    if (op == "??") return RunCoalesce(node);
    TRY(const Json left, Run(*node.children[0]));
    TRY(const Json right, Run(*node.children[1]));
    if (op == "==") return Json(Equal(left, right));
    if (op == "!=") return Json(!Equal(left, right));
    if (op == "in") return Contains(node, left, right);
    if (op == "<" || op == ">" || op == "<=" || op == ">=") return Compare(node, left, right);
    if (op == "matches" || op == "contains" || op == "startsWith" || op == "endsWith") return CompareText(node, left, right);
    if (op == "..") return Range(node, left, right);
    return Calculate(node, left, right);
  }

  // The left side may fail: `result[0] ?? 1` is how people write a default.
  Result<Json> RunCoalesce(const Node& node) {
    Result<Json> left = Run(*node.children[0]);
    if (left.has_value() && !left->is_null()) return left;
    return Run(*node.children[1]);
  }

  static Result<Json> Contains(const Node& node, const Json& needle, const Json& container) {
    if (container.is_null()) return Json(false);
    if (const Json::Array* array = container.as_array()) {
      for (const Json& item : *array) {
        if (Equal(item, needle)) return Json(true);
      }
      return Json(false);
    }
    if (const Json::Object* object = container.as_object()) {
      return Json(needle.as_string() != nullptr && object->contains(*needle.as_string()));
    }
    return FailAt(node.column, fmt::format("\"in\" needs an array or an object on its right, not {}.", TypeName(container)));
  }

  static Result<Json> Compare(const Node& node, const Json& left, const Json& right) {
    const auto answer = [&](auto a, auto b) {
      if (node.text == "<") return Json(a < b);
      if (node.text == ">") return Json(a > b);
      if (node.text == "<=") return Json(a <= b);
      return Json(a >= b);
    };
    if (left.as_int() != nullptr && right.as_int() != nullptr) return answer(*left.as_int(), *right.as_int());
    if (IsNumber(left) && IsNumber(right)) return answer(left.NumberOr(0), right.NumberOr(0));
    if (left.as_string() != nullptr && right.as_string() != nullptr) {
      return answer(std::string_view(*left.as_string()), std::string_view(*right.as_string()));
    }
    return FailAt(node.column, fmt::format("invalid operation: {} {} {}", TypeName(left), node.text, TypeName(right)));
  }

  static Result<Json> CompareText(const Node& node, const Json& left, const Json& right) {
    const std::string* text = left.as_string();
    const std::string* other = right.as_string();
    if (text == nullptr || other == nullptr) {
      return FailAt(node.column, fmt::format("invalid operation: {} {} {}", TypeName(left), node.text, TypeName(right)));
    }
    if (node.text == "contains") return Json(text->find(*other) != std::string::npos);
    if (node.text == "startsWith") return Json(text->starts_with(*other));
    if (node.text == "endsWith") return Json(text->ends_with(*other));
    const re2::RE2 pattern(*other, re2::RE2::Quiet);
    if (!pattern.ok())
      return FailAt(node.column, fmt::format("\"{}\" is not a regular expression: {}.", *other, pattern.error()));
    return Json(re2::RE2::PartialMatch(*text, pattern));
  }

  static Result<Json> Range(const Node& node, const Json& left, const Json& right) {
    if (left.as_int() == nullptr || right.as_int() == nullptr) return FailAt(node.column, "A range needs two integers.");
    Json::Array array;
    if (*right.as_int() >= *left.as_int() &&
        static_cast<std::uint64_t>(*right.as_int()) - static_cast<std::uint64_t>(*left.as_int()) > kRangeMax) {
      return Fail(ErrorCode::kLimit, fmt::format("A range has at most {} numbers.", kRangeMax));
    }
    for (std::int64_t i = *left.as_int(); i <= *right.as_int(); ++i) array.emplace_back(i);
    return Json(std::move(array));
  }

  static Result<Json> Calculate(const Node& node, const Json& left, const Json& right) {
    const std::string& op = node.text;
    if (op == "+" && left.as_string() != nullptr && right.as_string() != nullptr)
      return Json(*left.as_string() + *right.as_string());
    if (!IsNumber(left) || !IsNumber(right)) {
      return FailAt(node.column, fmt::format("invalid operation: {} {} {}", TypeName(left), op, TypeName(right)));
    }
    const double a = left.NumberOr(0);
    const double b = right.NumberOr(0);
    const bool integers = left.as_int() != nullptr && right.as_int() != nullptr;
    if (op == "/") return Json(a / b);
    if (op == "**" || op == "^") return Json(std::pow(a, b));
    if (op == "%") {
      if (!integers) return FailAt(node.column, "\"%\" needs two integers.");
      if (*right.as_int() == 0) return FailAt(node.column, "integer divide by zero");
      if (*right.as_int() == -1) return Json(0);
      return Json(*left.as_int() % *right.as_int());
    }
    if (!integers) return Json(op == "+" ? a + b : op == "-" ? a - b : a * b);
    // Wraps as Go's integers do.
    const auto x = static_cast<std::uint64_t>(*left.as_int());
    const auto y = static_cast<std::uint64_t>(*right.as_int());
    return Json(static_cast<std::int64_t>(op == "+" ? x + y : op == "-" ? x - y : x * y));
  }

  Result<Json> RunCall(const Node& node) {
    const Builtin& builtin = *FindBuiltin(node.text);
    if (node.text == "isNil" || node.text == "default") return RunWholeResult(node);
    TRY(const Json first, Run(*node.children[0]));
    if (node.text == "reduce") return RunReduce(node, first);
    if (builtin.closure && node.children.size() == 2) return RunClosure(node, first);
    Json::Array arguments = {first};
    for (std::size_t i = 1; i < node.children.size(); ++i) {
      TRY(Json argument, Run(*node.children[i]));
      arguments.push_back(std::move(argument));
    }
    return CallBuiltin(node, arguments);
  }

  // Argo's isNil and default look at the whole result, whatever their argument is (utils/evaluate/evaluate.go).
  Result<Json> RunWholeResult(const Node& node) {
    const bool nothing = result_.is_null() || (result_.as_array() != nullptr && result_.as_array()->empty());
    if (node.text == "isNil") return Json(nothing);
    return Run(*node.children[nothing ? 1 : 0]);
  }

  Result<Json> RunClosure(const Node& node, const Json& container) {
    const Json::Array* array = container.as_array();
    if (array == nullptr)
      return FailAt(node.column, fmt::format("{}() needs an array, not {}.", node.text, TypeName(container)));
    Json::Array answers;
    for (const Json& item : *array) {
      elements_.push_back({item, static_cast<std::int64_t>(answers.size()), {}});
      Result<Json> answer = Run(*node.children[1]);
      elements_.pop_back();
      if (!answer.has_value()) return answer;
      answers.push_back(std::move(*answer));
    }
    return CombineClosure(node, *array, answers);
  }

  // Without a third argument the first element is the beginning.
  Result<Json> RunReduce(const Node& node, const Json& container) {
    const Json::Array* array = container.as_array();
    if (array == nullptr) return FailAt(node.column, fmt::format("reduce() needs an array, not {}.", TypeName(container)));
    Json accumulated;
    std::size_t begin = 0;
    if (node.children.size() == 3) {
      TRY(accumulated, Run(*node.children[2]));
    } else {
      if (array->empty()) return FailAt(node.column, "reduce() of an empty array needs a third argument to begin with.");
      accumulated = array->front();
      begin = 1;
    }
    for (std::size_t i = begin; i < array->size(); ++i) {
      elements_.push_back({(*array)[i], static_cast<std::int64_t>(i), accumulated});
      Result<Json> answer = Run(*node.children[1]);
      elements_.pop_back();
      if (!answer.has_value()) return answer;
      accumulated = std::move(*answer);
    }
    return accumulated;
  }

  // What `#`, `#index` and `#acc` stand for.
  struct Element {
    Json value;
    std::int64_t index = 0;
    Json accumulated;
  };

  const Json& result_;
  std::vector<Element> elements_;
  std::vector<std::pair<std::string, Json>> variables_;
  int steps_ = 0;
  std::int64_t copies_left_ = kEvaluationCopiesMax;
};

}  // namespace

Result<Json> Condition::Evaluate(const Json& result) const { return Evaluation(result).Run(*root_); }

Result<bool> Condition::Holds(const Json& result) const { return Evaluation(result).RunBool(*root_); }

}  // namespace tuesday::condition
