// SPDX-License-Identifier: Apache-2.0
// The YAML events of one file with aliases replaced by what they stand for, and scalars typed by YAML 1.2's core schema as
// GitHub's runner types them. An internal header of this folder.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/workflow/token.h"

namespace tuesday::workflow {

enum class EventKind {
  kScalar,
  kSequenceStart,
  kSequenceEnd,
  kMappingStart,
  kMappingEnd,
  kAlias,
  kDocumentStart,
  kDocumentEnd,
  kStreamStart,
  kStreamEnd,
  kBroken,  // The text is not YAML from here on: `value` says why.
};

struct YamlEvent {
  EventKind kind = EventKind::kBroken;
  int line = 0;
  int column = 0;
  std::string value;
  std::string tag;
  std::string anchor;
  std::string_view style;  // "Plain", "SingleQuoted", …: the words of GitHub's messages.
  friend bool operator==(const YamlEvent&, const YamlEvent&) = default;
};

// The events of a text, at most as many as kYamlNodesMax allows to be visited.
std::vector<YamlEvent> ScanYaml(std::string_view text);

// The same by libyaml, whatever the text has in it.
std::vector<YamlEvent> ScanAnyYaml(std::string_view text);

// Walks through the events, which must outlive it. A failure's message is a sentence for the file as a whole.
class EventReader {
 public:
  EventReader(const std::vector<YamlEvent>& events, int file) : events_(events), file_(file) {}

  Result<void> Start();
  Result<void> End();

  const YamlEvent& Current() const { return events_[at_]; }
  bool Is(EventKind kind) const { return Current().kind == kind; }
  Place At() const { return {file_, Current().line, Current().column}; }
  Result<void> Next();

  // Makes `token`, a new one, the current scalar with its type; the reader stands behind it.
  Result<void> TakeScalar(Token& token);

 private:
  // The events of an anchor that are being gone through again; `depth` counts what is open among them.
  struct Replay {
    std::size_t at = 0;
    int depth = 0;
  };

  Result<void> CheckBroken() const;
  void LeaveReplay();

  const std::vector<YamlEvent>& events_;
  int file_;
  std::size_t at_ = 0;       // The current event.
  std::size_t forward_ = 0;  // The last event that was reached without an alias.
  std::map<std::string, std::size_t, std::less<>> anchors_;
  std::vector<Replay> replays_;
  int nodes_ = 0;
};

// The type of a scalar event in YAML's short form: "!!str", "!!int", "!!float", "!!bool" or "!!null".
std::string_view ScalarTag(const YamlEvent& event);

// Makes `token`, a new one, that of a scalar event. Fails for a tag that does not fit.
Result<void> TypeScalar(const YamlEvent& event, int file, Token& token);

}  // namespace tuesday::workflow
