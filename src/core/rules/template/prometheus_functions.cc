// SPDX-License-Identifier: Apache-2.0
// The functions that Prometheus adds to Go's templates (template/template.go), but for those that print numbers.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "core/rules/template/functions.h"

namespace tuesday::rules::text {
namespace {

using A = const Arguments&;
using S = const Surroundings&;

struct HostPort {
  std::string host;
  std::string port;
};

// Go's net.SplitHostPort; nothing where that gives an error.
std::optional<HostPort> SplitHostPort(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  HostPort split{text.substr(0, colon), text.substr(colon + 1)};
  if (text.starts_with('[')) {
    if (text.find(']') + 1 != colon) return std::nullopt;
    split.host = text.substr(1, colon - 2);
  } else if (split.host.find(':') != std::string::npos) {
    return std::nullopt;
  }
  if (split.host.find_first_of("[]") != std::string::npos || split.port.find_first_of("[]") != std::string::npos) {
    return std::nullopt;
  }
  return split;
}

bool IsAddress(const std::string& text) {
  static const RE2 kFour(R"((?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d))");
  static const RE2 kSix(R"([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)");
  return RE2::FullMatch(text, kFour) || RE2::FullMatch(text, kSix);
}

Result<Value> StripDomain(S, A a) {
  const std::string& text = a[0].string;
  const std::optional<HostPort> split = SplitHostPort(text);
  std::string host = split ? split->host : text;
  if (IsAddress(host)) return Value::String(text);
  host = host.substr(0, host.find('.'));
  if (!split || split->port.empty()) return Value::String(host);
  return Value::String((host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + split->port);
}

Result<Value> Query(S around, A a) {
  if (!around.expansion.query) return FunctionError("no query is possible here");
  TRY(const std::vector<QueriedSample> samples, around.expansion.query(a[0].string));
  Value::List items;
  for (const QueriedSample& sample : samples) items.push_back(SampleValue(sample));
  return Value::Of(std::move(items), "template.queryResult");
}

Result<Value> First(S, A a) {
  if (a[0].list->empty()) return FunctionError("first() called on vector with no elements");
  return Value(a[0].list->front());
}

const Value& FieldOf(const Value& sample, std::string_view name) { return sample.members->find(name)->second; }

Value LabelOf(const Value& sample, const std::string& name) {
  const Value& labels = FieldOf(sample, "Labels");
  const auto found = labels.members->find(name);
  return found == labels.members->end() ? Value::String("") : found->second;
}

Result<Value> SortByLabel(S, A a) {
  Value::List items = *a[1].list;
  std::stable_sort(items.begin(), items.end(), [&](const Value& x, const Value& y) {
    return LabelOf(x, a[0].string).string < LabelOf(y, a[0].string).string;
  });
  return Value::Of(std::move(items), a[1].type);
}

// Go's replacement: $1 takes the longest word behind the dollar as a name, $$ is a dollar.
std::string ExpandReplacement(const std::string& replacement, const RE2& pattern, const std::vector<re2::StringPiece>& groups) {
  std::string text;
  for (std::size_t at = 0; at < replacement.size(); ++at) {
    if (replacement[at] != '$' || at + 1 >= replacement.size()) {
      text += replacement[at];
      continue;
    }
    if (replacement[at + 1] == '$') {
      text += '$';
      ++at;
      continue;
    }
    const bool braces = replacement[at + 1] == '{';
    const std::size_t from = at + (braces ? 2 : 1);
    std::size_t end = from;
    while (end < replacement.size() &&
           (std::isalnum(static_cast<unsigned char>(replacement[end])) != 0 || replacement[end] == '_')) {
      ++end;
    }
    const std::string name = replacement.substr(from, end - from);
    if (name.empty() || (braces && (end >= replacement.size() || replacement[end] != '}'))) {
      text += '$';
      continue;
    }
    std::size_t group = groups.size();
    if (std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; }) && name.size() < 4) {
      group = static_cast<std::size_t>(std::stoi(name));
    } else if (const auto named = pattern.NamedCapturingGroups().find(name); named != pattern.NamedCapturingGroups().end()) {
      group = static_cast<std::size_t>(named->second);
    }
    if (group < groups.size()) text += std::string(groups[group].data() == nullptr ? "" : groups[group]);
    at = braces ? end : end - 1;
  }
  return text;
}

Result<Value> ReReplaceAll(S, A a) {
  const RE2 pattern(a[0].string, RE2::Quiet);
  if (!pattern.ok()) return FunctionError(fmt::format("error parsing regexp: {}", pattern.error()));
  const std::string& text = a[2].string;
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(pattern.NumberOfCapturingGroups()) + 1);
  std::string result;
  std::size_t at = 0;
  std::size_t copied = 0;
  while (at <= text.size() &&
         pattern.Match(text, at, text.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
    const auto start = static_cast<std::size_t>(groups[0].data() - text.data());
    result += text.substr(copied, start - copied);
    result += ExpandReplacement(a[1].string, pattern, groups);
    copied = start + groups[0].size();
    at = groups[0].empty() ? start + 1 : copied;
  }
  if (copied < text.size()) result += text.substr(copied);
  return Value::String(result);
}

Result<Value> Match(S, A a) {
  const RE2 pattern(a[0].string, RE2::Quiet);
  if (!pattern.ok()) return FunctionError(fmt::format("error parsing regexp: {}", pattern.error()));
  return Value::Bool(RE2::PartialMatch(a[1].string, pattern));
}

std::string MapAscii(std::string text, int (*change)(int)) {
  for (char& c : text) {
    if ((c & 0x80) == 0) c = static_cast<char>(change(c));
  }
  return text;
}

Result<Value> Title(S, A a) {
  std::string text = a[0].string;
  bool begins = true;
  for (char& c : text) {
    const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '\'' || (c & 0x80) != 0;
    if (letter && begins && (c & 0x80) == 0) c = static_cast<char>(std::toupper(c));
    begins = !letter;
  }
  return Value::String(text);
}

Result<Value> Args(S, A a) {
  Value::Members members;
  for (std::size_t i = 0; i < a.size(); ++i) members.emplace(fmt::format("arg{}", i), a[i]);
  return Value::Of(std::move(members), "map[string]interface {}");
}

Result<Value> Tmpl(S around, A a) {
  TRY(std::string text, around.call_template(a[0].string, a[1]));
  return Value::Html(std::move(text));
}

Result<Value> PathPrefix(S around, A) {
  const std::string& url = around.expansion.external_url;
  const std::size_t scheme = url.find("://");
  const std::size_t slash = scheme == std::string::npos ? std::string::npos : url.find('/', scheme + 3);
  if (slash == std::string::npos) return Value::String("");
  return Value::String(url.substr(slash, url.find_first_of("?#", slash) - slash));
}

Result<Value> Link(const std::string& expr, int tab) {
  return Value::String(fmt::format("/graph?g0.expr={}&g0.tab={}", EscapeQuery(expr), tab));
}

}  // namespace

