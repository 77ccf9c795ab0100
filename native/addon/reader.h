// Reader: the fields of a JavaScript object as values of C++.
#pragma once

#include <napi.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace warmline::addon {

// Reads the fields of one object. After the first field that does not fit, an exception is pending
// and the rest are read as empty values.
class Reader {
 public:
  explicit Reader(const Napi::Value& value) : env_(value.Env()) {
    if (value.IsObject()) {
      object_ = value.As<Napi::Object>();
    } else {
      Fail("object");
    }
  }

  [[nodiscard]] bool ok() const { return ok_; }

  Napi::Value Field(const char* key) {
    if (!ok_) return env_.Undefined();
    return object_.Get(key);
  }

  std::string String(const char* key) {
    const Napi::Value value = Field(key);
    if (value.IsString()) return value.As<Napi::String>().Utf8Value();
    Fail(key);
    return "";
  }

  bool Boolean(const char* key) {
    const Napi::Value value = Field(key);
    if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
    Fail(key);
    return false;
  }

  // A whole number from 0 to the limit of T.
  template <typename T>
  T Integer(const char* key) {
    const Napi::Value value = Field(key);
    if (value.IsNumber()) {
      const double number = value.As<Napi::Number>().DoubleValue();
      const bool fits = number >= 0 && number <= static_cast<double>(std::numeric_limits<T>::max());
      if (fits && std::trunc(number) == number) return static_cast<T>(number);
    }
    Fail(key);
    return T{};
  }

  // Calls `each` with every element of the array at `key`, as long as all goes well.
  template <typename Each>
  void Array(const char* key, Each each) {
    const Napi::Value value = Field(key);
    if (!value.IsArray()) {
      Fail(key);
      return;
    }
    const auto array = value.As<Napi::Array>();
    for (std::uint32_t index = 0; ok_ && index < array.Length(); ++index) {
      if (!each(array.Get(index))) ok_ = false;
    }
  }

  void Fail(const char* key) {
    if (ok_ && !env_.IsExceptionPending()) {
      Napi::TypeError::New(env_, std::string("engine contract: ") + key)
          .ThrowAsJavaScriptException();
    }
    ok_ = false;
  }

 private:
  Napi::Env env_;
  Napi::Object object_;
  bool ok_ = true;
};

}  // namespace warmline::addon
