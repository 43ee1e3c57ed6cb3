// y = round(x r) w, or x r (1 + w) with adds_one; r = 1 / sqrt(mean(x^2) + epsilon).
// dx = r (g - x r^2 mean(g x)), g = dy w. Narrow rows: one warp each; wide rows: one block each.

static __device__ __forceinline__ float rounded(float value, const bf16*) {
    bf16 narrow;
    store(&narrow, value);
    return to_float(narrow);
}

static __device__ __forceinline__ float rounded(float value, const float*) {
    return value;
}

template <class Element>
static __device__ void rms_norm_row(
    const Element* x, const Element* weight, Element* y, float* inverse, i64 rows, int width, float epsilon,
    int adds_one, int warp_rows) {
    __shared__ float scratch[32];
    const i64 row = warp_rows ? (i64)blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32 : blockIdx.x;
    const int lane = warp_rows ? threadIdx.x & 31 : threadIdx.x, lanes = warp_rows ? 32 : blockDim.x;
    const bool inside = row < rows;
    x += row * width;
    y += row * width;
    float sum = 0.0f;
    if (inside) {
        for (int i = lane; i < width; i += lanes) {
            const float value = to_float(x[i]);
            sum += value * value;
        }
    }
    sum = warp_rows ? warp_sum(sum) : block_sum(sum, scratch);
    if (!inside) return;
    const float r = rsqrtf(sum / width + epsilon);
    if (lane == 0) inverse[row] = r;
    for (int i = lane; i < width; i += lanes) {
        const float normal = to_float(x[i]) * r, w = to_float(weight[i]);
        store(y + i, adds_one ? normal * (1.0f + w) : rounded(normal, x) * w);
    }
}

template <class Element>
static __device__ void rms_norm_backward_row(
    const Element* x, const Element* weight, const Element* dy, const float* inverse, Element* dx, i64 rows, int width,
    int adds_one, int warp_rows) {
    __shared__ float scratch[32];
    const i64 row = warp_rows ? (i64)blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32 : blockIdx.x;
    const int lane = warp_rows ? threadIdx.x & 31 : threadIdx.x, lanes = warp_rows ? 32 : blockDim.x;
    const bool inside = row < rows;
    x += row * width;
    dy += row * width;
    dx += row * width;
    float dot = 0.0f;
    if (inside) {
        for (int i = lane; i < width; i += lanes) {
            const float w = to_float(weight[i]) + (adds_one ? 1.0f : 0.0f);
            dot += to_float(dy[i]) * w * to_float(x[i]);
        }
    }
    dot = warp_rows ? warp_sum(dot) : block_sum(dot, scratch);
    if (!inside) return;
    const float r = inverse[row];
    const float pull = dot * r * r / width;
    for (int i = lane; i < width; i += lanes) {
        const float w = to_float(weight[i]) + (adds_one ? 1.0f : 0.0f);
        store(dx + i, r * (to_float(dy[i]) * w - to_float(x[i]) * pull));
    }
}

extern "C" __global__ void rms_norm_bf16(
    const bf16* x, const bf16* weight, bf16* y, float* inverse, i64 rows, int width, float epsilon, int adds_one,
    int warp_rows) {
    rms_norm_row(x, weight, y, inverse, rows, width, epsilon, adds_one, warp_rows);
}

extern "C" __global__ void rms_norm_fp32(
    const float* x, const float* weight, float* y, float* inverse, i64 rows, int width, float epsilon, int adds_one,
    int warp_rows) {
    rms_norm_row(x, weight, y, inverse, rows, width, epsilon, adds_one, warp_rows);
}

extern "C" __global__ void rms_norm_backward_bf16(
    const bf16* x, const bf16* weight, const bf16* dy, const float* inverse, bf16* dx, i64 rows, int width, int adds_one,
    int warp_rows) {
    rms_norm_backward_row(x, weight, dy, inverse, dx, rows, width, adds_one, warp_rows);
}

extern "C" __global__ void rms_norm_backward_fp32(
    const float* x, const float* weight, const float* dy, const float* inverse, float* dx, i64 rows, int width,
    int adds_one, int warp_rows) {
    rms_norm_backward_row(x, weight, dy, inverse, dx, rows, width, adds_one, warp_rows);
}
