// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/mask/automaton.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tuesday::workflow {
namespace {

constexpr std::ptrdiff_t kFewEdges = 8;

constexpr std::size_t kHeadBitsOfText = 32;  // So that three in a hundred places are looked at for nothing.
constexpr int kHeadBitsMin = 12;             // Powers of two.
constexpr int kHeadBitsMax = 20;

}  // namespace

void AddSpan(std::vector<Span>& spans, Span span) {
  while (!spans.empty() && spans.back().end >= span.begin) {
    span.begin = std::min(span.begin, spans.back().begin);
    span.end = std::max(span.end, spans.back().end);
    spans.pop_back();
  }
  spans.push_back(span);
}

Automaton::Automaton(std::vector<std::string> texts) : texts_(std::move(texts)) {
  std::sort(texts_.begin(), texts_.end());
  texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
  Build();
  Link();
  MarkHeads();
}

// Level by level over ranges of the sorted texts that have the same beginning.
void Automaton::Build() {
  std::vector<Range> ranges = {{0, static_cast<std::uint32_t>(texts_.size()), 0}};
  for (std::uint32_t node = 0; node < ranges.size(); ++node) {
    first_edge_.push_back(static_cast<std::uint32_t>(labels_.size()));
    depth_.push_back(ranges[node].depth);
    found_.push_back(0);
    AddChildren(node, ranges[node], ranges);
  }
  first_edge_.push_back(static_cast<std::uint32_t>(labels_.size()));
}

void Automaton::AddChildren(std::uint32_t node, Range range, std::vector<Range>& ranges) {
  std::uint32_t first = range.first;
  if (first < range.last && texts_[first].size() == range.depth) {
    found_[node] = range.depth;
    ++first;
  }
  while (first < range.last) {
    const char label = texts_[first][range.depth];
    std::uint32_t last = first + 1;
    while (last < range.last && texts_[last][range.depth] == label) ++last;
    labels_.push_back(static_cast<unsigned char>(label));
    ranges.push_back({first, last, range.depth + 1});
    first = last;
  }
}

void Automaton::Link() {
  fail_.assign(depth_.size(), 0);
  for (std::uint32_t edge = first_edge_[0]; edge < first_edge_[1]; ++edge) root_[labels_[edge]] = edge + 1;
  for (std::uint32_t node = 1; node < fail_.size(); ++node) {
    if (found_[node] == 0) found_[node] = found_[fail_[node]];
    for (std::uint32_t edge = first_edge_[node]; edge < first_edge_[node + 1]; ++edge)
      fail_[edge + 1] = Next(fail_[node], labels_[edge]);
  }
}

void Automaton::MarkHeads() {
  const auto is_short = [](const std::string& text) { return text.size() < kHeadBytes; };
  if (std::any_of(texts_.begin(), texts_.end(), is_short)) return;
  const int bits = std::clamp(static_cast<int>(std::bit_width(texts_.size() * kHeadBitsOfText)), kHeadBitsMin, kHeadBitsMax);
  head_shift_ = 32 - bits;
  heads_.assign((std::size_t{1} << bits) / 64, 0);
  for (const std::string& text : texts_) {
    const std::size_t head = HeadOf(text.data());
    heads_[head / 64] |= std::uint64_t{1} << (head % 64);
  }
}

std::size_t Automaton::HeadOf(const char* at) const {
  std::uint32_t head = 0;
  std::memcpy(&head, at, sizeof(head));
  return (head * 2654435761U) >> head_shift_;
}

bool Automaton::MayBegin(const char* at) const {
  const std::size_t head = HeadOf(at);
  return ((heads_[head / 64] >> (head % 64)) & 1U) != 0;
}

std::uint32_t Automaton::Child(std::uint32_t node, unsigned char byte) const {
  if (node == 0) return root_[byte];
  const auto first = labels_.begin() + first_edge_[node];
  const auto last = labels_.begin() + first_edge_[node + 1];
  // Texts are sorted, hence labels are. Most nodes have one.
  const auto found = last - first < kFewEdges ? std::find(first, last, byte) : std::lower_bound(first, last, byte);
  return found == last || *found != byte ? 0 : static_cast<std::uint32_t>(found - labels_.begin()) + 1;
}

std::uint32_t Automaton::Next(std::uint32_t node, unsigned char byte) const {
  while (true) {
    const std::uint32_t child = Child(node, byte);
    if (child != 0 || node == 0) return child;
    node = fail_[node];
  }
}

std::size_t Automaton::Find(std::string_view line, std::vector<Span>& spans) const {
  std::uint32_t node = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (node == 0 && !heads_.empty()) {
      while (i + kHeadBytes <= line.size() && !MayBegin(line.data() + i)) ++i;
    }
    node = Next(node, static_cast<unsigned char>(line[i]));
    if (found_[node] != 0) AddSpan(spans, {i + 1 - found_[node], i + 1});
  }
  return line.size() - depth_[node];
}

}  // namespace tuesday::workflow
