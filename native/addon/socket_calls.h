// SocketCalls: what JavaScript asks of one TCP socket that it owns itself. The shapes are those of
// src/engine/socket_calls.ts. A descriptor is borrowed for the length of one call.
#pragma once

#include <napi.h>

namespace warmline::addon {

// Adds the functions to what the addon exports.
void ExportSocketCalls(Napi::Env env, Napi::Object exports);

}  // namespace warmline::addon
