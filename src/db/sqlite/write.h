// A write on its way: waiting, run (more than once, perhaps), answered. Lives in the frame of the
// coroutine that waits for it.
#pragma once

#include <chrono>
#include <coroutine>
#include <exception>
#include <functional>
#include <semaphore>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/task.h"
#include "db/database.h"
#include "db/sqlite/session.h"

namespace onggi::db::sqlite {

struct Write {
  using Body = std::function<Task<bool>(Connection&)>;

  Write(Cost& spender, Body transaction) : cost(spender), body(std::move(transaction)) {}

  Cost& cost;
  Body body;
  std::chrono::steady_clock::time_point queued = std::chrono::steady_clock::now();

  // Of the last run.
  Cost spent;
  bool keep = false;       // the body wants it committed
  bool committed = false;  // it is
  std::exception_ptr error;
  WriteSession::Published published;

  // Who waits: a coroutine that goes on on its executor, or a plain thread that blocks.
  Executor* executor = nullptr;
  std::coroutine_handle<> waiting;
  std::binary_semaphore answered{0};
};

}  // namespace onggi::db::sqlite
