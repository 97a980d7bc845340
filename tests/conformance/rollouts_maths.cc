// SPDX-License-Identifier: Apache-2.0
// Runs the replica-maths tables: conformance_rollouts_maths SUITE FOLDER FAILED_FILE. Every row of the four TSV files is a
// case; prints `conformance SUITE P/T` and writes the ids of failed cases, one a line.
#include <charconv>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "core/rollout/replicas.h"

namespace tuesday::rollout {
namespace {

// One row by column name. A missing column or an empty cell reads as "not set".
class Row {
 public:
  explicit Row(std::map<std::string, std::string> cells) : cells_(std::move(cells)) {}

  std::optional<int> Number(const std::string& column) const {
    const std::string text = Text(column);
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || text.empty()) return std::nullopt;
    return value;
  }
  int NumberOr0(const std::string& column) const { return Number(column).value_or(0); }
  bool Flag(const std::string& column) const { return Text(column) == "true"; }
  CountOrPercent Bound(const std::string& column) const { return {NumberOr0(column), Text(column).ends_with('%')}; }
  std::string Text(const std::string& column) const {
    const auto cell = cells_.find(column);
    return cell == cells_.end() ? "" : cell->second;
  }

 private:
  std::map<std::string, std::string> cells_;
};

std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells{""};
  for (const char c : line) {
    if (c == '\t') {
      cells.emplace_back();
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return cells;
}

std::vector<Row> ReadRows(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::vector<Row> rows;
  if (!std::getline(file, line)) return rows;
  const std::vector<std::string> columns = Cells(line);
  while (std::getline(file, line)) {
    if (line.empty()) continue;
    const std::vector<std::string> cells = Cells(line);
    std::map<std::string, std::string> named;
    for (std::size_t i = 0; i < columns.size() && i < cells.size(); ++i) named[columns[i]] = cells[i];
    rows.emplace_back(std::move(named));
  }
  return rows;
}

Counts Expected(const Row& row) { return {.canary = row.NumberOr0("expect_canary"), .stable = row.NumberOr0("expect_stable")}; }

bool ApproximateWeightHolds(const Row& row) {
  const Share share{row.NumberOr0("weight"), row.NumberOr0("max_weight")};
  return ApproximateSplit(row.NumberOr0("replicas"), share, row.NumberOr0("max_surge")) == Expected(row);
}

bool TrafficWeightHolds(const Row& row) {
  const Share share{row.NumberOr0("weight"), row.NumberOr0("max_weight")};
  return WeightToReplicas(row.NumberOr0("replicas"), share) == row.NumberOr0("expect_replicas");
}

std::optional<SetCanaryScale> CanaryScaleOf(const Row& row) {
  SetCanaryScale scale{row.Number("set_canary_scale_replicas"), row.Number("set_canary_scale_weight"),
                       row.Flag("set_canary_scale_match_traffic_weight")};
  if (scale == SetCanaryScale{}) return std::nullopt;
  return scale;
}

bool ReplicaCountHolds(const Row& row) {
  const int replicas = row.NumberOr0("replicas");
  const bool aborted = row.Flag("abort");
  // Without a setWeight the one step is past, which means full weight; an abort means none.
  const int weight = aborted ? 0 : row.Flag("promote_full") ? 100 : row.Number("set_weight").value_or(100);
  if (row.Flag("traffic_routing")) {
    const RoutedWant want{.replicas = replicas,
                          .weight = {weight, 100},
                          .canary_scale = CanaryScaleOf(row),
                          .aborted = aborted,
                          .keep_scale_on_abort = row.Number("abort_scale_down_delay_seconds") == 0,
                          .min_pods = row.Number("min_pods_per_replica_set")};
    return RoutedCounts(want) == Expected(row);
  }
  const BasicMove move{.replicas = replicas,
                       .weight = {weight, 100},
                       .fence = ResolveFence(row.Bound("max_surge"), row.Bound("max_unavailable"), replicas),
                       .canary = {row.NumberOr0("canary_spec"), row.NumberOr0("canary_available")},
                       .stable = {row.NumberOr0("stable_spec"), row.NumberOr0("stable_available")},
                       .older_spec = row.NumberOr0("older_spec")};
  return NextBasicCounts(move) == Expected(row);
}

bool DynamicScaleHolds(const Row& row) {
  const int replicas = row.NumberOr0("replicas");
  std::vector<int> weights{row.NumberOr0("first_step_set_weight")};
  if (row.Number("second_step_set_weight").has_value()) weights.push_back(*row.Number("second_step_set_weight"));
  const bool aborted = row.Flag("abort");
  const int canary = row.NumberOr0("canary_rs_replicas");
  int weight = weights.back();
  if (aborted) {
    const bool both = canary > 0 && row.NumberOr0("stable_rs_replicas") > 0;
    weight = both ? SteppedDownWeight(weights, 100, replicas, row.NumberOr0("stable_rs_available"), canary) : 0;
  }
  const RoutedWant want{.replicas = replicas,
                        .weight = {weight, 100},
                        .aborted = aborted,
                        .dynamic_stable_scale = true,
                        .canary_traffic = {row.NumberOr0("canary_traffic_weight"), 100},
                        .stable_traffic = {row.NumberOr0("stable_traffic_weight"), 100}};
  return RoutedCounts(want) == Expected(row);
}

struct Table {
  const char* file;
  bool (*holds)(const Row&);
};

int Run(const std::string& suite, const std::string& folder, const std::string& failed_path) {
  const std::vector<Table> tables = {{"approximate-weights.tsv", ApproximateWeightHolds},
                                     {"replica-counts.tsv", ReplicaCountHolds},
                                     {"dynamic-stable-scale.tsv", DynamicScaleHolds},
                                     {"traffic-weight-to-replicas.tsv", TrafficWeightHolds}};
  std::ofstream failed(failed_path);
  int passed = 0;
  int total = 0;
  for (const Table& table : tables) {
    int line = 1;
    for (const Row& row : ReadRows(folder + "/" + table.file)) {
      ++line;
      ++total;
      if (table.holds(row)) {
        ++passed;
      } else {
        failed << table.file << ":" << line << " " << row.Text("name") << "\n";
      }
    }
  }
  std::cout << "conformance " << suite << " " << passed << "/" << total << "\n";
  return total > 0 && passed == total ? 0 : 1;
}

}  // namespace
}  // namespace tuesday::rollout

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: conformance_rollouts_maths SUITE FOLDER FAILED_FILE\n";
    return 2;
  }
  return tuesday::rollout::Run(argv[1], argv[2], argv[3]);
}
