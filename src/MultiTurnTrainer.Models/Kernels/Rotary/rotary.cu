// Rotates the pairs (i, i + half) of the leading 2 * half entries of every head: [tokens, heads, width]; cosine and sine are
// [tokens, half]. sign -1 turns back, which is the backward. One thread per pair or passing entry.

template <class Element>
static __device__ void rotary_elements(
    const Element* x, const Element* cosine, const Element* sine, Element* y, i64 rows, int heads, int width, int half,
    float sign) {
    const int items = width - half;  // pairs, then the entries that pass
    const i64 at = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (at >= rows * items) return;
    const i64 row = at / items;
    const int i = (int)(at - row * items);
    x += row * width;
    y += row * width;
    if (i >= half) {
        y[half + i] = x[half + i];
        return;
    }
    const i64 entry = row / heads * half + i;
    const float c = to_float(cosine[entry]), s = sign * to_float(sine[entry]);
    const float a = to_float(x[i]), b = to_float(x[half + i]);
    store(y + i, a * c - b * s);
    store(y + half + i, b * c + a * s);
}

extern "C" __global__ void rotary_bf16(
    const bf16* x, const bf16* cosine, const bf16* sine, bf16* y, i64 rows, int heads, int width, int half, float sign) {
    rotary_elements(x, cosine, sine, y, rows, heads, width, half, sign);
}

extern "C" __global__ void rotary_fp32(
    const float* x, const float* cosine, const float* sine, float* y, i64 rows, int heads, int width, int half,
    float sign) {
    rotary_elements(x, cosine, sine, y, rows, heads, width, half, sign);
}
