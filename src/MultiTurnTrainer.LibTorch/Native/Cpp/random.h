// Generators and their states.

#pragma once

#include <ATen/core/Generator.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <mutex>

#include "handles.h"

namespace {

at::Generator generator_of(int64_t device) {
  return at::globalContext().defaultGenerator(unpack_device(device));
}

}  // namespace

MTT_EXPORT int mtt_manual_seed(uint64_t seed) {
  return guarded([&] {
    {
      auto generator = generator_of(0);
      std::lock_guard<std::mutex> lock(generator.mutex());
      generator.set_current_seed(seed);
    }
    if (at::globalContext().hasCUDA()) {
      const auto count = c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount();
      for (int i = 0; i < count; ++i) {
        auto generator = generator_of((static_cast<int64_t>(c10::DeviceType::CUDA) << 16) | i);
        std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_current_seed(seed);
      }
    }
  });
}

MTT_EXPORT int mtt_rng_state(int64_t device, void** state) {
  return guarded([&] {
    auto generator = generator_of(device);
    std::lock_guard<std::mutex> lock(generator.mutex());
    *state = own(generator.get_state());
  });
}

MTT_EXPORT int mtt_set_rng_state(int64_t device, void* state) {
  return guarded([&] {
    auto generator = generator_of(device);
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_state(borrow(state));
  });
}
