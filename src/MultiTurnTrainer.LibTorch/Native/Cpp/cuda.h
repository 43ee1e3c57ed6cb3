// A GPU's streams and memory, without CUDA's headers.

#pragma once

#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>

#include "handles.h"
#include "random.h"

#if MTT_TORCH >= 209 && !defined(MTT_NO_DEVICE_ALLOCATOR) && __has_include(<c10/core/CachingDeviceAllocator.h>)
#include <c10/core/CachingDeviceAllocator.h>
#define MTT_DEVICE_ALLOCATOR 1
#endif

MTT_EXPORT int32_t mtt_cuda_device_count() {
  int32_t count = 0;
  guarded([&] {
    if (at::globalContext().hasCUDA()) {
      count = c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount();
    }
  });
  return count;
}

MTT_EXPORT int mtt_cuda_init() {
  // Asking for the generator initialises CUDA, under every version's name for it.
  return guarded([&] { generator_of(static_cast<int64_t>(c10::DeviceType::CUDA) << 16); });
}

MTT_EXPORT int mtt_cuda_set_device(int32_t index) {
  return guarded([&] {
    c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA)
        .setDevice(c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index)));
  });
}

// The cudaStream_t that torch's operators use now, through c10_cuda's exported symbol (its header needs CUDA's).
MTT_EXPORT int mtt_cuda_stream(int32_t index, void** result) {
  return guarded([&] {
    const c10::Stream stream = c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA)
                                   .getStream(c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index)));
    auto* raw = reinterpret_cast<void* (*)(const c10::Stream*)>(dlsym(RTLD_DEFAULT, "_ZNK3c104cuda10CUDAStream6streamEv"));
    if (raw == nullptr) {
      void* library = dlopen("libc10_cuda.so", RTLD_LAZY | RTLD_NOLOAD);
      raw = library == nullptr ? nullptr
                               : reinterpret_cast<void* (*)(const c10::Stream*)>(
                                     dlsym(library, "_ZNK3c104cuda10CUDAStream6streamEv"));
    }
    TORCH_CHECK(raw != nullptr, "libc10_cuda.so does not export CUDAStream::stream()");
    *result = raw(&stream);
  });
}

MTT_EXPORT int mtt_cuda_synchronize(int32_t index) {
  return guarded([&] {
    c10::impl::VirtualGuardImpl guard(c10::DeviceType::CUDA);
    const c10::Device device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index));
    guard.synchronizeStream(guard.getStream(device));
  });
}

#ifdef MTT_DEVICE_ALLOCATOR
static c10::DeviceAllocator* cuda_allocator() {
  auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(c10::DeviceType::CUDA));
  TORCH_CHECK(allocator != nullptr, "the CUDA allocator in use reports no statistics");
  return allocator;
}
#endif

// values: allocated now, allocated at peak, reserved now, reserved at peak (bytes). Returns 1 where unknown.
MTT_EXPORT int mtt_cuda_memory(int32_t index, int64_t* values) {
#ifdef MTT_DEVICE_ALLOCATOR
  return guarded([&] {
    auto stats = cuda_allocator()->getDeviceStats(static_cast<c10::DeviceIndex>(index));
    values[0] = stats.allocated_bytes[0].current;
    values[1] = stats.allocated_bytes[0].peak;
    values[2] = stats.reserved_bytes[0].current;
    values[3] = stats.reserved_bytes[0].peak;
  });
#else
  (void)index;
  (void)values;
  return 1;
#endif
}

MTT_EXPORT int mtt_cuda_reset_peak(int32_t index) {
#ifdef MTT_DEVICE_ALLOCATOR
  return guarded([&] {
    cuda_allocator()->resetPeakStats(static_cast<c10::DeviceIndex>(index));
  });
#else
  (void)index;
  return 1;
#endif
}

MTT_EXPORT int mtt_cuda_empty_cache() {
#ifdef MTT_DEVICE_ALLOCATOR
  return guarded([&] { cuda_allocator()->emptyCache(); });
#else
  return 1;
#endif
}
