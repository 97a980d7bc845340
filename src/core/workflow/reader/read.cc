// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/read.h"

#include <fmt/format.h>

#include "core/expression/value/text.h"
#include "core/workflow/reader/convert.h"
#include "core/workflow/reader/scanned.h"
#include "core/workflow/reader/template_reader.h"

namespace tuesday::workflow {
namespace {

class Loader {
 public:
  Loader(const ReadOptions& options, const CalledFiles* called) : state_(options), called_(called) {}

  // `events` are those of `content`, or null when nobody has them.
  ReadResult Read(std::string_view content, std::string_view file, const std::vector<YamlEvent>* events = nullptr) {
    Workflow workflow;
    const Result<void> read = ReadRoot(content, events, std::string(file), workflow);
    if (!read.has_value()) state_.Add({}, read.error().message);
    if (state_.HasProblems()) workflow = Workflow();
    return {std::move(workflow), state_.files(), state_.problems()};
  }

 private:
  Result<void> ReadRoot(std::string_view content, const std::vector<YamlEvent>* events, const std::string& file,
                        Workflow& workflow) {
    TRY(std::optional<Token> root, ReadFile(content, events, file));
    if (!root.has_value() || state_.HasProblems()) return {};
    TRY_OK(ConvertWorkflow(*std::move(root), state_, workflow));
    if (called_ == nullptr) return {};
    for (Job& job : workflow.jobs) {
      if (state_.HasProblems()) return {};
      if (job.call.has_value()) TRY_OK(ReadCalled(job, 1));
    }
    return {};
  }

  Result<std::optional<Token>> ReadFile(std::string_view content, const std::vector<YamlEvent>* events,
                                        const std::string& name) {
    TRY_OK(state_.CountFile(name));
    TRY(const int file, state_.FileId(name));
    if (expression::Utf16Length(content) > state_.options().file_characters_max) {
      return Fail(ErrorCode::kLimit, fmt::format("{}: The maximum file size of {} characters has been exceeded", name,
                                                 state_.options().file_characters_max));
    }
    return events != nullptr ? ReadTemplate(*events, file, state_) : ReadTemplate(ScanYaml(content), file, state_);
  }

  Result<void> ReadCalled(Job& job, int depth) {
    if (depth > state_.options().call_depth_max) {
      return Fail(ErrorCode::kLimit,
                  fmt::format("Nested reusable workflow depth exceeded {}.", state_.options().call_depth_max));
    }
    const Place ref = job.call->ref.at;
    const Result<void> read = ReadCalledFile(job);
    if (state_.HasProblems()) state_.PrefixWithCaller(ref);
    TRY_OK(read);
    for (Job& nested : job.jobs) {
      if (state_.HasProblems()) return {};
      if (nested.call.has_value()) TRY_OK(ReadCalled(nested, depth + 1));
    }
    return {};
  }

  Result<void> ReadCalledFile(Job& job) {
    Token& ref = job.call->ref;
    const Result<CalledFile> file = called_->Find(state_.FileName(ref.at.file), ref.text);
    if (!file.has_value()) {
      state_.Add(ref.at, file.error().message);
      return {};
    }
    ref.text = file->name;
    Result<std::optional<Token>> root = ReadFile(file->content, nullptr, file->name);
    if (!root.has_value()) {
      state_.Add({}, root.error().message);
      return {};
    }
    if (!root->has_value() || state_.HasProblems()) return {};
    return ConvertCalled(**std::move(root), state_, job);
  }

  ReadState state_;
  const CalledFiles* called_;
};

}  // namespace

ReadResult ReadWorkflow(std::string_view content, std::string_view file, const ReadOptions& options,
                        const CalledFiles* called) {
  return Loader(options, called).Read(content, file);
}

ReadResult ReadScannedWorkflow(std::string_view content, const std::vector<YamlEvent>& events, std::string_view file) {
  return Loader({}, nullptr).Read(content, file, &events);
}

}  // namespace tuesday::workflow
