#include "addon/kernel_calls.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "addon/reader.h"
#include "addon/to_js.h"
#include "net/exec.h"
#include "net/kernel_support.h"

namespace warmline::addon {
namespace {

Napi::Array Names(Napi::Env env, const std::vector<std::string_view>& names) {
  Napi::Array array = Napi::Array::New(env, names.size());
  std::uint32_t index = 0;
  for (const std::string_view name : names) array.Set(index++, std::string(name));
  return array;
}

// 0 where it is supported, else the errno of the try.
Napi::Value Errno(Napi::Env env, const net::Status& tried) {
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
  support.Set("tcpInfoMissing", Names(env, net::TcpInfoFieldsBeyond(bytes)));
  support.Set("rtoMax", Errno(env, net::TryRtoMax(fd)));
  support.Set("splice", Errno(env, net::TrySplice(fd)));
  support.Set("pidfdGetfd", Errno(env, net::TryPidfdGetfd(fd)));
  support.Set("sockDiag", Errno(env, net::TrySockDiag()));
  return support;
}

Napi::Value Exec(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Reader reader(info[0]);
  net::Program program;
  program.path = reader.String("path");
  program.kept_fds = reader.Integer<std::uint16_t>("keptFds");
  reader.Array("words", [&](const Napi::Value& value) {
    if (!value.IsTypedArray()) {
      reader.Fail("words");
      return false;
    }
    const auto word = value.As<Napi::Uint8Array>();
    program.words.emplace_back(reinterpret_cast<const char*>(word.Data()), word.ByteLength());
    return true;
  });
  reader.Array("variables", [&](const Napi::Value& value) {
    if (!value.IsString()) {
      reader.Fail("variables");
      return false;
    }
    program.variables.push_back(value.As<Napi::String>().Utf8Value());
    return true;
  });
  if (!reader.ok()) return env.Undefined();
  return ToJs(env, net::Exec(program));
}

}  // namespace

void ExportKernelCalls(Napi::Env env, Napi::Object exports) {
  exports.Set("kernelSupport", Napi::Function::New<KernelSupport>(env, "kernelSupport"));
  exports.Set("exec", Napi::Function::New<Exec>(env, "exec"));
}

}  // namespace warmline::addon
