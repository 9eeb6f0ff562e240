#include "move/export.h"

#include <string>

#include <fmt/format.h>

#include "base/version.h"
#include "move/checksum.h"
#include "move/lines.h"
#include "move/store.h"

namespace onggi::move {

void export_all(db::Database& source, Time now, const std::function<void(std::string_view)>& take,
                const Report& report) {
  refuse_unfinished(source);
  take(fmt::format("{{\"onggi_export\":{},\"exported_at\":\"{}\",\"onggi\":\"{}\"}}\n",
                   format_version, to_string(now), version));
  Reader reader(source);
  Checksum checksum;
  std::string counts;
  std::string piece;
  for (const Table& table : tables()) {
    Progress progress{.doing = "exported", .table = table.name};
    reader.open(table);
    while (!progress.is_over) {
      const db::Rows rows = reader.next();
      piece.clear();
      for (const db::Row row : rows) append_line(table, row, piece);
      checksum.add(piece);
      take(piece);
      progress.rows += static_cast<std::int64_t>(rows.size());
      progress.is_over = rows.empty();
      report(progress);
    }
    counts += fmt::format("{}\"{}\":{}", counts.empty() ? "" : ",", table.name, progress.rows);
  }
  take(fmt::format("{{\"onggi_export_end\":{{{}}},\"sha256\":\"{}\"}}\n", counts,
                   hex(checksum.so_far())));
}

}  // namespace onggi::move
