"""The only door to the compiled core: picks the build for this CPU and hands OpenBLAS to it.

Owns: the choice of CPU level, the loading of OpenBLAS, the map from kernel symbol to address.
May not know: anything of fastgrad outside this folder, nor what a kernel does.

Decisions
- The CPU is asked by `_cpu`, which is built without level flags, before any module of a level is
  imported: no illegal instruction can be met on the way.
- OpenBLAS comes from the `scipy_openblas32` wheel, opened with ctypes and not imported (importing
  it would publish its symbols to the whole process). It is a private copy, so its thread count is
  1 without touching NumPy's or SciPy's. Started with OPENBLAS_NUM_THREADS=1 it makes no threads;
  it opens in about 1 ms once the file is cached. The variable is put back afterwards.
- The private copy has a variable of its own, FASTGRAD_BLAS_CORE. By itself it takes the SkylakeX
  kernels on a CPU of level v4, also where OPENBLAS_CORETYPE pins every other copy to an older
  core for comparable results: Haswell kernels run sgemm at 128 instead of 230 GFLOP/s
  (512x2048x2048, one thread). `FASTGRAD_BLAS_CORE=openblas` leaves the choice to OpenBLAS and
  its own variables.
- `_base` has every kernel; a level has those that gain by its vectors, and the others are base's.
- Programs keep addresses, so `load` of another level only changes what is compiled after it. Tests
  use that.
"""
import ctypes
import importlib
import importlib.machinery
import importlib.util
import mmap
import os
from pathlib import Path

LEVELS = ("base", "v3", "v4")
BLAS_SYMBOLS = ("sgemm", "dgemm", "sgemv", "dgemv")
_BLAS_BUFFER = 32 << 20     # bytes of addresses; OpenBLAS takes one to try, and one to keep

level = None              # the level that `address` answers for: "base", "v3" or "v4"
available_levels = ()     # the levels that were built and that this CPU can run
missing_levels = ()       # and those that it could run, had the compiler been able to build them
blas_version = None       # "0.3.34"
blas_config = None        # what OpenBLAS says about itself, and the core its kernels are for
_table = {}
_blas_library = None      # kept so that the library stays open


def load(wanted=None):
    """Choose the build that `address` and `symbols` answer for.

    Parameters
    ----------
    wanted : {"base", "v3", "v4", "auto"} or None
        None, "" and "auto" take the highest level that was built and that this CPU runs.

    Raises
    ------
    ValueError
        If `wanted` is another word.
    ImportError
        If the level was not built or this CPU lacks it, or if OpenBLAS is missing.
    """
    global level, _table
    if wanted in (None, "", "auto"):
        wanted = available_levels[-1]
    elif wanted not in LEVELS:
        raise ValueError(f"unknown CPU level {wanted!r} (FASTGRAD_CPU_LEVEL); "
                         "use one of base, v3, v4, auto")
    elif wanted not in available_levels:
        why = ("it was not built." if wanted in _cpu_levels()
               else f"this CPU supports {_cpu_levels()[-1]!r} at most.")
        raise ImportError(f"CPU level {wanted!r} was asked for (FASTGRAD_CPU_LEVEL), but {why} "
                          f"Usable here: {', '.join(available_levels)}.")
    _table = {**_kernels_of("base"), **_kernels_of(wanted)}
    level = wanted


def symbols():
    """A new dict of every kernel symbol of the loaded level -> its address."""
    return dict(_table)


def address(symbol):
    """The address of a kernel; KeyError if the build has none of that name."""
    try:
        return _table[symbol]
    except KeyError:
        stem = symbol.rpartition("_")[0]
        near = sorted(s for s in _table if s.rpartition("_")[0] == stem)
        others = f"there are {', '.join(near)}" if near else f"{len(_table)} others exist"
        raise KeyError(f"no kernel {symbol!r} in the {level} build; {others}") from None


def _kernels_of(name):
    """Symbol -> address of the kernels that were built for a level."""
    module = _compiled(f"_{name}")
    module.set_blas(*_blas_addresses())
    return module.table()


def _compiled(name):
    """Import a compiled module of this folder, or say what to do."""
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ImportError as error:
        raise ImportError(
            f"fastgrad's compiled core is missing ({error}). {_what_to_do()}") from error


