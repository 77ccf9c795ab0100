#include "engine/exchange.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "relay/leg.h"

namespace warmline::engine {

Exchange::Exchange(std::unique_ptr<BackEnd> back_end)
    : back_end_(std::move(back_end)),
      buffers_(std::make_unique_for_overwrite<std::byte[]>(kMostTransfers * kBufferBytes)) {}

void Exchange::Add(relay::Session& session) {
  if (session.resume_soon) return;
  session.resume_soon = true;
  due_.push_back(&session);
}

void Exchange::Remove(relay::Session& session) {
  if (session.resume_soon) std::erase(due_, &session);
}

// What is closed meanwhile is destroyed at the end of the turn, not before.
void Exchange::Run() {
  running_.swap(due_);
  for (relay::Session* session : running_) session->resume_soon = false;
  std::span<relay::Session* const> left(running_);
  while (!left.empty()) left = left.subspan(RunSome(left));
  running_.clear();
}

std::size_t Exchange::RunSome(std::span<relay::Session* const> sessions) {
  const std::size_t asked = Collect(sessions);
  const std::span<relay::Transfer> transfers = std::span(transfers_).first(count_);
  back_end_->Make(transfers);
  for (relay::Transfer& transfer : transfers) transfer.session->Settle(transfer);
  for (const relay::Transfer& transfer : transfers) transfer.session->Continue(transfer);
  for (relay::Session* session : sessions.first(asked)) session->Resume();
  return asked;
}

std::size_t Exchange::Collect(std::span<relay::Session* const> sessions) {
  count_ = 0;
  std::size_t asked = 0;
  for (; asked < sessions.size() && count_ + 2 <= kMostTransfers; ++asked) {
    for (const relay::Side from : {relay::Side::kClient, relay::Side::kUpstream}) {
      const std::optional<relay::Transfer> offered = sessions[asked]->OfferTransfer(from);
      if (!offered.has_value()) continue;
      relay::Transfer& transfer = transfers_[count_];
      transfer = *offered;
      transfer.buffer = {buffers_.get() + count_ * kBufferBytes, kBufferBytes};
      ++count_;
    }
  }
  return asked;
}

}  // namespace warmline::engine
