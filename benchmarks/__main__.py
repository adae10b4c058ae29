"""Run all benchmarks in turn, each in a process of its own so that peak memory is its own, and print their figures."""

import subprocess
import sys

for name in (
    "national_rail",
    "metropolis",
    "porto_alegre",
    "blocks",
    "streets",
    "atlas_isochrones",
    "serving",
    "equilibrium",
    "gravity",
    "complexity",
):
    print(f"== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
