#include "addon/kernel_calls.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/kernel_support.h"

namespace warmline::addon {
namespace {

Napi::Array ToJs(Napi::Env env, const std::vector<std::string_view>& names) {
  Napi::Array array = Napi::Array::New(env, names.size());
  std::uint32_t index = 0;
  for (const std::string_view name : names) array.Set(index++, std::string(name));
  return array;
}

// 0 where it is supported, else the errno of the try.
Napi::Value ToJs(Napi::Env env, const net::Status& tried) {
  return Napi::Number::New(env, tried.ok() ? 0 : tried.error().err);
}

Napi::Value KernelSupport(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber()) {
    Napi::TypeError::New(env, "kernel calls contract: fd").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const int fd = info[0].As<Napi::Number>().Int32Value();
  const net::Result<std::size_t> read = net::TcpInfoBytes(fd);
  const std::size_t bytes = read.ok() ? read.value() : 0;
  Napi::Object support = Napi::Object::New(env);
  support.Set("tcpInfoBytes", static_cast<double>(bytes));
  support.Set("tcpInfoMissing", ToJs(env, net::TcpInfoFieldsBeyond(bytes)));
  support.Set("rtoMax", ToJs(env, net::TryRtoMax(fd)));
  support.Set("splice", ToJs(env, net::TrySplice(fd)));
  support.Set("pidfdGetfd", ToJs(env, net::TryPidfdGetfd(fd)));
  support.Set("sockDiag", ToJs(env, net::TrySockDiag()));
  return support;
}

}  // namespace

void ExportKernelCalls(Napi::Env env, Napi::Object exports) {
  exports.Set("kernelSupport", Napi::Function::New<KernelSupport>(env, "kernelSupport"));
}

}  // namespace warmline::addon
