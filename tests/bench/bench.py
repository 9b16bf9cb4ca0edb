# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what an audit costs beside `ansible -m setup`, how the controller's memory grows, what a large report takes,
what it costs to harden the lab, and to index what is known of exploited flaws; writes bench.json.

`ratios` holds plain numbers: an audit of one and of eight hosts over SSH, divided by `setup` on the same hosts, pair by
pair in turn and without package state, and harden of a lab that has converged divided by its audit. `runs` holds median
and spread in seconds (memory in MiB) of each, with the number of runs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / ".ansible" / "collections")]

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue  # noqa: E402

from tests.bench import cve_data, large_journal, rotated_logs  # noqa: E402
from tests.bench.large_report import seconds_until_usable, write_results  # noqa: E402
from tests.bench.reading import read_on  # noqa: E402
from tests.lab import lab as fleet  # noqa: E402
from tests.lab.engine import Host, Lab  # noqa: E402
from tests.lab.images import STALE  # noqa: E402

PAIRS = 9
#: The area of what waits to be upgraded.
PACKAGE_STATE = "updates"
MEMORY_RUNS = 3
#: Ansible's default. How many workers are alive at once decides the peak; with few, it is as many at any fleet's size.
MEMORY_FORKS = "5"
REPORT_RUNS = 3
HARDEN_RUNS = 3
INDEX_RUNS = 5
CUSTOMERS = ("msp", "acme", "globex")
HOSTS = 8
NAMES = (100, 1000)


