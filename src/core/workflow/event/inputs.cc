// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/event/inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/number.h"

namespace tuesday::workflow {
namespace {

const Token* Definitions(const std::vector<Trigger>& triggers, const std::string& event) {
  for (const Trigger& trigger : triggers) {
    if (trigger.event == event) return trigger.config.Find("inputs");
  }
  return nullptr;
}

Result<std::string> InputText(const std::string& name, const Token& definition,
                              const std::map<std::string, std::string>& given) {
  const auto text = [&](std::string_view key) {
    const Token* value = definition.Find(key);
    return value == nullptr ? std::string() : ToValue(*value).ToText();
  };
  const auto found = given.find(name);
  const std::string value = found == given.end() ? text("default") : found->second;
  if (found == given.end() && value.empty() && text("required") == "true")
    return Fail(ErrorCode::kInvalid, fmt::format("The workflow asks for the input '{}'.", name),
                fmt::format("Give it: --input {}=VALUE", name));
  const Token* options = definition.Find("options");
  if (text("type") == "choice" && options != nullptr && !value.empty()) {
    const bool known =
        std::any_of(options->items.begin(), options->items.end(), [&](const Token& one) { return one.ScalarText() == value; });
    if (!known) return Fail(ErrorCode::kInvalid, fmt::format("'{}' is none of the choices of the input '{}'.", value, name));
  }
  if (text("type") == "boolean" && value != "true" && value != "false" && !value.empty())
    return Fail(ErrorCode::kInvalid, fmt::format("The input '{}' is true or false, not '{}'.", name, value));
  return value;
}

}  // namespace

Result<GivenInputs> ReadInputs(const std::vector<Trigger>& triggers, const std::string& event,
                               const std::map<std::string, std::string>& given) {
  GivenInputs inputs;
  const Token* definitions = Definitions(triggers, event);
  for (const auto& [name, value] : given) {
    if (definitions == nullptr || definitions->Find(name) == nullptr)
      return Fail(ErrorCode::kInvalid, fmt::format("The workflow has no input '{}' for {}.", name, event));
  }
  if (definitions == nullptr) return inputs;
  for (const Member& member : definitions->members) {
    TRY(const std::string text, InputText(member.key.text, member.value, given));
    inputs.texts[member.key.text] = Json(text);
    const Token* type = member.value.Find("type");
    const std::string kind = type == nullptr ? "string" : type->ScalarText();
    inputs.typed[member.key.text] = kind == "boolean"  ? Json(text == "true")
                                    : kind == "number" ? Json(expression::ParseNumber(text))
                                                       : Json(text);
  }
  return inputs;
}

}  // namespace tuesday::workflow
