// h = silu(gate) up; dgate = dh up s (1 + gate (1 - s)), dup = dh silu(gate), s = sigmoid(gate). Element by element.

static __device__ __forceinline__ float sigmoid(float x) {
    return 1.0f / (1.0f + exp2f(-x * LOG2E));
}

template <class Element>
static __device__ void swiglu_elements(const Element* gate, const Element* up, Element* h, i64 count) {
    const i64 first = ((i64)blockIdx.x * blockDim.x + threadIdx.x) * Pack<Element>::count;
    const i64 end = first + Pack<Element>::count < count ? first + Pack<Element>::count : count;
    if (first + Pack<Element>::count <= count && on_boundary(gate) && on_boundary(up)) {
        Pack<Element> g = load_pack(gate + first), u = load_pack(up + first);
#pragma unroll
        for (int i = 0; i < Pack<Element>::count; ++i) {
            const float x = to_float(g.at[i]);
            store(&g.at[i], x * sigmoid(x) * to_float(u.at[i]));
        }
        store_pack(h + first, g);
    } else {
        for (i64 i = first; i < end; ++i) {
            const float x = to_float(gate[i]);
            store(h + i, x * sigmoid(x) * to_float(up[i]));
        }
    }
}

template <class Element>
static __device__ __forceinline__ void swiglu_slope(float g, float u, float d, Element* dgate, Element* dup) {
    const float s = sigmoid(g);
    store(dgate, d * u * s * (1.0f + g * (1.0f - s)));
    store(dup, d * g * s);
}

template <class Element>
static __device__ void swiglu_backward_elements(
    const Element* gate, const Element* up, const Element* dh, Element* dgate, Element* dup, i64 count) {
    const i64 first = ((i64)blockIdx.x * blockDim.x + threadIdx.x) * Pack<Element>::count;
    const i64 end = first + Pack<Element>::count < count ? first + Pack<Element>::count : count;
    if (first + Pack<Element>::count <= count && on_boundary(gate) && on_boundary(up) && on_boundary(dh)) {
        Pack<Element> g = load_pack(gate + first), u = load_pack(up + first), d = load_pack(dh + first);
#pragma unroll
        for (int i = 0; i < Pack<Element>::count; ++i) {
            swiglu_slope(to_float(g.at[i]), to_float(u.at[i]), to_float(d.at[i]), &g.at[i], &u.at[i]);
        }
        store_pack(dgate + first, g);
        store_pack(dup + first, u);
    } else {
        for (i64 i = first; i < end; ++i) {
            swiglu_slope(to_float(gate[i]), to_float(up[i]), to_float(dh[i]), dgate + i, dup + i);
        }
    }
}

extern "C" __global__ void swiglu_bf16(const bf16* gate, const bf16* up, bf16* h, i64 count) {
    swiglu_elements(gate, up, h, count);
}

extern "C" __global__ void swiglu_fp32(const float* gate, const float* up, float* h, i64 count) {
    swiglu_elements(gate, up, h, count);
}

extern "C" __global__ void swiglu_backward_bf16(
    const bf16* gate, const bf16* up, const bf16* dh, bf16* dgate, bf16* dup, i64 count) {
    swiglu_backward_elements(gate, up, dh, dgate, dup, count);
}

extern "C" __global__ void swiglu_backward_fp32(
    const float* gate, const float* up, const float* dh, float* dgate, float* dup, i64 count) {
    swiglu_backward_elements(gate, up, dh, dgate, dup, count);
}
