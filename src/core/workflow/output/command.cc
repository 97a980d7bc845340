// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/command.h"

#include <algorithm>
#include <array>

#include "core/expression/value/text.h"

namespace tuesday::workflow {
namespace {

constexpr std::array<std::pair<std::string_view, CommandName>, 15> kWords = {{
    {"add-mask", CommandName::kAddMask},
    {"add-matcher", CommandName::kAddMatcher},
    {"add-path", CommandName::kAddPath},
    {"debug", CommandName::kDebug},
    {"echo", CommandName::kEcho},
    {"endgroup", CommandName::kEndGroup},
    {"error", CommandName::kError},
    {"group", CommandName::kGroup},
    {"notice", CommandName::kNotice},
    {"remove-matcher", CommandName::kRemoveMatcher},
    {"save-state", CommandName::kSaveState},
    {"set-env", CommandName::kSetEnv},
    {"set-output", CommandName::kSetOutput},
    {"stop-commands", CommandName::kStopCommands},
    {"warning", CommandName::kWarning},
}};

constexpr std::string_view kColons = "::";
constexpr std::string_view kOldPrefix = "##[";
constexpr std::size_t kPropertiesMax = 64;  // Further ones are ignored.

struct Escape {
  std::string_view code;
  char character;
};
constexpr std::array<Escape, 3> kDataEscapes = {{{"0D", '\r'}, {"0A", '\n'}, {"25", '%'}}};
constexpr std::array<Escape, 5> kPropertyEscapes = {{{"0D", '\r'}, {"0A", '\n'}, {"3A", ':'}, {"2C", ','}, {"25", '%'}}};
constexpr std::array<Escape, 5> kOldEscapes = {{{"3B", ';'}, {"0D", '\r'}, {"0A", '\n'}, {"5D", ']'}, {"25", '%'}}};

// One pass does what replacing one code after the other with `%25` last does: no replacement makes a new code.
template <std::size_t kCount>
std::string Unescaped(std::string_view text, const std::array<Escape, kCount>& escapes) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    plain += text[at];
    if (text[at] != '%') continue;
    for (const Escape& escape : escapes) {
      if (text.substr(at + 1, 2) != escape.code) continue;
      plain.back() = escape.character;
      at += 2;
      break;
    }
  }
  return plain;
}

std::optional<CommandName> FindName(std::string_view word, std::string_view resume_token) {
  for (const auto& [known, name] : kWords) {
    if (expression::SameText(word, known)) return name;
  }
  if (!resume_token.empty() && expression::SameText(word, resume_token)) return CommandName::kResume;
  return std::nullopt;
}

// `k=v` pairs as .NET's Split with RemoveEmptyEntries makes them: further `=` before the value are dropped, and a pair without
// a value is none.
template <std::size_t kCount>
void AddProperties(std::string_view text, char separator, const std::array<Escape, kCount>& escapes, Command& command) {
  while (!text.empty() && command.properties.size() < kPropertiesMax) {
    const std::size_t end = std::min(text.find(separator), text.size());
    std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    pair.remove_prefix(std::min(pair.find_first_not_of('='), pair.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    std::string_view value = pair.substr(equals);
    value.remove_prefix(std::min(value.find_first_not_of('='), value.size()));
    if (!value.empty()) command.properties.emplace_back(pair.substr(0, equals), Unescaped(value, escapes));
  }
}

// "name k=v…" up to the first space is the name.
std::optional<Command> BeginCommand(std::string_view head, std::string_view resume_token) {
  const std::string_view word = head.substr(0, head.find(' '));
  const std::optional<CommandName> name = FindName(word, resume_token);
  if (!name.has_value()) return std::nullopt;
  return Command{.name = *name, .word = std::string(word), .properties = {}, .data = ""};
}

std::string_view AfterSpace(std::string_view head) {
  const std::size_t space = head.find(' ');
  return space == std::string_view::npos || space == 0 ? std::string_view() : head.substr(space + 1);
}

std::optional<Command> ParseNew(std::string_view line, std::string_view resume_token) {
  while (!line.empty()) {
    const expression::Character first = expression::CharacterAt(line, 0);
    if (!expression::IsSpace(first.code)) break;
    line.remove_prefix(first.bytes);
  }
  if (!line.starts_with(kColons)) return std::nullopt;
  const std::size_t end = line.find(kColons, kColons.size());
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view head = line.substr(kColons.size(), end - kColons.size());
  std::optional<Command> command = BeginCommand(head, resume_token);
  if (!command.has_value()) return command;
  AddProperties(expression::Trim(AfterSpace(head)), ',', kPropertyEscapes, *command);
  command->data = Unescaped(line.substr(end + kColons.size()), kDataEscapes);
  return command;
}

std::optional<Command> ParseOld(std::string_view line, std::string_view resume_token) {
  const std::size_t begin = line.find(kOldPrefix);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = line.find(']', begin);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view head = line.substr(begin + kOldPrefix.size(), end - begin - kOldPrefix.size());
  std::optional<Command> command = BeginCommand(head, resume_token);
  if (!command.has_value()) return command;
  AddProperties(AfterSpace(head), ';', kOldEscapes, *command);
  command->data = Unescaped(line.substr(end + 1), kOldEscapes);
  return command;
}

}  // namespace

std::optional<std::string> Command::Find(std::string_view property) const {
  for (auto each = properties.rbegin(); each != properties.rend(); ++each) {
    if (expression::SameText(each->first, property)) return each->second;
  }
  return std::nullopt;
}

std::optional<Command> ParseCommand(std::string_view line, std::string_view resume_token) {
  std::optional<Command> command = ParseNew(line, resume_token);
  return command.has_value() ? command : ParseOld(line, resume_token);
}

std::string_view CommandWord(CommandName name) {
  for (const auto& [word, known] : kWords) {
    if (known == name) return word;
  }
  return "";
}

bool IsCommandWord(std::string_view word) { return FindName(word, "").has_value(); }

}  // namespace tuesday::workflow
