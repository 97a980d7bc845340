// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/lint/types/functions.h"

#include <fmt/format.h>

#include <charconv>

namespace tuesday::workflow::lint {
namespace {

std::string SignatureText(const Signature& signature) {
  std::string out;
  for (const TypePtr& parameter : signature.parameters) out += (out.empty() ? "" : ", ") + TypeText(*parameter);
  return fmt::format("{}({}{})", signature.name, out, signature.variadic ? "..." : "");
}

std::vector<Signature> MakeSignatures() {
  const TypePtr text = Simple(TypeKind::kString);
  const TypePtr boolean = Simple(TypeKind::kBool);
  return {
      {"contains", boolean, {text, text}},
      {"contains", boolean, {ArrayOf(Any()), Any()}},
      {"startsWith", boolean, {text, text}},
      {"endsWith", boolean, {text, text}},
      {"format", text, {text, Any()}, true},
      {"join", text, {ArrayOf(text), text}},
      {"join", text, {ArrayOf(text)}},
      {"toJSON", text, {Any()}},
      {"fromJSON", Any(), {text}},
      {"hashFiles", text, {text}, true},
      {"success", boolean, {}},
      {"always", boolean, {}},
      {"cancelled", boolean, {}},
      {"failure", boolean, {}},
  };
}

}  // namespace

std::vector<Signature> SignaturesOf(std::string_view name) {
  static const std::vector<Signature> kSignatures = MakeSignatures();
  std::vector<Signature> found;
  for (const Signature& signature : kSignatures) {
    if (LowerCase(signature.name) == name) found.push_back(signature);
  }
  return found;
}

std::vector<std::string> FunctionNames() {
  return {"always",   "cancelled", "case", "contains",   "endsWith", "failure", "format",
          "fromJSON", "hashFiles", "join", "startsWith", "success",  "toJSON"};
}

std::optional<TypeProblem> CheckCall(const Signature& signature, const expression::Node& call,
                                     const std::vector<TypePtr>& given) {
  const std::size_t wanted = signature.parameters.size();
  const bool fits = signature.variadic ? given.size() >= wanted : given.size() == wanted;
  // Jobs may be named where a job's condition stands; how many cannot be said here.
  const bool names_jobs = (signature.name == "success" || signature.name == "failure") && !given.empty();
  if (!fits && !names_jobs) {
    return TypeProblem{StartOf(call), fmt::format("{} takes {}{} parameters, and {} are given.", SignatureText(signature),
                                                  signature.variadic ? "at least " : "", wanted, given.size())};
  }
  for (std::size_t i = 0; i < given.size() && wanted > 0; ++i) {
    const Type& parameter = *signature.parameters[std::min(i, wanted - 1)];
    if (Fits(parameter, *given[i])) continue;
    return TypeProblem{StartOf(call.parts[i]), fmt::format("Parameter {} of {} is {}, and {} is given.", i + 1,
                                                           SignatureText(signature), TypeText(parameter), TypeText(*given[i]))};
  }
  return std::nullopt;
}

std::vector<int> FormatPlaceholders(std::string_view format) {
  std::vector<int> found;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '{') continue;
    if (at + 1 < format.size() && format[at + 1] == '{') {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    while (end < format.size() && format[end] >= '0' && format[end] <= '9') ++end;
    if (end == at + 1 || end >= format.size() || format[end] != '}') continue;
    // Braces behind it pair up from the left: with an odd number the first one closes.
    std::size_t braces = 0;
    while (end + braces < format.size() && format[end + braces] == '}') ++braces;
    int index = 0;
    if (braces % 2 == 1 && std::from_chars(format.data() + at + 1, format.data() + end, index).ec == std::errc())
      found.push_back(index);
    at = end + braces - 1;
  }
  return found;
}

}  // namespace tuesday::workflow::lint
