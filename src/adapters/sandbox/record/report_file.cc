// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/record/report_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "adapters/files/files.h"
#include "adapters/sandbox/record/spec_file.h"
#include "base/json.h"

namespace tuesday::sandbox {
namespace {

using workflow::Annotation;
using workflow::AnnotationLevel;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr int kFormat = 1;
constexpr std::size_t kBytesMax = 64 << 20;  // Of one report.
constexpr std::size_t kFileBytesMax = std::size_t{1} << 30;
constexpr std::string_view kEndWords[] = {"exited", "timed_out", "not_started", "lost"};
constexpr std::string_view kLevelWords[] = {"notice", "warning", "error"};

template <typename Enum, std::size_t size>
Enum FromWord(const std::string_view (&words)[size], const std::string& word, Enum fallback) {
  const auto found = std::ranges::find(words, word);
  return found == std::end(words) ? fallback : static_cast<Enum>(found - std::begin(words));
}

std::int64_t Ms(WallTime time) { return time.time_since_epoch().count(); }
WallTime FromMs(const Json& json) { return WallTime(std::chrono::milliseconds(json.IntOr(0))); }

Json PairsToJson(const Pairs& pairs) {
  Json::Array array;
  for (const auto& [name, value] : pairs) array.emplace_back(Json::Array{name, value});
  return array;
}

Pairs PairsFromJson(const Json& json) {
  Pairs pairs;
  if (const Json::Array* array = json.as_array()) {
    for (const Json& one : *array) {
      const Json::Array* pair = one.as_array();
      if (pair != nullptr && pair->size() == 2) pairs.emplace_back((*pair)[0].StringOr(""), (*pair)[1].StringOr(""));
    }
  }
  return pairs;
}

Json AnnotationToJson(const Annotation& annotation) {
  Json::Object json{{"level", kLevelWords[static_cast<int>(annotation.level)]}, {"message", annotation.message}};
  if (!annotation.title.empty()) json.emplace("title", annotation.title);
  if (!annotation.file.empty()) json.emplace("file", annotation.file);
  if (annotation.line) json.emplace("line", *annotation.line);
  if (annotation.end_line) json.emplace("end_line", *annotation.end_line);
  if (annotation.column) json.emplace("column", *annotation.column);
  if (annotation.end_column) json.emplace("end_column", *annotation.end_column);
  return json;
}

std::optional<int> NumberOf(const Json& json) {
  if (json.as_int() == nullptr) return std::nullopt;
  return static_cast<int>(*json.as_int());
}

Annotation AnnotationFromJson(const Json& json) {
  return {.level = FromWord(kLevelWords, json.At("level").StringOr(""), AnnotationLevel::kNotice),
          .message = json.At("message").StringOr(""),
          .title = json.At("title").StringOr(""),
          .file = json.At("file").StringOr(""),
          .line = NumberOf(json.At("line")),
          .end_line = NumberOf(json.At("end_line")),
          .column = NumberOf(json.At("column")),
          .end_column = NumberOf(json.At("end_column"))};
}

Json ReportToJson(const StepReport& report) {
  Json::Array annotations;
  for (const Annotation& annotation : report.annotations) annotations.push_back(AnnotationToJson(annotation));
  return Json::Object{{"format", kFormat},
                      {"id", report.id},
                      {"ordinal", report.ordinal},
                      {"end", kEndWords[static_cast<int>(report.end)]},
                      {"exit", report.exit_code},
                      {"problem", report.problem},
                      {"outputs", PairsToJson(report.outputs)},
                      {"environment", PairsToJson(report.environment)},
                      {"state", PairsToJson(report.state)},
                      {"path", StringsToJson(report.path)},
                      {"summary", report.summary},
                      {"annotations", std::move(annotations)},
                      {"masks", StringsToJson(report.masks)},
                      {"began_ms", Ms(report.began)},
                      {"ended_ms", Ms(report.ended)}};
}

StepReport ReportFromJson(const Json& json) {
  StepReport report;
  report.id = json.At("id").StringOr("");
  report.ordinal = static_cast<int>(json.At("ordinal").IntOr(0));
  report.end = FromWord(kEndWords, json.At("end").StringOr(""), StepEnd::kLost);
  report.exit_code = static_cast<int>(json.At("exit").IntOr(0));
  report.problem = json.At("problem").StringOr("");
  report.outputs = PairsFromJson(json.At("outputs"));
  report.environment = PairsFromJson(json.At("environment"));
  report.state = PairsFromJson(json.At("state"));
  report.path = StringsFromJson(json.At("path"));
  report.summary = json.At("summary").StringOr("");
  if (const Json::Array* annotations = json.At("annotations").as_array()) {
    for (const Json& one : *annotations) report.annotations.push_back(AnnotationFromJson(one));
  }
  report.masks = StringsFromJson(json.At("masks"));
  report.began = FromMs(json.At("began_ms"));
  report.ended = FromMs(json.At("ended_ms"));
  return report;
}

std::unexpected<Error> Unreadable(const PlaceFolder& folder) {
  return Fail(ErrorCode::kCorrupt, "The file '" + folder.steps() + "' does not read back.");
}

Result<Json> ParseLine(const PlaceFolder& folder, std::string_view line) {
  Result<Json> json = ParseJson(line, {.bytes_max = kBytesMax});
  if (json.has_value() && json->At("format").IntOr(0) == kFormat) return json;
  return Unreadable(folder);
}

}  // namespace

Result<StepsFile> StepsFile::Open(const PlaceFolder& folder) {
  StepsFile file;
  file.fd_ = files::Fd(::open(folder.steps().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  if (!file.fd_.is_open()) return std::unexpected(files::SystemError("cannot make", folder.steps(), errno));
  return file;
}

Result<ReportSpan> StepsFile::Append(std::string line) {
  const ReportSpan span{size_, static_cast<std::int64_t>(line.size())};
  line += '\n';
  for (std::string_view left = line; !left.empty();) {
    const ssize_t wrote = ::write(fd_.get(), left.data(), left.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      const int why = errno;
      if (::ftruncate(fd_.get(), size_) != 0) return Fail(ErrorCode::kInternal, "A cut line cannot be taken back.");
      return std::unexpected(files::SystemError("cannot write", "how a step stands", why));
    }
    left.remove_prefix(static_cast<std::size_t>(wrote));
  }
  size_ += static_cast<std::int64_t>(line.size());
  return span;
}

Result<void> StepsFile::AddBegun(const BegunStep& step) {
  TRY_OK(Append(CanonicalJson(Json::Object{
      {"format", kFormat}, {"begun", true}, {"id", step.id}, {"ordinal", step.ordinal}, {"began_ms", Ms(step.began)}})));
  return {};
}

Result<ReportSpan> StepsFile::AddReport(const StepReport& report) { return Append(CanonicalJson(ReportToJson(report))); }

Result<StepReport> ReadReport(const PlaceFolder& folder, const ReportSpan& span) {
  const files::Fd fd(::open(folder.steps().c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return std::unexpected(files::SystemError("cannot read", folder.steps(), errno));
  if (span.offset < 0 || span.bytes < 0 || span.bytes > static_cast<std::int64_t>(kBytesMax)) return Unreadable(folder);
  std::string line(static_cast<std::size_t>(span.bytes), '\0');
  if (::pread(fd.get(), line.data(), line.size(), span.offset) != span.bytes) return Unreadable(folder);
  TRY(const Json json, ParseLine(folder, line));
  return ReportFromJson(json);
}

Result<KnownSteps> ReadSteps(const PlaceFolder& folder) {
  KnownSteps known;
  if (!files::Exists(folder.steps())) return known;
  TRY(const std::string text, files::ReadFile(folder.steps(), kFileBytesMax));
  std::string_view rest = text;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    TRY(const Json json, ParseLine(folder, rest.substr(0, end)));
    rest.remove_prefix(end + 1);
    if (json.At("begun").BoolOr(false)) {
      const int ordinal = static_cast<int>(json.At("ordinal").IntOr(0));
      // One that could not be sent is begun again.
      std::erase_if(known.begun, [&](const BegunStep& step) { return step.ordinal == ordinal; });
      known.begun.push_back({json.At("id").StringOr(""), ordinal, FromMs(json.At("began_ms"))});
      continue;
    }
    known.reports.push_back(ReportFromJson(json));
    std::erase_if(known.begun, [&](const BegunStep& step) { return step.ordinal == known.reports.back().ordinal; });
  }
  return known;
}

}  // namespace tuesday::sandbox
