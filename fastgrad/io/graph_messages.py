"""TensorFlow's protobuf messages, made from the table below in a pool of their own.

protobuf's runtime is an optional library, imported at the first use. Messages are real ones
(`node`, `attr["T"].type`, `CopyFrom`, `SerializeToString`; `google.protobuf.text_format` takes
them), but registered in a private pool, so that TensorFlow or TensorBoard in the same process may
register theirs. Fields that the table lacks are kept as they came.

A row of the table is a message, its fields `number name type`, separated by commas. A `*` behind
the type means repeated, `map` a map from strings, and `a|` before a number that the field is one of
the alternatives `a`. Numbers are those of TensorFlow 1.15's descriptors.
"""

import functools

TABLE = {
    "TensorShapeProto": "2 dim TensorShapeProto.Dim*, 3 unknown_rank bool",
    "TensorShapeProto.Dim": "1 size int64, 2 name string",
    "TensorProto": """1 dtype DataType, 2 tensor_shape TensorShapeProto, 3 version_number int32,
        4 tensor_content bytes, 13 half_val int32*, 5 float_val float*, 6 double_val double*,
        7 int_val int32*, 8 string_val bytes*, 9 scomplex_val float*, 10 int64_val int64*,
        11 bool_val bool*, 12 dcomplex_val double*, 16 uint32_val uint32*, 17 uint64_val uint64*""",
    "AttrValue": """value|1 list AttrValue.ListValue, value|2 s bytes, value|3 i int64,
        value|4 f float, value|5 b bool, value|6 type DataType, value|7 shape TensorShapeProto,
        value|8 tensor TensorProto, value|9 placeholder string, value|10 func NameAttrList""",
    "AttrValue.ListValue": """2 s bytes*, 3 i int64*, 4 f float*, 5 b bool*, 6 type DataType*,
        7 shape TensorShapeProto*, 8 tensor TensorProto*, 9 func NameAttrList*""",
    "NameAttrList": "1 name string, 2 attr AttrValue map",
    "NodeDef": """1 name string, 2 op string, 3 input string*, 4 device string,
        5 attr AttrValue map, 6 experimental_debug_info NodeDef.ExperimentalDebugInfo""",
    "NodeDef.ExperimentalDebugInfo": "1 original_node_names string*, 2 original_func_names string*",
    "VersionDef": "1 producer int32, 2 min_consumer int32, 3 bad_consumers int32*",
    "GraphDef": """1 node NodeDef*, 4 versions VersionDef, 3 version int32,
        2 library FunctionDefLibrary""",
    "FunctionDefLibrary": "1 function FunctionDef*, 2 gradient GradientDef*",
    "GradientDef": "1 function_name string, 2 gradient_func string",
    "FunctionDef": """1 signature OpDef, 5 attr AttrValue map, 3 node_def NodeDef*,
        4 ret string map, 6 control_ret string map""",
    "OpDef": """1 name string, 2 input_arg OpDef.ArgDef*, 3 output_arg OpDef.ArgDef*,
        20 control_output string*, 4 attr OpDef.AttrDef*, 8 deprecation OpDeprecation,
        5 summary string, 6 description string, 18 is_commutative bool, 16 is_aggregate bool,
        17 is_stateful bool, 19 allows_uninitialized_input bool""",
    "OpDef.ArgDef": """1 name string, 2 description string, 3 type DataType, 4 type_attr string,
        5 number_attr string, 6 type_list_attr string, 16 is_ref bool""",
    "OpDef.AttrDef": """1 name string, 2 type string, 3 default_value AttrValue,
        4 description string, 5 has_minimum bool, 6 minimum int64, 7 allowed_values AttrValue""",
    "OpDeprecation": "1 version int32, 2 explanation string",
    "OpList": "1 op OpDef*",
    "MetaGraphDef": """1 meta_info_def MetaGraphDef.MetaInfoDef, 2 graph_def GraphDef,
        3 saver_def SaverDef, 4 collection_def CollectionDef map, 5 signature_def SignatureDef map,
        6 asset_file_def AssetFileDef*""",
    "MetaGraphDef.MetaInfoDef": """1 meta_graph_version string, 2 stripped_op_list OpList,
        3 any_info google.protobuf.Any, 4 tags string*, 5 tensorflow_version string,
        6 tensorflow_git_version string, 7 stripped_default_attrs bool""",
    "CollectionDef": """kind|1 node_list CollectionDef.NodeList,
        kind|2 bytes_list CollectionDef.BytesList, kind|3 int64_list CollectionDef.Int64List,
        kind|4 float_list CollectionDef.FloatList, kind|5 any_list CollectionDef.AnyList""",
    "CollectionDef.NodeList": "1 value string*",
    "CollectionDef.BytesList": "1 value bytes*",
    "CollectionDef.Int64List": "1 value int64*",
    "CollectionDef.FloatList": "1 value float*",
    "CollectionDef.AnyList": "1 value google.protobuf.Any*",
    "SaverDef": """1 filename_tensor_name string, 2 save_tensor_name string,
        3 restore_op_name string, 4 max_to_keep int32, 5 sharded bool,
        6 keep_checkpoint_every_n_hours float, 7 version SaverDef.CheckpointFormatVersion""",
    "SignatureDef": """1 inputs TensorInfo map, 2 outputs TensorInfo map, 3 method_name string""",
    "TensorInfo": """encoding|1 name string, encoding|4 coo_sparse TensorInfo.CooSparse,
        2 dtype DataType, 3 tensor_shape TensorShapeProto""",
    "TensorInfo.CooSparse": """1 values_tensor_name string, 2 indices_tensor_name string,
        3 dense_shape_tensor_name string""",
    "AssetFileDef": "1 tensor_info TensorInfo, 2 filename string",
    "VariableDef": """1 variable_name string, 6 initial_value_name string,
        2 initializer_name string, 3 snapshot_name string, 4 save_slice_info_def SaveSliceInfoDef,
        5 is_resource bool, 7 trainable bool, 8 synchronization int32, 9 aggregation int32""",
    "SaveSliceInfoDef": """1 full_name string, 2 full_shape int64*, 3 var_offset int64*,
        4 var_shape int64*""",
    "SavedModel": "1 saved_model_schema_version int64, 2 meta_graphs MetaGraphDef*",
}

