// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/yaml/plain_scan.h"

#include <algorithm>

#include "core/workflow/read.h"

namespace tuesday::workflow {
namespace {

constexpr std::size_t kKeyBytesMax = 1'000;  // Longer ones are no keys for libyaml.
constexpr std::size_t kBytesOfAnEvent = 8;
constexpr std::size_t kRoomMax = 4'096;

bool IsAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// With a tab, a carriage return or what is no ASCII, columns and line ends are no longer simple.
bool IsSimpleText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\n'; });
}

// With a comment or blanks behind the last line's end, what libyaml says of where things end is not simple either.
bool EndsSimply(std::string_view text) {
  const std::string_view last = text.substr(text.rfind('\n') + 1);
  const std::size_t first = last.find_first_not_of(' ');
  return last.empty() || (first != std::string_view::npos && last[first] != '#');
}

struct Mark {
  int line = 1;
  int column = 1;
};

struct Scalar {
  std::string_view text;
  std::string_view style = "Plain";
};

// Goes through the text once. Each function returns false where something else stands: then nothing that was made counts.
class PlainScanner {
 public:
  explicit PlainScanner(std::string_view text) : text_(text) {
    events_.reserve(std::min(text.size() / kBytesOfAnEvent, kRoomMax));
  }

  bool Scan() {
    if (!IsSimpleText(text_) || !EndsSimply(text_)) return false;
    Add(EventKind::kStreamStart, Mark());
    SkipToToken();
    if (AtEnd()) return false;
    Add(EventKind::kDocumentStart, Here());
    if (!Block(Column(), 0) || !AtEnd()) return false;
    Add(EventKind::kDocumentEnd, Here());
    Add(EventKind::kStreamEnd, Here());
    return events_.size() < static_cast<std::size_t>(kYamlNodesMax);
  }

  std::vector<YamlEvent> Take() { return std::move(events_); }

 private:
  bool AtEnd() const { return at_ >= text_.size(); }
  char Peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n'; }
  bool IsBlankOrEnd(std::size_t ahead) const { return Peek(ahead) == ' ' || Peek(ahead) == '\n'; }
  int Column() const { return static_cast<int>(at_ - line_start_); }
  bool AtEntry() const { return Peek() == '-' && IsBlankOrEnd(1); }

  // The end counts as a line of its own.
  Mark Here() const {
    if (AtEnd() && Column() != 0) return {line_ + 1, 1};
    return {line_, Column() + 1};
  }

  void Add(EventKind kind, Mark mark) {
    YamlEvent& event = events_.emplace_back();
    event.kind = kind;
    event.line = mark.line;
    event.column = mark.column;
  }

  void Add(const Scalar& scalar, Mark mark) {
    Add(EventKind::kScalar, mark);
    events_.back().value = scalar.text;
    events_.back().style = scalar.style;
  }

  void NewLine() {
    ++at_;
    ++line_;
    line_start_ = at_;
  }

  void SkipBlanks() {
    while (!AtEnd() && text_[at_] == ' ') ++at_;
  }

  // Over blanks, comments and line ends.
  void SkipToToken() {
    while (true) {
      SkipBlanks();
      if (!AtEnd() && text_[at_] == '#') at_ = std::min(text_.find('\n', at_), text_.size());
      if (AtEnd() || text_[at_] != '\n') return;
      NewLine();
    }
  }

  // Whether nothing more stands on the line but a comment, which needs a blank before it.
  bool LineEnds() {
    const std::size_t before = at_;
    SkipBlanks();
    return AtEnd() || text_[at_] == '\n' || (text_[at_] == '#' && at_ > before);
  }

  // A collection or a text that begins here. `indent` is the column of what it stands in, and -1 at the root.
  bool Block(int column, int depth, int indent = -1) {
    if (depth > kTokenDepthMax) return false;
    if (AtEntry()) return Sequence(column, depth, Kind::kOwnColumn);
    const Mark mark = Here();
    Scalar scalar;
    bool is_key = false;
    if (Peek() == '|' || Peek() == '[') return indent >= 0 && Value(indent);
    if (!TakeScalar(scalar, is_key)) return false;
    if (is_key) return Mapping(scalar, mark, column, depth);
    Add(scalar, mark);
    return indent >= 0 && EndOfValue(indent);
  }

