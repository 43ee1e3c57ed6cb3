// The threads of torch's own operators.

#pragma once

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include "handles.h"

MTT_EXPORT int mtt_configure_threads(int32_t threads) {
  return guarded([&] {
    at::set_num_threads(threads);
    if (auto* openblas = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
      openblas(threads);
    }
  });
}

MTT_EXPORT int32_t mtt_threads() {
  return at::get_num_threads();
}
