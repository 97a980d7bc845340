// SPDX-License-Identifier: Apache-2.0
// What the commands in a step's output do. Texts are those of actions/runner (ActionCommandManager.cs) where it has some.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/expression/value/text.h"
#include "core/workflow/output/place.h"
#include "core/workflow/output/step_output.h"

namespace tuesday::workflow {
namespace {

// Node would load code of the step's choice into every action that comes later.
constexpr std::string_view kBlockedVariable = "NODE_OPTIONS";
constexpr std::string_view kReservedToken = "pause-logging";

bool OmitsEcho(CommandName name) {
  switch (name) {
    case CommandName::kAddMask:
    case CommandName::kDebug:
    case CommandName::kError:
    case CommandName::kNotice:
    case CommandName::kWarning:
    case CommandName::kStopCommands:
    case CommandName::kResume: return true;
    default: return false;
  }
}

// An integer with space around and a sign, as .NET's int.TryParse reads it.
std::optional<int> Integer(const std::optional<std::string>& text) {
  if (!text.has_value()) return std::nullopt;
  std::string_view digits = expression::Trim(*text);
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
  int number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == digits.data() + digits.size();
  return whole ? std::optional(number) : std::nullopt;
}

std::string RequiredName(CommandName name) {
  return fmt::format("Required field 'name' is missing in ##[{}] command.", CommandWord(name));
}

std::string DisabledCommand(CommandName name) {
  return fmt::format(
      "The `{}` command is disabled. Please upgrade to using Environment Files or opt into insecure command execution by "
      "setting the `ACTIONS_ALLOW_UNSECURE_COMMANDS` environment variable to `true`.",
      CommandWord(name));
}

}  // namespace

bool StepOutput::ProcessCommand(const std::string& line) {
  const std::optional<Command> command = ParseCommand(line, stop_token_);
  if (!command.has_value()) return false;
  if (!stop_token_.empty()) {
    if (command->name != CommandName::kResume) return false;
    Write(line);
    stop_token_.clear();
    return true;
  }
  if (echo_ && !OmitsEcho(command->name)) Write(line);
  Run(*command, line);
  return true;
}

void StepOutput::Run(const Command& command, const std::string& line) {
  switch (command.name) {
    case CommandName::kDebug:
      if (options_.debug == DebugLines::kShown) Write("##[debug]" + command.data);
      return;
    case CommandName::kNotice: return AddIssue(command, AnnotationLevel::kNotice);
    case CommandName::kWarning: return AddIssue(command, AnnotationLevel::kWarning);
    case CommandName::kError: return AddIssue(command, AnnotationLevel::kError);
    case CommandName::kGroup: return Write("##[group]" + command.data);
    case CommandName::kEndGroup: return Write("##[endgroup]");
    case CommandName::kAddMask: return AddMask(command);
    case CommandName::kAddMatcher: return AddMatcher(command.data);
    case CommandName::kRemoveMatcher: return RemoveMatcher(command);
    case CommandName::kEcho: return SetEcho(command, line);
    case CommandName::kStopCommands: return StopCommands(command, line);
    case CommandName::kSetOutput: return SetValue(command, line, findings_.outputs);
    case CommandName::kSaveState: return SetValue(command, line, findings_.state);
    case CommandName::kSetEnv: return SetEnvironment(command, line);
    case CommandName::kAddPath: return AddPath(command, line);
    case CommandName::kResume: return;
  }
}

void StepOutput::AddIssue(const Command& command, AnnotationLevel level) {
  Annotation annotation{.level = level,
                        .message = command.data,
                        .title = command.Find("title").value_or(""),
                        .file = command.Find("file").value_or(""),
                        .line = Integer(command.Find("line")),
                        .end_line = Integer(command.Find("endLine")),
                        .column = Integer(command.Find("col")),
                        .end_column = Integer(command.Find("endColumn")),
                        .code = {}};
  AgreeOnPlace(annotation);
  if (annotation.file.starts_with('/'))
    annotation.file = FileInWorkspace(annotation.file, options_.workspace).value_or(annotation.file);
  Annotate(std::move(annotation), command.data);
}

void StepOutput::AddMask(const Command& command) {
  if (expression::Trim(command.data).empty()) {
    const std::string text = "Can't add secret mask for empty string in ##[add-mask] command.";
    return Say(AnnotationLevel::kWarning, text);
  }
  if (echo_) Write("::add-mask::***");
  masks_.AddLines(command.data);
  if (Store(command.data.size())) findings_.masks.push_back(command.data);
  if (masks_.IsFull()) Fail("There are more secrets than can be found in the output: nothing of it is shown any more.");
}

void StepOutput::AddMatcher(const std::string& path) {
  if (path.empty()) {
    const std::string text = "File path must be specified.";
    return Say(AnnotationLevel::kWarning, text);
  }
  if (options_.matcher_files == nullptr) {
    if (Store(path.size())) findings_.matcher_files.push_back(path);
    return;
  }
  const Result<std::string> file = options_.matcher_files->Read(path);
  const Result<void> added = file.has_value() ? matchers_.Add(*file) : Result<void>(std::unexpected(file.error()));
  if (!added.has_value()) FailCommand("::add-matcher::" + path, added.error().message);
}

void StepOutput::RemoveMatcher(const Command& command) {
  const std::optional<std::string> owner = command.Find("owner");
  const bool has_file = !command.data.empty();
  if (owner.has_value() == has_file) {
    const std::string text =
        has_file ? "Either specify an owner name or a file path in ##[remove-matcher] command. Both values cannot be set."
                 : "Either an owner name or a file path must be specified in ##[remove-matcher] command.";
    return Say(AnnotationLevel::kWarning, text);
  }
  if (owner.has_value()) return matchers_.Remove(*owner);
  if (options_.matcher_files == nullptr) {
    if (Store(command.data.size())) findings_.removed_matcher_files.push_back(command.data);
    return;
  }
  const Result<std::string> file = options_.matcher_files->Read(command.data);
  const Result<std::vector<std::string>> owners = file.has_value() ? Matchers::OwnersOf(*file) : std::unexpected(file.error());
  if (!owners.has_value()) return FailCommand("::remove-matcher::" + command.data, owners.error().message);
  for (const std::string& each : *owners) matchers_.Remove(each);
}

void StepOutput::StopCommands(const Command& command, const std::string& line) {
  const std::string& token = command.data;
  if (token.empty() || IsCommandWord(token) || expression::SameText(token, kReservedToken)) {
    return FailCommand(line,
                       "You cannot use a endToken that is an empty string, the string 'pause-logging', or another workflow "
                       "command.");
  }
  stop_token_ = token;
  // Who reads the log could otherwise switch commands on again from what the step prints.
  if (token.size() >= kStopTokenMaskMin) {
    masks_.Add(token);
    if (Store(token.size())) findings_.masks.push_back(token);
  }
  Write(line);
}

void StepOutput::SetEcho(const Command& command, const std::string& line) {
  const std::string_view value = expression::Trim(command.data);
  if (expression::SameText(value, "on")) {
    echo_ = true;
  } else if (expression::SameText(value, "off")) {
    echo_ = false;
  } else {
    FailCommand(line, fmt::format("Invalid echo command value. Possible values can be: 'on', 'off'. Current value is: '{}'.",
                                  command.data));
  }
}

void StepOutput::SetValue(const Command& command, const std::string& line,
                          std::vector<std::pair<std::string, std::string>>& values) {
  WarnDeprecated(command.name);
  const std::optional<std::string> name = command.Find("name");
  if (!name.has_value()) return FailCommand(line, RequiredName(command.name));
  if (Store(name->size() + command.data.size())) values.emplace_back(*name, command.data);
}

void StepOutput::SetEnvironment(const Command& command, const std::string& line) {
  if (options_.unsecure_commands == UnsecureCommands::kRefused) return FailCommand(line, DisabledCommand(command.name));
  const std::optional<std::string> name = command.Find("name");
  if (!name.has_value()) return FailCommand(line, RequiredName(command.name));
  if (expression::SameText(*name, kBlockedVariable)) {
    const std::string text = fmt::format("Can't update {} environment variable using ::set-env:: command.", kBlockedVariable);
    return Say(AnnotationLevel::kError, text);
  }
  if (Store(name->size() + command.data.size())) findings_.environment.emplace_back(*name, command.data);
}

void StepOutput::AddPath(const Command& command, const std::string& line) {
  if (options_.unsecure_commands == UnsecureCommands::kRefused) return FailCommand(line, DisabledCommand(command.name));
  if (command.data.empty()) return FailCommand(line, "A path must be specified.");
  if (Store(command.data.size())) findings_.path.push_back(command.data);
}

void StepOutput::WarnDeprecated(CommandName name) {
  if (std::find(warned_.begin(), warned_.end(), name) != warned_.end()) return;
  warned_.push_back(name);
  const std::string text =
      fmt::format("The `{}` command is deprecated and will be disabled soon. Please upgrade to using Environment Files.",
                  CommandWord(name));
  Say(AnnotationLevel::kWarning, text);
}

bool StepOutput::Store(std::size_t bytes) {
  if (stored_bytes_ + bytes > kStepValuesBytesMax) {
    Fail(fmt::format("The commands of the step set more than {} bytes.", kStepValuesBytesMax));
    return false;
  }
  stored_bytes_ += bytes;
  return true;
}

void StepOutput::FailCommand(std::string_view shown, const std::string& why) {
  for (const std::string& text : {fmt::format("Unable to process command '{}' successfully.", shown), why})
    Say(AnnotationLevel::kError, text);
  Fail(why);
}

}  // namespace tuesday::workflow
