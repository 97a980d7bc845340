// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/record/report_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/sandbox/record/spec_file.h"
#include "base/json.h"

namespace tuesday::sandbox {
namespace {

using workflow::Annotation;
using workflow::AnnotationLevel;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr int kFormat = 1;
constexpr std::size_t kBytesMax = 64 << 20;
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

Json ReportToJson(const StepReport& report, int turn) {
  Json::Array annotations;
  for (const Annotation& annotation : report.annotations) annotations.push_back(AnnotationToJson(annotation));
  return Json::Object{{"format", kFormat},
                      {"id", report.id},
                      {"ordinal", report.ordinal},
                      {"turn", turn},
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

Result<void> WriteAs(const std::string& path, const std::string& name, const std::string& bytes) {
  const files::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.is_open()) return std::unexpected(files::SystemError("cannot write", path, errno));
  for (std::string_view left = bytes; !left.empty();) {
    const ssize_t wrote = ::write(fd.get(), left.data(), left.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return std::unexpected(files::SystemError("cannot write", path, errno));
    left.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (::rename(path.c_str(), name.c_str()) != 0) return std::unexpected(files::SystemError("cannot name", name, errno));
  return {};
}

// "12.json" → 12.
int OrdinalOf(const std::string& name, std::string_view suffix) {
  int ordinal = 0;
  if (!name.ends_with(suffix)) return 0;
  const char* const end = name.data() + name.size() - suffix.size();
  const auto [stopped, error] = std::from_chars(name.data(), end, ordinal);
  return error == std::errc() && stopped == end ? ordinal : 0;
}

Result<BegunStep> ReadBegun(const PlaceFolder& folder, int ordinal) {
  TRY(const std::string text, files::ReadFile(folder.begun(ordinal), kBytesMax));
  // One that cannot be read names no step, but one was begun.
  const Json json = ParseJson(text).value_or(Json());
  return BegunStep{json.At("id").StringOr(""), ordinal, FromMs(json.At("began_ms"))};
}

Result<Json> ReadReportJson(const PlaceFolder& folder, int ordinal) {
  TRY(const std::string text, files::ReadFile(folder.report(ordinal), kBytesMax));
  Result<Json> json = ParseJson(text, {.bytes_max = kBytesMax});
  if (json.has_value() && json->At("format").IntOr(0) == kFormat) return json;
  return Fail(ErrorCode::kCorrupt, "The file '" + folder.report(ordinal) + "' does not read back.");
}

}  // namespace

void MakeNextFiles(const PlaceFolder& folder) {
  for (const std::string& path : {folder.next_begun(), folder.next_report(), folder.next_log()}) {
    // One that cannot be made is made, or missed, by who needs it.
    files::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)).Close();
  }
}

Result<void> WriteBegun(const PlaceFolder& folder, const BegunStep& step) {
  const Json::Object json{{"id", step.id}, {"began_ms", Ms(step.began)}};
  return WriteAs(folder.next_begun(), folder.begun(step.ordinal), CanonicalJson(json));
}

Result<void> WriteReport(const PlaceFolder& folder, const StepReport& report, int turn) {
  return WriteAs(folder.next_report(), folder.report(report.ordinal), CanonicalJson(ReportToJson(report, turn)));
}

Result<StepReport> ReadReport(const PlaceFolder& folder, int ordinal) {
  TRY(const Json json, ReadReportJson(folder, ordinal));
  return ReportFromJson(json);
}

Result<KnownSteps> ReadSteps(const PlaceFolder& folder) {
  std::map<int, bool> has_report;
  for (const std::string& name : files::NamesIn(folder.steps())) {
    if (const int ordinal = OrdinalOf(name, ".begun"); ordinal > 0) has_report.try_emplace(ordinal, false);
    if (const int ordinal = OrdinalOf(name, ".json"); ordinal > 0) has_report[ordinal] = true;
  }
  std::map<std::int64_t, StepReport> by_turn;
  KnownSteps known;
  for (const auto& [ordinal, has] : has_report) {
    if (has) {
      TRY(const Json json, ReadReportJson(folder, ordinal));
      by_turn[json.At("turn").IntOr(0)] = ReportFromJson(json);
    } else {
      TRY(BegunStep begun, ReadBegun(folder, ordinal));
      known.begun.push_back(std::move(begun));
    }
  }
  for (auto& [turn, report] : by_turn) known.reports.push_back(std::move(report));
  return known;
}

}  // namespace tuesday::sandbox
