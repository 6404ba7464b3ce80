"""The two tables: operation -> function that writes it, and ONNX node type -> one that builds it.
"""

WRITERS = {}                # op type -> function(Writer, Operation) -> name(s)
BUILDERS = {}               # (domain, node type) -> function(OnnxNode) -> tensor(s)


def writes(*op_types):
    """Decorator: the function below writes operations of these types."""
    def register(fn):
        for op_type in op_types:
            assert op_type not in WRITERS, op_type
            WRITERS[op_type] = fn
        return fn
    return register


def builds(*types, domain=""):
    """Decorator: the function below builds nodes of these types."""
    def register(fn):
        for type in types:
            assert (domain, type) not in BUILDERS, type
            BUILDERS[domain, type] = fn
        return fn
    return register
