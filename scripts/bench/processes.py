"""How training speeds up with processes: the case of train.py in 1, 2 and 4 processes of one thread each, alternating in one run, on the
median time of a step. The ideal is that of one process divided by their number, or by the number of cores where those are fewer.
Needs /usr/bin/python3 with torch (Debian's python3-torch).

  scripts/bench/processes.py [--worlds 1,2] [--rounds 1] [--steps 4]
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

import train


def step_seconds(folder, world, port, steps):
    output = folder / f"out-{world}-{port}"
    command = [train.MTT, "train", "--model", str(folder / "model"), "--train", str(folder / "rows.jsonl"), "--output", str(output),
               "--dtype", "float32", "--batch-size", "1", "--max-steps", str(steps)]
    for setting in ("gradient_accumulation_steps=4", "threads=1", "report_samples=0", "save_steps=0"):
        command += ["--set", f"train.{setting}"]
    started = []
    for rank in range(world):
        place = {"RANK": str(rank), "WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        started.append(subprocess.Popen(command, env={**os.environ, **place}, stderr=subprocess.DEVNULL))
    codes = [process.wait() for process in started]
    assert not any(codes), codes
    lines = [json.loads(line) for line in open(output / "metrics.jsonl")]
    return [line["seconds"] for line in lines[1:]]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", default="1,2")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4)
    arguments = parser.parse_args()
    worlds = [int(world) for world in arguments.worlds.split(",")]
    seconds = {world: [] for world in worlds}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        train.make_case(folder)
        for turn in range(arguments.rounds):
            for world in worlds:
                seconds[world] += step_seconds(folder, world, 29300 + 10 * turn + world, arguments.steps)
    one = statistics.median(seconds[worlds[0]])
    for world in worlds:
        median = statistics.median(seconds[world])
        ideal = one * worlds[0] / min(world, os.cpu_count())
        print(f"{world} processes: {median:.2f} s a step ({min(seconds[world]):.2f} to {max(seconds[world]):.2f}), {ideal / median:.2f} of the ideal")


if __name__ == "__main__":
    main()
