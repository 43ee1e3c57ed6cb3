// The process and the libraries under it.

#pragma once

#include <dlfcn.h>

#include "handles.h"

// Operators that have a way whose bits do not depend on the order of threads take it: flash attention's backward, sums by index. Fresh
// memory is not filled, which the same switch would do.
MTT_EXPORT int mtt_deterministic(int32_t value) {
  return guarded([&] {
    at::globalContext().setDeterministicAlgorithms(value != 0, false);
#if MTT_TORCH >= 202
    at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
  });
}

// Where a symbol of the process comes from: which BLAS serves sgemm_.
MTT_EXPORT const char* mtt_symbol_file(const char* name) {
  void* symbol = dlsym(RTLD_DEFAULT, name);
  Dl_info info;
  if (symbol == nullptr || dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) {
    return nullptr;
  }
  return info.dli_fname;
}

MTT_EXPORT int32_t mtt_has_mkl() {
  return at::hasMKL() ? 1 : 0;
}

MTT_EXPORT int32_t mtt_has_mkldnn() {
  return at::globalContext().hasMKLDNN() ? 1 : 0;
}