Value SampleValue(const QueriedSample& sample) {
  return Value::Record({{"Labels", Value::StringMap(sample.labels)}, {"Value", Value::Float(sample.value)}},
                       "*template.sample");
}

void AddPrometheusFunctions(FunctionTable& table) {
  table["query"] = {"s", Query};
  table["first"] = {"q", First};
  table["label"] = {"sm", [](S, A a) -> Result<Value> { return LabelOf(a[1], a[0].string); }};
  table["value"] = {"m", [](S, A a) -> Result<Value> { return FieldOf(a[0], "Value"); }};
  table["strvalue"] = {"m", [](S, A a) -> Result<Value> { return LabelOf(a[0], "__value__"); }};
  table["sortByLabel"] = {"sq", SortByLabel};
  table["args"] = {"a*", Args};
  table["tmpl"] = {"sa", Tmpl};
  table["safeHtml"] = {"s", [](S, A a) -> Result<Value> { return Value::Html(a[0].string); }};
  table["reReplaceAll"] = {"sss", ReReplaceAll};
  table["match"] = {"ss", Match};
  table["title"] = {"s", Title};
  table["toUpper"] = {"s", [](S, A a) -> Result<Value> { return Value::String(MapAscii(a[0].string, std::toupper)); }};
  table["toLower"] = {"s", [](S, A a) -> Result<Value> { return Value::String(MapAscii(a[0].string, std::tolower)); }};
  table["graphLink"] = {"s", [](S, A a) { return Link(a[0].string, 0); }};
  table["tableLink"] = {"s", [](S, A a) { return Link(a[0].string, 1); }};
  table["stripPort"] = {"s", [](S, A a) -> Result<Value> {
                          const std::optional<HostPort> split = SplitHostPort(a[0].string);
                          return Value::String(split ? split->host : a[0].string);
                        }};
  table["stripDomain"] = {"s", StripDomain};
  table["externalURL"] = {"", [](S around, A) -> Result<Value> { return Value::String(around.expansion.external_url); }};
  table["pathPrefix"] = {"", PathPrefix};
  table["urlQueryEscape"] = {"s", [](S, A a) -> Result<Value> { return Value::String(EscapeQuery(a[0].string)); }};
}

}  // namespace tuesday::rules::text
