# The text of all kernels, translated once and compiled for every CPU level; what each level holds and
# with which flags is in setup.py, the Python module of a level in level.h.
include "kernels.pxi"
