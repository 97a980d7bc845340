// SPDX-License-Identifier: Apache-2.0
// Text in columns, aligned by what a terminal shows: a character of several bytes is one column wide.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tuesday::cli {

// Code points: enough for the signs that we print, which are all one column wide.
std::size_t ColumnsOf(std::string_view text);

class Table {
 public:
  explicit Table(std::vector<std::string> head);

  void Add(std::vector<std::string> row);
  bool empty() const { return rows_.size() == 1; }

  // Two blanks between columns, none at line ends, a newline after each row.
  std::string Text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// "4s", "3m12s", "7d": the age of a thing as Kubernetes' tools print it.
std::string AgeText(double seconds);

}  // namespace tuesday::cli
