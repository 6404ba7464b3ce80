"""The two tables: operation -> function that writes it, and ONNX node type -> one that builds it.
"""

from fastgrad.graphdef.writer import entering

WRITERS = {}                # op type -> function(Writer, Operation) -> name(s)
BUILDERS = {}               # (domain, node type) -> function(OnnxNode) -> tensor(s)


writes = entering(WRITERS)


def builds(*types, domain=""):
    """Decorator: the function below builds nodes of these types."""
    def register(fn):
        for type in types:
            assert (domain, type) not in BUILDERS, type
            BUILDERS[domain, type] = fn
        return fn
    return register
