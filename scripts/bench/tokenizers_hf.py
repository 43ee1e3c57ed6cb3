"""Times HuggingFace's tokenizers, from an unpacked wheel, over a file of {"text"} lines. Prints one line of JSON.

usage: tokenizers_hf.py WHEEL MODEL_FOLDER TEXTS.jsonl [offsets]
"""

import json
import sys
import time

wheel, model, texts_file = sys.argv[1:4]
sys.path.insert(0, wheel)
import tokenizers  # noqa: E402

with open(texts_file, encoding="utf-8") as file:
    texts = [json.loads(line)["text"] for line in file]
size = sum(len(text.encode()) for text in texts) / 1e6
try:
    tokenizer = tokenizers.Tokenizer.from_file(f"{model}/tokenizer.json")
    passes = []
    for _ in range(2 if "offsets" in sys.argv else 4):
        tokens = 0
        start, used = time.perf_counter(), time.process_time()
        for i in range(0, len(texts), 256):
            for encoding in tokenizer.encode_batch(texts[i : i + 256], add_special_tokens=False):
                tokens += len(encoding)
                if "offsets" in sys.argv:
                    encoding.offsets  # version 1.0 has none
        passes.append((time.perf_counter() - start, time.process_time() - used))
    cold = passes[0]
    warm = [min(times) for times in zip(*passes[1:])]
    print(
        json.dumps(
            {
                "version": tokenizers.__version__,
                "tokens": tokens,
                "cold": round(size / cold[0], 1),
                "cold_cpu": round(size / cold[1], 1),
                "warm": round(size / warm[0], 1),
                "warm_cpu": round(size / warm[1], 1),
            }
        )
    )
except Exception as problem:  # a model that it cannot load or encode
    print(json.dumps({"version": tokenizers.__version__, "refused": str(problem).splitlines()[0][:60]}))