ENUMS = {
    "DataType": {
        "DT_INVALID": 0, **{f"DT_{name}{ref}": number + more
                            for ref, more in (("", 0), ("_REF", 100))
                            for number, name in enumerate(
                                """FLOAT DOUBLE INT32 UINT8 INT16 INT8 STRING COMPLEX64 INT64 BOOL
                                QINT8 QUINT8 QINT32 BFLOAT16 QINT16 QUINT16 UINT16 COMPLEX128 HALF
                                RESOURCE VARIANT UINT32 UINT64""".split(), 1)}},
    "SaverDef.CheckpointFormatVersion": {"LEGACY": 0, "V1": 1, "V2": 2},
}

_SCALARS = {"double": 1, "float": 2, "int64": 3, "uint64": 4, "int32": 5, "bool": 8, "string": 9,
            "bytes": 12, "uint32": 13}
_MESSAGE, _ENUM = 11, 14
_ONE, _MANY = 1, 3


def runtime(module):
    """A module of protobuf's runtime; an ImportError that says how to get it."""
    import importlib
    try:
        return importlib.import_module(f"google.protobuf.{module}")
    except ImportError as e:
        raise ImportError("TensorFlow's graph files need the protobuf library: "
                          "pip install 'fastgrad[tf]', or pip install protobuf.") from e


@functools.cache
def message(name):
    """The class of a message of TABLE, such as "GraphDef"."""
    return runtime("message_factory").GetMessageClass(
        _pool().FindMessageTypeByName(f"tensorflow.{name}"))


@functools.cache
def _pool():
    descriptors = runtime("descriptor_pb2")
    pool = runtime("descriptor_pool").DescriptorPool()
    any_ = descriptors.FileDescriptorProto(name="google/protobuf/any.proto",
                                           package="google.protobuf", syntax="proto3")
    _fill(any_.message_type.add(name="Any"), "Any", "1 type_url string, 2 value bytes")
    pool.Add(any_)
    file = descriptors.FileDescriptorProto(name="fastgrad/tensorflow.proto", package="tensorflow",
                                           syntax="proto3", dependency=[any_.name])
    made = {}
    for name, fields in TABLE.items():
        outer, _, inner = name.rpartition(".")
        made[name] = (made[outer].nested_type if outer else file.message_type).add(name=inner)
        _fill(made[name], name, fields)
    for name, values in ENUMS.items():
        outer, _, inner = name.rpartition(".")
        enum = (made[outer] if outer else file).enum_type.add(name=inner)
        for label, number in values.items():
            enum.value.add(name=label, number=number)
    pool.Add(file)
    return pool


def _fill(target, name, fields):
    """Add the fields of a row of TABLE to a DescriptorProto."""
    choices = []
    for row in fields.split(","):
        number, field, kind, *how = row.split()
        choice, bar, number = number.rpartition("|")
        many = kind.endswith("*")
        kind = kind.rstrip("*")
        made = target.field.add(name=field, number=int(number), label=_MANY if many else _ONE)
        if how:                                     # a map is a list of entries of its own kind
            entry = target.nested_type.add(name=_camel(field) + "Entry")
            entry.options.map_entry = True
            entry.field.add(name="key", number=1, label=_ONE, type=_SCALARS["string"])
            _typed(entry.field.add(name="value", number=2, label=_ONE), kind)
            made.label, made.type = _MANY, _MESSAGE
            made.type_name = f".tensorflow.{name}.{entry.name}"
            continue
        _typed(made, kind)
        if bar:
            if choice not in choices:
                choices.append(choice)
                target.oneof_decl.add(name=choice)
            made.oneof_index = choices.index(choice)


def _typed(field, kind):
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
        return
    field.type = _ENUM if kind in ENUMS else _MESSAGE
    field.type_name = "." + (kind if kind.startswith("google.") else f"tensorflow.{kind}")


def _camel(name):
    return "".join(word.capitalize() for word in name.split("_"))
