// SPDX-License-Identifier: Apache-2.0
#include "core/analysis/ask/json_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace tuesday::analysis {

// One step from the values before it to those after it.
struct JsonPathStep {
  enum class Kind { kKeys, kAll, kDescend, kSlice, kFilter };
  struct Slice {
    std::optional<std::int64_t> begin;  // Negative: from the end.
    std::optional<std::int64_t> end;
    std::int64_t stride = 1;
    bool is_index = false;  // `[begin]`: a value that is not there is an error.
  };
  // `@.path OP literal`; an empty `op` asks whether the path is there.
  struct Filter {
    std::vector<JsonPathStep> path;
    std::string op;
    Json literal;
  };

  Kind kind = Kind::kAll;
  std::vector<std::string> keys;  // Of kKeys: a union of members.
  std::vector<Slice> slices;      // Of kSlice: a union of elements.
  std::vector<Filter> filters;    // Of kFilter: exactly one.
};

namespace {

using Steps = std::vector<JsonPathStep>;
using Kind = JsonPathStep::Kind;

class PathParser {
 public:
  explicit PathParser(std::string_view text) : text_(text) {}

  Result<Steps> Whole() {
    Blanks();
    if (!Eat('{')) return Bad("a path stands in braces, like {$.data.ok}");
    Blanks();
    TRY(Steps steps, Path());
    Blanks();
    if (!Eat('}')) return Bad("a `}`, or another step");
    Blanks();
    if (at_ < text_.size()) return Bad("the end: only one path is taken");
    return steps;
  }

 private:
  std::unexpected<Error> Bad(std::string_view wanted) const {
    return Fail(ErrorCode::kInvalid,
                fmt::format("The jsonPath \"{}\" cannot be read at column {}: expected {}.", text_, at_ + 1, wanted),
                "Write something like {$.data.ok}.");
  }

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Eat(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  void Blanks() {
    while (Peek() == ' ') ++at_;
  }

  // Steps up to a sign that belongs to none.
  Result<Steps> Path() {
    Steps steps;
    if (!Eat('$')) Eat('@');
    while (true) {
      if (steps.size() > kJsonPathStepsMax) return Bad(fmt::format("at most {} steps", kJsonPathStepsMax));
      if (Eat('.')) {
        if (Eat('.')) steps.push_back({.kind = Kind::kDescend, .keys = {}, .slices = {}, .filters = {}});
        if (Peek() == '[') continue;
        if (Eat('*')) {
          steps.push_back({.kind = Kind::kAll, .keys = {}, .slices = {}, .filters = {}});
          continue;
        }
        const std::string name = Name();
        // `{$.}` and `{.}` mean the root.
        if (name.empty() && steps.empty() && (Peek() == '}' || Peek() == '\0')) return steps;
        if (name.empty()) return Bad("a name");
        steps.push_back({.kind = Kind::kKeys, .keys = {name}, .slices = {}, .filters = {}});
      } else if (Eat('[')) {
        TRY(JsonPathStep step, Bracket());
        steps.push_back(std::move(step));
      } else {
        return steps;
      }
    }
  }

  // Up to a sign of the language; a backslash takes the next one as it is.
  std::string Name() {
    std::string out;
    while (at_ < text_.size() && std::string_view(".[]{}()=!<>&| ,'\"").find(text_[at_]) == std::string_view::npos) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_++];
    }
    return out;
  }

  Result<JsonPathStep> Bracket() {
    JsonPathStep step;
    Blanks();
    if (Eat('*')) {
      step.kind = Kind::kAll;
    } else if (Eat('?')) {
      step.kind = Kind::kFilter;
      TRY(JsonPathStep::Filter filter, Condition());
      step.filters.push_back(std::move(filter));
    } else if (Peek() == '\'' || Peek() == '"') {
      step.kind = Kind::kKeys;
      do {
        Blanks();
        TRY(std::string key, Quoted());
        step.keys.push_back(std::move(key));
        Blanks();
      } while (Eat(','));
    } else {
      step.kind = Kind::kSlice;
      do {
        Blanks();
        TRY(const JsonPathStep::Slice slice, OneSlice());
        step.slices.push_back(slice);
        Blanks();
      } while (Eat(','));
    }
    Blanks();
    if (!Eat(']')) return Bad("a `]`");
    return step;
  }

