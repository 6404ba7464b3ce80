"""Owns the words and numbers shown: console rows, the markdown tables, the README's section.

It reads the results as `__main__` writes them to JSON, so a table can be made again from a file.
The peer that everything is compared with is the fastest of the others in the same run, whichever
it is.
"""
import os
import platform
from pathlib import Path

from bench.peers import PEERS, TITLES

OURS = "fastgrad"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def microseconds(seconds):
    value = seconds * 1e6
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def timed(rows):
    """The peers that have a time, fastest first."""
    return sorted((p for p in rows if "median" in rows[p]), key=lambda p: rows[p]["median"])


def fastest_rival(rows):
    return next((p for p in timed(rows) if p != OURS), None)


def ratio(rows, peer):
    """How many times as fast as the fastest rival; None without a rival."""
    rival = fastest_rival(rows)
    return rows[rival]["median"] / rows[peer]["median"] if rival else None


def shape(w):
    """`100 x 2-2-2, f64, sigmoid, tutorial`; runs of equal hidden widths are folded."""
    if "image" in w:
        stack = "-".join(" ".join(str(f) for f in layer if f is not None and f != "relu")
                         for layer in w["stack"])
        return f"{w['batch']} x {'x'.join(map(str, w['image']))}, {stack}, f32, {w['loss']}"
    if "cell" in w:
        layers = f"{w['depth']} x {w['cell']} {w['units']}"
        return (f"{w['batch']} x {w['time']} x {w['inputs']}, {layers}, {w['classes']}"
                f"{' each' if w['each'] else ''}, f32, {w['loss']}")
    widths, folded = list(w["layers"]), []
    while widths:
        run = next((i for i, n in enumerate(widths) if n != widths[0]), len(widths))
        folded.append(str(widths[0]) if run < 4 else f"({widths[0]} x {run})")
        widths = widths[1 if run < 4 else run:]
    words = [f"{w['batch']} x {'-'.join(folded)}", "f32" if w["dtype"] == "float32" else "f64"]
    words += [w["hidden"]] if w["hidden"] != "none" else []
    return ", ".join(words + [w["loss"]])


def cells(results, name, peer):
    """One row of the long table: title, median, best, ratio, GFLOP/s."""
    entry = results["workloads"][name]
    row = entry["rows"][peer]
    against = ratio(entry["rows"], peer)
    return [TITLES[peer], microseconds(row["median"]), microseconds(row["best"]),
            "" if against is None else f"{against:.2f}",
            f"{entry['flops'] / row['median'] / 1e9:.2f}"]


HEAD = ["peer", "median us", "best us", "times as fast as the fastest peer", "GFLOP/s"]


def console(results, name):
    """The long table of one workload as aligned text."""
    entry = results["workloads"][name]
    lines = [["peer", "median us", "best us", "vs peer", "GFLOP/s"]]
    lines += [cells(results, name, peer) for peer in timed(entry["rows"])]
    text = [f"{name}: {shape(entry)}"]
    for line in lines:
        text.append("  " + line[0].ljust(33) + "".join(cell.rjust(12) for cell in line[1:]))
    text += [f"  {TITLES[peer]}: not timed: {row['skipped']}"
             for peer, row in entry["rows"].items() if "skipped" in row]
    return "\n".join(text)


def markdown_table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)] + rows
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def summary(results):
    """One row a workload, one column a peer; ours and the comparison first."""
    entries = results["workloads"]
    shown = [p for p in PEERS if p != OURS
             and any("median" in e["rows"].get(p, {}) for e in entries.values())]
    rows = []
    for name, entry in entries.items():
        table = entry["rows"]
        ours, rival = table.get(OURS, {}), fastest_rival(table)
        against = ratio(table, OURS) if rival and "median" in ours else None
        rows.append([f"{name}<br>{shape(entry)}", time_cell(ours), TITLES.get(rival, ""),
                     "" if against is None else f"**{against:.2f}**"]
                    + [time_cell(table.get(p, {})) for p in shown])
    head = ["step", "fastgrad", "fastest peer", "times as fast"] + [TITLES[p] for p in shown]
    return markdown_table(head, rows)


def time_cell(row):
    return microseconds(row["median"]) if "median" in row else "-"


def losses(results):
    """One sentence that names every workload where a peer is faster, or where ours has no time."""
    if not any(OURS in entry["rows"] for entry in results["workloads"].values()):
        return "fastgrad did not run."
    lost = []
    for name, entry in results["workloads"].items():
        rows = entry["rows"]
        if "median" not in rows.get(OURS, {}):
            lost.append(f"{name} (no result: {rows.get(OURS, {}).get('skipped', 'not run')})")
        elif fastest_rival(rows) and ratio(rows, OURS) < 1:
            lost.append(f"{name} ({ratio(rows, OURS):.2f} times the speed of "
                        f"{TITLES[fastest_rival(rows)]})")
    if lost:
        return "fastgrad loses on: " + ", ".join(lost) + "."
    if not any(fastest_rival(entry["rows"]) for entry in results["workloads"].values()):
        return "No other peer was timed."
    return "fastgrad loses on none of these."


def conditions(results):
    machine, settings = results["machine"], results["settings"]
    settings_seen = " ".join(f"{k}={v}" for k, v in results["tuning"].items())
    tuned = f", in an environment with {settings_seen}" if settings_seen else ""
    known = results["versions"].values()
    versions = sorted({f"{name} {v}" for libs in known for name, v in libs.items()})
    return (f"Median microseconds of one step over {settings['rounds']} interleaved rounds, on "
            f"{machine['cpu']}, {machine['cores']} cores, {results['date']}; every library with "
            f"its own default threads{tuned}. Versions: {', '.join(versions)}.")


def readme_section(results):
    return "\n\n".join([summary(results), losses(results), conditions(results)])


def document(results):
    """The markdown report: summary, long table of each workload, what was left out and why."""
    parts = ["# Benchmark", readme_section(results)]
    for name, entry in results["workloads"].items():
        rows = [cells(results, name, peer) for peer in timed(entry["rows"])]
        parts += [f"## {name}: {shape(entry)}", markdown_table(HEAD, rows)]
        skipped = [f"- {TITLES[peer]}: {row['skipped']}"
                   for peer, row in entry["rows"].items() if "skipped" in row]
        parts += ["\n".join(["Left out:"] + skipped)] if skipped else []
    absent = [f"- {TITLES[p]}: {reason}" for p, reason in results["absent"].items()]
    parts += ["\n".join(["## Peers that did not start"] + absent)] if absent else []
    return "\n\n".join(parts) + "\n"


def update_readme(path, results):
    """Replace what stands between the two markers; the file without them is an error."""
    path = Path(path)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if BEGIN not in text or END not in text.partition(BEGIN)[2]:
        raise SystemExit(f"{path} has no section between {BEGIN} and {END}")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    section = f"{BEGIN}\n\n{readme_section(results)}\n\n{END}"
    path.write_text(before + section + after, encoding="utf-8")


def machine():
    """Processor and number of usable cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"cpu": cpu_name(), "cores": cores, "system": platform.platform()}


def cpu_name():
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
