// SPDX-License-Identifier: Apache-2.0
// Lines: where one ends, how long it may be, and what becomes of it. The commands are in step_commands.cc.
#include "core/workflow/output/step_output.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/workflow/output/place.h"
#include "core/workflow/output/text.h"

namespace tuesday::workflow {
namespace {

constexpr std::size_t kLongPieceBytes = 16 * 1024;  // How much of a long line is masked at a time.

std::string_view TagOf(AnnotationLevel level) {
  switch (level) {
    case AnnotationLevel::kNotice: return "##[notice]";
    case AnnotationLevel::kWarning: return "##[warning]";
    case AnnotationLevel::kError: return "##[error]";
  }
  return "";
}

}  // namespace

StepOutput::StepOutput(Masks& masks, Matchers& matchers, StepOutputOptions options)
    : masks_(masks), matchers_(matchers), options_(std::move(options)), echo_(options_.debug == DebugLines::kShown) {}

void StepOutput::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (after_return_ && bytes.front() == '\n') bytes.remove_prefix(1);
    after_return_ = false;
    const std::size_t end = FindLineEnd(bytes);
    FeedPart(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    EndLine();
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
  }
}

void StepOutput::End() {
  if (!line_.empty() || long_line_.has_value() || is_dropping_) EndLine();
}

OutputFindings StepOutput::Take() { return std::exchange(findings_, {}); }

void StepOutput::FeedPart(std::string_view part) {
  while (!part.empty() && !is_dropping_) {
    if (long_line_.has_value()) return FeedLong(part);
    const std::size_t limit = line_.size() < kLogLineBytesMax ? kLogLineBytesMax : kCommandBytesMax;
    const std::size_t room = std::min(part.size(), limit - line_.size());
    line_ += part.substr(0, room);
    part.remove_prefix(room);
    if (part.empty()) return;
    const std::optional<Command> command = ParseCommand(line_, stop_token_);
    const bool counts = command.has_value() && (stop_token_.empty() || command->name == CommandName::kResume);
    if (!counts) {
      long_line_.emplace(masks_);
      FeedLong(std::exchange(line_, {}));
    } else if (line_.size() == kCommandBytesMax) {
      is_dropping_ = true;
      line_.clear();
      FailCommand(command->word, fmt::format("Its line is longer than {} bytes.", kCommandBytesMax));
    }
  }
}

void StepOutput::EndLine() {
  if (is_dropping_) {
    is_dropping_ = false;
  } else if (long_line_.has_value()) {
    long_text_ += long_line_->Feed(std::exchange(line_, {}));
    long_text_ += long_line_->End();
    EmitLong();
    if (!long_text_.empty()) findings_.lines.push_back(masks_.Mask(RepairUtf8(std::exchange(long_text_, {}))));
    long_line_.reset();
  } else {
    if (IsAscii(line_)) {
      ProcessLine(line_);
    } else {
      ProcessLine(RepairUtf8(line_));
    }
    line_.clear();
  }
}

// Small parts are collected, because each time what may still become a secret is looked at again.
void StepOutput::FeedLong(std::string_view part) {
  line_ += part;
  if (line_.size() < kLongPieceBytes) return;
  long_text_ += long_line_->Feed(line_);
  line_.clear();
  EmitLong();
}

void StepOutput::EmitLong() {
  std::size_t at = 0;
  while (long_text_.size() - at > kLogLineBytesMax) {
    const std::size_t size = WholeCharacters(std::string_view(long_text_).substr(at), kLogLineBytesMax);
    findings_.lines.push_back(masks_.Mask(RepairUtf8(std::string_view(long_text_).substr(at, size))));
    at += size;
  }
  long_text_.erase(0, at);
}

void StepOutput::ProcessLine(std::string_view line) {
  const bool may_be_command = line.find("::") != std::string_view::npos || line.find("##[") != std::string_view::npos;
  if (may_be_command && ProcessCommand(std::string(line))) return;
  if (!matchers_.IsEmpty() && ProcessMatch(line)) return;
  Write(line);
}

bool StepOutput::ProcessMatch(std::string_view line) {
  const std::string plain = WithoutColours(line);
  const std::optional<MatchedProblem> match = matchers_.Match(plain, progress_);
  if (!match.has_value()) return false;
  Annotation annotation{.level = match->level,
                        .message = match->message,
                        .title = {},
                        .file = {},
                        .line = match->line,
                        .end_line = {},
                        .column = match->column,
                        .end_column = {},
                        .code = match->code};
  if (!match->file.empty())
    annotation.file = FileInWorkspace(FileBeside(match->file, match->from_path), options_.workspace).value_or("");
  Annotate(std::move(annotation), plain);
  return true;
}

void StepOutput::Write(std::string_view text) {
  std::string masked = masks_.Mask(text);
  if (masked.size() <= kLogLineBytesMax && FindLineEnd(masked) == std::string::npos) {
    findings_.lines.push_back(std::move(masked));
    return;
  }
  for (std::string_view line : SplitLines(masked)) {
    do {
      const std::size_t size = WholeCharacters(line, kLogLineBytesMax);
      findings_.lines.emplace_back(line.substr(0, size));
      line.remove_prefix(size);
    } while (!line.empty());
  }
}

void StepOutput::Annotate(Annotation annotation, std::string_view text) {
  Write(std::string(TagOf(annotation.level)) + std::string(text));
  const int cap = options_.embedded == StepPosition::kEmbedded ? kEmbeddedAnnotationsPerLevelMax : kAnnotationsPerLevelMax;
  int& count = annotation_counts_[static_cast<std::size_t>(annotation.level)];
  if (count == cap) return;
  ++count;
  for (std::string* field : {&annotation.message, &annotation.title, &annotation.file, &annotation.code})
    *field = FirstCharacters(masks_.Mask(*field), kAnnotationMessageCharactersMax);
  findings_.annotations.push_back(std::move(annotation));
}

void StepOutput::Say(AnnotationLevel level, const std::string& text) {
  Annotation annotation;
  annotation.level = level;
  annotation.message = text;
  Annotate(std::move(annotation), text);
}

void StepOutput::Fail(std::string problem) {
  if (findings_.problem.empty()) findings_.problem = masks_.Mask(problem);
}

void KeepAnnotations(std::vector<Annotation> more, std::vector<Annotation>& kept) {
  for (Annotation& annotation : more) {
    const auto same = [&annotation](const Annotation& each) { return each.level == annotation.level; };
    if (std::count_if(kept.begin(), kept.end(), same) < kAnnotationsPerLevelMax) kept.push_back(std::move(annotation));
  }
}

}  // namespace tuesday::workflow
