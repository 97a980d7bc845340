// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/masks.h"

#include <algorithm>

#include "core/expression/value/text.h"
#include "core/workflow/output/mask/forms.h"
#include "core/workflow/output/text.h"

namespace tuesday::workflow {
namespace {

std::vector<Span> Merged(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::vector<Span> merged;
  for (const Span& span : spans) AddSpan(merged, span);
  return merged;
}

}  // namespace

void Masks::Add(std::string_view secret) {
  const std::string_view trimmed = expression::Trim(secret);
  if (trimmed.empty()) return;
  AddForms(trimmed);
  if (trimmed.size() != secret.size()) AddForms(secret);
}

void Masks::AddLines(std::string_view secret) {
  Add(secret);
  const std::vector<std::string_view> lines = SplitLines(secret);
  if (lines.size() == 1) return;
  for (const std::string_view line : lines) Add(line);
}

void Masks::AddForms(std::string_view secret) {
  if (is_full_ || known_.contains(std::string(secret))) return;
  if (bytes_ + secret.size() > kMaskFormsBytesMax) is_full_ = true;
  if (is_full_) return;
  for (std::string& form : FormsOfSecret(secret)) {
    if (!known_.insert(form).second) continue;
    bytes_ += form.size();
    added_.push_back(std::move(form));
  }
  is_full_ = bytes_ > kMaskFormsBytesMax;
}

void Masks::PutInOrder() const {
  if (added_.empty()) return;
  automata_.emplace_back(std::move(added_));
  added_.clear();
  while (automata_.size() > 1 && automata_[automata_.size() - 2].node_count() < 2 * automata_.back().node_count()) {
    std::vector<std::string> texts = automata_.back().texts();
    automata_.pop_back();
    const std::vector<std::string>& more = automata_.back().texts();
    texts.insert(texts.end(), more.begin(), more.end());
    automata_.pop_back();
    automata_.emplace_back(std::move(texts));
  }
}

std::vector<Span> Masks::Find(std::string_view text, std::size_t& settled) const {
  settled = text.size();
  if (is_full_) return text.empty() ? std::vector<Span>() : std::vector<Span>{{0, text.size()}};
  PutInOrder();
  std::vector<Span> all;
  for (const Automaton& automaton : automata_) {
    std::vector<Span> spans;
    settled = std::min(settled, automaton.Find(text, spans));
    all.insert(all.end(), spans.begin(), spans.end());
  }
  return automata_.size() > 1 ? Merged(std::move(all)) : all;
}

std::string Masks::Mask(std::string_view line) const {
  std::size_t settled = 0;
  const std::vector<Span> spans = Find(line, settled);
  if (spans.empty()) return std::string(line);
  std::string masked;
  std::size_t at = 0;
  for (const Span& span : spans) {
    masked += line.substr(at, span.begin - at);
    masked += kMask;
    at = span.end;
  }
  masked += line.substr(at);
  return masked;
}

bool Masks::Holds(std::string_view text) const {
  std::size_t settled = 0;
  return !Find(text, settled).empty();
}

std::string MaskStream::Feed(std::string_view piece) {
  held_ += piece;
  std::size_t settled = 0;
  const std::vector<Span> spans = masks_.Find(held_, settled);
  return Release(settled, spans);
}

std::string MaskStream::End() {
  std::size_t settled = 0;
  const std::vector<Span> spans = masks_.Find(held_, settled);
  std::string rest = Release(held_.size(), spans);
  in_mask_ = false;
  return rest;
}

std::string MaskStream::Release(std::size_t until, const std::vector<Span>& spans) {
  if (until == 0) return "";
  std::vector<Span> all = spans;
  if (masked_ > 0) {
    all.insert(all.begin(), {0, masked_});
    all = Merged(std::move(all));
  }
  std::string text;
  std::size_t at = 0;
  std::size_t masked_until = 0;
  for (const Span& span : all) {
    if (span.begin >= until) break;
    text.append(held_, at, span.begin - at);
    if (span.begin > 0 || !in_mask_) text += kMask;
    at = std::min(span.end, until);
    masked_until = span.end;
  }
  text.append(held_, at, until - at);
  in_mask_ = masked_until >= until;
  masked_ = in_mask_ ? masked_until - until : 0;
  held_.erase(0, until);
  return text;
}

}  // namespace tuesday::workflow
