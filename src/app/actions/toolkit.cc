// SPDX-License-Identifier: Apache-2.0
#include "app/actions/toolkit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>

namespace tuesday::actions {
namespace {

constexpr std::string_view kDelimiter = "tuesday-end-of-value";

void Append(std::string_view variable, std::string_view text) {
  const std::string path = Environment(variable);
  if (path.empty()) return;
  std::ofstream(path, std::ios::app) << text;
}

void AppendPair(std::string_view variable, std::string_view name, std::string_view value) {
  std::string delimiter(kDelimiter);
  while (value.contains(delimiter)) delimiter += '-';  // A value may be somebody else's text.
  Append(variable, fmt::format("{}<<{}\n{}\n{}\n", name, delimiter, value, delimiter));
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '%' ? "%25" : c == '\r' ? "%0D" : c == '\n' ? "%0A" : std::string(1, c);
  return out;
}

}  // namespace

std::string Environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? "" : value;
}

std::string Input(std::string_view name) {
  std::string variable = "INPUT_";
  for (const char c : name) variable += c == ' ' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const std::string value = Environment(variable);
  const std::size_t begin = value.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return value.substr(begin, value.find_last_not_of(" \t\r\n") - begin + 1);
}

Result<bool> InputFlag(std::string_view name) {
  const std::string value = Input(name);
  if (value == "true" || value == "True" || value == "TRUE") return true;
  if (value.empty() || value == "false" || value == "False" || value == "FALSE") return false;
  return Fail(ErrorCode::kInvalid, fmt::format("The input {} is true or false, not '{}'.", name, value));
}

void SetOutput(std::string_view name, std::string_view value) { AppendPair("GITHUB_OUTPUT", name, value); }
void SaveState(std::string_view name, std::string_view value) { AppendPair("GITHUB_STATE", name, value); }
std::string SavedState(std::string_view name) { return Environment(fmt::format("STATE_{}", name)); }
void ExportVariable(std::string_view name, std::string_view value) { AppendPair("GITHUB_ENV", name, value); }
void Mask(std::string_view value) {
  if (!value.empty()) std::cout << "::add-mask::" << Escaped(value) << std::endl;
}
void AddPath(std::string_view path) { Append("GITHUB_PATH", fmt::format("{}\n", path)); }
void Warn(std::string_view message) { std::cout << "::warning::" << Escaped(message) << std::endl; }
void Notice(std::string_view message) { std::cout << "::notice::" << Escaped(message) << std::endl; }

int FailStep(const Error& error) {
  std::cout << "::error::" << Escaped(ErrorText(error)) << std::endl;
  return 1;
}

}  // namespace tuesday::actions
