"""Builds the compiled core: one kernel source for up to three CPU levels, and the plans' program.

Owns: the compiler flags, the choice of what each level holds, the build's own environment switches.
May not know: what any kernel computes.

Decisions
- Templates (`*/*.pxi.in`, Cython.Tempita) are expanded into the build's temporary directory. So a
  kernel is added by its lines in a template and by nothing else, and nothing generated lands in
  the source tree.
- They make a few texts (`TEXTS`), each translated once: with fewer, one core waits for the other at
  the end. A level has a C file of a few lines for each text, written here, that includes the
  translated text and names its table: symbol -> function. A function that no table names is not
  compiled.
- The same texts are compiled for `_base`, `_v3` and `_v4` with other flags (x86-64 with a compiler that
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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
from Cython import Tempita
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, PlatformError
from setuptools.modified import newer_group

HERE = Path(__file__).resolve().parent
KERNELS = HERE / "fastgrad" / "_kernels"

# The texts that the kernels are compiled as, and the folders whose templates each includes, in this
# order; the slowest to compile first. The level's Python module stands behind the first one.
TEXTS = {"products": ["products", "convolutions"], "reductions": ["reductions"],
         "maps": ["elementwise", "movement", "updates", "random"]}

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

PART_SOURCE = """/* The {text} of CPU level {level}; written by setup.py. */
#include "{text}.c"
#define FG_TABLE fg_table_{text}
#define FG_ROWS "rows_{level}_{text}.h"
#include "table.h"
"""
LEVEL_SOURCE = """#define FG_LEVEL "{level}"
#define FG_LEVEL_INIT PyInit__{level}
#define FG_TABLES(USE) {uses}
#include "level.h"
"""

# A kernel is recognised by its signature, see abi.pxd.
KERNEL_LINE = re.compile(
    r"^cdef int (\w+)(\(const Step\* *\w+, Py_ssize_t \w+, Py_ssize_t \w+\) noexcept nogil:)",
    re.MULTILINE)


def templates():
    """The kernel templates of each text, in the order of inclusion; one in no text is an error."""
    found = {text: [path for folder in folders
                    for path in sorted((KERNELS / folder).glob("*.pxi.in"))]
             for text, folders in TEXTS.items()}
    lost = sorted(set(KERNELS.rglob("*.pxi.in")) - {p for paths in found.values() for p in paths})
    if lost:
        raise CompileError(f"{lost[0]} is in none of the folders that TEXTS names")
    return found


def expand_templates(target: Path):
    """Write every expanded template and the texts that include them; returns {text: symbols}.

    Every kernel gets a name in C, `fg_kernel_` and its symbol. Files that stay the same keep
    their time.
    """
    target.mkdir(parents=True, exist_ok=True)
    symbols = {text: [] for text in TEXTS}
    for text, sources in templates().items():
        for source in sources:
            name = source.name.removesuffix(".in")
            code = Tempita.Template(source.read_text(encoding="utf-8"),
                                    name=str(source)).substitute()
            symbols[text] += [match[1] for match in KERNEL_LINE.finditer(code)]
            write_if_changed(target / name,
                             KERNEL_LINE.sub(r'cdef int \1 "fg_kernel_\1"\2', code))
        write_if_changed(target / f"{text}.pyx",
                         "".join(f'include "{s.name.removesuffix(".in")}"\n' for s in sources))
    known = [s for some in symbols.values() for s in some]
    twice = sorted({s for s in known if known.count(s) > 1})
    if twice:
        raise CompileError(f"kernel symbols defined twice: {', '.join(twice)}")
    return symbols


def write_level(target: Path, level, symbols):
    """Write a level's C files and their tables; returns {text: file}."""
    files, module = {}, LEVEL_SOURCE.format(
        level=level, uses=" ".join(f"USE({text})" for text in symbols))
    for text, names in symbols.items():
        rows = "".join(f'{{"{s}", (void *)fg_kernel_{s}}},\n' for s in sorted(names)
                       if level == "base" or not PLAIN.fullmatch(s))
        write_if_changed(target / f"rows_{level}_{text}.h", rows)
        source = PART_SOURCE.format(level=level, text=text)
        files[text] = target / f"_{level}_{text}.c"
        write_if_changed(files[text], source + module)
        module = ""
    return files


def write_if_changed(path: Path, text: str):
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def headers():
    """Every header; Cython copies beside a translated file those that its extension depends on."""
    return [path.relative_to(HERE).as_posix() for path in sorted(KERNELS.rglob("*.h"))]


def extensions():
    """The compiled modules; levels that the compiler cannot build are dropped in `BuildExt`."""
    # The slowest to compile come first, so that parallel compilers end at the same time.
    sources = {f"_{level}": [] for level in reversed(LEVEL_FLAGS)}      # made in `translate`
    sources |= {module: [f"fastgrad/_kernels/{source}"] for module, source in {
        "program": "program/program.pyx", "_cpu": "cpu/_cpu.pyx",
        "_checksum": "checksum/_checksum.pyx"}.items()}
    return [Extension(f"fastgrad._kernels.{module}", source)
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
        self.behind = {}        # a source -> what it includes of the generated files
        self.translate()
        self.compile_sources()
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
        texts = [Extension(f"fastgrad._kernels.{text}", [str(generated / f"{text}.pyx")],
                           depends=headers()) for text in symbols if levels]
        made = cythonize(
            texts + others, build_dir=str(generated / "c"),
            include_path=[str(generated), str(HERE)], compiler_directives=DIRECTIVES,
            nthreads=min(self.parallel, 4), force=self.force, quiet=True)
        for ext, translated in zip(others, made[len(texts):]):
            ext.sources = translated.sources
        c_texts = {text: Path(m.sources[0]).resolve() for text, m in zip(symbols, made)}
        for ext in levels:
            ext.include_dirs += [str(generated), *{str(c.parent) for c in c_texts.values()}]
            files = write_level(generated, short_name(ext), symbols)
            ext.sources = list(map(str, files.values()))
            self.behind |= {str(files[t]): [str(c), *map(str, generated.glob(f"rows_*_{t}.h"))]
                            for t, c in c_texts.items()}

    def compile_sources(self):
        """Compile all sources of all extensions together, the slowest first, and keep objects.

        An extension is as many objects as it has texts, and distutils compiles those of one
        extension one by one.
        """
        jobs = sorted(((ext, source) for ext in self.extensions for source in ext.sources),
                      key=lambda job: self._rank(job[1]))
        with ThreadPoolExecutor(self.parallel) as pool:
            objects = list(pool.map(self._object, *zip(*jobs)))
        for (ext, _), made in zip(jobs, objects):
            ext.extra_objects.append(made)
        for ext in self.extensions:
            ext.sources, ext.depends = [], ext.extra_objects

    def _rank(self, source):
        """Place in the order of compiling: texts as TEXTS has them; the others behind the first."""
        ends = [i for i, text in enumerate(TEXTS) if source.endswith(f"_{text}.c")]
        return ends[0] if ends else 0.5

    def _object(self, ext, source):
        """The object of a source, compiled unless it is newer than all that it is made of."""
        made, = self.compiler.object_filenames([source], output_dir=self.build_temp)
        if self.force or newer_group([source, *ext.depends, *self.behind.get(source, [])], made):
            self.compiler.compile([source], output_dir=self.build_temp, macros=ext.define_macros,
                                  include_dirs=ext.include_dirs, debug=self.debug,
                                  extra_postargs=ext.extra_compile_args)
        return made

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
