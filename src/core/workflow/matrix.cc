// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/matrix.h"

#include <fmt/format.h>

#include <memory>

#include "core/expression/value/text.h"
#include "core/workflow/reader/convert.h"

namespace tuesday::workflow {
namespace {

using expression::LooselyEqual;
using expression::ObjectValue;
using expression::Value;

struct Vector {
  std::string name;
  std::vector<Value> values;
};

struct Inclusion {
  Value filter;  // The keys that are vectors.
  Value extra;   // The others.
  bool matched = false;
};

// Whether every leaf of `filter` equals what stands at the same place in `in`, by `==`.
bool Matches(const Value& filter, const Value& in) {
  if (const ObjectValue* object = filter.as_object(); object != nullptr) {
    for (const auto& [key, value] : object->members()) {
      const Value* found = in.as_object() == nullptr ? nullptr : in.as_object()->Find(key);
      if (!Matches(value, found == nullptr ? Value() : *found)) return false;
    }
    return true;
  }
  if (const auto* array = filter.as_array(); array != nullptr) {
    const auto* other = in.as_array();
    for (std::size_t i = 0; i < array->items.size(); ++i) {
      if (!Matches(array->items[i], other != nullptr && i < other->items.size() ? other->items[i] : Value())) return false;
    }
    return true;
  }
  return LooselyEqual(in, filter);
}

// The scalars in the value, from the left to the right: what names a leg.
void AddSegments(const Value& value, std::vector<std::string>& segments) {
  if (const ObjectValue* object = value.as_object(); object != nullptr) {
    for (const auto& [key, each] : object->members()) AddSegments(each, segments);
  } else if (const auto* array = value.as_array(); array != nullptr) {
    for (const Value& each : array->items) AddSegments(each, segments);
  } else if (std::string text = value.ToText(); !text.empty()) {
    segments.push_back(std::move(text));
  }
}

class Builder {
 public:
  Builder(std::string_view job_name, std::vector<WorkflowProblem>& problems) : job_name_(job_name), problems_(problems) {}

  Result<std::vector<MatrixLeg>> Build(const Token& matrix) {
    Read(matrix);
    if (!problems_.empty()) return std::vector<MatrixLeg>();
    std::size_t product = vectors_.empty() ? 0 : 1;
    for (const Vector& vector : vectors_) {
      product *= vector.values.size();
      // What is excluded may bring it below the limit of legs again, but not from anywhere.
      if (product > kProductMax)
        return Fail(ErrorCode::kLimit, fmt::format("The matrix has more than {} combinations.", kProductMax));
    }
    for (std::size_t index = 0; index < product; ++index) TRY_OK(AddCombination(index, product));
    for (const Inclusion& inclusion : inclusions_) {
      if (inclusion.matched) continue;
      auto values = std::make_shared<ObjectValue>(*inclusion.filter.as_object());
      for (const auto& [key, value] : inclusion.extra.as_object()->members()) values->Set(key, value);
      TRY_OK(AddLeg(Value(expression::ObjectPtr(values)), {}));
    }
    return std::move(legs_);
  }

 private:
  static constexpr std::size_t kProductMax = 65'536;

  void Add(Place at, std::string message) { problems_.push_back({at, message, message}); }

  void Read(const Token& matrix) {
    const Token* include = nullptr;
    const Token* exclude = nullptr;
    for (const Member& member : matrix.members) {
      if (member.key.text == "include") {
        include = &member.value;
      } else if (member.key.text == "exclude") {
        exclude = &member.value;
      } else if (member.value.items.empty()) {
        Add(member.value.at, fmt::format("Matrix vector '{}' does not contain any values", member.key.text));
      } else {
        Vector vector{member.key.text, {}};
        for (const Token& item : member.value.items) vector.values.push_back(ToValue(item));
        vectors_.push_back(std::move(vector));
      }
    }
    if (vectors_.empty() && (include == nullptr || include->items.empty())) {
      if (problems_.empty()) Add(matrix.at, "Matrix must define at least one vector");
      return;
    }
    if (include != nullptr) ReadInclude(*include);
    if (exclude != nullptr) ReadExclude(*exclude);
  }

  bool IsVector(std::string_view name) const {
    for (const Vector& vector : vectors_) {
      if (expression::SameText(vector.name, name)) return true;
    }
    return false;
  }

