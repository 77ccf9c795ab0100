// ToJs: the engine's values as JavaScript's. The shapes are those of src/engine/contract.ts.
#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>

#include "engine/engine.h"
#include "net/keepalive.h"
#include "net/result.h"
#include "relay/leg.h"

namespace warmline::addon {

// Exact up to 2^53.
Napi::Value Number(Napi::Env env, std::uint64_t value);
Napi::Object ToJs(Napi::Env env, const net::SysError& error);
// { ok: false, failure }
Napi::Object Failed(Napi::Env env, const net::SysError& error);
// { ok: true, [key]: value }
Napi::Object Succeeded(Napi::Env env, const char* key, const Napi::Value& value);
Napi::Object ToJs(Napi::Env env, const net::EffectiveKeepalive& effective);
// null where there is none.
Napi::Value ToJs(Napi::Env env, const std::optional<net::Keepalive>& keepalive);
Napi::Value ToJs(Napi::Env env, const std::optional<net::EffectiveKeepalive>& effective);
Napi::Object ToJs(Napi::Env env, const engine::Engine::ApplyResult& result);
Napi::Object ToJs(Napi::Env env, const engine::EngineStats& stats);

const char* LegName(relay::Side side);
// The error's errno and syscall, as properties of something larger.
void SetCause(Napi::Object& object, const net::SysError& cause);

}  // namespace warmline::addon
