"""Types of `fastgrad.compat._v1.contrib.slim`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad.compat._v1.contrib.framework import add_arg_scope as add_arg_scope
from fastgrad.compat._v1.contrib.framework import add_model_variable as add_model_variable
from fastgrad.regularizers import apply_regularization as apply_regularization
from fastgrad.compat._v1.contrib.framework import arg_scope as arg_scope
from fastgrad.compat._v1.contrib.framework import arg_scoped_arguments as arg_scoped_arguments
from fastgrad.compat._v1.contrib.framework import assign_from_checkpoint as assign_from_checkpoint
from fastgrad.compat._v1.contrib.framework import assign_from_checkpoint_fn as assign_from_checkpoint_fn
from fastgrad.compat._v1.contrib.framework import assign_from_values as assign_from_values
from fastgrad.compat._v1.contrib.framework import assign_from_values_fn as assign_from_values_fn
from fastgrad.compat._v1.contrib.layers import avg_pool2d as avg_pool2d
from fastgrad.compat._v1.contrib.layers import avg_pool3d as avg_pool3d
from fastgrad.compat._v1.contrib.layers import batch_norm as batch_norm
from fastgrad.compat._v1.contrib.layers import bias_add as bias_add
from fastgrad.compat._v1.contrib.layers import conv1d as conv1d
from fastgrad.compat._v1.contrib.layers import conv2d as conv2d
from fastgrad.compat._v1.contrib.layers import conv2d_transpose as conv2d_transpose
from fastgrad.compat._v1.contrib.layers import conv3d as conv3d
from fastgrad.compat._v1.contrib.layers import conv3d_transpose as conv3d_transpose
from fastgrad.compat._v1.contrib.layers import convolution as convolution
from fastgrad.compat._v1.contrib.layers import conv1d as _conv1d
convolution1d = _conv1d
from fastgrad.compat._v1.contrib.layers import conv2d as _conv2d
convolution2d = _conv2d
from fastgrad.compat._v1.contrib.layers import conv2d_transpose as _conv2d_transpose
convolution2d_transpose = _conv2d_transpose
from fastgrad.compat._v1.contrib.layers import conv3d as _conv3d
convolution3d = _conv3d
from fastgrad.compat._v1.contrib.layers import conv3d_transpose as _conv3d_transpose
convolution3d_transpose = _conv3d_transpose
from fastgrad.compat._v1.contrib.framework import current_arg_scope as current_arg_scope
from fastgrad.compat._v1.contrib.layers import dropout as dropout
from fastgrad.compat._v1.contrib.layers import embed_sequence as embed_sequence
from fastgrad.compat._v1.contrib.framework import filter_variables as filter_variables
from fastgrad.compat._v1.contrib.layers import flatten as flatten
from fastgrad.compat._v1.contrib.layers import fully_connected as fully_connected
from fastgrad.train import get_global_step as get_global_step
from fastgrad.compat._v1.contrib.framework import get_local_variables as get_local_variables
from fastgrad.compat._v1.contrib.framework import get_model_variables as get_model_variables
from fastgrad.train import get_or_create_global_step as get_or_create_global_step
from fastgrad.compat._v1.contrib.framework import get_trainable_variables as get_trainable_variables
from fastgrad.compat._v1.contrib.framework import get_unique_variable as get_unique_variable
from fastgrad.compat._v1.contrib.framework import get_variable_full_name as get_variable_full_name
from fastgrad.compat._v1.contrib.framework import get_variables as get_variables
from fastgrad.compat._v1.contrib.framework import get_variables_by_name as get_variables_by_name
from fastgrad.compat._v1.contrib.framework import get_variables_by_suffix as get_variables_by_suffix
from fastgrad.compat._v1.contrib.framework import get_variables_to_restore as get_variables_to_restore
from fastgrad.compat._v1.contrib.framework import global_variable as global_variable
from fastgrad.compat._v1.contrib.framework import has_arg_scope as has_arg_scope
from fastgrad.train import init_from_checkpoint as init_from_checkpoint
from fastgrad.compat._v1.contrib.layers import instance_norm as instance_norm
from fastgrad.regularizers import l1_l2_regularizer as l1_l2_regularizer
from fastgrad.regularizers import l1_regularizer as l1_regularizer
from fastgrad.regularizers import l2_regularizer as l2_regularizer
from fastgrad.compat._v1.contrib.layers import layer_norm as layer_norm
from fastgrad.compat._v1.contrib.slim import learning as learning
from fastgrad.compat._v1.contrib.layers import linear as linear
from fastgrad.train import list_variables as list_variables
from fastgrad.train import load_checkpoint as load_checkpoint
from fastgrad.train import load_variable as load_variable
from fastgrad.compat._v1.contrib.framework import local_variable as local_variable
from fastgrad import losses as losses
from fastgrad.compat._v1.contrib.layers import max_pool2d as max_pool2d
from fastgrad.compat._v1.contrib.layers import max_pool3d as max_pool3d
from fastgrad.compat._v1.contrib.framework import model_variable as model_variable
from fastgrad.compat._v1.contrib.layers import one_hot_encoding as one_hot_encoding
from fastgrad.compat._v1.contrib.layers import relu as relu
from fastgrad.compat._v1.contrib.layers import relu6 as relu6
from fastgrad.compat._v1.contrib.layers import repeat as repeat
from fastgrad.compat._v1.contrib.layers import separable_conv2d as separable_conv2d
from fastgrad.compat._v1.contrib.layers import separable_conv2d as _separable_conv2d
separable_convolution2d = _separable_conv2d
from fastgrad.compat._v1.contrib.framework import smart_cond as smart_cond
from fastgrad.compat._v1.contrib.layers import stack as stack
from fastgrad.regularizers import sum_regularizer as sum_regularizer
from fastgrad.compat._v1.contrib.slim import utils as utils
from fastgrad.compat._v1.contrib.framework import variable as variable
from fastgrad.compat._v1.contrib.layers import variance_scaling_initializer as variance_scaling_initializer
from fastgrad.compat._v1.contrib.layers import xavier_initializer as xavier_initializer
from fastgrad.compat._v1.contrib.layers import xavier_initializer as _xavier_initializer
xavier_initializer_conv2d = _xavier_initializer
