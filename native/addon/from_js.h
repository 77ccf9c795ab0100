// FromJs: JavaScript values as the engine's. The shapes are those of src/engine/contract.ts.
// TypeScript has validated what comes in; a value of another shape is a bug there and throws a
// TypeError.
#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>

#include "engine/back_end.h"
#include "engine/plan.h"
#include "net/keepalive.h"

namespace warmline::addon {

struct OptionsFromJs {
  std::uint32_t workers = 0;
  engine::BackEndChoice back_end = engine::BackEndChoice::kAuto;
  std::uint32_t event_capacity = 0;
  Napi::Function on_wake;
};

// nullopt with an exception pending when the object does not follow the contract.
std::optional<OptionsFromJs> EngineOptionsFrom(const Napi::Value& value);
std::optional<engine::Plan> PlanFrom(const Napi::Value& value);
std::optional<net::Keepalive> KeepaliveFrom(const Napi::Value& value);

}  // namespace warmline::addon
