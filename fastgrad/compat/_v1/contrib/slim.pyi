"""Types of `fastgrad.compat._v1.contrib.slim`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad.compat._v1.contrib.framework import add_arg_scope as add_arg_scope
from fastgrad.regularizers import apply_regularization as apply_regularization
from fastgrad.compat._v1.contrib.framework import arg_scope as arg_scope
from fastgrad.compat._v1.contrib.framework import arg_scoped_arguments as arg_scoped_arguments
from fastgrad.compat._v1.contrib.layers import batch_norm as batch_norm
from fastgrad.compat._v1.contrib.framework import current_arg_scope as current_arg_scope
from fastgrad.compat._v1.contrib.layers import dropout as dropout
from fastgrad.compat._v1.contrib.layers import embed_sequence as embed_sequence
from fastgrad.compat._v1.contrib.layers import flatten as flatten
from fastgrad.compat._v1.contrib.layers import fully_connected as fully_connected
from fastgrad.train import get_global_step as get_global_step
from fastgrad.train import get_or_create_global_step as get_or_create_global_step
from fastgrad import global_variables as _global_variables
get_variables = _global_variables
from fastgrad.compat._v1.contrib.framework import has_arg_scope as has_arg_scope
from fastgrad.regularizers import l1_l2_regularizer as l1_l2_regularizer
from fastgrad.regularizers import l1_regularizer as l1_regularizer
from fastgrad.regularizers import l2_regularizer as l2_regularizer
from fastgrad.compat._v1.contrib.layers import linear as linear
from fastgrad.train import list_variables as list_variables
from fastgrad.train import load_checkpoint as load_checkpoint
from fastgrad.train import load_variable as load_variable
from fastgrad.compat._v1.contrib.layers import one_hot_encoding as one_hot_encoding
from fastgrad.compat._v1.contrib.layers import relu as relu
from fastgrad.compat._v1.contrib.layers import relu6 as relu6
from fastgrad.compat._v1.contrib.framework import smart_cond as smart_cond
from fastgrad.compat._v1.contrib.layers import stack as stack
from fastgrad.regularizers import sum_regularizer as sum_regularizer
from fastgrad.compat._v1.contrib.layers import variance_scaling_initializer as variance_scaling_initializer
from fastgrad.compat._v1.contrib.layers import xavier_initializer as xavier_initializer