  Result<std::string> Quoted() {
    const char quote = Peek();
    if (quote != '\'' && quote != '"') return Bad("a name in quotes");
    ++at_;
    std::string out;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_++];
    }
    if (!Eat(quote)) return Bad("a closing quote");
    return out;
  }

  std::optional<std::int64_t> Whole64() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc()) return std::nullopt;
    at_ = static_cast<std::size_t>(end - text_.data());
    return value;
  }

  Result<JsonPathStep::Slice> OneSlice() {
    JsonPathStep::Slice slice;
    slice.begin = Whole64();
    if (!Eat(':')) {
      if (!slice.begin) return Bad("a number, a slice, `*`, a filter or a name in quotes");
      slice.is_index = true;
      return slice;
    }
    slice.end = Whole64();
    if (!Eat(':')) return slice;
    const std::optional<std::int64_t> stride = Whole64();
    if (!stride || *stride < 1) return Bad("a stride of at least 1");
    slice.stride = *stride;
    return slice;
  }

  // `(@.path OP literal)`, after the question mark.
  Result<JsonPathStep::Filter> Condition() {
    JsonPathStep::Filter filter;
    if (++depth_ > 8) return Bad("fewer filters inside of filters");
    if (!Eat('(')) return Bad("a `(`");
    Blanks();
    if (Peek() != '@') return Bad("`@`: a filter begins with the value that it looks at");
    TRY(filter.path, Path());
    Blanks();
    for (const std::string_view op : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!text_.substr(at_).starts_with(op)) continue;
      filter.op = op;
      at_ += op.size();
      Blanks();
      TRY(filter.literal, Literal());
      Blanks();
      break;
    }
    if (!Eat(')')) return Bad("a `)` (filters compare once: ==, !=, <, <=, >, >=)");
    --depth_;
    return filter;
  }

  Result<Json> Literal() {
    if (Peek() == '\'' || Peek() == '"') {
      TRY(std::string text, Quoted());
      return Json(std::move(text));
    }
    for (const auto& [word, value] : {std::pair("true", true), std::pair("false", false)}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += std::string_view(word).size();
      return Json(value);
    }
    double number = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (error != std::errc() || !std::isfinite(number)) return Bad("a number, a text in quotes, true or false");
    at_ = static_cast<std::size_t>(end - text_.data());
    return Json(number);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

using Found = std::vector<const Json*>;

Result<Found> Walk(const Steps& steps, const Json& root);

void Descend(const Json& value, Found& out) {
  if (out.size() > kJsonPathFoundMax) return;
  out.push_back(&value);
  if (const Json::Array* array = value.as_array()) {
    for (const Json& item : *array) Descend(item, out);
  } else if (const Json::Object* object = value.as_object()) {
    for (const auto& [key, member] : *object) Descend(member, out);
  }
}

std::optional<double> NumberOf(const Json& value) {
  if (const std::int64_t* whole = value.as_int()) return static_cast<double>(*whole);
  if (const double* number = value.as_double()) return *number;
  return std::nullopt;
}

template <typename T>
bool Compare(const std::string& op, const T& left, const T& right) {
  if (op == "==") return left == right;
  if (op == "!=") return left != right;
  if (op == "<") return left < right;
  if (op == "<=") return left <= right;
  return op == ">" ? left > right : left >= right;
}

// Values of different kinds do not compare: such an element is passed over, as Kubernetes does.
bool Holds(const JsonPathStep::Filter& filter, const Json& value) {
  const Result<Found> found = Walk(filter.path, value);
  if (!found.has_value() || found->empty()) return false;
  if (filter.op.empty()) return true;
  const Json& left = *found->front();
  if (const auto number = NumberOf(left); number && NumberOf(filter.literal))
    return Compare(filter.op, *number, *NumberOf(filter.literal));
  if (left.as_string() != nullptr && filter.literal.as_string() != nullptr)
    return Compare(filter.op, *left.as_string(), *filter.literal.as_string());
  if (left.as_bool() != nullptr && filter.literal.as_bool() != nullptr)
    return Compare(filter.op, *left.as_bool(), *filter.literal.as_bool());
  return false;
}

Result<void> TakeSlice(const JsonPathStep::Slice& slice, const Json::Array& array, Found& out) {
  const auto size = static_cast<std::int64_t>(array.size());
  const auto from_end = [size](std::int64_t index) { return index < 0 ? index + size : index; };
  if (slice.is_index) {
    const std::int64_t index = from_end(*slice.begin);
    if (index < 0 || index >= size)
      return Fail(ErrorCode::kNotFound, fmt::format("there is no element {} among {}", *slice.begin, size));
    out.push_back(&array[static_cast<std::size_t>(index)]);
    return {};
  }
  const std::int64_t begin = std::max<std::int64_t>(0, from_end(slice.begin.value_or(0)));
  const std::int64_t end = std::min(size, from_end(slice.end.value_or(size)));
  for (std::int64_t i = begin; i < end; i += slice.stride) out.push_back(&array[static_cast<std::size_t>(i)]);
  return {};
}

// `is_strict`: what is not there is an error; after `..` it is passed over.
Result<void> Take(const JsonPathStep& step, const Json& value, bool is_strict, Found& out) {
  const Json::Array* array = value.as_array();
  const Json::Object* object = value.as_object();
  switch (step.kind) {
    case Kind::kKeys:
      for (const std::string& key : step.keys) {
        const auto member = object == nullptr ? Json::Object::const_iterator() : object->find(key);
        if (object != nullptr && member != object->end()) {
          out.push_back(&member->second);
        } else if (is_strict) {
          return Fail(ErrorCode::kNotFound, fmt::format("there is no {}", key));
        }
      }
      return {};
    case Kind::kAll:
      if (array != nullptr) std::ranges::transform(*array, std::back_inserter(out), [](const Json& item) { return &item; });
      if (object != nullptr) std::ranges::transform(*object, std::back_inserter(out), [](const auto& m) { return &m.second; });
      return {};
    case Kind::kDescend: Descend(value, out); return {};
    case Kind::kSlice:
      if (array == nullptr && is_strict) return Fail(ErrorCode::kNotFound, "what is indexed is no array");
      for (const JsonPathStep::Slice& slice : step.slices) {
        const Result<void> taken = array == nullptr ? Result<void>() : TakeSlice(slice, *array, out);
        if (!taken.has_value() && is_strict) return taken;
      }
      return {};
    case Kind::kFilter:
      if (array == nullptr) return {};
      for (const Json& item : *array) {
        if (Holds(step.filters.front(), item)) out.push_back(&item);
      }
      return {};
  }
  return {};
}

Result<Found> Walk(const Steps& steps, const Json& root) {
  Found found{&root};
  bool is_strict = true;
  for (const JsonPathStep& step : steps) {
    Found next;
    for (const Json* value : found) {
      TRY_OK(Take(step, *value, is_strict, next));
      if (next.size() > kJsonPathFoundMax)
        return Fail(ErrorCode::kLimit, fmt::format("it finds more than {} values", kJsonPathFoundMax));
    }
    is_strict = step.kind != Kind::kDescend;
    found = std::move(next);
  }
  return found;
}

}  // namespace

Result<JsonPath> JsonPath::Parse(std::string_view text) {
  if (text.size() > kJsonPathBytesMax)
    return Fail(ErrorCode::kLimit, fmt::format("A jsonPath has at most {} bytes.", kJsonPathBytesMax));
  TRY(Steps steps, PathParser(text).Whole());
  return JsonPath(std::string(text), std::make_shared<const Steps>(std::move(steps)));
}

Result<Json> JsonPath::First(const Json& root) const {
  const Result<Found> found = Walk(*steps_, root);
  if (!found.has_value()) {
    return Fail(found.error().code, fmt::format("The jsonPath {} finds nothing: {}.", text_, found.error().message));
  }
  if (found->empty()) return Fail(ErrorCode::kNotFound, fmt::format("The jsonPath {} finds nothing in the answer.", text_));
  return *found->front();
}

}  // namespace tuesday::analysis
