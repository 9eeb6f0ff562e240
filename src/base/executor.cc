#include "base/executor.h"

#include <utility>

namespace onggi {
namespace {

thread_local Executor* executor_of_this_thread = nullptr;

}  // namespace

Executor* Executor::current() {
  return executor_of_this_thread;
}

Executor::Scope::Scope(Executor& executor)
    : previous_(std::exchange(executor_of_this_thread, &executor)) {}

Executor::Scope::~Scope() {
  executor_of_this_thread = previous_;
}

}  // namespace onggi
