// SPDX-License-Identifier: Apache-2.0
#include "adapters/sqlite/copy.h"

#include <charconv>
#include <memory>

#include "adapters/sqlite/schema.h"

namespace tuesday::sqlite {

Result<std::uint64_t> CopyDatabase(const std::string& from, const std::string& to) {
  TRY(const std::unique_ptr<Database> database, OpenDatabase(from, OpenMode::kReadOnly));
  std::uint64_t format = 0;
  {
    TRY(Statement statement, database->Prepare("SELECT value FROM meta WHERE key = 'format'"));
    TRY(const bool found, statement.Step());
    const std::string_view text = found ? statement.Text(0) : std::string_view();
    std::from_chars(text.data(), text.data() + text.size(), format);
  }
  // Not SQLite's backup calls: a copy that another process writes meanwhile would begin again, and again.
  TRY(Statement copy, database->Prepare("VACUUM INTO ?1"));
  TRY_OK(copy.Bind(1, to).Run());
  return format;
}

Result<void> CheckPages(const std::string& path) {
  TRY(const std::unique_ptr<Database> database, OpenDatabase(path, OpenMode::kReadOnly));
  TRY(Statement statement, database->Prepare("PRAGMA integrity_check(1)"));
  TRY(const bool found, statement.Step());
  if (!found || statement.Text(0) != "ok") return CorruptError(path, found ? statement.Text(0) : "it cannot be checked");
  return {};
}

}  // namespace tuesday::sqlite
