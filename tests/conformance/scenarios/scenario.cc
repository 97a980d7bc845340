// SPDX-License-Identifier: Apache-2.0
#include "scenario.h"

#include <fstream>
#include <sstream>

namespace tuesday::scenarios {
namespace {

Result<Scenario> ReadScenario(const Json& json) {
  Scenario scenario;
  scenario.id = json.At("id").StringOr("");
  scenario.file = json.At("file").StringOr("");
  if (const std::size_t ending = scenario.file.find('.'); ending != std::string::npos) scenario.file.resize(ending);
  scenario.complete = json.At("complete").BoolOr(true);
  const Json::Array* steps = json.At("steps").as_array();
  if (scenario.id.empty() || steps == nullptr) return Fail(ErrorCode::kInvalid, "A scenario has an id and steps.");
  for (const Json& step : *steps) {
    Call call{.name = step.At("call").StringOr(""), .args = {}};
    if (const Json::Array* args = step.At("args").as_array()) call.args = *args;
    scenario.calls.push_back(std::move(call));
  }
  return scenario;
}

}  // namespace

Result<std::string> ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Fail(ErrorCode::kNotFound, "There is no file " + path + ".");
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

Result<std::vector<Scenario>> ReadScenarios(const std::string& path) {
  TRY(const std::string text, ReadText(path));
  std::vector<Scenario> scenarios;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    TRY(const Json json, ParseJson(line));
    TRY(scenarios.emplace_back(), ReadScenario(json));
  }
  return scenarios;
}

}  // namespace tuesday::scenarios
