// SPDX-License-Identifier: Apache-2.0
#include "adapters/git/git.h"

#include "adapters/supervise/run_program.h"

namespace tuesday::git {
namespace {

// The line of git's complaint that says what is wrong; hints and usage stand around it.
std::string Complaint(const std::string& text) {
  for (const std::string_view mark : {"fatal: ", "error: "}) {
    const std::size_t begin = text.find(mark);
    if (begin == std::string::npos) continue;
    const std::size_t end = text.find('\n', begin);
    return text.substr(begin + mark.size(), end - begin - mark.size());
  }
  return text.substr(0, text.find('\n'));
}

}  // namespace

Result<std::string> RunGit(const std::vector<std::string>& arguments, const GitOptions& options) {
  std::vector<std::string> words = {"git"};
  if (!options.folder.empty()) words.insert(words.end(), {"-C", options.folder});
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::map<std::string, std::string> environment = options.environment;
  environment.emplace("GIT_TERMINAL_PROMPT", "0");  // Nobody is there to answer a question.
  TRY(supervise::Printed printed, supervise::RunProgram(std::move(words), environment));
  if (printed.exit_code != 0) return Fail(ErrorCode::kInvalid, "git " + arguments.front() + ": " + Complaint(printed.errors));
  return std::move(printed.output);
}

Result<std::string> GitLine(const std::vector<std::string>& arguments, const GitOptions& options) {
  TRY(std::string output, RunGit(arguments, options));
  while (output.ends_with('\n')) output.pop_back();
  return output;
}

}  // namespace tuesday::git
