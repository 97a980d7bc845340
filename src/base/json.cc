// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace tuesday {
namespace {

// Builds our value from the parser's events, so that limits hold while it reads.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(int depth_max) : depth_max_(depth_max) {}

  bool null() override { return Put(Json()); }
  bool boolean(bool value) override { return Put(Json(value)); }
  bool number_integer(number_integer_t value) override { return Put(Json(static_cast<std::int64_t>(value))); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return Put(Json(static_cast<double>(value)));
    return Put(Json(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return Put(Json(value)); }
  bool string(string_t& value) override { return Put(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return Open(Json(Json::Object())); }
  bool key(string_t& value) override {
    keys_.back() = std::move(value);
    if (!open_.back().as_object()->contains(keys_.back())) return true;
    return Refuse(fmt::format("The key \"{}\" appears twice.", keys_.back()));
  }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override { return Open(Json(Json::Array())); }
  bool end_array() override { return Close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return Refuse(fmt::format("The text is not JSON at byte {}.", position));
  }

  Json root;
  std::string why;

 private:
  bool Refuse(std::string reason) {
    if (why.empty()) why = std::move(reason);
    return false;
  }

  bool Open(Json container) {
    if (static_cast<int>(open_.size()) >= depth_max_)
      return Refuse(fmt::format("The JSON is nested deeper than {}.", depth_max_));
    open_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }

  bool Close() {
    Json done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return Put(std::move(done));
  }

  bool Put(Json value) {
    if (open_.empty()) {
      root = std::move(value);
    } else if (Json::Array* array = open_.back().as_array()) {
      array->push_back(std::move(value));
    } else {
      open_.back().as_object()->emplace(keys_.back(), std::move(value));
    }
    return true;
  }

  int depth_max_;
  std::vector<Json> open_;
  std::vector<std::string> keys_;
};

}  // namespace

const Json& Json::At(std::string_view key) const {
  static const Json kNothing;
  const Object* object = as_object();
  if (object == nullptr) return kNothing;
  const auto found = object->find(key);
  return found == object->end() ? kNothing : found->second;
}

std::string Json::StringOr(std::string_view fallback) const {
  const std::string* value = as_string();
  return value == nullptr ? std::string(fallback) : *value;
}

std::int64_t Json::IntOr(std::int64_t fallback) const {
  const std::int64_t* value = as_int();
  return value == nullptr ? fallback : *value;
}

double Json::NumberOr(double fallback) const {
  if (const std::int64_t* value = as_int()) return static_cast<double>(*value);
  const double* value = as_double();
  return value == nullptr ? fallback : *value;
}

bool Json::BoolOr(bool fallback) const {
  const bool* value = as_bool();
  return value == nullptr ? fallback : *value;
}

Result<Json> ParseJson(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes_max) {
    return Fail(ErrorCode::kLimit, fmt::format("The JSON has {} bytes; the limit is {}.", text.size(), limits.bytes_max));
  }
  Builder builder(limits.depth_max);
  if (!nlohmann::json::sax_parse(text, &builder)) return Fail(ErrorCode::kInvalid, builder.why);
  return std::move(builder.root);
}

}  // namespace tuesday
