// Products with fp32 sums, through oneDNN.

#pragma once

#include <signal.h>

#include <algorithm>

#include "threads.h"

// A side of a product cut into up to four pieces, for up to sixteen threads.
struct Cuts {
  explicit Cuts(int64_t side) : side(side), pieces(std::max<int64_t>(1, std::min<int64_t>(side / 256, 4))) {}
  int64_t start(int64_t piece) const {
    constexpr int64_t tile = 48;  // of the register kernels
    return piece == pieces ? side : piece * side / pieces / tile * tile;
  }
  int64_t side;
  int64_t pieces;
};

// Signals wait until the end of a scope, on this thread. oneDNN's fp32 kernels let the stack pointer run through a workspace on the
// heap: the frame of a signal that arrived there would lie over whatever the heap holds below it. The runtime suspends threads by
// signals, and a terminal or a shell sends others.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t all;
    sigfillset(&all);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) {
      sigdelset(&all, fault);
    }
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsWait() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

 private:
  sigset_t before_;
};

// oneDNN's own row-major GEMM with fp32 results, c = alpha op(a) op(b) + beta c, for bf16 and fp32 factors. ATen reaches
// neither: its bf16 products round the result, its fp32 products go to the BLAS. c is cut into pieces that depend on its shape alone,
// each on one thread: left to itself oneDNN shares long sums out among threads, and the bits would
// depend on their number. Returns 1 where this libtorch or this processor has none.
MTT_EXPORT int mtt_gemm(
    int32_t bf16, char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, float alpha, const void* a, int64_t lda,
    const void* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  using Gemm = int (*)(
      char, char, int64_t, int64_t, int64_t, float, const void*, int64_t, const void*, int64_t, float, float*, int64_t);
  static const auto half = reinterpret_cast<Gemm>(dlsym(RTLD_DEFAULT, "dnnl_gemm_bf16bf16f32"));
  static const auto single = reinterpret_cast<Gemm>(dlsym(RTLD_DEFAULT, "dnnl_sgemm"));
  const Gemm gemm = bf16 != 0 ? half : single;
  if (gemm == nullptr) {
    return 1;
  }
  if (in_piece) {
    const SignalsWait wait;
    return gemm(trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) == 0 ? 0 : 1;
  }
  const Cuts rows(m);
  const Cuts columns(n);
  const int64_t size = bf16 != 0 ? 2 : 4;
  const int64_t step_a = (trans_a == 'N' ? lda : 1) * size;
  const int64_t step_b = (trans_b == 'N' ? 1 : ldb) * size;
  std::atomic<int> failures{0};
  for_each_piece(rows.pieces * columns.pieces, [&](int64_t piece) {
    const int64_t row = rows.start(piece / columns.pieces);
    const int64_t column = columns.start(piece % columns.pieces);
    const SignalsWait wait;
    failures += gemm(
        trans_a, trans_b, rows.start(piece / columns.pieces + 1) - row, columns.start(piece % columns.pieces + 1) - column, k,
        alpha, static_cast<const char*>(a) + row * step_a, lda, static_cast<const char*>(b) + column * step_b, ldb, beta,
        c + row * ldc + column, ldc) != 0;
  });
  return failures == 0 ? 0 : 1;
}
