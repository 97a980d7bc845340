// SPDX-License-Identifier: Apache-2.0
#include "core/expression/value/json.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/json.h"

namespace tuesday::expression {
namespace {

// A collection that is not closed yet.
struct Open {
  std::shared_ptr<ArrayValue> array;
  std::shared_ptr<ObjectValue> object;
  std::string key;
};

class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return Put(Value()); }
  bool boolean(bool value) override { return Put(Value(value)); }
  bool number_integer(number_integer_t value) override { return Put(Value(static_cast<double>(value))); }
  bool number_unsigned(number_unsigned_t value) override { return Put(Value(static_cast<double>(value))); }
  bool number_float(number_float_t value, const string_t&) override { return Put(Value(value)); }
  bool string(string_t& value) override { return Put(Value(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return Start({nullptr, std::make_shared<ObjectValue>(), {}}); }
  bool key(string_t& value) override {
    open_.back().key = std::move(value);
    return true;
  }
  bool end_object() override {
    ObjectPtr done = std::move(open_.back().object);
    open_.pop_back();
    return Put(Value(std::move(done)));
  }
  bool start_array(std::size_t) override { return Start({std::make_shared<ArrayValue>(), nullptr, {}}); }
  bool end_array() override {
    ArrayPtr done = std::move(open_.back().array);
    open_.pop_back();
    return Put(Value(std::move(done)));
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    why = fmt::format("the text is not JSON at byte {}", position);
    return false;
  }

  Value root;
  std::string why;

 private:
  bool Start(Open open) {
    if (open_.size() >= kJsonDepthMax) {
      why = fmt::format("the JSON is nested deeper than {}", kJsonDepthMax);
      return false;
    }
    open_.push_back(std::move(open));
    return true;
  }

  bool Put(Value value) {
    if (open_.empty()) {
      root = std::move(value);
    } else if (open_.back().array != nullptr) {
      open_.back().array->items.push_back(std::move(value));
    } else {
      open_.back().object->Set(std::move(open_.back().key), std::move(value));
    }
    return true;
  }

  std::vector<Open> open_;
};

}  // namespace

Result<Value> ReadJson(std::string_view text) {
  Builder builder;
  if (!nlohmann::json::sax_parse(text, &builder)) return Fail(ErrorCode::kInvalid, builder.why);
  return std::move(builder.root);
}

std::string WriteJsonLine(const Value& value) {
  std::string out;
  if (const auto* array = value.as_array(); array != nullptr) {
    for (const Value& item : array->items) out += (out.empty() ? "" : ",") + WriteJsonLine(item);
    return "[" + out + "]";
  }
  if (const auto* object = value.as_object(); object != nullptr) {
    for (const auto& [key, member] : object->members())
      out += (out.empty() ? "" : ",") + CanonicalJson(Json(key)) + ":" + WriteJsonLine(member);
    return "{" + out + "}";
  }
  if (const bool* boolean = value.as_boolean(); boolean != nullptr) return *boolean ? "true" : "false";
  if (const double* number = value.as_number(); number != nullptr) return CanonicalJson(Json(*number));
  if (const std::string* text = value.as_string(); text != nullptr) return CanonicalJson(Json(*text));
  return "null";
}

}  // namespace tuesday::expression
