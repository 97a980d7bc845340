// SPDX-License-Identifier: Apache-2.0
// What strangers write into events: put into a script as text, it is run as a part of it. GitHub's list of 2026 ("script
// injections").
#include <algorithm>

#include "core/workflow/lint/types/check.h"

namespace tuesday::workflow::lint {
namespace {

using expression::Node;
using expression::NodeKind;
using Path = std::vector<std::string>;

const std::vector<Path>& UntrustedPaths() {
  static const std::vector<Path> kPaths = {
      {"github", "event", "issue", "title"},
      {"github", "event", "issue", "body"},
      {"github", "event", "pull_request", "title"},
      {"github", "event", "pull_request", "body"},
      {"github", "event", "pull_request", "head", "ref"},
      {"github", "event", "pull_request", "head", "label"},
      {"github", "event", "pull_request", "head", "repo", "default_branch"},
      {"github", "event", "comment", "body"},
      {"github", "event", "review", "body"},
      {"github", "event", "review_comment", "body"},
      {"github", "event", "pages", "*", "page_name"},
      {"github", "event", "commits", "*", "message"},
      {"github", "event", "commits", "*", "author", "email"},
      {"github", "event", "commits", "*", "author", "name"},
      {"github", "event", "head_commit", "message"},
      {"github", "event", "head_commit", "author", "email"},
      {"github", "event", "head_commit", "author", "name"},
      {"github", "event", "discussion", "title"},
      {"github", "event", "discussion", "body"},
      {"github", "head_ref"},
  };
  return kPaths;
}

// One segment of an access: a name, `*`, an index, or something that is only known when it runs.
enum class SegmentKind { kName, kFilter, kIndex, kUnknown };
struct Segment {
  SegmentKind kind = SegmentKind::kName;
  std::string name;
};

// The segments of an access from its context on, or nothing when it does not begin with one.
bool ReadSegments(const Node& node, std::vector<Segment>& segments) {
  if (node.kind == NodeKind::kNamedValue) {
    segments.push_back({SegmentKind::kName, LowerCase(node.name)});
    return true;
  }
  if (node.kind != NodeKind::kIndex || !ReadSegments(node.parts[0], segments)) return false;
  const Node& key = node.parts[1];
  if (key.kind == NodeKind::kWildcard) {
    segments.push_back({SegmentKind::kFilter, ""});
  } else if (key.kind == NodeKind::kLiteral && key.literal.as_string() != nullptr) {
    segments.push_back({SegmentKind::kName, LowerCase(*key.literal.as_string())});
  } else {
    segments.push_back({key.kind == NodeKind::kLiteral ? SegmentKind::kIndex : SegmentKind::kUnknown, ""});
  }
  return true;
}

bool Matches(const std::vector<Segment>& segments, const Path& path) {
  std::size_t at = 0;
  bool filtered = false;
  for (const Segment& segment : segments) {
    // An index behind a filter picks one of what the filter found.
    if (filtered && segment.kind != SegmentKind::kName && at == path.size()) continue;
    if (at >= path.size()) return false;
    if (segment.kind == SegmentKind::kFilter) filtered = true;
    if (segment.kind == SegmentKind::kName && path[at] != segment.name) return false;
    if (segment.kind == SegmentKind::kIndex && path[at] != "*") return false;
    ++at;
  }
  return at == path.size();
}

std::string Join(const Path& path) {
  std::string out;
  for (const std::string& part : path) out += (out.empty() ? "" : ".") + part;
  return out;
}

void Find(const Node& node, std::vector<UntrustedUse>& uses) {
  if (node.kind == NodeKind::kIndex || node.kind == NodeKind::kNamedValue) {
    std::vector<Segment> segments;
    if (ReadSegments(node, segments)) {
      UntrustedUse use{StartOf(node), {}};
      for (const Path& path : UntrustedPaths()) {
        if (Matches(segments, path)) use.paths.push_back(Join(path));
      }
      std::sort(use.paths.begin(), use.paths.end());
      if (!use.paths.empty()) uses.push_back(std::move(use));
      return;
    }
  }
  // These give no text of the stranger's back, or give it quoted.
  if (node.kind == NodeKind::kCall) {
    const std::string name = LowerCase(node.name);
    if (name == "contains" || name == "startswith" || name == "endswith") return;
  }
  for (const Node& part : node.parts) Find(part, uses);
}

}  // namespace

std::vector<UntrustedUse> FindUntrusted(const Node& root) {
  std::vector<UntrustedUse> uses;
  Find(root, uses);
  return uses;
}

}  // namespace tuesday::workflow::lint
