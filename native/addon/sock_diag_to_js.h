// SockDiagToJs: the sockets of others for JavaScript. The shapes are those of
// src/engine/sock_diag.ts.
#pragma once

#include <napi.h>

namespace warmline::addon {

// Adds the functions to what the addon exports.
void ExportSockDiag(Napi::Env env, Napi::Object exports);

}  // namespace warmline::addon
