// value = meaning of its code, times the scale of its block, times a factor; rounded once. A byte holds one value or two.

#define DEQUANTISE_PER_THREAD 8

template <class Element>
static __device__ void dequantise_elements(
    const unsigned char* codes, const float* meanings, const float* scales, Element* target, int per_byte, i64 count,
    i64 columns, i64 block_rows, i64 block_columns, float factor) {
    const i64 first = ((i64)blockIdx.x * blockDim.x + threadIdx.x) * DEQUANTISE_PER_THREAD;
    if (first >= count) return;
    const i64 end = first + DEQUANTISE_PER_THREAD < count ? first + DEQUANTISE_PER_THREAD : count;
    const i64 across = (columns + block_columns - 1) / block_columns;
    i64 row = first / columns, column = first - row * columns;
    i64 block = column / block_columns, inside = column - block * block_columns;
    const float* line = scales + row / block_rows * across;
    float scale = line[block];
    for (i64 i = first; i < end; ++i) {
        const i64 byte = per_byte == 2 ? i >> 1 : i;
        const int place = per_byte == 2 ? (int)(i & 1) : 0;
        store(target + i, meanings[codes[byte] * per_byte + place] * scale * factor);
        if (++column == columns) {
            column = block = inside = 0;
            ++row;
            line = scales + row / block_rows * across;
        } else if (++inside == block_columns) {
            inside = 0;
            ++block;
        } else {
            continue;
        }
        if (i + 1 < end) scale = line[block];
    }
}

extern "C" __global__ void dequantise_bf16(
    const unsigned char* codes, const float* meanings, const float* scales, bf16* target, int per_byte, i64 count,
    i64 columns, i64 block_rows, i64 block_columns, float factor) {
    dequantise_elements(
        codes, meanings, scales, target, per_byte, count, columns, block_rows, block_columns, factor);
}

extern "C" __global__ void dequantise_fp32(
    const unsigned char* codes, const float* meanings, const float* scales, float* target, int per_byte, i64 count,
    i64 columns, i64 block_rows, i64 block_columns, float factor) {
    dequantise_elements(
        codes, meanings, scales, target, per_byte, count, columns, block_rows, block_columns, factor);
}
