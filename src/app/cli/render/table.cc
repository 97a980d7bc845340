// SPDX-License-Identifier: Apache-2.0
#include "app/cli/render/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuesday::cli {

std::size_t ColumnsOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

Table::Table(std::vector<std::string> head) { rows_.push_back(std::move(head)); }

void Table::Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

std::string Table::Text() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) widths[i] = std::max(widths[i], ColumnsOf(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - ColumnsOf(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

// k8s.io/apimachinery duration.HumanDuration, in whole units.
std::string AgeText(double seconds) {
  const auto total = static_cast<long long>(std::max(0.0, seconds));
  const long long minutes = total / 60;
  const long long hours = total / 3600;
  const long long days = hours / 24;
  if (total < 120) return fmt::format("{}s", total);
  if (minutes < 10) return total % 60 == 0 ? fmt::format("{}m", minutes) : fmt::format("{}m{}s", minutes, total % 60);
  if (minutes < 180) return fmt::format("{}m", minutes);
  if (hours < 8) return minutes % 60 == 0 ? fmt::format("{}h", hours) : fmt::format("{}h{}m", hours, minutes % 60);
  if (hours < 48) return fmt::format("{}h", hours);
  if (days < 8 && hours % 24 != 0) return fmt::format("{}d{}h", days, hours % 24);
  if (days < 365 * 2) return fmt::format("{}d", days);
  return fmt::format("{}y", days / 365);
}

}  // namespace tuesday::cli
