// SessionTable: owns the sessions of one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "relay/session.h"

namespace warmline::engine {

// Worker thread. 8 bytes a session besides the session itself.
class SessionTable {
 public:
  relay::Session& Add(std::unique_ptr<relay::Session> session) {
    session->table_index = static_cast<std::uint32_t>(sessions_.size());
    sessions_.push_back(std::move(session));
    return *sessions_.back();
  }

  // The session stays valid until BuryRetired, so that events still under way find it closed.
  void Retire(relay::Session& session) {
    const std::uint32_t index = session.table_index;
    retired_.push_back(std::move(sessions_[index]));
    if (index + 1U != sessions_.size()) {
      sessions_[index] = std::move(sessions_.back());
      sessions_[index]->table_index = index;
    }
    sessions_.pop_back();
  }

  void BuryRetired() { retired_.clear(); }

  [[nodiscard]] std::span<const std::unique_ptr<relay::Session>> sessions() const {
    return sessions_;
  }
  [[nodiscard]] bool empty() const { return sessions_.empty(); }
  [[nodiscard]] relay::Session& last() { return *sessions_.back(); }

 private:
  std::vector<std::unique_ptr<relay::Session>> sessions_;
  std::vector<std::unique_ptr<relay::Session>> retired_;
};

}  // namespace warmline::engine
