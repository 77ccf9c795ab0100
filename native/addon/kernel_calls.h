// KernelCalls: what JavaScript may ask of the running kernel. The shapes are those of
// src/engine/kernel_calls.ts.
#pragma once

#include <napi.h>

namespace warmline::addon {

void ExportKernelCalls(Napi::Env env, Napi::Object exports);

}  // namespace warmline::addon
