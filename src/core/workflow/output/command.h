// SPDX-License-Identifier: Apache-2.0
// Commands that a step writes among its output: `::name key=value,key=value::data`, and the older `##[name key=value;…]data`
// anywhere in a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuesday::workflow {

enum class CommandName {
  kAddMask,
  kAddMatcher,
  kAddPath,
  kDebug,
  kEcho,
  kEndGroup,
  kError,
  kGroup,
  kNotice,
  kRemoveMatcher,
  kSaveState,
  kSetEnv,
  kSetOutput,
  kStopCommands,
  kWarning,
  kResume,  // The token with which commands were stopped.
};

// `data` and the values are unescaped. `word` is the name as it was written.
struct Command {
  CommandName name = CommandName::kDebug;
  std::string word;
  std::vector<std::pair<std::string, std::string>> properties;
  std::string data;

  // The last value of the property, without regard to case; nothing when it is not there. Never an empty one.
  std::optional<std::string> Find(std::string_view property) const;
};

// The command that the line is. A name that there is not makes it none. `resume_token` is a further name, when not empty.
std::optional<Command> ParseCommand(std::string_view line, std::string_view resume_token = {});

// The word of a command, for messages. That of kResume is empty.
std::string_view CommandWord(CommandName name);

// Whether the text is the word of a command, without regard to case.
bool IsCommandWord(std::string_view word);

}  // namespace tuesday::workflow
