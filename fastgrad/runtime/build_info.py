"""What is running: versions, CPU level, BLAS, threads."""

import numpy as np
import platform

from fastgrad import _kernels, config
from fastgrad.version import __version__


def build_info():
    """What is running: versions, CPU level, BLAS, threads; a dict of text and numbers."""
    return {
        "fastgrad": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cpu_level": _kernels.level,
        "cpu_levels_available": list(_kernels.available_levels),
        **({"cpu_levels_not_built": list(_kernels.missing_levels)}
           if _kernels.missing_levels else {}),
        "blas": _kernels.blas_config,
        "threads": config.THREADS,
    }


__all__ = ["build_info"]
