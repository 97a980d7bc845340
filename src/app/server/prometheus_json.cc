// SPDX-License-Identifier: Apache-2.0
#include "app/server/prometheus_json.h"

#include <array>
#include <charconv>
#include <cmath>

namespace tuesday::server {
namespace {

Json TimeJson(std::int64_t ms) {
  if (ms % 1000 == 0) return Json(ms / 1000);
  return Json(static_cast<double>(ms) / 1000);
}

Json PointJson(std::int64_t ms, double value) { return Json(Json::Array{TimeJson(ms), Json(SampleText(value))}); }

Json LabelsJson(const metrics::Labels& labels) {
  Json::Object object;
  for (const auto& [name, value] : labels) object.emplace(name, value);
  return Json(std::move(object));
}

struct Shape {
  std::int64_t time_ms;
  std::string type;
  Json result;

  void operator()(const promql::ScalarValue& scalar) {
    type = "scalar";
    result = PointJson(time_ms, scalar.value);
  }
  void operator()(const promql::StringValue& text) {
    type = "string";
    result = Json(Json::Array{TimeJson(time_ms), Json(text.value)});
  }
  void operator()(const promql::Vector& vector) {
    type = "vector";
    Json::Array list;
    for (const promql::VectorSample& sample : vector) {
      list.emplace_back(Json::Object{
          {"metric", LabelsJson(sample.labels)}, {"text", sample.labels.Text()}, {"value", PointJson(time_ms, sample.value)}});
    }
    result = Json(std::move(list));
  }
  void operator()(const promql::Matrix& matrix) {
    type = "matrix";
    Json::Array list;
    for (const metrics::Series& series : matrix) {
      Json::Array values;
      for (const metrics::Sample& sample : series.samples) values.push_back(PointJson(sample.t, sample.value));
      list.emplace_back(
          Json::Object{{"metric", LabelsJson(series.labels)}, {"text", series.labels.Text()}, {"values", std::move(values)}});
    }
    result = Json(std::move(list));
  }
};

}  // namespace

std::string SampleText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  const double size = std::fabs(value);
  const bool fixed = size == 0 || (size >= 1e-6 && size < 1e21);
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 fixed ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  return std::string(buffer.data(), end);
}

Json PrometheusAnswer(const promql::Value& value, std::int64_t time_ms) {
  Shape shape{time_ms, {}, {}};
  std::visit([&shape](const auto& v) { shape(v); }, value);
  return Json(Json::Object{{"status", "success"},
                           {"data", Json::Object{{"resultType", shape.type}, {"result", std::move(shape.result)}}}});
}

}  // namespace tuesday::server
