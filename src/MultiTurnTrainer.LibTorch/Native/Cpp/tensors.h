// What a tensor is, and its memory.

#pragma once

#include "handles.h"

MTT_EXPORT void mtt_tensor_free(void* handle) {
  take(handle);
}

MTT_EXPORT void* mtt_tensor_alias(void* handle) {
  return own(borrow(handle));
}

MTT_EXPORT int64_t mtt_live_handles() {
  return live_handles.load(std::memory_order_relaxed);
}

MTT_EXPORT int64_t mtt_tensor_dim(void* handle) {
  return static_cast<TensorImpl*>(handle)->dim();
}

MTT_EXPORT void mtt_tensor_sizes(void* handle, int64_t* sizes, int64_t* strides) {
  auto* impl = static_cast<TensorImpl*>(handle);
  const auto size = impl->sizes();
  std::memcpy(sizes, size.data(), size.size() * sizeof(int64_t));
  if (strides != nullptr) {
    const auto stride = impl->strides();
    std::memcpy(strides, stride.data(), stride.size() * sizeof(int64_t));
  }
}

MTT_EXPORT int64_t mtt_tensor_size(void* handle, int64_t dim) {
  return static_cast<TensorImpl*>(handle)->sizes()[dim];
}

MTT_EXPORT int64_t mtt_tensor_numel(void* handle) {
  return static_cast<TensorImpl*>(handle)->numel();
}

MTT_EXPORT int32_t mtt_tensor_dtype(void* handle) {
  return static_cast<int32_t>(c10::typeMetaToScalarType(static_cast<TensorImpl*>(handle)->dtype()));
}

MTT_EXPORT int64_t mtt_tensor_device(void* handle) {
  const auto device = static_cast<TensorImpl*>(handle)->device();
  return (static_cast<int64_t>(device.type()) << 16) | (static_cast<int64_t>(device.index()) & 0xffff);
}

// bit 0 contiguous, 1 requires_grad, 2 leaf, 3 has grad_fn
MTT_EXPORT int32_t mtt_tensor_flags(void* handle) {
  const Tensor tensor = borrow(handle);
  const bool has_grad_fn = tensor.grad_fn() != nullptr;
  return (tensor.is_contiguous() ? 1 : 0) | (tensor.requires_grad() ? 2 : 0) | (has_grad_fn ? 0 : 4) | (has_grad_fn ? 8 : 0);
}

MTT_EXPORT void* mtt_tensor_data(void* handle) {
  void* result = nullptr;
  guarded([&] { result = borrow(handle).data_ptr(); });
  return result;
}

MTT_EXPORT int mtt_tensor_set_requires_grad(void* handle, int32_t value) {
  return guarded([&] { borrow(handle).set_requires_grad(value != 0); });
}

MTT_EXPORT void* mtt_tensor_grad(void* handle) {
  void* result = nullptr;
  guarded([&] { result = own(borrow(handle).grad()); });
  return result;
}

MTT_EXPORT int mtt_tensor_set_grad(void* handle, void* grad) {
  return guarded([&] { borrow(handle).mutable_grad() = borrow(grad); });
}
