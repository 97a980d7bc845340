// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/batch.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <span>

#include "core/metrics/chunk.h"

namespace tuesday::metrics {

namespace {

constexpr std::string_view kMagic = "TSMP";
constexpr char kVersion = 2;       // Chunks of the second form; a reader of 1 would take them for damage.
constexpr char kVersionFirst = 1;  // Still read.
constexpr std::size_t kChecksumBytes = 4;

constexpr std::array<std::uint32_t, 256> MakeCrcTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
    table[i] = value;
  }
  return table;
}

std::uint32_t Crc32(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = MakeCrcTable();
  std::uint32_t crc = ~0U;
  for (const char c : bytes) crc = (crc >> 8) ^ kTable[(crc ^ static_cast<std::uint8_t>(c)) & 0xFF];
  return ~crc;
}

void PutNumber(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
  out += static_cast<char>(value);
}

void PutText(std::string& out, std::string_view text) {
  PutNumber(out, text.size());
  out += text;
}

// Reads with a sticky failure, so that the caller checks once for each object.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t Number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<std::uint8_t>(bytes_[0]);
      bytes_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    failed_ = true;
    return 0;
  }

  std::string_view Text() {
    const std::uint64_t size = Number();
    if (failed_ || size > bytes_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return text;
  }

  // A count of things that each take at least one byte.
  std::size_t Count() {
    const std::uint64_t count = Number();
    if (count > bytes_.size()) failed_ = true;
    return failed_ ? 0 : count;
  }

  bool failed() const { return failed_; }
  bool AtEnd() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

std::uint32_t ReadChecksum(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kChecksumBytes; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[bytes.size() - kChecksumBytes + i])) << (8 * i);
  }
  return value;
}

bool ReadSeries(Reader& in, const std::vector<std::string_view>& strings, std::size_t& samples_left, Series& series) {
  std::vector<Labels::Pair> pairs;
  const std::size_t labels = in.Count();
  for (std::size_t i = 0; i < labels && !in.failed(); ++i) {
    const std::uint64_t name = in.Number();
    const std::uint64_t value = in.Number();
    if (in.failed() || name >= strings.size() || value >= strings.size()) return false;
    pairs.emplace_back(strings[name], strings[value]);
  }
  series.labels = Labels(std::move(pairs));
  std::vector<Sample> samples;
  const std::size_t chunks = in.Count();
  for (std::size_t i = 0; i < chunks && !in.failed(); ++i) {
    const std::size_t before = samples.size();
    if (!DecodeChunkInto(in.Text(), samples) || samples.size() > samples_left) return false;
    if (before > 0 && samples[before].t <= samples[before - 1].t) return false;
  }
  samples_left -= samples.size();
  series.samples = std::move(samples);
  return !in.failed() && !series.samples.empty();
}

}  // namespace

std::string EncodeBatch(const SampleBatch& batch) {
  std::map<std::string_view, std::uint64_t> numbers;
  std::string table;
  std::string body;
  const auto number_of = [&](std::string_view text) {
    const auto [at, made] = numbers.try_emplace(text, numbers.size());
    if (made) PutText(table, text);
    return at->second;
  };
  std::uint64_t count = 0;
  for (const Series& series : batch.series) {
    if (series.samples.empty()) continue;
    ++count;
    PutNumber(body, series.labels.size());
    for (const auto& [name, value] : series.labels) {
      PutNumber(body, number_of(name));
      PutNumber(body, number_of(value));
    }
    PutNumber(body, (series.samples.size() + kChunkSamplesMax - 1) / kChunkSamplesMax);
    for (std::size_t at = 0; at < series.samples.size(); at += kChunkSamplesMax) {
      const std::size_t size = std::min(kChunkSamplesMax, series.samples.size() - at);
      PutText(body, EncodeChunk(series.samples.span().subspan(at, size)));
    }
  }
  std::string out(kMagic);
  out += kVersion;
  PutNumber(out, numbers.size());
  out += table;
  PutNumber(out, count);
  out += body;
  const std::uint32_t crc = Crc32(out);
  for (std::size_t i = 0; i < kChecksumBytes; ++i) out += static_cast<char>((crc >> (8 * i)) & 0xFF);
  return out;
}

Result<SampleBatch> DecodeBatch(std::string_view bytes) {
  const auto corrupt = [](const char* why) {
    return Fail(ErrorCode::kCorrupt, std::string("A batch of samples ") + why + ".");
  };
  if (bytes.size() > kBatchBytesMax) return corrupt("is longer than 64 MiB");
  if (bytes.size() < kMagic.size() + 1 + kChecksumBytes || !bytes.starts_with(kMagic)) return corrupt("does not begin as one");
  if (bytes[kMagic.size()] < kVersionFirst || bytes[kMagic.size()] > kVersion) {
    return Fail(ErrorCode::kUnsupported, "A batch of samples has a format that this version does not read.");
  }
  if (ReadChecksum(bytes) != Crc32(bytes.substr(0, bytes.size() - kChecksumBytes))) return corrupt("fails its checksum");
  Reader in(bytes.substr(kMagic.size() + 1, bytes.size() - kMagic.size() - 1 - kChecksumBytes));
  std::vector<std::string_view> strings(in.Count());
  for (std::string_view& text : strings) text = in.Text();
  SampleBatch batch;
  std::size_t samples_left = kBatchSamplesMax;
  const std::size_t count = in.Count();
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    if (!ReadSeries(in, strings, samples_left, batch.series.emplace_back()))
      return corrupt("has a series that does not read back");
  }
  if (in.failed() || !in.AtEnd()) return corrupt("is cut short or too long");
  return batch;
}

}  // namespace tuesday::metrics
