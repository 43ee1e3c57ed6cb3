// One block per row of logits [rows, vocabulary]: log-sum-exp, loss, and the gradient over the logits themselves.
//   z = cap * tanh(u / cap)                                            (cap > 0)
//   loss = lse - (1 - smoothing) z[y] - smoothing mean(z)              (+ zloss * lse^2, counted by the caller)
//   du[j] = coefficient (p[j] (1 + 2 zloss lse) - smoothing / V - (1 - smoothing) [j = y]) (1 - (z[j] / cap)^2)
// Everything in fp32; the target's gradient is formed in fp32 and stored once. statistics: loss, lse, entropy, hit per row.
// With fp32 logits the gradient may be bf16: it then fills the first half of the row's bytes.

#define WRITE_GRADIENT 1
#define WANT_METRICS 2

struct Partial {
    float max;      // of z, without the target
    float sum;      // of exp(z - max), without the target
    float weighted; // of exp(z - max) (z - max)
    float plain;    // of z
};

static __device__ __forceinline__ float capped(float u, float cap) {
    return cap > 0.0f ? cap * tanhf(u / cap) : u;
}

// Several logits at once: one look at the maximum. at: the target's place among them, if any; it is left out.
template <int Count>
static __device__ __forceinline__ void take(Partial* part, float* z, int at, int flags) {
    float highest = NEGATIVE_INFINITY;
#pragma unroll
    for (int i = 0; i < Count; ++i) {
        part->plain += z[i];
        if (i == at) z[i] = NEGATIVE_INFINITY;
        highest = fmaxf(highest, z[i]);
    }
    if (highest > part->max) {
        if (part->sum > 0.0f) {
            const float shift = part->max - highest;
            const float factor = exp2f(shift * LOG2E);
            if (flags & WANT_METRICS) part->weighted = factor * (part->weighted + part->sum * shift);
            part->sum *= factor;
        }
        part->max = highest;
    }
    if (part->max == NEGATIVE_INFINITY) return;
#pragma unroll
    for (int i = 0; i < Count; ++i) {
        const float e = exp2f((z[i] - part->max) * LOG2E);
        part->sum += e;
        if ((flags & WANT_METRICS) && e > 0.0f) part->weighted += e * (z[i] - part->max);
    }
}

// What the gradient of a row needs. The target's p - 1 is -rest / sum: subtracting from p would leave nothing near p = 1.
struct Slope {
    int label;
    float max, inverse, cap, gain, even, own, coefficient;
};

static __device__ __forceinline__ float gradient(const Slope& slope, float raw, int j) {
    const float z = capped(raw, slope.cap);
    float g = exp2f((z - slope.max) * LOG2E) * slope.inverse * slope.gain - slope.even;
    if (j == slope.label) g = slope.own;
    if (slope.cap > 0.0f) g *= 1.0f - (z / slope.cap) * (z / slope.cap);
    return slope.coefficient * g;
}

