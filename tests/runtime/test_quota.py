"""The CPUs that a container may use limit the threads: control groups of both versions."""

import os

import pytest
from child import run_python

from fastgrad import config


def tree(root, group, files):
    """A `proc/self/cgroup` and the groups' files under `root`."""
    (root / "proc" / "self").mkdir(parents=True)
    (root / "proc" / "self" / "cgroup").write_text(group, encoding="utf-8")
    for name, text in files.items():
        path = root / "sys" / "fs" / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    return config.cpu_quota(str(root))


V1 = "12:pids:/docker/1\n4:cpu,cpuacct:/docker/1\n1:name=systemd:/docker/1\n"


@pytest.mark.parametrize("group, files, quota", [
    ("0::/\n", {"cpu.max": "200000 100000"}, 2.0),
    ("0::/\n", {"cpu.max": "150000 100000"}, 1.5),
    ("0::/\n", {"cpu.max": "max 100000"}, None),
    ("0::/\n", {}, None),
    ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "300000 100000"}, 3.0),
    ("0::/a/b\n", {"a/b/cpu.max": "100000 100000", "a/cpu.max": "300000 100000"}, 1.0),
    ("0::/../x\n", {"x/cpu.max": "50000 100000"}, 0.5),
    ("0::/gone\n", {"cpu.max": "200000 100000"}, 2.0),
    (V1, {"cpu,cpuacct/docker/1/cpu.cfs_quota_us": "250000",
          "cpu,cpuacct/docker/1/cpu.cfs_period_us": "100000"}, 2.5),
    (V1, {"cpu/cpu.cfs_quota_us": "400000", "cpu/cpu.cfs_period_us": "100000"}, 4.0),
    (V1, {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
    (V1, {"cpuset/cpu.cfs_quota_us": "100000", "cpuset/cpu.cfs_period_us": "100000"}, None),
    (V1 + "0::/docker/1\n", {"unified/docker/1/cpu.max": "100000 100000"}, 1.0),
    ("0::/\n", {"cpu.max": "nonsense"}, None), ("0::/\n", {"cpu.max": "100000 0"}, None),
    ("rubbish", {}, None), ("", {"cpu.max": "100000 100000"}, None)])
def test_quotas(group, files, quota, tmp_path):
    assert tree(tmp_path, group, files) == quota


def test_no_groups_at_all(tmp_path):
    assert config.cpu_quota(str(tmp_path)) is None


@pytest.mark.parametrize("quota, threads", [(None, 8), (2.0, 2), (1.9, 1), (0.2, 1), (64.0, 8)])
def test_threads_follow_the_quota_and_the_affinity(quota, threads, monkeypatch):
    monkeypatch.setattr(config, "cpu_quota", lambda: quota)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.delenv("FASTGRAD_THREADS", raising=False)
    assert config._default_threads() == threads


def test_a_wish_beats_the_quota():
    code = "from fastgrad import config; print(config.THREADS)"
    assert run_python("-c", code, FASTGRAD_THREADS="3").stdout.strip() == "3"