  // Behind a value: the next token is no further in than what holds the value, or it would go on.
  bool EndOfValue(int indent) {
    if (!LineEnds()) return false;
    SkipToToken();
    return AtEnd() || Column() <= indent;
  }

  bool Mapping(Scalar key, Mark mark, int column, int depth) {
    Add(EventKind::kMappingStart, mark);
    while (true) {
      Add(key, mark);
      ++at_;  // The colon.
      if (!MappingValue(column, depth)) return false;
      if (AtEnd() || Column() < column) break;
      if (Column() > column || AtEntry()) return false;
      mark = Here();
      bool is_key = false;
      if (!TakeScalar(key, is_key) || !is_key) return false;
    }
    Add(EventKind::kMappingEnd, Here());
    return true;
  }

  bool MappingValue(int column, int depth) {
    const Mark behind_colon{line_, Column() + 1};
    if (!LineEnds()) return !AtEntry() && Value(column);
    SkipToToken();
    if (!AtEnd() && Column() > column) return Block(Column(), depth + 1, column);
    if (!AtEnd() && Column() == column && AtEntry()) return Sequence(column, depth + 1, Kind::kColumnOfKey);
    Add(Scalar(), behind_colon);
    return true;
  }

  // A sequence may stand in the column of the key above it; then the next key ends it.
  enum class Kind { kOwnColumn, kColumnOfKey };

  bool Sequence(int column, int depth, Kind kind) {
    if (depth > kTokenDepthMax) return false;
    Add(EventKind::kSequenceStart, Here());
    while (!AtEnd() && Column() == column && AtEntry()) {
      ++at_;
      if (!Entry(column, depth)) return false;
    }
    if (!AtEnd() && (Column() > column || (Column() == column && kind == Kind::kOwnColumn))) return false;
    Add(EventKind::kSequenceEnd, Here());
    return true;
  }

  bool Entry(int column, int depth) {
    const Mark behind_dash{line_, Column() + 1};
    if (LineEnds()) {
      SkipToToken();
      if (!AtEnd() && Column() > column) return Block(Column(), depth + 1, column);
      Add(Scalar(), behind_dash);
      return true;
    }
    if (Peek() == '|' || Peek() == '[') return Value(column);
    return Block(Column(), depth + 1, column);
  }

  // A value that stands in one line, or a literal block.
  bool Value(int indent) {
    if (Peek() == '|') return Literal(indent);
    if (Peek() == '[') return List() && EndOfValue(indent);
    const Mark mark = Here();
    Scalar scalar;
    bool is_key = false;
    if (!TakeScalar(scalar, is_key) || is_key) return false;
    Add(scalar, mark);
    return EndOfValue(indent);
  }

  // The text that begins here; a key when a colon follows, at which we then stand.
  bool TakeScalar(Scalar& scalar, bool& is_key) {
    const std::size_t from = at_;
    if (Peek() == '\'' || Peek() == '"') {
      if (!TakeQuoted(scalar)) return false;
    } else if (!TakePlain(scalar)) {
      return false;
    }
    const std::size_t end = at_;
    SkipBlanks();
    is_key = !AtEnd() && text_[at_] == ':' && IsBlankOrEnd(1);
    if (is_key) return at_ - from <= kKeyBytesMax;
    at_ = end;
    return true;
  }

  bool TakeQuoted(Scalar& scalar) {
    const char quote = text_[at_];
    const std::size_t from = at_ + 1;
    const std::size_t end = text_.find_first_of(quote == '"' ? "\"\\\n" : "'\n", from);
    if (end == std::string_view::npos || text_[end] != quote) return false;
    // Two quotes are one within the text.
    if (quote == '\'' && end + 1 < text_.size() && text_[end + 1] == quote) return false;
    scalar = {text_.substr(from, end - from), quote == '"' ? "DoubleQuoted" : "SingleQuoted"};
    at_ = end + 1;
    return true;
  }

