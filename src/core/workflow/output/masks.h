// SPDX-License-Identifier: Apache-2.0
// The secrets of a job, and texts without them: each secret in all the encodings in which a program may print it, found in one
// pass. Of one thread at a time; asking for a text may put what was added in order.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/workflow/output/mask/automaton.h"

namespace tuesday::workflow {

inline constexpr std::string_view kMask = "***";
inline constexpr std::size_t kMaskFormsBytesMax = 4 << 20;  // Of all forms of all secrets.

class Masks {
 public:
  // Adds a secret: as it is and without the space around it. An empty one is ignored.
  void Add(std::string_view secret);

  // Adds a secret and each of its lines, since a log has a line at a time.
  void AddLines(std::string_view secret);

  // The text with `***` for everything that is a secret; what overlaps or touches becomes one.
  std::string Mask(std::string_view line) const;

  // Whether there is a secret in the text.
  bool Holds(std::string_view text) const;

  // Whether the secrets are too much to be found: from then on every text that is not empty is a secret as a whole.
  bool IsFull() const { return is_full_; }

  // Where secrets are in the text, in order. `settled` becomes the offset before which nothing that follows the text can
  // change that.
  std::vector<Span> Find(std::string_view text, std::size_t& settled) const;

 private:
  void AddForms(std::string_view secret);
  void PutInOrder() const;

  std::unordered_set<std::string> known_;
  std::size_t bytes_ = 0;
  bool is_full_ = false;
  // Each at least twice as large as the next, so that adding one secret at a time costs no more than a logarithm.
  mutable std::vector<Automaton> automata_;
  mutable std::vector<std::string> added_;
};

// Masks a text that comes in pieces, so that a secret across two of them does not show.
class MaskStream {
 public:
  explicit MaskStream(const Masks& masks) : masks_(masks) {}

  // What of the text so far is settled and was not yet given back.
  std::string Feed(std::string_view piece);

  // The rest.
  std::string End();

 private:
  std::string Release(std::size_t until, const std::vector<Span>& spans);

  const Masks& masks_;
  std::string held_;
  std::size_t masked_ = 0;  // How many bytes at the begin of `held_` are known to belong to a secret.
  bool in_mask_ = false;    // Whether the last that was given back is a mask that may go on.
};

}  // namespace tuesday::workflow
