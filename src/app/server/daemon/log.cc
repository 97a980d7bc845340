// SPDX-License-Identifier: Apache-2.0
#include "app/server/daemon/log.h"

#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/json.h"
#include "core/access/token.h"

namespace tuesday::server {
namespace {

constexpr char kFieldMark = '\x1e';  // Before each field of a message on its way to the formatter.
constexpr char kValueMark = '\x1f';  // Between a field's name and its value.

std::string_view LevelName(spdlog::level::level_enum level) {
  const spdlog::string_view_t name = spdlog::level::to_string_view(level);
  return {name.data(), name.size()};
}

spdlog::level::level_enum LevelOf(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kDebug: return spdlog::level::debug;
    case config::LogLevel::kInfo: return spdlog::level::info;
    case config::LogLevel::kWarning: return spdlog::level::warn;
    case config::LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

class LineFormatter : public spdlog::formatter {
 public:
  explicit LineFormatter(config::LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto wall = std::chrono::time_point_cast<std::chrono::milliseconds>(message.time);
    const std::string line = LogLine(format_, WallText(WallTime(wall.time_since_epoch())), LevelName(message.level),
                                     {message.payload.data(), message.payload.size()});
    out.append(line.data(), line.data() + line.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<LineFormatter>(format_); }

 private:
  config::LogFormat format_;
};

// Nobody's text may begin a line of its own or move the terminal's cursor.
std::string Printable(std::string_view text) {
  std::string printable;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    printable += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return printable;
}

// The text before the next `mark`, which is taken off `rest`.
std::string_view Next(std::string_view& rest, char mark) {
  const std::size_t at = std::min(rest.find(mark), rest.size());
  const std::string_view piece = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return piece;
}

}  // namespace

std::string LogLine(config::LogFormat format, std::string_view time, std::string_view level, std::string_view fielded) {
  const std::string masked = access::Masked(fielded);
  std::string_view rest = masked;
  const std::string_view message = Next(rest, kFieldMark);
  Json::Object object;
  std::string text = fmt::format("{} {} {}", time, level, Printable(message));
  while (!rest.empty()) {
    std::string_view value = Next(rest, kFieldMark);
    const std::string_view name = Next(value, kValueMark);
    object.emplace(name, value);
    text += fmt::format(" {}={}", name, value.contains(' ') ? fmt::format("\"{}\"", Printable(value)) : Printable(value));
  }
  if (format == config::LogFormat::kText) return text + "\n";
  object.insert_or_assign("time", Json(time));
  object.insert_or_assign("level", Json(level));
  object.insert_or_assign("message", Json(message));
  return CanonicalJson(Json(std::move(object))) + "\n";
}

void SetLog(config::LogLevel level, config::LogFormat format) {
  // One logger for the whole life: others hold it. Only its lines change.
  static const std::shared_ptr<spdlog::logger> kLogger = spdlog::stderr_logger_mt("tuesday");
  kLogger->set_formatter(std::make_unique<LineFormatter>(format));
  kLogger->set_level(LevelOf(level));
  kLogger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(kLogger);
}

void Say(config::LogLevel level, std::string_view message, const LogFields& fields) {
  std::string fielded(message);
  for (const auto& [name, value] : fields) {
    fielded += kFieldMark;
    fielded += name;
    fielded += kValueMark;
    // A value that held a mark could forge a field.
    std::ranges::copy_if(value, std::back_inserter(fielded), [](char c) { return c != kFieldMark && c != kValueMark; });
  }
  spdlog::log(LevelOf(level), "{}", fielded);
}

}  // namespace tuesday::server
