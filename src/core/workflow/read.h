// SPDX-License-Identifier: Apache-2.0
// Reads a workflow file and the reusable workflows that it calls: GitHub's grammar, limits and messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/workflow/model.h"

namespace tuesday::workflow {

inline constexpr std::size_t kFileCharactersMax = 1024 * 1024;
inline constexpr std::size_t kResultBytesMax = 10 * 1024 * 1024;
inline constexpr int kTokenDepthMax = 50;
inline constexpr int kYamlNodesMax = 50'000;  // Aliases count each time.
inline constexpr int kFilesMax = 51;
inline constexpr int kCallDepthMax = 4;
inline constexpr std::size_t kProblemsMax = 10;
inline constexpr std::size_t kProblemTextMax = 500;
inline constexpr std::size_t kIdLengthMax = 100;
inline constexpr std::size_t kConcurrencyGroupMax = 400;

// What a token may do when nobody said: GitHub's two repository settings.
enum class DefaultPermissions { kRead, kWrite };

// `jobs_max` counts the jobs of all files together; 0 is no limit. Depth counts calls: 0 forbids them.
struct ReadOptions {
  int depth_max = kTokenDepthMax;
  int files_max = kFilesMax;
  int jobs_max = 0;
  int call_depth_max = kCallDepthMax;
  std::size_t file_characters_max = kFileCharactersMax;
  std::size_t result_bytes_max = kResultBytesMax;
  DefaultPermissions default_permissions = DefaultPermissions::kRead;
  ShorthandScopes shorthand_scopes = ShorthandScopes::kAll;
};

// `text` is the whole of GitHub's line, "file (Line: 3, Col: 5): message"; `message` is the sentence alone.
struct WorkflowProblem {
  Place at;
  std::string message;
  std::string text;
};

// A called file: `name` is how messages and the table of files call it.
struct CalledFile {
  std::string name;
  std::string content;
};

// Where reusable workflows come from.
class CalledFiles {
 public:
  virtual ~CalledFiles() = default;

  // The file behind `ref` ("owner/repo/path@ref", "./path", "$/path") as seen from the file `caller`. The message of a failure
  // becomes a problem at the calling job.
  virtual Result<CalledFile> Find(std::string_view caller, std::string_view ref) const = 0;
};

// With problems there is no workflow. Places name `files` from 1.
struct ReadResult {
  Workflow workflow;
  std::vector<std::string> files;
  std::vector<WorkflowProblem> problems;
};

// Reads the file and, through `called`, everything that it calls. Without `called` the calls stay unread.
ReadResult ReadWorkflow(std::string_view content, std::string_view file, const ReadOptions& options,
                        const CalledFiles* called = nullptr);

}  // namespace tuesday::workflow
