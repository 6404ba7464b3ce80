"""string_to_hash_bucket_fast against what TensorFlow 1.15.5 gives."""

import pytest

import fastgrad.compat.v1 as tf
from fastgrad.ops.hash_buckets import fingerprint

MANY = 2 ** 62 - 1
KNOWN = {
    "": 1936946117179621457, "a": 3694432073954588133, "ab": 3066228220894225696,
    "dog": 3022853038965250403, "hello world": 1769834696496558108, "x" * 15: 1773838639343418510,
    "x" * 16: 3320895591121647644, "abcdefghijklmnopq": 2171023947900359594,
    "y" * 31: 4502319106065319209, "z" * 32: 917556916822743650, "q" * 33: 337133943010535269,
    "r" * 64: 2541438898951119077, "s" * 65: 1061654871742741128, "u" * 128: 1466691541297801936,
    "v" * 129: 3651744563223810619, "0123456789" * 20: 439712990348739479}


@pytest.mark.parametrize("text", KNOWN)
def test_fingerprints(text):
    assert fingerprint(text.encode()) % MANY == KNOWN[text]


def test_buckets():
    with tf.Graph().as_default(), tf.Session() as s:
        texts = list(KNOWN)
        got = s.run(tf.string_to_hash_bucket_fast(tf.constant([texts]), MANY))
        assert got.tolist() == [list(KNOWN.values())]
        with pytest.raises(ValueError, match="at least 1"):
            tf.string_to_hash_bucket_fast(["a"], 0)
