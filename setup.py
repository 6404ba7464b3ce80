"""Builds the compiled core: one kernel source for up to three CPU levels, and the plans' program.

Owns: the compiler flags, the choice of what each level holds, the build's own environment switches.
May not know: what any kernel computes.

Decisions
- Templates (`*/*.pxi.in`, Cython.Tempita) are expanded into the build's temporary directory, and
  `kernels.pyx` includes them all. So a kernel is added by its lines in a template and by nothing
  else, and nothing generated lands in the source tree.
- That text is translated once. Each level is a C file of a few lines, written here, that includes
  the translated text and names its module and its table: symbol -> function. A function that no
  table names is not compiled.
- The same text is compiled for `_base`, `_v3` and `_v4` with other flags (x86-64 with a compiler that
  builds the levels; elsewhere `_base` alone). `_kernels/__init__.py` picks one. `_base` holds every
  kernel; the others only those that gain by wide vectors, which is a third less to compile.
- A level's flags are those of the x86-64 psABI, one by one: gcc 9 and 10 do not know
  -march=x86-64-v3.
- `-ffast-math` and `-Ofast` are banned: gcc then links start-up code that makes the whole process
  flush subnormals. `-march=native` is banned: a wheel must run on other machines.
- Contraction to FMA is allowed (gcc's default, made explicit for other compilers): a product and a
  sum in one instruction is what skinny products are made of. base and v3 may differ by rounding.
- v4 asks for 512-bit vectors. gcc 12 prefers 256-bit ones, with which exp, log, tanh and sigmoid
  take 1.6 to 2.0 times as long (Zen 5, 1,024 and 65,536 elements).

Environment switches, read here only
    FASTGRAD_DEBUG=1                        bounds checks of memoryviews, -O1 -g1
    FASTGRAD_SANITIZE=address,undefined     passed to compiler and linker as -fsanitize=, with -O1 -g1
    FASTGRAD_BUILD_ONLY=cpu,v4              build these modules only (while writing kernels)
"""
import os
import platform
import re
import sys
import tempfile
from pathlib import Path

import numpy
from Cython import Tempita
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, PlatformError

HERE = Path(__file__).resolve().parent
KERNELS = HERE / "fastgrad" / "_kernels"

# Where templates lie, in the order of inclusion: a folder may use what those before it declare.
FOLDERS = ["elementwise", "reductions", "products", "movement", "updates", "random"]

V3 = ["-msse3", "-mssse3", "-msse4.1", "-msse4.2", "-mpopcnt", "-mcx16", "-msahf", "-mavx", "-mavx2",
      "-mbmi", "-mbmi2", "-mf16c", "-mfma", "-mlzcnt", "-mmovbe"]
V4 = ["-mavx512f", "-mavx512bw", "-mavx512cd", "-mavx512dq", "-mavx512vl"]
LEVEL_FLAGS = {"base": [], "v3": V3, "v4": [*V3, *V4, "-mprefer-vector-width=512"]}

# Kernels that a level beyond base does without: those of integers, truth values and bytes. They
# wait for memory, or for an index, or are run once a step.
PLAIN = re.compile(
    r"(?!sparse_xent_)\w*_(i32|i64|u8|b1)(_f32|_f64)?|cast_\w+|copy_(1|2|16)|move")

SPEED_FLAGS = {"program": ["-O2", "-g0"], "cpu": ["-O1", "-g0"], "checksum": ["-O2", "-g0"]}
KERNEL_SPEED_FLAGS = ["-O3", "-g0"]
COMMON_FLAGS = [
    "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", "-fwrapv",
    "-Wno-unused-function",
    "-Wno-stringop-overflow",   # gcc 12 warns of vector loops that short arrays never enter
]

DEBUG = os.environ.get("FASTGRAD_DEBUG", "") not in ("", "0")
SANITIZE = os.environ.get("FASTGRAD_SANITIZE", "")
BUILD_ONLY = [s for s in os.environ.get("FASTGRAD_BUILD_ONLY", "").split(",") if s]

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": DEBUG,
    "emit_code_comments": False,    # half of the text that the compiler would read
}

