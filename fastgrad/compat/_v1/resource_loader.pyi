"""Types of `fastgrad.compat._v1.resource_loader`. Written by tests/types/make_stubs.py; do not edit."""


