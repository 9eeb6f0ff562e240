#include "base/error.h"

namespace onggi {

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::other:
      break;
    case Cause::overload:
      return "overload";
    case Cause::away:
      return "away";
    case Cause::unprepared:
      return "unprepared";
    case Cause::lost:
      return "connection_lost";
    case Cause::no_answer:
      return "no_answer";
    case Cause::statement_timeout:
      return "statement_timeout";
    case Cause::lock_timeout:
      return "lock_timeout";
    case Cause::connection_timeout:
      return "connection_timeout";
    case Cause::long_reads:
      return "long_reads";
    case Cause::collision:
      return "collision";
    case Cause::disk_full:
      return "disk_full";
    case Cause::disk_error:
      return "disk_error";
    case Cause::read_only:
      return "read_only";
    case Cause::memory:
      return "memory";
    case Cause::damaged:
      return "damaged";
    case Cause::stopping:
      return "stopping";
  }
  return "other";
}

void set_told(const std::exception_ptr& error) {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (Unavailable& unavailable) {
    unavailable.set_told();
  } catch (...) {  // NOLINT(bugprone-empty-catch): it is somebody else's
  }
}

}  // namespace onggi