NO_COMPILER = """
fastgrad is built from C, and a minimal C extension does not compile here: {why}
Install a C compiler and the headers of this Python, then try again:
    Debian, Ubuntu     apt install build-essential python3-dev
    Fedora, RHEL       dnf install gcc python3-devel
    macOS              xcode-select --install
    Windows            "Build Tools for Visual Studio" with the C++ workload
"""

# What a level asks of a compiler beyond its flags: vector types, shuffles, intrinsics.
LEVEL_PROBE = """
#include "products/vectors.h"
#include "elementwise/fmath.h"
#include "random/philox.h"
"""

LEVEL_SOURCE = """/* The kernels of CPU level {level}; written by setup.py. */
#include "kernels.c"
#define FG_LEVEL "{level}"
#define FG_LEVEL_INIT PyInit__{level}
#define FG_LEVEL_TABLE "table_{level}.h"
#include "level.h"
"""

# A kernel is recognised by its signature, see abi.pxd.
KERNEL_LINE = re.compile(
    r"^cdef int (\w+)(\(const Step\* *\w+, Py_ssize_t \w+, Py_ssize_t \w+\) noexcept nogil:)",
    re.MULTILINE)


def templates():
    """Every kernel template, in the order of inclusion; one outside FOLDERS is an error."""
    found = [path for folder in FOLDERS for path in sorted((KERNELS / folder).glob("*.pxi.in"))]
    lost = sorted(set(KERNELS.rglob("*.pxi.in")) - set(found))
    if lost:
        raise CompileError(f"{lost[0]} is in none of the folders {', '.join(FOLDERS)}")
    return found


def expand_templates(target: Path):
    """Write every expanded template and `kernels.pxi`, which includes them; returns the symbols.

    Every kernel gets a name in C, `fg_kernel_` and its symbol. Files that stay the same keep
    their time.
    """
    target.mkdir(parents=True, exist_ok=True)
    includes, symbols = [], []
    for source in templates():
        name = source.name.removesuffix(".in")
        text = Tempita.Template(source.read_text(encoding="utf-8"), name=str(source)).substitute()
        includes.append(f'include "{name}"\n')
        symbols += [match[1] for match in KERNEL_LINE.finditer(text)]
        write_if_changed(target / name, KERNEL_LINE.sub(r'cdef int \1 "fg_kernel_\1"\2', text))
    twice = sorted({s for s in symbols if symbols.count(s) > 1})
    if twice:
        raise CompileError(f"kernel symbols defined twice: {', '.join(twice)}")
    write_if_changed(target / "kernels.pxi", "".join(includes))
    return sorted(symbols)


def write_level(target: Path, level, symbols):
    """Write a level's C file and its table; returns the file."""
    rows = "".join(f'{{"{s}", (void *)fg_kernel_{s}}},\n' for s in symbols
                   if level == "base" or not PLAIN.fullmatch(s))
    write_if_changed(target / f"table_{level}.h", rows)
    write_if_changed(target / f"_{level}.c", LEVEL_SOURCE.format(level=level))
    return target / f"_{level}.c"


def write_if_changed(path: Path, text: str):
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def headers():
    """Every header; Cython copies beside a translated file those that its extension depends on."""
    return [path.relative_to(HERE).as_posix() for path in sorted(KERNELS.rglob("*.h"))]


def extensions():
    """The compiled modules; levels that the compiler cannot build are dropped in `BuildExt`."""
    # The slowest to compile come first, so that parallel compilers end at the same time.
    sources = {f"_{level}": "kernels.pyx" for level in reversed(LEVEL_FLAGS)}
    sources |= {"program": "program/program.pyx", "_cpu": "cpu/_cpu.pyx",
                "_checksum": "checksum/_checksum.pyx"}
    return [Extension(f"fastgrad._kernels.{module}", [f"fastgrad/_kernels/{source}"])
            for module, source in sources.items()
            if not BUILD_ONLY or module.strip("_") in BUILD_ONLY]


def short_name(ext):
    """"v4" of the extension fastgrad._kernels._v4."""
    return ext.name.rpartition(".")[2].strip("_")


