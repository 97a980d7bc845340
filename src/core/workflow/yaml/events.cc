// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/yaml/events.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>

#include "base/check.h"
#include "core/workflow/read.h"
#include "core/workflow/yaml/plain_scan.h"

namespace tuesday::workflow {
namespace {

// libyaml may be slow on what is nested without end; nothing this deep is read anyway.
constexpr int kNestingMax = 1'000;

// Room for the events of a text before the first is there: files have one for about eight bytes.
constexpr std::size_t kBytesOfAnEvent = 8;
constexpr std::size_t kRoomMax = 4'096;

std::string Text(const yaml_char_t* text) { return text == nullptr ? "" : reinterpret_cast<const char*>(text); }

std::string_view StyleName(yaml_scalar_style_t style) {
  switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: return "SingleQuoted";
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: return "DoubleQuoted";
    case YAML_LITERAL_SCALAR_STYLE: return "Literal";
    case YAML_FOLDED_SCALAR_STYLE: return "Folded";
    default: return "Plain";
  }
}

// Owns a parser over a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : room_(std::min(text.size() / kBytesOfAnEvent, kRoomMax)) {
    CHECK(yaml_parser_initialize(&parser_) != 0, "libyaml has no memory");
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Scanner() { yaml_parser_delete(&parser_); }
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  std::vector<YamlEvent> Scan() {
    std::vector<YamlEvent> events;
    events.reserve(room_);
    int depth = 0;
    while (events.size() <= static_cast<std::size_t>(kYamlNodesMax)) {
      yaml_event_t raw;
      if (yaml_parser_parse(&parser_, &raw) == 0) {
        events.push_back(Broken());
        break;
      }
      events.push_back(Convert(raw));
      yaml_event_delete(&raw);
      const EventKind kind = events.back().kind;
      if (kind == EventKind::kSequenceStart || kind == EventKind::kMappingStart) ++depth;
      if (kind == EventKind::kSequenceEnd || kind == EventKind::kMappingEnd) --depth;
      if (kind == EventKind::kStreamEnd || depth > kNestingMax) break;
    }
    if (events.back().kind != EventKind::kStreamEnd && events.back().kind != EventKind::kBroken) {
      events.push_back({.kind = EventKind::kBroken, .value = "Maximum YAML nodes exceeded"});
    }
    return events;
  }

 private:
  YamlEvent Broken() const {
    const int line = static_cast<int>(parser_.problem_mark.line) + 1;
    const int column = static_cast<int>(parser_.problem_mark.column) + 1;
    YamlEvent event;
    event.line = line;
    event.column = column;
    event.value = fmt::format("(Line: {}, Col: {}): This is not YAML: {}", line, column,
                              parser_.problem == nullptr ? "unreadable" : parser_.problem);
    return event;
  }

  static YamlEvent Convert(const yaml_event_t& raw) {
    YamlEvent event;
    event.line = static_cast<int>(raw.start_mark.line) + 1;
    event.column = static_cast<int>(raw.start_mark.column) + 1;
    switch (raw.type) {
      case YAML_SCALAR_EVENT:
        event.kind = EventKind::kScalar;
        event.value.assign(reinterpret_cast<const char*>(raw.data.scalar.value), raw.data.scalar.length);
        event.tag = Text(raw.data.scalar.tag);
        event.anchor = Text(raw.data.scalar.anchor);
        event.style = StyleName(raw.data.scalar.style);
        break;
      case YAML_SEQUENCE_START_EVENT:
        event.kind = EventKind::kSequenceStart;
        event.anchor = Text(raw.data.sequence_start.anchor);
        break;
      case YAML_MAPPING_START_EVENT:
        event.kind = EventKind::kMappingStart;
        event.anchor = Text(raw.data.mapping_start.anchor);
        break;
      case YAML_ALIAS_EVENT:
        event.kind = EventKind::kAlias;
        event.value = Text(raw.data.alias.anchor);
        break;
      case YAML_SEQUENCE_END_EVENT: event.kind = EventKind::kSequenceEnd; break;
      case YAML_MAPPING_END_EVENT: event.kind = EventKind::kMappingEnd; break;
      case YAML_DOCUMENT_START_EVENT: event.kind = EventKind::kDocumentStart; break;
      case YAML_DOCUMENT_END_EVENT: event.kind = EventKind::kDocumentEnd; break;
      case YAML_STREAM_START_EVENT: event.kind = EventKind::kStreamStart; break;
      default: event.kind = EventKind::kStreamEnd;
    }
    return event;
  }

  yaml_parser_t parser_{};
  std::size_t room_;
};

}  // namespace

std::vector<YamlEvent> ScanYaml(std::string_view text) {
  // A byte order mark would count as a column of the first line.
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (std::optional<std::vector<YamlEvent>> plain = ScanPlainYaml(text); plain.has_value()) return *std::move(plain);
  return ScanAnyYaml(text);
}

std::vector<YamlEvent> ScanAnyYaml(std::string_view text) { return Scanner(text).Scan(); }

Result<void> EventReader::CheckBroken() const {
  if (!Is(EventKind::kBroken)) return {};
  return Fail(ErrorCode::kInvalid, Current().value);
}

Result<void> EventReader::Start() {
  TRY_OK(CheckBroken());
  if (!Is(EventKind::kStreamStart)) return Fail(ErrorCode::kInvalid, "Expected stream start parse event");
  TRY_OK(Next());
  if (!Is(EventKind::kDocumentStart)) return Fail(ErrorCode::kInvalid, "Expected document start parse event");
  return Next();
}

Result<void> EventReader::End() {
  if (!Is(EventKind::kDocumentEnd)) return Fail(ErrorCode::kInvalid, "Expected document end parse event");
  TRY_OK(Next());
  if (!Is(EventKind::kStreamEnd)) return Fail(ErrorCode::kInvalid, "Expected stream end parse event");
  return {};
}

// Called while the current event is one of a replay: tells whether it was the replay's last.
void EventReader::LeaveReplay() {
  Replay& replay = replays_.back();
  switch (Current().kind) {
    case EventKind::kSequenceStart:
    case EventKind::kMappingStart: ++replay.depth; break;
    case EventKind::kSequenceEnd:
    case EventKind::kMappingEnd: --replay.depth; break;
    default: break;
  }
  if (replay.depth > 0) return;
  replays_.pop_back();
}

Result<void> EventReader::Next() {
  if (!replays_.empty()) LeaveReplay();
  if (!replays_.empty()) {
    at_ = ++replays_.back().at;
  } else {
    at_ = ++forward_;
    CHECK(at_ < events_.size(), "nobody goes on behind the end");
    TRY_OK(CheckBroken());
    if (!Current().anchor.empty()) anchors_.insert_or_assign(Current().anchor, at_);
  }
  if (Is(EventKind::kAlias)) {
    const auto found = anchors_.find(Current().value);
    if (found == anchors_.end()) return Fail(ErrorCode::kInvalid, fmt::format("Unknown anchor '{}'", Current().value));
    at_ = found->second;
    replays_.push_back({at_, 0});
  }
  if (++nodes_ > kYamlNodesMax) return Fail(ErrorCode::kLimit, "Maximum YAML nodes exceeded");
  return {};
}

Result<void> EventReader::TakeScalar(Token& token) {
  TRY_OK(TypeScalar(Current(), file_, token));
  return Next();
}

}  // namespace tuesday::workflow
