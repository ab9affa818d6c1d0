"""The benchmark's figures for a Jupyter kernel: jupyter.py IMPORTS FIGURE. Prints one JSON object."""

import json
import os
import statistics
import sys
import time

from jupyter_client.manager import start_new_kernel

IMPORTS, FIGURE = sys.argv[1:]
STARTS, MEMORY = 5, 3


def run(client, code):
    """Runs a cell to its end; milliseconds."""
    began = time.perf_counter()
    client.execute_interactive(code, timeout=120, output_hook=lambda message: None)
    return (time.perf_counter() - began) * 1e3


def proportional(pid):
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def start():
    began = time.perf_counter()
    manager, client = start_new_kernel(kernel_name="python3")
    run(client, IMPORTS)
    return manager, client, (time.perf_counter() - began) * 1e3


fresh, figures, reaps = [], [], []
for _ in range(STARTS):
    manager, client, took = start()
    fresh.append(took)
    figures.append(run(client, FIGURE))
    sums = [run(client, "1+1") for _ in range(100)]
    pid = manager.provisioner.pid
    client.stop_channels()
    began = time.perf_counter()
    manager.shutdown_kernel(now=True)
    while os.path.exists(f"/proc/{pid}"):
        time.sleep(0.0002)
    reaps.append((time.perf_counter() - began) * 1e3)

kernels = [start() for _ in range(MEMORY)]
for _, client, _ in kernels:
    run(client, "x = 1 + 1")
memory = statistics.mean(proportional(manager.provisioner.pid) for manager, _, _ in kernels)
for manager, client, _ in kernels:
    client.stop_channels()
    manager.shutdown_kernel(now=True)

print(json.dumps({
    "fresh session p50 (ms)": statistics.median(fresh),
    "fresh session p95 (ms)": max(fresh),
    "1+1 p50 (ms)": statistics.median(sums),
    "first figure p50 (ms)": statistics.median(figures),
    "kill and reap p95 (ms)": max(reaps),
    "memory of a session of 20 (MiB)": memory,
}))
