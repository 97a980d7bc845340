// SPDX-License-Identifier: Apache-2.0
// Finds many texts at once in one pass over a line (Aho and Corasick 1975), in time linear in the line whatever was asked to be
// found. Immutable. An internal header of this folder.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuesday::workflow {

// The bytes from `begin` until before `end`.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

// Adds a span whose end is past those of all before it, and makes one of those that touch.
void AddSpan(std::vector<Span>& spans, Span span);

class Automaton {
 public:
  // None of the texts is empty.
  explicit Automaton(std::vector<std::string> texts);

  const std::vector<std::string>& texts() const { return texts_; }
  std::size_t node_count() const { return fail_.size(); }

  // Adds what `line` has of the texts, and returns where what could still become one of them begins: bytes before are settled
  // whatever follows the line.
  std::size_t Find(std::string_view line, std::vector<Span>& spans) const;

 private:
  static constexpr std::size_t kHeadBytes = 4;

  struct Range {
    std::uint32_t first;
    std::uint32_t last;
    std::uint32_t depth;
  };

  void Build();
  void AddChildren(std::uint32_t node, Range range, std::vector<Range>& ranges);
  void Link();
  void MarkHeads();
  std::uint32_t Child(std::uint32_t node, unsigned char byte) const;
  std::uint32_t Next(std::uint32_t node, unsigned char byte) const;
  std::size_t HeadOf(const char* at) const;
  bool MayBegin(const char* at) const;

  std::vector<std::string> texts_;  // Sorted.
  // Nodes are numbered level by level, so that the children of one are neighbours and edge `e` leads to node `e + 1`.
  std::vector<unsigned char> labels_;
  std::vector<std::uint32_t> first_edge_;  // One more than there are nodes.
  std::vector<std::uint32_t> fail_;
  std::vector<std::uint32_t> depth_;
  std::vector<std::uint32_t> found_;  // The length of the longest text that ends here.
  std::array<std::uint32_t, 256> root_{};
  std::vector<std::uint64_t> heads_;  // Which first bytes there may be, a bit for each hash; empty when a text is shorter.
  int head_shift_ = 0;
};

}  // namespace tuesday::workflow
