"""Writes vectors for the ties of Unigram models: scores written in many ways, texts whose segmentations add up alike.

Usage: PYTHONPATH=folder-with-the-unpacked-wheel-of-tokenizers-0.23.3 python3 unigram.py OUT.jsonl.gz
"""

import gzip
import json
import random
import struct
import sys

from tokenizers import Tokenizer

WRITINGS = ["{:.17g}", "{:.16f}", "{:.20f}", "{:.25f}", "{:.3f}", "{:.17e}", "{:.0f}", "{:.12g}"]


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def model(rng):
    letters = rng.sample("-=ab.▁é中_0", 4)
    # Logs of powers: a run of one letter has many segmentations of nearly the same score.
    base = {letter: single(-rng.uniform(1, 9)) for letter in letters}
    pieces = [("<unk>", "0")]
    for letter in letters:
        for length in sorted(rng.sample(range(1, 9), rng.randint(2, 6)) + [1]):
            value = base[letter] * length if rng.random() < 0.8 else base[letter] * length * rng.uniform(0.9, 1.1)
            pieces.append((letter * length, rng.choice(WRITINGS).format(value)))
    rng.shuffle(letters)
    pieces += [(letters[0] + letters[1], "-1.5e1"), (letters[1] + letters[0], "-150000000000000000000E-19")]
    seen = {}
    for piece, score in pieces:
        seen.setdefault(piece, score)
    vocab = ",".join(f"[{json.dumps(piece)},{score}]" for piece, score in seen.items())
    head = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None}
    head |= {"pre_tokenizer": None, "post_processor": None, "decoder": None}
    whole = json.dumps(head)[:-1] + f', "model": {{"type": "Unigram", "unk_id": 0, "vocab": [{vocab}]}}}}'
    return whole, letters


def text(rng, letters):
    kind = rng.random()
    if kind < 0.6:
        return rng.choice(letters) * rng.randint(1, 60)
    if kind < 0.8:
        return (letters[0] + letters[1]) * rng.randint(1, 30)
    return "".join(rng.choice(letters + ["x"]) * rng.randint(1, 12) for _ in range(5))


def main():
    rng = random.Random(20261128)
    with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as out:
        for _ in range(60):
            whole, letters = model(rng)
            tokenizer = Tokenizer.from_str(whole)
            cases = []
            for _ in range(25):
                t = text(rng, letters)
                encoding = tokenizer.encode(t, add_special_tokens=False)
                offsets = [n for pair in encoding.offsets for n in pair]
                decoded = tokenizer.decode(encoding.ids, skip_special_tokens=False)
                case = {"t": t, "i": encoding.ids, "o": offsets, "s": encoding.ids, "so": offsets}
                cases.append(case | {"d": decoded, "k": decoded})
            out.write((json.dumps({"tokenizer": whole, "cases": cases}, ensure_ascii=False) + "\n").encode())


main()