  void ReadInclude(const Token& include) {
    for (const Token& item : include.items) {
      std::vector<std::pair<std::string, Value>> filter;
      std::vector<std::pair<std::string, Value>> extra;
      for (const Member& member : item.members) {
        (IsVector(member.key.text) ? filter : extra).emplace_back(member.key.text, ToValue(member.value));
      }
      if (item.members.empty()) {
        Add(item.at, "Matrix include mapping does not contain any values");
        continue;
      }
      inclusions_.push_back({Value::Object(std::move(filter)), Value::Object(std::move(extra)), false});
    }
  }

  void ReadExclude(const Token& exclude) {
    for (const Token& item : exclude.items) {
      if (item.members.empty()) {
        Add(item.at, "Matrix exclude filter must not be empty");
        continue;
      }
      for (const Member& member : item.members) {
        if (IsVector(member.key.text)) continue;
        Add(member.key.at, fmt::format("Matrix exclude key '{}' does not match any key within the matrix", member.key.text));
      }
      exclusions_.push_back(ToValue(item));
    }
  }

  // The first vector changes slowest.
  Result<void> AddCombination(std::size_t index, std::size_t product) {
    auto values = std::make_shared<ObjectValue>();
    std::size_t block = product;
    for (const Vector& vector : vectors_) {
      block /= vector.values.size();
      values->Set(vector.name, vector.values[(index / block) % vector.values.size()]);
    }
    const Value combination{expression::ObjectPtr(values)};
    for (const Value& exclusion : exclusions_) {
      if (Matches(exclusion, combination)) return {};
    }
    std::vector<std::pair<std::string, Value>> extra;
    for (Inclusion& inclusion : inclusions_) {
      if (!Matches(inclusion.filter, combination)) continue;
      inclusion.matched = true;
      for (const auto& member : inclusion.extra.as_object()->members()) extra.push_back(member);
    }
    return AddLeg(combination, extra);
  }

  // The id and the name come from the values alone, not from what was added to them.
  Result<void> AddLeg(const Value& values, const std::vector<std::pair<std::string, Value>>& extra) {
    if (legs_.size() >= kMatrixLegsMax) {
      return Fail(ErrorCode::kLimit, fmt::format("The matrix has more than {} legs.", kMatrixLegsMax));
    }
    std::vector<std::string> segments;
    AddSegments(values, segments);
    MatrixLeg leg;
    for (const std::string& segment : segments) {
      ids_.Append(segment);
      leg.name += (leg.name.empty() ? "" : ", ") + segment;
    }
    TRY(leg.id, ids_.Build(ReservedPrefix::kRefused, kLegIdLengthMax));
    leg.name = segments.empty() ? job_name_ : fmt::format("{} ({})", job_name_, leg.name);
    if (leg.name.size() > kLegNameLengthMax) leg.name = leg.name.substr(0, kLegNameLengthMax - 3) + "...";
    auto all = std::make_shared<ObjectValue>(*values.as_object());
    for (const auto& [key, value] : extra) all->Set(key, value);
    leg.values = Value(expression::ObjectPtr(all));
    legs_.push_back(std::move(leg));
    return {};
  }

  std::string job_name_;
  std::vector<WorkflowProblem>& problems_;
  std::vector<Vector> vectors_;
  std::vector<Inclusion> inclusions_;
  std::vector<Value> exclusions_;
  IdBuilder ids_;
  std::vector<MatrixLeg> legs_;
};

}  // namespace

Result<Strategy> ExpandStrategy(const Token& strategy, std::string_view job_name, std::vector<WorkflowProblem>& problems) {
  Strategy result;
  TRY_OK(Expect(strategy, TokenKind::kMapping, "strategy"));
  for (const Member& member : strategy.members) {
    if (member.key.text == "fail-fast") {
      TRY_OK(Expect(member.value, TokenKind::kBoolean, "strategy fail-fast"));
      result.fail_fast = member.value.boolean;
    } else if (member.key.text == "max-parallel") {
      TRY_OK(Expect(member.value, TokenKind::kNumber, "strategy max-parallel"));
      result.parallel_max =
          member.value.number >= 1 && member.value.number <= kMatrixLegsMax ? static_cast<int>(member.value.number) : 0;
    } else if (member.key.text == "matrix") {
      TRY_OK(Expect(member.value, TokenKind::kMapping, "matrix"));
      TRY(result.legs, Builder(job_name, problems).Build(member.value));
    }
  }
  return result;
}

}  // namespace tuesday::workflow
