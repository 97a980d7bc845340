// SPDX-License-Identifier: Apache-2.0
// Mends what has only one mend: a key or kind with one nearest word, a number where a text is wanted. Edits the bytes at the
// place of the finding, so that comments, blanks and line ends stay as they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace tuesday::lint {

struct FixReport {
  std::string text;
  std::vector<Finding> mended;
};

// `findings` are those of `text`; others of them are left alone.
FixReport ApplyFixes(std::string_view text, std::string_view file, const std::vector<Finding>& findings);

// As `diff -u` without context: for people.
std::string DiffText(std::string_view before, std::string_view after, std::string_view file);

}  // namespace tuesday::lint
