"""`tf.train.Example` and what it is made of."""

from fastgrad.io.plain_messages import declare

MESSAGES = declare({
    "BytesList": "1 value bytes*",
    "FloatList": "1 value float*",
    "Int64List": "1 value int64*",
    "Feature": "1 kind/bytes_list BytesList, 2 kind/float_list FloatList, "
               "3 kind/int64_list Int64List",
    "Features": "1 feature map Feature",
    "Example": "1 features Features",
    "FeatureList": "1 feature Feature*",
    "FeatureLists": "1 feature_list map FeatureList",
    "SequenceExample": "1 context Features, 2 feature_lists FeatureLists",
}, __name__)
globals().update(MESSAGES)
__all__ = list(MESSAGES)
