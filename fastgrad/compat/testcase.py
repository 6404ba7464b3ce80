"""`tf.test`: a TestCase with sessions and comparisons of arrays."""

import tempfile
import types
import unittest

import numpy as np

from fastgrad.compat.state import Session
from fastgrad.graph.default_graph import building, get_default_graph, reset_default_graph
from fastgrad.graph.nodes import is_node
from fastgrad.runtime.session import get_default_session


class TestCase(unittest.TestCase):
    """unittest's TestCase with a fresh default graph for each test."""

    def setUp(self):
        with building("tf"):
            reset_default_graph()

    def get_temp_dir(self):
        """A folder for the test's files."""
        if not hasattr(self, "_folder"):
            self._folder = tempfile.mkdtemp()
        return self._folder

    def session(self, graph=None, config=None, use_gpu=False, force_gpu=False):
        """A session for a `with`."""
        with building("tf"):
            return Session(graph=graph or get_default_graph(), config=config)

    test_session = cached_session = session

    def evaluate(self, tensors):
        """Their values in the default session, or in a new one."""
        session = get_default_session()
        return session.run(tensors) if session is not None else self.session().run(tensors)

    def _array(self, value):
        return np.asarray(self.evaluate(value) if is_node(value) else value)

    def assertAllEqual(self, a, b, msg=None):
        np.testing.assert_array_equal(self._array(a), self._array(b), err_msg=msg or "")

    def assertAllClose(self, a, b, rtol=1e-6, atol=1e-6, msg=None):
        if isinstance(a, dict):
            self.assertEqual(set(a), set(b))
            for key in a:
                self.assertAllClose(a[key], b[key], rtol, atol, msg)
            return
        np.testing.assert_allclose(self._array(a), self._array(b), rtol, atol, err_msg=msg or "")

    def assertAllCloseAccordingToType(self, a, b, rtol=1e-6, atol=1e-6, float_rtol=1e-6,
                                      float_atol=1e-6, half_rtol=1e-3, half_atol=1e-3, msg=None,
                                      **_):
        kinds = {self._array(a).dtype.name, self._array(b).dtype.name}
        if "float16" in kinds:
            rtol, atol = max(rtol, half_rtol), max(atol, half_atol)
        elif "float32" in kinds:
            rtol, atol = max(rtol, float_rtol), max(atol, float_atol)
        self.assertAllClose(a, b, rtol, atol, msg)

    def assertNotAllClose(self, a, b, **kwargs):
        with self.assertRaises(AssertionError):
            self.assertAllClose(a, b, **kwargs)

    def assertNear(self, f1, f2, err, msg=None):
        self.assertTrue(abs(f1 - f2) <= err, msg or f"{f1!r} != {f2!r} +/- {err!r}")

    def assertArrayNear(self, farray1, farray2, err, msg=None):
        self.assertEqual(len(farray1), len(farray2), msg)
        for a, b in zip(farray1, farray2):
            self.assertNear(float(a), float(b), err, msg)

    def assertNDArrayNear(self, ndarray1, ndarray2, err, msg=None):
        self.assertTrue(np.linalg.norm(np.subtract(ndarray1, ndarray2)) < err, msg)

    def assertShapeEqual(self, np_array, tf_tensor, msg=None):
        self.assertEqual(list(np_array.shape), tf_tensor.get_shape().as_list(), msg)

    def assertAllGreater(self, a, comparison_target):
        self.assertTrue((self._array(a) > comparison_target).all())

    def assertAllLess(self, a, comparison_target):
        self.assertTrue((self._array(a) < comparison_target).all())

    def assertAllInRange(self, target, lower_bound, upper_bound, **_):
        found = self._array(target)
        self.assertTrue(((found >= lower_bound) & (found <= upper_bound)).all())

    def assertRaisesOpError(self, expected_err_re_or_predicate):
        from fastgrad.errors import OpError
        return self.assertRaisesRegex(OpError, expected_err_re_or_predicate)


def main(argv=None):
    """Run the tests of the program."""
    unittest.main(argv=argv)


test = types.ModuleType("tensorflow.test", "Testing.")
for _name, _value in {
        "TestCase": TestCase, "main": main, "is_built_with_cuda": lambda: False,
        "is_gpu_available": lambda *a, **k: False, "gpu_device_name": lambda: "",
        "get_temp_dir": tempfile.mkdtemp}.items():
    setattr(test, _name, _value)
