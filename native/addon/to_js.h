// ToJs: the engine's values as JavaScript's. The shapes are those of src/engine/contract.ts.
#pragma once

#include <napi.h>

#include "engine/engine.h"
#include "engine/events.h"
#include "net/keepalive.h"
#include "net/result.h"

namespace warmline::addon {

Napi::Object ToJs(Napi::Env env, const net::SysError& error);
Napi::Object ToJs(Napi::Env env, const net::EffectiveKeepalive& effective);
Napi::Object ToJs(Napi::Env env, const engine::Engine::ApplyResult& result);
Napi::Object ToJs(Napi::Env env, const engine::EngineStats& stats);
Napi::Array ToJs(Napi::Env env, const engine::EventQueue::Batch& batch);

}  // namespace warmline::addon
