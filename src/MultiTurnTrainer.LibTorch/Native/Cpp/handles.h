// What every part shares: tensors as handles, and errors that stay on this side of the border.

#pragma once

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <torch/csrc/api/include/torch/version.h>

#include <atomic>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#define MTT_TORCH (TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR)
#define MTT_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

// std::optional or c10::optional, whichever this libtorch's schemas are written with.
template <class T>
struct same_template;
template <template <class> class Outer, class Inner>
struct same_template<Outer<Inner>> {
  template <class T>
  using of = Outer<T>;
};
template <class T>
using optional =
    typename same_template<std::decay_t<decltype(std::declval<const c10::Argument&>().default_value())>>::template of<T>;

using at::Tensor;
using at::TensorImpl;

thread_local std::string last_error;
std::atomic<int64_t> live_handles{0};

template <class F>
int guarded(F&& body) {
  try {
    body();
    return 0;
  } catch (const c10::Error& error) {
    last_error = error.what_without_backtrace();
  } catch (const std::exception& error) {
    last_error = error.what();
  } catch (...) {
    last_error = "unknown native error";
  }
  return -1;
}

Tensor borrow(void* handle) {
  if (handle == nullptr) {
    return Tensor();
  }
  return Tensor(c10::intrusive_ptr<TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(static_cast<TensorImpl*>(handle)));
}

void* own(Tensor tensor) {
  if (!tensor.defined()) {
    return nullptr;
  }
  live_handles.fetch_add(1, std::memory_order_relaxed);
  return tensor.unsafeReleaseTensorImpl();
}

Tensor take(void* handle) {
  if (handle == nullptr) {
    return Tensor();
  }
  live_handles.fetch_sub(1, std::memory_order_relaxed);
  return Tensor(c10::intrusive_ptr<TensorImpl, c10::UndefinedTensorImpl>::reclaim(static_cast<TensorImpl*>(handle)));
}

c10::Device unpack_device(int64_t packed) {
  return c10::Device(
      static_cast<c10::DeviceType>(packed >> 16), static_cast<c10::DeviceIndex>(static_cast<int16_t>(packed & 0xffff)));
}

}  // namespace

MTT_EXPORT const char* mtt_error() {
  return last_error.c_str();
}

MTT_EXPORT const char* mtt_torch_version() {
  return TORCH_VERSION;
}
