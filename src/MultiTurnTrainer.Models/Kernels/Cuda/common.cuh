// Shared by all kernels. Compiled by NVRTC without headers and, against tests' simt.h, by g++: bf16 by bit operations,
// 64-bit row offsets, no atomics (results do not depend on the order of blocks).

typedef unsigned short bf16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

#define NEGATIVE_INFINITY __int_as_float(0xff800000)
#define LOG2E 1.4426950408889634f
#define LN2 0.6931471805599453f

static __device__ __forceinline__ float to_float(bf16 value) {
    return __uint_as_float((u32)value << 16);
}

static __device__ __forceinline__ float to_float(float value) {
    return value;
}

// Round to nearest, ties to even; a NaN stays one.
static __device__ __forceinline__ void store(bf16* target, float value) {
    u32 bits = __float_as_uint(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) {
        *target = (bf16)((bits >> 16) | 0x40u);
    } else {
        *target = (bf16)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
    }
}

static __device__ __forceinline__ void store(float* target, float value) {
    *target = value;
}

// Sixteen bytes of elements at once.
template <class Element>
struct __align__(16) Pack {
    static const int count = 16 / sizeof(Element);
    Element at[16 / sizeof(Element)];
};

template <class Element>
static __device__ __forceinline__ Pack<Element> load_pack(const Element* source) {
    Pack<Element> pack;
    *(uint4*)&pack = *(const uint4*)source;
    return pack;
}

template <class Element>
static __device__ __forceinline__ void store_pack(Element* target, Pack<Element> pack) {
    *(uint4*)target = *(const uint4*)&pack;
}

// Whether packs can be read there. A view may begin anywhere.
static __device__ __forceinline__ bool on_boundary(const void* address) {
    return ((u64)address & 15) == 0;
}

static __device__ __forceinline__ float warp_sum(float value) {
    for (int offset = 16; offset > 0; offset >>= 1) {
        value += __shfl_xor_sync(0xffffffffu, value, offset);
    }
    return value;
}

static __device__ __forceinline__ float warp_max(float value) {
    for (int offset = 16; offset > 0; offset >>= 1) {
        value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, offset));
    }
    return value;
}

// The sum over the block, to every thread. scratch: 32 floats of shared memory.
static __device__ __forceinline__ float block_sum(float value, float* scratch) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, warps = (blockDim.x + 31) >> 5;
    value = warp_sum(value);
    __syncthreads();
    if (lane == 0) scratch[warp] = value;
    __syncthreads();
    value = warp_sum(lane < warps ? scratch[lane] : 0.0f);
    return value;
}

static __device__ __forceinline__ float block_max(float value, float* scratch) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, warps = (blockDim.x + 31) >> 5;
    value = warp_max(value);
    __syncthreads();
    if (lane == 0) scratch[warp] = value;
    __syncthreads();
    value = warp_max(lane < warps ? scratch[lane] : NEGATIVE_INFINITY);
    return value;
}
