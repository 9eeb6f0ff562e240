// GET /executions/export: NDJSON, read piece by piece over one snapshot.
#include "api/handlers.h"

namespace onggi::api {
namespace {

constexpr std::size_t piece_rows = 500;
constexpr std::size_t piece_bytes = 256 * 1024;

// The reads run on the workers; only the pieces come to the event loop, when the client has taken
// the last one.
class ExecutionLines final : public http::BodyStream {
 public:
  ExecutionLines(std::unique_ptr<db::Cursor> cursor, Workers& workers, std::string_view name_member)
      : cursor_(std::move(cursor)), workers_(workers), name_member_(name_member) {}

  Task<std::string> next() override {
    Executor* const home = Executor::current();
    co_await move_to(workers_);
    std::string lines;
    std::exception_ptr error;
    try {
      const db::Rows rows = cursor_->next(piece_rows, piece_bytes);
      lines = store::Executions::export_lines(rows, name_member_);
    } catch (...) {
      error = std::current_exception();  // goes on below, on the thread that asked
    }
    if (home != nullptr) co_await move_to(*home);
    if (error) std::rethrow_exception(error);
    co_return lines;
  }

 private:
  std::unique_ptr<db::Cursor> cursor_;
  Workers& workers_;
  std::string_view name_member_;
};

}  // namespace

Task<Result<Answer>> export_executions(Call& call) {
  const store::ExecutionFilter filter =
      filter_of(call, call.uuid(call.endpoint.query.front().name));
  const store::Executions& executions = call.executions();
  co_await move_to(call.services.workers);  // to open it may take a connection
  std::unique_ptr<db::Cursor> cursor =
      executions.open_export(call.services.database, call.cost, call.user, filter);
  Answer answer;
  answer.content_type = "application/x-ndjson";
  answer.stream = std::make_unique<ExecutionLines>(std::move(cursor), call.services.workers,
                                                   executions.name_member());
  co_return answer;
}

}  // namespace onggi::api