template <class Element, class Gradient>
static __device__ void cross_entropy_row(
    Element* logits, int vocabulary, const int* labels, const float* coefficients, float* statistics, float cap,
    float smoothing, float zloss, int flags) {
    __shared__ float scratch[32];
    const i64 row = blockIdx.x;
    Element* line = logits + row * vocabulary;
    const int label = labels[row];

    // Elements before the first and after the last 16-byte boundary go one by one.
    int front = (int)(((16 - ((u64)line & 15)) & 15) / sizeof(Element));
    if (front > vocabulary) front = vocabulary;
    const int packs = (vocabulary - front) / Pack<Element>::count;
    const int back = front + packs * Pack<Element>::count;

    // Read before anyone overwrites it: the barriers of the reductions stand between.
    const float target = capped(to_float(line[label]), cap);

    Partial part;
    part.max = NEGATIVE_INFINITY;
    part.sum = part.weighted = part.plain = 0.0f;
    for (int j = threadIdx.x; j < front; j += blockDim.x) {
        float z = capped(to_float(line[j]), cap);
        take<1>(&part, &z, label - j, flags);
    }
    for (int k = threadIdx.x; k < packs; k += blockDim.x) {
        const int first = front + k * Pack<Element>::count;
        const Pack<Element> pack = load_pack(line + first);
        float z[Pack<Element>::count];
#pragma unroll
        for (int i = 0; i < Pack<Element>::count; ++i) z[i] = capped(to_float(pack.at[i]), cap);
        take<Pack<Element>::count>(&part, z, label - first, flags);
    }
    for (int j = back + threadIdx.x; j < vocabulary; j += blockDim.x) {
        float z = capped(to_float(line[j]), cap);
        take<1>(&part, &z, label - j, flags);
    }

    const float max = fmaxf(block_max(part.max, scratch), target);
    const float shift = part.max - max;
    const float factor = part.sum > 0.0f ? exp2f(shift * LOG2E) : 0.0f;
    const float rest = block_sum(part.sum * factor, scratch);
    const float target_part = exp2f((target - max) * LOG2E);
    const float sum = rest + target_part;
    const float log_sum = target_part == 1.0f ? log1pf(rest) : log2f(sum) * LN2;
    const float lse = max + log_sum;
    const float mean = smoothing > 0.0f ? block_sum(part.plain, scratch) / vocabulary : 0.0f;

    if (flags & WANT_METRICS) {
        float weighted = part.sum > 0.0f ? factor * (part.weighted + part.sum * shift) : 0.0f;
        weighted = block_sum(weighted, scratch);
        if (target_part > 0.0f) weighted += target_part * (target - max);
        float earlier = 0.0f;  // an equal maximum before the label: then the label is not the argmax
        if (target == max) {
            for (int j = threadIdx.x; j < label; j += blockDim.x) {
                if (capped(to_float(line[j]), cap) == max) earlier = 1.0f;
            }
        }
        earlier = block_sum(earlier, scratch);
        if (threadIdx.x == 0) {
            statistics[row * 4 + 2] = log_sum - weighted / sum;
            statistics[row * 4 + 3] = target == max && earlier == 0.0f ? 1.0f : 0.0f;
        }
    }
    if (threadIdx.x == 0) {
        statistics[row * 4 + 0] = (max - target) + log_sum + smoothing * (target - mean);
        statistics[row * 4 + 1] = lse;
    }
    if (!(flags & WRITE_GRADIENT)) return;
    __syncthreads();

    Slope slope;
    slope.label = label;
    slope.max = max;
    slope.inverse = 1.0f / sum;
    slope.cap = cap;
    slope.gain = 1.0f + 2.0f * zloss * lse;
    slope.even = smoothing / vocabulary;
    slope.own = (2.0f * zloss * lse * target_part - rest) / sum + smoothing - slope.even;
    slope.coefficient = coefficients[row];
    if (sizeof(Gradient) != sizeof(Element)) {
        // What is stored lies before what is still to be read, once all threads have read this far.
        Gradient* narrow = (Gradient*)line;
        const int step = blockDim.x * 4;
        for (int base = 0; base < vocabulary; base += step) {
            const int first = base + threadIdx.x * 4;
            const bool whole = front == 0 && first + 4 <= vocabulary;
            float g[4];
            if (whole) {
                const Pack<float> pack = load_pack((const float*)line + first);
#pragma unroll
                for (int i = 0; i < 4; ++i) g[i] = gradient(slope, pack.at[i], first + i);
            } else {
                for (int i = 0; first + i < vocabulary && i < 4; ++i) {
                    g[i] = gradient(slope, to_float(line[first + i]), first + i);
                }
            }
            __syncthreads();
            if (whole) {
                bf16 four[4];
#pragma unroll
                for (int i = 0; i < 4; ++i) store(four + i, g[i]);
                uint2 packed;
                packed.x = four[0] | (u32)four[1] << 16;
                packed.y = four[2] | (u32)four[3] << 16;
                *(uint2*)(narrow + first) = packed;
            } else {
                for (int i = 0; first + i < vocabulary && i < 4; ++i) store(narrow + first + i, g[i]);
            }
        }
        return;
    }
    for (int j = threadIdx.x; j < front; j += blockDim.x) store(line + j, gradient(slope, to_float(line[j]), j));
    for (int k = threadIdx.x; k < packs; k += blockDim.x) {
        const int first = front + k * Pack<Element>::count;
        Pack<Element> pack = load_pack(line + first);
#pragma unroll
        for (int i = 0; i < Pack<Element>::count; ++i) {
            store(&pack.at[i], gradient(slope, to_float(pack.at[i]), first + i));
        }
        store_pack(line + first, pack);
    }
    for (int j = back + threadIdx.x; j < vocabulary; j += blockDim.x) {
        store(line + j, gradient(slope, to_float(line[j]), j));
    }
}

extern "C" __global__ void cross_entropy_bf16(
    bf16* logits, int vocabulary, const int* labels, const float* coefficients, float* statistics, float cap,
    float smoothing, float zloss, int flags) {
    cross_entropy_row<bf16, bf16>(logits, vocabulary, labels, coefficients, statistics, cap, smoothing, zloss, flags);
}

extern "C" __global__ void cross_entropy_fp32(
    float* logits, int vocabulary, const int* labels, const float* coefficients, float* statistics, float cap,
    float smoothing, float zloss, int flags) {
    cross_entropy_row<float, float>(logits, vocabulary, labels, coefficients, statistics, cap, smoothing, zloss, flags);
}

extern "C" __global__ void cross_entropy_fp32_bf16(
    float* logits, int vocabulary, const int* labels, const float* coefficients, float* statistics, float cap,
    float smoothing, float zloss, int flags) {
    cross_entropy_row<float, bf16>(logits, vocabulary, labels, coefficients, statistics, cap, smoothing, zloss, flags);
}
