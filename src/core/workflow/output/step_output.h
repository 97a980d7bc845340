// SPDX-License-Identifier: Apache-2.0
// What a step writes, as it comes: lines for the log without secrets, and what its commands ask for. One for each step of a
// job, over the job's masks and matchers, which it changes. Keeps nothing but the line that is being written and what was not
// yet taken. Of one thread at a time.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/workflow/output/annotation.h"
#include "core/workflow/output/command.h"
#include "core/workflow/output/masks.h"
#include "core/workflow/output/matchers.h"

namespace tuesday::workflow {

inline constexpr std::size_t kLogLineBytesMax = 64 * 1024;   // Longer lines are split.
inline constexpr std::size_t kCommandBytesMax = 1 << 20;     // Of a line that is a command; a longer one fails the step.
inline constexpr std::size_t kStepValuesBytesMax = 4 << 20;  // Names and values that commands of one step set.
inline constexpr int kAnnotationsPerLevelMax = 10;           // Of one step; further ones are in the log only.
inline constexpr int kEmbeddedAnnotationsPerLevelMax = 100;  // Of one step of a composite action.
inline constexpr std::size_t kAnnotationMessageCharactersMax = 4'096;  // The rest is cut.
inline constexpr std::size_t kStopTokenMaskMin = 7;                    // Shorter tokens for going on with commands are shown.

// Allowed when ACTIONS_ALLOW_UNSECURE_COMMANDS is true for the step.
enum class UnsecureCommands { kRefused, kAllowed };
enum class DebugLines { kHidden, kShown };
// A step of a composite action does not use up its job's annotations: who runs the action keeps the first ten of all.
enum class StepPosition { kJob, kEmbedded };

// Reads a file of matchers that a step names, at once, so that the very next line is matched.
class MatcherFiles {
 public:
  virtual ~MatcherFiles() = default;
  virtual Result<std::string> Read(std::string_view path) const = 0;
};

// Below `workspace`, an absolute path, files of annotations become relative; matchers drop files that are elsewhere. Without
// `matcher_files` the paths are findings.
struct StepOutputOptions {
  UnsecureCommands unsecure_commands = UnsecureCommands::kRefused;
  DebugLines debug = DebugLines::kHidden;
  StepPosition embedded = StepPosition::kJob;
  std::string workspace;
  const MatcherFiles* matcher_files = nullptr;
};

// In the order in which they came. `lines` are for the log: masked, valid UTF-8, at most kLogLineBytesMax long, groups as
// `##[group]…`. Values are as they are, not masked. `masks` were added to the job's already. With a `problem`, a sentence,
// the step has failed whatever its exit code is.
struct OutputFindings {
  std::vector<std::string> lines;
  std::vector<Annotation> annotations;
  std::vector<std::pair<std::string, std::string>> outputs;
  std::vector<std::pair<std::string, std::string>> state;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> path;
  std::vector<std::string> masks;
  std::vector<std::string> matcher_files;          // To read and to give to Matchers::Add.
  std::vector<std::string> removed_matcher_files;  // To read, and their owners to give to Matchers::Remove.
  std::string problem;
};

class StepOutput {
 public:
  StepOutput(Masks& masks, Matchers& matchers, StepOutputOptions options);

  // Bytes of the step's stdout and stderr, as many at a time as there are.
  void Feed(std::string_view bytes);

  // The step has ended: what it wrote last is a line.
  void End();

  // What was found since the last time.
  OutputFindings Take();

 private:
  void FeedPart(std::string_view part);
  void EndLine();
  void FeedLong(std::string_view part);
  void EmitLong();

  void ProcessLine(std::string_view line);
  bool ProcessMatch(std::string_view line);
  bool ProcessCommand(const std::string& line);
  void Run(const Command& command, const std::string& line);
  void AddIssue(const Command& command, AnnotationLevel level);
  void AddMask(const Command& command);
  void AddMatcher(const std::string& path);
  void RemoveMatcher(const Command& command);
  void StopCommands(const Command& command, const std::string& line);
  void SetEcho(const Command& command, const std::string& line);
  void SetEnvironment(const Command& command, const std::string& line);
  void AddPath(const Command& command, const std::string& line);
  void SetValue(const Command& command, const std::string& line, std::vector<std::pair<std::string, std::string>>& values);
  void WarnDeprecated(CommandName name);
  bool Store(std::size_t bytes);

  void Write(std::string_view text);
  void Annotate(Annotation annotation, std::string_view text);
  void Say(AnnotationLevel level, const std::string& text);
  void Fail(std::string problem);
  void FailCommand(std::string_view shown, const std::string& why);

  Masks& masks_;
  Matchers& matchers_;
  StepOutputOptions options_;
  OutputFindings findings_;
  MatcherProgress progress_;

  std::string line_;
  bool after_return_ = false;  // A line feed that comes next belongs to the end of the line before.
  bool is_dropping_ = false;   // Of a command that is too long, the rest.
  std::optional<MaskStream> long_line_;
  std::string long_text_;

  bool echo_ = false;
  std::string stop_token_;
  std::array<int, 3> annotation_counts_{};
  std::vector<CommandName> warned_;
  std::size_t stored_bytes_ = 0;
};

// Adds those of a step of a composite action to what its job's step has, within the cap.
void KeepAnnotations(std::vector<Annotation> more, std::vector<Annotation>& kept);

}  // namespace tuesday::workflow
