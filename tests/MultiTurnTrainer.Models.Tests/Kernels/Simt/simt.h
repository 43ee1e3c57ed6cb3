// A small SIMT machine for one processor, so that .cu files run where there is no GPU: every thread of a block is a
// fiber; barriers and shuffles hand over to the next one. It also finds what a GPU would forgive at random: a barrier that not all
// threads reach ends the run with an error. Deterministic. Included before the .cu text; compiled by g++.
#pragma once

#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include <deque>
#include <stdexcept>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline
#define __shared__ static
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __restrict__

struct uint4 {
    unsigned x, y, z, w;
} __attribute__((aligned(16)));
struct uint2 {
    unsigned x, y;
} __attribute__((aligned(8)));
struct dim3 {
    unsigned x, y, z;
};

namespace simt {

struct Fiber {
    ucontext_t context;  // where it begins
    jmp_buf place;       // where it goes on: a jump costs no call of the system, as a change of context would
    std::vector<char> stack;
    bool begun;
    bool done;
    bool waiting;     // at a barrier of the block
    bool at_shuffle;  // at a barrier of the warp
};

inline jmp_buf scheduler;
inline std::deque<Fiber> fibers;
inline unsigned current;
inline float exchange[1024];
inline void (*body)(void*);
inline void* body_argument;

}  // namespace simt

inline dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace simt {

inline void yield_to_scheduler() {
    const unsigned self = current;
    if (_setjmp(fibers[self].place) == 0) _longjmp(scheduler, 1);
    threadIdx.x = self;
}

// A fiber serves block after block.
inline void entry() {
    for (;;) {
        body(body_argument);
        fibers[current].done = true;
        yield_to_scheduler();
    }
}

inline void make_fibers(unsigned threads) {
    const size_t known = fibers.size();
    fibers.resize(threads);
    for (size_t i = known; i < threads; ++i) {
        Fiber& fiber = fibers[i];
        fiber.stack.resize(64 << 10);
        fiber.begun = false;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.data();
        fiber.context.uc_stack.ss_size = fiber.stack.size();
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, entry, 0);
    }
}

inline void run_fiber(unsigned i) {
    current = threadIdx.x = i;
    if (_setjmp(scheduler) != 0) return;
    Fiber& fiber = fibers[i];
    if (fiber.begun) _longjmp(fiber.place, 1);
    fiber.begun = true;
    setcontext(&fiber.context);
}

inline void run_block(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) fibers[i].done = fibers[i].waiting = fibers[i].at_shuffle = false;
    for (;;) {
        bool ran = false;
        unsigned finished = 0;
        for (unsigned i = 0; i < threads; ++i) {
            if (fibers[i].done) {
                ++finished;
            } else if (!fibers[i].waiting && !fibers[i].at_shuffle) {
                run_fiber(i);
                ran = true;
            }
        }
        if (finished == threads) return;
        // A warp goes on from a shuffle when all of its lanes are there.
        for (unsigned warp = 0; warp < threads; warp += 32) {
            bool all = true;
            for (unsigned i = warp; i < warp + 32 && i < threads; ++i) all &= fibers[i].at_shuffle;
            if (all) {
                for (unsigned i = warp; i < warp + 32 && i < threads; ++i) fibers[i].at_shuffle = false;
                ran = true;
            }
        }
        if (ran) continue;
        for (unsigned i = 0; i < threads; ++i) {
            if (!fibers[i].waiting) throw std::runtime_error("not every thread of the block reached the barrier");
        }
        for (unsigned i = 0; i < threads; ++i) fibers[i].waiting = false;
    }
}

template <class... Parameters, size_t... Index>
void call(void (*kernel)(Parameters...), void** arguments, std::index_sequence<Index...>) {
    kernel(*static_cast<Parameters*>(arguments[Index])...);
}

template <class... Parameters>
struct Call {
    void (*kernel)(Parameters...);
    void** arguments;
};

// As cuLaunchKernel: arguments are pointers to the parameters.
template <class... Parameters>
int launch(void (*kernel)(Parameters...), long long blocks, unsigned threads, void** arguments) {
    Call<Parameters...> bound{kernel, arguments};
    body_argument = &bound;
    body = [](void* state) {
        auto* bound = static_cast<Call<Parameters...>*>(state);
        call(bound->kernel, bound->arguments, std::index_sequence_for<Parameters...>{});
    };
    blockDim = {threads, 1, 1};
    gridDim = {(unsigned)blocks, 1, 1};
    threadIdx = {0, 0, 0};
    if (fibers.size() < threads) make_fibers(threads);
    for (long long block = 0; block < blocks; ++block) {
        blockIdx = {(unsigned)block, 0, 0};
        try {
            run_block(threads);
        } catch (const std::exception&) {
            // Fibers that stand at a barrier are of no more use.
            fibers.clear();
            return 1;
        }
    }
    return 0;
}

}  // namespace simt

static inline void __syncthreads() {
    simt::fibers[simt::current].waiting = true;
    simt::yield_to_scheduler();
}

static inline float __shfl_xor_sync(unsigned, float value, int offset) {
    const unsigned self = simt::current;
    simt::exchange[self] = value;
    simt::fibers[self].at_shuffle = true;
    simt::yield_to_scheduler();
    const float other = simt::exchange[self ^ (unsigned)offset];
    simt::fibers[self].at_shuffle = true;
    simt::yield_to_scheduler();
    return other;
}

static inline float __uint_as_float(unsigned bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static inline float __int_as_float(unsigned bits) {
    return __uint_as_float(bits);
}

static inline unsigned __float_as_uint(float value) {
    unsigned bits;
    memcpy(&bits, &value, 4);
    return bits;
}

static inline float rsqrtf(float value) {
    return 1.0f / sqrtf(value);
}

#define SIMT_EXPORT(kernel)                                                                              \
    extern "C" int simt_##kernel(long long blocks, unsigned threads, void** arguments) {                 \
        return simt::launch(kernel, blocks, threads, arguments);                                         \
    }
