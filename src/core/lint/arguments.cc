// SPDX-License-Identifier: Apache-2.0
// Arguments of analysis templates: `{{args.name}}`, who gives them and who takes them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "core/lint/checks.h"
#include "core/manifest/check/rules.h"

namespace tuesday::lint {
namespace {

using manifest::AnalysisArg;
using manifest::AnalysisTemplate;
using manifest::Metric;
using manifest::PosOf;

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kPrefix = "args.";

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Every text of a scalar below a node, in the order of the file.
void Texts(const YamlNode& node, std::vector<const YamlNode*>& out) {
  if (node.IsScalar()) out.push_back(&node);
  for (const YamlNode& item : node.items) Texts(item, out);
  for (const YamlMember& member : node.members) Texts(member.second, out);
}

}  // namespace

Arguments ArgumentsOf(const AnalysisTemplate& body, const std::vector<AnalysisArg>& given) {
  Arguments arguments;
  for (const AnalysisArg& arg : body.args) {
    if (arg.value) arguments[arg.name] = *arg.value;
  }
  for (const AnalysisArg& arg : given) {
    if (arg.value) arguments[arg.name] = *arg.value;
  }
  return arguments;
}

std::optional<std::string> Resolve(const std::string& text, const Arguments& arguments) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t open = text.find(kOpen); open != std::string::npos; open = text.find(kOpen, at)) {
    const std::size_t close = text.find(kClose, open);
    if (close == std::string::npos) break;
    const std::string_view inside = Trimmed(std::string_view(text).substr(open + 2, close - open - 2));
    if (!inside.starts_with(kPrefix)) return std::nullopt;
    const auto value = arguments.find(std::string(inside.substr(kPrefix.size())));
    if (value == arguments.end()) return std::nullopt;
    out += text.substr(at, open - at) + value->second;
    at = close + 2;
  }
  return out + text.substr(at);
}

std::vector<std::string> NamesIn(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t open = text.find(kOpen); open != std::string::npos; open = text.find(kOpen, open + 2)) {
    const std::size_t close = text.find(kClose, open);
    if (close == std::string::npos) break;
    const std::string_view inside = Trimmed(std::string_view(text).substr(open + 2, close - open - 2));
    if (inside.starts_with(kPrefix)) names.emplace_back(inside.substr(kPrefix.size()));
  }
  return names;
}

std::optional<std::int64_t> CountOf(const std::string& text, const Arguments& arguments) {
  const std::optional<std::string> resolved = Resolve(text, arguments);
  std::int64_t value = 0;
  if (!resolved || resolved->empty()) return std::nullopt;
  const auto [end, error] = std::from_chars(resolved->data(), resolved->data() + resolved->size(), value);
  return error == std::errc() && end == resolved->data() + resolved->size() ? std::optional(value) : std::nullopt;
}

std::optional<Duration> LengthOf(const std::string& text, const Arguments& arguments) {
  const std::optional<std::string> resolved = Resolve(text, arguments);
  if (!resolved || resolved->empty()) return std::nullopt;
  const Result<Duration> length = ParseGoDuration(*resolved);
  return length.has_value() ? std::optional(*length) : std::nullopt;
}

void LintArguments(const Report& report, const AnalysisTemplate& body) {
  if (report.object.raw == nullptr || report.object.raw->Find("spec") == nullptr) return;
  std::vector<std::string_view> known;
  for (const AnalysisArg& arg : body.args) known.push_back(arg.name);
  std::set<std::string> taken;
  std::vector<const YamlNode*> texts;
  Texts(*report.object.raw->Find("spec"), texts);
  for (const YamlNode* text : texts) {
    for (const std::string& name : NamesIn(text->text)) {
      const bool fresh = taken.insert(name).second;
      if (!fresh || std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::string nearest = NearestWord(name, known);
      report.Say(
          "undeclared-argument", {report.object.at.file, text->line, text->column},
          fmt::format("The argument {} is taken here and declared by no entry of `spec.args`.", name),
          nearest.empty() ? fmt::format("Add `args: [{{name: {}}}]`.", name) : fmt::format("Did you mean `{}`?", nearest));
    }
  }
  for (std::size_t i = 0; i < body.args.size(); ++i) {
    // A template that nests others hands its arguments on.
    if (taken.contains(body.args[i].name) || !body.templates.empty()) continue;
    report.Say("unread-argument", PosOf(report.object, {"spec", "args", std::to_string(i), "name"}),
               fmt::format("The argument {} is declared, and nothing of the template takes it.", body.args[i].name),
               fmt::format("Use `{{{{args.{}}}}}`, or remove it.", body.args[i].name));
  }
}

}  // namespace tuesday::lint