class BuildExt(build_ext):
    """Expands templates, runs Cython, and gives each extension the flags the compiler takes."""

    def finalize_options(self):
        super().finalize_options()
        if self.parallel is None:
            self.parallel = os.cpu_count() or 1

    def build_extensions(self):
        self.require_compiler()
        self.unix = self.compiler.compiler_type != "msvc"
        kept = []
        for ext in self.extensions:
            flags = LEVEL_FLAGS.get(short_name(ext), [])
            if flags and not self.builds_level(flags):
                print(f"warning: fastgrad: this compiler does not build the kernels for CPU level "
                      f"{short_name(ext)}; they are left out, and runs may be slower",
                      file=sys.stderr)
                continue
            self.set_flags(ext, flags)
            kept.append(ext)
        self.extensions[:] = kept
        self.translate()
        super().build_extensions()

    def builds_level(self, flags):
        x86 = platform.machine().lower() in ("x86_64", "amd64") and sys.maxsize > 2**32
        return self.unix and x86 and self.compiles(
            LEVEL_PROBE, [*flags, f"-I{KERNELS}", "-fsyntax-only", "-Wno-unused-function"])

    def set_flags(self, ext, level_flags):
        ext.include_dirs += [str(KERNELS), numpy.get_include()]
        ext.define_macros += [("NPY_NO_DEPRECATED_API", "NPY_1_22_API_VERSION")]
        ext.depends += headers()
        if not self.unix:
            ext.extra_compile_args += ["/O2", "/fp:precise"]
            return
        speed = SPEED_FLAGS.get(short_name(ext), KERNEL_SPEED_FLAGS)
        # what sanitizers add to unrolled loops takes the compiler many times as long at -O3
        common = (["-O1", "-g1"] if DEBUG or SANITIZE else speed) + COMMON_FLAGS
        ext.extra_compile_args += [f for f in common if self.takes(f)] + level_flags
        ext.extra_link_args += ["-pthread"]
        ext.libraries += ["m"]
        if SANITIZE:
            ext.extra_compile_args += [f"-fsanitize={SANITIZE}", "-fno-omit-frame-pointer"]
            ext.extra_link_args += [f"-fsanitize={SANITIZE}"]

    def translate(self):
        """Cython, here and not in distutils' own pass: the templates must be expanded before."""
        generated = Path(self.build_temp).resolve() / "generated"
        symbols = expand_templates(generated)
        levels = [ext for ext in self.extensions if short_name(ext) in LEVEL_FLAGS]
        others = [ext for ext in self.extensions if ext not in levels]
        kernels = Extension("fastgrad._kernels.kernels", ["fastgrad/_kernels/kernels.pyx"],
                            depends=headers())
        made = cythonize(
            ([kernels] if levels else []) + others, build_dir=str(generated),
            include_path=[str(generated), str(HERE)], compiler_directives=DIRECTIVES,
            nthreads=min(self.parallel, 4), force=self.force, quiet=True)
        for ext, translated in zip(others, made[bool(levels):]):
            ext.sources = translated.sources
        for ext in levels:
            translated = Path(made[0].sources[0]).resolve()
            ext.sources = [str(write_level(generated, short_name(ext), symbols))]
            ext.include_dirs += [str(translated.parent), str(generated)]
            ext.depends += [str(translated), *map(str, sorted(generated.glob("table_*.h")))]

    def require_compiler(self):
        try:
            self.compile_text("#include <Python.h>\nint f;\n", [])
        except Exception as error:
            raise PlatformError(NO_COMPILER.format(why=error)) from None

    def takes(self, flag):
        cache = self.__dict__.setdefault("_taken_flags", {})
        if flag not in cache:
            cache[flag] = self.compiles("int f;", [flag])
        return cache[flag]

    def compiles(self, text, flags):
        try:
            self.compile_text(text, [*flags, "-Werror"])
        except CompileError:
            return False
        return True

    def compile_text(self, text, flags):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "probe.c"
            source.write_text(text)
            self.compiler.compile([str(source)], output_dir=folder, extra_postargs=flags)


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildExt})