def main() -> None:
    """Run every measurement and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "bench.json")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="counted runs of each command (default: %(default)s)")
    options = parser.parse_args()
    lab = Lab("bench")
    ratios: dict[str, float] = {}
    runs: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="bulwark-bench-") as folder:
        work = Path(folder)
        hosts = [lab.start(f"bench{number}", "bookworm") for number in range(HOSTS)]
        try:
            lab.write_known_hosts(hosts)
            lab.wait_ssh(hosts)
            for count in (1, HOSTS):
                inventory = ssh_inventory(work / f"hosts{count}.json", lab, hosts[:count])
                ratios[f"audit_to_setup_{count}"] = compare(inventory, work, count, options.pairs, runs)
            state = recorded_state(ssh_inventory(work / "one.json", lab, hosts[:1]), work)
        finally:
            lab.stop()
        measure_package_state(lab, runs)
        measure_rotated_logs(lab, runs)
        measure_large_journal(lab, runs)
        for count in NAMES:
            measure_memory(work, state, count, runs)
        measure_index(work, runs)
        measure_report(work, runs)
        ratios["converged_harden_to_audit"] = measure_harden(work, runs)
        small, large = (runs[f"memory_{count}"]["median"] for count in NAMES)
        ratios["memory_1000_to_100"] = round(large / small, 3)
    options.output.write_text(json.dumps({"ratios": ratios, "runs": runs}, indent=1) + "\n", encoding="utf-8")
    say(json.dumps(ratios))


def compare(inventory: Path, work: Path, count: int, pairs: int, runs: dict[str, Any]) -> float:
    """Time audit and setup in turn and return the median of the pairs' ratios, where package state is left out."""
    commands = {
        "audit": [*audit_command(inventory, work / "reports"), "-e", without_package_state()],
        "audit_with_package_state": audit_command(inventory, work / "whole"),
        "setup": ["ansible", "all", "-i", str(inventory), "-m", "ansible.builtin.setup", "--become"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(pairs + 1):
        for name, command in commands.items():
            taken = timed(command)
            if number:
                seconds[name].append(taken)
    for name, values in seconds.items():
        runs[f"{name}_{count}"] = described(values, "s")
        say(f"{name} of {count}: {runs[f'{name}_{count}']}")
    return round(statistics.median(a / s for a, s in zip(seconds["audit"], seconds["setup"], strict=True)), 3)


def without_package_state() -> str:
    """Return the variables of an audit that leaves out what is judged by package state, the one dear fact."""
    dear = [f"!{control.id}" for control in catalogue.load().controls.values() if PACKAGE_STATE in control.reads]
    return json.dumps({"bulwark_controls": dear})


def measure_memory(work: Path, state: Path, count: int, runs: dict[str, Any]) -> None:
    """Judge one recorded state under `count` host names and note the peak memory of the whole process tree."""
    folder = work / f"states{count}"
    folder.mkdir()
    names = [f"host{number:04d}" for number in range(count)]
    for name in names:
        (folder / f"{name}.json").symlink_to(state)
    inventory = write_inventory(work / f"names{count}.json", {name: {} for name in names})
    command = [
        *audit_command(inventory, work / "reports"),
        "-e",
        f"bulwark_state_dir={folder}",
        "--forks",
        MEMORY_FORKS,
    ]
    peaks = [peak_memory(command) for _ in range(MEMORY_RUNS)]
    runs[f"memory_{count}"] = described(peaks, "MiB")
    say(f"memory for {count} names: {runs[f'memory_{count}']}")


def measure_package_state(lab: Lab, runs: dict[str, Any]) -> None:
    """Read which updates wait on a host that has the lists of its archives and lacks some of what they hold."""
    host = lab.start("updates", STALE)
    try:
        runs["package_state_cpu"] = described(read_on(host)["package_state_cpu"], "CPU-s")
    finally:
        lab.stop()
    say(f"package_state_cpu: {runs['package_state_cpu']}")


def measure_large_journal(lab: Lab, runs: dict[str, Any]) -> None:
    """Read how a journal of 4 GB is kept, on a host that has it."""
    host = lab.start("journal", "bookworm")
    try:
        runs["journal_4gb"] = described(large_journal.seconds_of_reading(host), "s")
    finally:
        lab.stop()
    say(f"journal_4gb: {runs['journal_4gb']}")


def measure_rotated_logs(lab: Lab, runs: dict[str, Any]) -> None:
    """Read what 400 rotated logs hold, on a host that has them."""
    host = lab.start("rotated", "bookworm")
    try:
        runs["rotated_logs_400"] = described(rotated_logs.measure(host), "s")
    finally:
        lab.stop()
    say(f"rotated_logs_400: {runs['rotated_logs_400']}")


def measure_index(work: Path, runs: dict[str, Any]) -> None:
    """Index a tracker of 60,000 CVEs and 40 MB, as an audit with bulwark_kev does once a run."""
    cve_data.write_sources(work)
    taken = zip(*(cve_data.measure(work) for _ in range(INDEX_RUNS)), strict=True)
    for name, unit, values in zip(("index_60000", "index_60000_memory"), ("s", "MiB"), taken, strict=True):
        runs[name] = described(list(values), unit)
        say(f"{name}: {runs[name]}")


def measure_report(work: Path, runs: dict[str, Any]) -> None:
    """Render the report of a large fleet by the playbook, and open its page in a browser."""
    reports = work / "large"
    write_results(reports)
    command = ["ansible-playbook", "bulwark.msp.report", "-i", "localhost,", "-e", f"bulwark_report_dir={reports}"]
    runs["report_1000"] = described([timed(command) for _ in range(REPORT_RUNS)], "s")
    runs["report_1000_memory"] = described([peak_memory(command) for _ in range(REPORT_RUNS)], "MiB")
    opened = [seconds_until_usable((reports / "latest" / "report.html").resolve()) for _ in range(REPORT_RUNS)]
    for name, values in zip(("report_1000_usable", "report_1000_search"), zip(*opened, strict=True), strict=True):
        runs[name] = described(list(values), "s")
    for name in ("report_1000", "report_1000_memory", "report_1000_usable", "report_1000_search"):
        say(f"{name}: {runs[name]}")


def measure_harden(work: Path, runs: dict[str, Any]) -> float:
    """Harden the whole lab, a run for each customer, from its planted start and again; return the second to an audit.

    The lab stays if somebody else had started it.
    """
    found_running = bool(fleet.lab().containers())
    passes = {"harden_lab": "harden", "harden_lab_converged": "harden", "audit_lab": "audit"}
    seconds: dict[str, list[float]] = {name: [] for name in passes}
    try:
        for _ in range(HARDEN_RUNS):
            fleet.up()
            for name, playbook in passes.items():
                commands = [playbook_command(playbook, fleet.INVENTORY, work / "lab", "-l", one) for one in CUSTOMERS]
                seconds[name].append(sum(map(timed, commands)))
    finally:
        if found_running:
            fleet.up()
        else:
            fleet.down()
    for name, values in seconds.items():
        runs[name] = described(values, "s")
        say(f"{name}: {runs[name]}")
    pairs = zip(seconds["harden_lab_converged"], seconds["audit_lab"], strict=True)
    return round(statistics.median(harden / audit for harden, audit in pairs), 3)


def audit_command(inventory: Path, reports: Path) -> list[str]:
    """Return the command line of an audit."""
    return playbook_command("audit", inventory, reports)


def playbook_command(playbook: str, inventory: Path, reports: Path, *arguments: str) -> list[str]:
    """Return the command line of a playbook."""
    chosen = ["ansible-playbook", f"bulwark.msp.{playbook}", "-i", str(inventory)]
    return [*chosen, "-e", f"bulwark_report_dir={reports}", *arguments]


def recorded_state(inventory: Path, work: Path) -> Path:
    """Return the file of a real host's state, kept by an audit."""
    timed([*audit_command(inventory, work / "kept"), "-e", "bulwark_keep_state=true"])
    return next((work / "kept").glob("*/states/*/*.json"))


def ssh_inventory(path: Path, lab: Lab, hosts: list[Host]) -> Path:
    """Write an inventory of lab hosts as their users reach them: over SSH, with pipelining and sudo."""
    common = {
        "ansible_host": "127.0.0.1",
        "ansible_user": "ansible",
        "ansible_ssh_private_key_file": str(lab.key),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={lab.known_hosts}",
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    return write_inventory(path, {host.name: {**common, "ansible_port": host.port} for host in hosts})


def write_inventory(path: Path, hosts: dict[str, dict[str, Any]]) -> Path:
    """Write an inventory; JSON is YAML to Ansible."""
    path.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    return path


def timed(command: list[str]) -> float:
    """Return the wall-clock seconds of a command that must succeed."""
    begun = time.perf_counter()
    run(command, lambda _: None)
    return time.perf_counter() - begun


def peak_memory(command: list[str]) -> float:
    """Return the peak of the proportional set sizes of a command's process tree, in MiB."""
    peak = 0.0

    def watch(process: subprocess.Popen[bytes]) -> None:
        nonlocal peak
        while process.poll() is None:
            peak = max(peak, sum(map(proportional_kib, tree(process.pid))) / 1024)
            time.sleep(0.1)

    run(command, watch)
    return peak


def run(command: list[str], watch: Callable[[subprocess.Popen[bytes]], None]) -> None:
    """Run a command in the checkout; its output goes to a file that is shown when it fails."""
    # Bytecode is kept on a user's controller.
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**usual, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        watcher = threading.Thread(target=watch, args=(process,))
        watcher.start()
        process.wait()
        watcher.join()
        if process.returncode:
            output.seek(0)
            sys.exit(f"{command} ended with {process.returncode}:\n{output.read().decode(errors='replace')[-4000:]}")


def tree(root: int) -> list[int]:
    """Return a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def proportional_kib(pid: int) -> int:
    """Return a process's proportional set size, shared pages counted once over all who share them."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def described(values: list[float], unit: str) -> dict[str, Any]:
    """Return median, least, most and number of some measurements."""
    return {
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
        "n": len(values),
        "unit": unit,
    }


def say(text: str) -> None:
    """Show progress."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
