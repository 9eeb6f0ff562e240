#include "auth/authenticator.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "db/sqlite/sqlite.h"
#include "json/json.h"
#include "sql/catalogue.h"
#include "store/users.h"
#include "tests/temporary_directory.h"

namespace onggi::auth {
namespace {

// A database on which something happens between a read and its answer.
class Interrupted final : public db::Database {
 public:
  explicit Interrupted(db::Database& inner) : inner_(inner) {}

  Task<db::Rows> many(db::Cost& cost, const db::Statement& statement, db::Params params) override {
    return inner_.many(cost, statement, std::move(params));
  }
  std::unique_ptr<db::Cursor> open(db::Cost& cost, const db::Statement& statement,
                                   db::Params params) override {
    return inner_.open(cost, statement, std::move(params));
  }
  std::unique_ptr<db::Cursor> open_lasting(db::Cost& cost, const db::Statement& statement,
                                           db::Params params) override {
    return inner_.open_lasting(cost, statement, std::move(params));
  }

  std::function<void()> after_read;

 protected:
  Task<void> do_read(db::Cost& cost, Reads,
                     std::function<Task<void>(db::Connection&)> body) override {
    std::function<Task<bool>(db::Connection&)> inner =
        [&body](db::Connection& connection) -> Task<bool> {
      co_await body(connection);
      co_return true;
    };
    co_await inner_.read<bool>(cost, std::move(inner));
    if (after_read) after_read();
  }
  Task<void> do_write(db::Cost&, std::function<Task<bool>(db::Connection&)>) override {
    throw std::logic_error("reads alone");
  }

 private:
  db::Database& inner_;
};

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest() {
    const json::Value body = json::parse_stored(R"({"name":"somebody","role":"admin"})");
    const auto draft = users_.draft(body, Uuid{}, Time{1'000});
    user_ = static_cast<model::Definition&>(*draft->record).id;
    std::function<Task<Result<bool>>(db::Connection&)> make =
        [&](db::Connection& connection) -> Task<Result<bool>> {
      co_await users_.create(connection, *draft);
      Result<store::NewKey> key =
          co_await users_.add_key(connection, user_, "key", "secret", Time{1'000});
      key_ = key->id;
      co_return true;
    };
    write(std::move(make));
  }

  void write(std::function<Task<Result<bool>>(db::Connection&)> body) {
    db::Cost cost;
    ASSERT_TRUE(run_now(sqlite_.write<bool>(cost, std::move(body))).has_value());
  }
  void revoke() {
    write([this](db::Connection& connection) -> Task<Result<bool>> {
      connection.after_commit([this] { authenticator_.forget(); });
      co_await users_.revoke_key(connection, user_, key_);
      co_return true;
    });
  }
  bool knows(const char* key) {
    cost_ = {};
    return run_now(authenticator_.by_key(cost_, key)).has_value();
  }

  TemporaryDirectory directory_;
  Registry registry_;
  store::Users users_;
  db::Sqlite sqlite_{directory_.path() / "onggi.db", sql::sqlite_schema(), {}, registry_};
  Interrupted database_{sqlite_};
  Authenticator authenticator_{database_, users_};
  db::Cost cost_;
  Uuid user_, key_;
};

TEST_F(AuthenticatorTest, a_key_is_its_users) {
  const auto principal = run_now(authenticator_.by_key(cost_, "secret"));
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->user_id, user_);
  EXPECT_EQ(principal->key_id, key_);
  EXPECT_TRUE(principal->is_admin());
}

TEST_F(AuthenticatorTest, a_key_is_kept_after_the_first_look) {
  EXPECT_TRUE(knows("secret"));
  EXPECT_EQ(cost_.statements, 1u);
  EXPECT_TRUE(knows("secret"));
  EXPECT_EQ(cost_.statements, 0u);
}

TEST_F(AuthenticatorTest, an_unknown_key_is_not_kept) {
  EXPECT_FALSE(knows("guess"));
  EXPECT_FALSE(knows("guess"));
  EXPECT_EQ(cost_.statements, 1u);
  EXPECT_FALSE(knows(""));
}

TEST_F(AuthenticatorTest, a_revoked_key_is_unknown_at_once) {
  EXPECT_TRUE(knows("secret"));
  revoke();
  EXPECT_FALSE(knows("secret"));
}

TEST_F(AuthenticatorTest, a_key_revoked_while_it_is_looked_up_is_not_kept) {
  database_.after_read = [this] {
    database_.after_read = nullptr;
    revoke();
  };
  EXPECT_TRUE(knows("secret")) << "it was one when the look-up began";
  EXPECT_FALSE(knows("secret"));
}

TEST_F(AuthenticatorTest, a_role_is_kept_until_it_is_forgotten) {
  cost_ = {};
  EXPECT_EQ(run_now(authenticator_.role(cost_, user_)), model::Role::admin);
  EXPECT_EQ(run_now(authenticator_.role(cost_, user_)), model::Role::admin);
  EXPECT_EQ(cost_.statements, 1u);
  authenticator_.forget();
  EXPECT_EQ(run_now(authenticator_.role(cost_, user_)), model::Role::admin);
  EXPECT_EQ(cost_.statements, 2u);
  EXPECT_EQ(run_now(authenticator_.role(cost_, Uuid::v7(Time{1}))), std::nullopt);
}

TEST_F(AuthenticatorTest, a_role_that_changes_while_it_is_looked_up_is_not_kept) {
  database_.after_read = [this] {
    database_.after_read = nullptr;
    authenticator_.forget();
  };
  cost_ = {};
  run_now(authenticator_.role(cost_, user_));
  run_now(authenticator_.role(cost_, user_));
  EXPECT_EQ(cost_.statements, 2u);
}

TEST_F(AuthenticatorTest, what_was_revoked_elsewhere_is_gone_after_a_refresh) {
  EXPECT_TRUE(knows("secret"));
  write([this](db::Connection& connection) -> Task<Result<bool>> {
    co_await users_.revoke_key(connection, user_, key_);
    co_return true;
  });
  EXPECT_TRUE(knows("secret")) << "nobody has told";
  EXPECT_TRUE(authenticator_.refresh());
  EXPECT_FALSE(knows("secret"));
}

TEST_F(AuthenticatorTest, a_refresh_keeps_what_is_still_right) {
  EXPECT_TRUE(knows("secret"));
  EXPECT_TRUE(authenticator_.refresh());
  EXPECT_TRUE(knows("secret"));
  EXPECT_EQ(cost_.statements, 0U);
}

TEST_F(AuthenticatorTest, what_was_forgotten_meanwhile_is_not_brought_back_by_a_refresh) {
  EXPECT_TRUE(knows("secret"));
  database_.after_read = [this] {
    database_.after_read = nullptr;
    revoke();
  };
  EXPECT_FALSE(authenticator_.refresh());
  EXPECT_FALSE(knows("secret"));
}

TEST_F(AuthenticatorTest, without_a_confirmation_every_look_asks) {
  authenticator_.require_confirmation();
  EXPECT_TRUE(knows("secret"));
  EXPECT_TRUE(knows("secret"));
  EXPECT_EQ(cost_.statements, 1U);
  authenticator_.confirm(std::chrono::steady_clock::now() + std::chrono::hours(1));
  EXPECT_TRUE(knows("secret"));
  EXPECT_EQ(cost_.statements, 0U);
}

}  // namespace
}  // namespace onggi::auth