  bool TakePlain(Scalar& scalar) {
    const char first = Peek();
    const bool begins = IsAlphanumeric(first) || std::string_view("_./$+~(<=^").find(first) != std::string_view::npos ||
                        (first == '-' && !IsBlankOrEnd(1));
    // The marks of documents stand in the first column.
    const std::string_view three = text_.substr(at_, 3);
    if (!begins || (Column() == 0 && (three == "---" || three == "..."))) return false;
    const std::size_t from = at_;
    std::size_t end = from;
    for (; end < text_.size() && text_[end] != '\n'; ++end) {
      if (text_[end] == '#' && text_[end - 1] == ' ') break;
      if (text_[end] == ':' && (end + 1 == text_.size() || text_[end + 1] == ' ' || text_[end + 1] == '\n')) break;
    }
    while (end > from && text_[end - 1] == ' ') --end;
    scalar = {text_.substr(from, end - from), "Plain"};
    at_ = end;
    return true;
  }

  // "[a, 'b']" with names in it and nothing else.
  bool List() {
    Add(EventKind::kSequenceStart, Here());
    ++at_;
    for (SkipBlanks(); Peek() != ']'; SkipBlanks()) {
      const Mark mark = Here();
      Scalar scalar;
      if (Peek() == '\'' || Peek() == '"') {
        if (!TakeQuoted(scalar)) return false;
      } else if (!TakeName(scalar)) {
        return false;
      }
      Add(scalar, mark);
      SkipBlanks();
      if (Peek() == ']') break;
      if (Peek() != ',') return false;
      ++at_;
      SkipBlanks();
      if (Peek() == ']') return false;
    }
    Add(EventKind::kSequenceEnd, Here());
    ++at_;
    return true;
  }

  bool TakeName(Scalar& scalar) {
    const std::size_t from = at_;
    if (!IsAlphanumeric(Peek())) return false;
    while (IsAlphanumeric(Peek()) || std::string_view("_./-").find(Peek()) != std::string_view::npos) ++at_;
    scalar = {text_.substr(from, at_ - from), "Plain"};
    return true;
  }

  // "|", "|-" or "|+" and the lines below it.
  bool Literal(int indent) {
    const Mark mark = Here();
    ++at_;
    const char chomping = Peek();
    if (chomping == '-' || chomping == '+') ++at_;
    SkipBlanks();
    if (AtEnd() || text_[at_] != '\n') return false;
    NewLine();
    const int column = ColumnOfLiteral(indent);
    if (column < 0) return false;
    std::string value;
    std::size_t breaks = 0;  // Line ends that are not in the value yet.
    while (!AtEnd()) {
      while (!AtEnd() && text_[at_] == ' ' && Column() < column) ++at_;
      if (!AtEnd() && text_[at_] == '\n') {
        ++breaks;
        NewLine();
        continue;
      }
      if (AtEnd() || Column() < column) break;
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      value.append(breaks, '\n').append(text_.substr(at_, end - at_));
      at_ = end;
      breaks = 0;
      if (AtEnd()) break;
      breaks = 1;
      NewLine();
    }
    if (chomping == '+') value.append(breaks, '\n');
    if (chomping != '-' && chomping != '+') value.append(std::min<std::size_t>(breaks, 1), '\n');
    Add(EventKind::kScalar, mark);
    events_.back().value = std::move(value);
    events_.back().style = "Literal";
    SkipToToken();
    return AtEnd() || Column() <= indent;
  }

  // Of its first line with something in it. -1 when it has none, or blanks before it say something else.
  int ColumnOfLiteral(int indent) const {
    std::size_t blanks_max = 0;
    for (std::size_t begin = at_; begin < text_.size();) {
      const std::size_t first = std::min(text_.find_first_not_of(' ', begin), text_.size());
      if (first == text_.size()) return -1;
      const std::size_t blanks = first - begin;
      if (text_[first] != '\n') {
        return blanks_max > blanks || static_cast<int>(blanks) <= indent ? -1 : static_cast<int>(blanks);
      }
      blanks_max = std::max(blanks_max, blanks);
      begin = first + 1;
    }
    return -1;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
  std::vector<YamlEvent> events_;
};

}  // namespace

std::optional<std::vector<YamlEvent>> ScanPlainYaml(std::string_view text) {
  PlainScanner scanner(text);
  if (!scanner.Scan()) return std::nullopt;
  return scanner.Take();
}

}  // namespace tuesday::workflow
