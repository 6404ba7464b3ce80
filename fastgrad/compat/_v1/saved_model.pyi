"""Types of `fastgrad.compat._v1.saved_model`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad.compat._v1.saved_model import builder as builder
from fastgrad.compat._v1.saved_model import constants as constants
from fastgrad.compat._v1.saved_model import loader as loader
from fastgrad.compat._v1.saved_model import signature_constants as signature_constants
from fastgrad.compat._v1.saved_model import signature_def_utils as signature_def_utils
from fastgrad.compat._v1.saved_model import tag_constants as tag_constants
from fastgrad.compat._v1.saved_model import utils as utils

ASSETS_DIRECTORY: str
ASSETS_KEY: str
CLASSIFY_INPUTS: str
CLASSIFY_METHOD_NAME: str
CLASSIFY_OUTPUT_CLASSES: str
CLASSIFY_OUTPUT_SCORES: str
DEFAULT_SERVING_SIGNATURE_DEF_KEY: str
EVAL: str
GPU: str
LEGACY_INIT_OP_KEY: str
MAIN_OP_KEY: str
PREDICT_INPUTS: str
PREDICT_METHOD_NAME: str
PREDICT_OUTPUTS: str
REGRESS_INPUTS: str
REGRESS_METHOD_NAME: str
REGRESS_OUTPUTS: str
SAVED_MODEL_FILENAME_PB: str
SAVED_MODEL_FILENAME_PBTXT: str
SAVED_MODEL_SCHEMA_VERSION: int
SERVING: str
TPU: str
TRAINING: str
VARIABLES_DIRECTORY: str
VARIABLES_FILENAME: str
