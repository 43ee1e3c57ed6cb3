// The threads of torch's own operators, for our kernels too.

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

// Whether the thread is at work for for_each_piece: what it calls must not share its work out again.
static thread_local bool in_piece = false;

// Calls body for every piece on the threads of torch's own operators: GCC's entry into a parallel region, asked of the OpenMP
// runtime that libtorch has loaded (a wheel brings one of its own; Intel's and LLVM's have it too). Linking one here would start a
// second pool of threads. Whoever is free takes the next piece, which evens out a core that is busy elsewhere.
template <class F>
static void for_each_piece(int64_t pieces, F&& body) {
  struct Work {
    F& body;
    int64_t pieces;
    std::atomic<int64_t> next{0};
  } work{body, pieces};
  const auto run = [](void* state) {
    auto& work = *static_cast<Work*>(state);
    const bool outer = std::exchange(in_piece, true);
    for (int64_t piece; (piece = work.next.fetch_add(1, std::memory_order_relaxed)) < work.pieces;) {
      work.body(piece);
    }
    in_piece = outer;
  };
  using Parallel = void (*)(void (*)(void*), void*, unsigned, unsigned);
  static const auto parallel = reinterpret_cast<Parallel>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
  if (parallel == nullptr || in_piece) {
    run(&work);
  } else {
    parallel(run, &work, static_cast<unsigned>(at::get_num_threads()), 0);
  }
}

// The body must not throw.
MTT_EXPORT void mtt_parallel(int64_t pieces, void (*body)(void*, int64_t), void* state) {
  for_each_piece(pieces, [&](int64_t piece) { body(state, piece); });
}
