"""The masked cross-entropy head with a frozen weight: mtt beside PyTorch eager on all rows and on filtered rows.

Every way gets the same sizes and share of supervised rows on random data; times are medians, memory is what the way
itself adds at its peak. The floor is two matrix products at the rate this card reaches on a square bf16 product."""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time

import torch
import torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
MTT = os.environ.get("MTT", str(ROOT / "mtt"))


def timed(work, device, repeats):
    times = []
    for i in range(repeats + 2):
        if device == "cuda":
            torch.cuda.synchronize()
        started = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        if i >= 2:
            times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times)


def memory_of(work, device):
    if device != "cuda":
        return ""
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    work()
    torch.cuda.synchronize()
    return f"{(torch.cuda.max_memory_allocated() - before) / 1e6:7.0f} MB"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    device = parser.parse_args().device
    cuda = device == "cuda"
    n, v, h = (8192, 128256, 4096) if cuda else (256, 2048, 128)
    shares = [1.0, 0.5, 0.25, 0.1]
    dtype = torch.bfloat16
    repeats = 10 if cuda else 3
    size = 8192 if cuda else 512
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    rate = 2 * size**3 / timed(lambda: a @ b, device, repeats) / 1e9
    del a, b
    print(f"N={n} V={v} H={h} bf16, frozen head; a square product of {size} runs at {rate:.3g} TFLOP/s here")

    weight = torch.randn(v, h, device=device, dtype=dtype) * 0.02
    hidden = torch.randn(n, h, device=device, dtype=dtype, requires_grad=True)
    for p in shares:
        labels = torch.randint(0, v, (n,), device=device)
        labels[torch.rand(n, device=device) >= p] = -100
        rows = (labels != -100).nonzero().squeeze(1)
        kept = labels[rows]

        def naive():
            hidden.grad = None
            F.cross_entropy(F.linear(hidden, weight).float(), labels).backward()

        def filtered():
            hidden.grad = None
            F.cross_entropy(F.linear(hidden.index_select(0, rows), weight).float(), kept).backward()

        floor = 4 * len(kept) * v * h / rate / 1e9
        print(f"p={p:<5} floor {floor:8.2f} ms   "
              + "   ".join(f"{name} {timed(work, device, repeats):8.2f} ms {memory_of(work, device)}"
                           for name, work in (("PyTorch all rows", naive), ("PyTorch filtered rows", filtered))))
    # mtt's process needs the card's memory.
    del hidden, weight, labels, rows, kept, naive, filtered
    if cuda:
        torch.cuda.empty_cache()
    sizes = ",".join(map(str, [n, v, h, *shares]))
    return subprocess.run([MTT, "doctor", "--device", device, "--head", sizes]).returncode


if __name__ == "__main__":
    sys.exit(main())
