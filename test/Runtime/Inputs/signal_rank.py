"""Starts a job of ranks, sends one of them a signal, and checks that the job ends with an error.

usage: signal_rank.py <signal> <rank> <seconds> <mpirun...>

The signal goes out in the middle of the job, which must end within <seconds> after it. Prints what
the job printed.
"""

import os
import pathlib
import signal
import subprocess
import sys
import time


def find_rank(rank, launcher):
    """The process of `rank` that `launcher` or one of its children started, or None."""
    parents = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    for process in parents:
        ancestor = process
        while ancestor in parents and ancestor != launcher:
            ancestor = parents[ancestor]
        if ancestor != launcher:
            continue
        try:
            environment = pathlib.Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"PMI_RANK={rank}".encode() in environment:
            return process
    return None


def run(number, rank, limit, delay, command):
    """The output of the job and whether it failed; None if it ended before the signal."""
    job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    process = None
    while process is None and job.poll() is None:
        process = find_rank(rank, job.pid)
        time.sleep(0.02)
    time.sleep(delay)
    if job.poll() is not None:
        return None
    os.kill(process, number)
    try:
        output, _ = job.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        job.kill()
        sys.exit(f"the job still runs {limit} seconds after the signal")
    return output, job.returncode != 0


def main():
    number, rank, limit = getattr(signal, sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    # The job is hit after its ranks joined and before they are done: how long that takes is found
    # by trying.
    delay = 1.0
    for _ in range(10):
        result = run(number, rank, limit, delay, sys.argv[4:])
        if result is None:
            delay /= 2
        elif "to join the job" in result[0]:
            delay *= 1.5
        else:
            break
    else:
        sys.exit("the job was never hit in its middle")
    output, failed = result
    print(output)
    print("status", "error" if failed else "success")


main()