def _what_to_do():
    root = Path(__file__).resolve().parents[2]
    if not (root / "setup.py").exists():
        return "Reinstall fastgrad."
    return (f"Python has imported fastgrad from its source folder {root}, which is not built, and "
            "which hides a fastgrad that is installed while it is the current folder. Start Python "
            "in another folder, or use the `fastgrad` command in place of `python -m fastgrad`; or "
            "build the source folder with `pip install -e .`.")


def _cpu_levels():
    """The levels that this CPU and operating system run, lowest first."""
    return LEVELS[:max(_cpu.level() - 1, 1)]


def _built_levels():
    """The levels whose module lies in this folder, for this Python; "base" if there is none."""
    here = Path(__file__).parent
    return tuple(name for name in LEVELS if name == "base" or any(
        (here / f"_{name}{suffix}").exists() for suffix in importlib.machinery.EXTENSION_SUFFIXES))


def _blas_addresses():
    library = _open_blas()
    functions = [getattr(library, f"scipy_cblas_{name}") for name in BLAS_SYMBOLS]
    return [ctypes.cast(function, ctypes.c_void_p).value for function in functions]


def _open_blas():
    """Open the private OpenBLAS once, with one thread, and note what it is."""
    global _blas_library, blas_version, blas_config
    if _blas_library is not None:
        return _blas_library
    library = _open_with_settings(_find_blas())
    library.scipy_openblas_set_num_threads(1)
    config, core = library.scipy_openblas_get_config, library.scipy_openblas_get_corename
    config.restype = core.restype = ctypes.c_char_p
    blas_config = f"{config().decode()}, kernels for {core().decode()}"
    blas_version = blas_config.split()[1]
    _blas_library = library
    return library


def _find_blas():
    """The library file of the wheel, found without importing it."""
    spec = importlib.util.find_spec("scipy_openblas32")
    for folder in spec.submodule_search_locations if spec else ():
        for path in sorted((Path(folder) / "lib").glob("libscipy_openblas*")):
            if path.suffix in (".so", ".dylib", ".dll"):
                return path
    raise ImportError("fastgrad takes its matrix products from the scipy-openblas32 wheel, which "
                      "is not installed. Run `pip install scipy-openblas32`.")


def _open_with_settings(path):
    """Open an OpenBLAS while its variables ask for one thread and this CPU's kernels."""
    wanted = os.environ.get("FASTGRAD_BLAS_CORE", "").strip() or "auto"
    if wanted == "auto":
        wanted = "SkylakeX" if _cpu_levels()[-1] == "v4" else "openblas"
    settings = {"OPENBLAS_NUM_THREADS": "1"}
    if wanted != "openblas":
        settings["OPENBLAS_CORETYPE"] = wanted
    if not _program.room_for(os.path.getsize(path) + 2 * _BLAS_BUFFER):
        raise MemoryError("there is no room for OpenBLAS and its working memory, "
                          f"{2 * _BLAS_BUFFER >> 20} MiB; it would end the process.")
    before = {name: os.environ.get(name) for name in settings}
    try:
        os.environ.update(settings)
        return ctypes.CDLL(str(path))
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _reserve():
    """Have OpenBLAS take its first buffer now, and tell the Program how large such a one is."""
    n = 128                     # smaller products do without a buffer
    a, b, c = [(ctypes.c_float * (n * n))() for _ in range(3)]
    before = _addresses_used()
    _blas_library.scipy_cblas_sgemm(
        101, 111, 111, n, n, n, ctypes.c_float(1), a, n, b, n, ctypes.c_float(0), c, n)
    _program.set_blas_memory(max(_BLAS_BUFFER, _addresses_used() - before), 1)


def _addresses_used():
    """Bytes of addresses that this process has in use, 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as f:
            return int(f.read().split()[0]) * mmap.PAGESIZE
    except OSError:
        return 0


_cpu, _program = _compiled("_cpu"), _compiled("program")
available_levels = tuple(name for name in _built_levels() if name in _cpu_levels())
missing_levels = tuple(name for name in _cpu_levels() if name not in available_levels)
load(os.environ.get("FASTGRAD_CPU_LEVEL"))
Program, Runner = _program.Program, _program.Runner
crc32c = _compiled("_checksum").crc32c
_reserve()
