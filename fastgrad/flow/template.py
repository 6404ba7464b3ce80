"""make_template: functions that share the variables which they get by `get_variable`."""

from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.variables.scopes import variable_scope


class Template:
    """A function whose variables are made at its first call and used again by the others.

    It belongs to the default graph of the moment when it is made.
    """

    def __init__(self, name, func, unique_name=None, **kwargs):
        self._func, self._kwargs, self._scope = func, kwargs, None
        self._name, self._unique, self._called = name, unique_name, False
        self._graph = get_default_graph()

    variable_scope = var_scope = property(lambda self: self._scope)
    variables = global_variables = property(
        lambda self: self._of(GraphKeys.GLOBAL_VARIABLES), doc="Those made at the first call.")
    trainable_variables = property(lambda self: self._of(GraphKeys.TRAINABLE_VARIABLES))
    local_variables = property(lambda self: self._of(GraphKeys.LOCAL_VARIABLES))
    func = property(lambda self: self._func)

    def _of(self, key):
        """A collection's variables under the scope."""
        return self._graph.get_collection(key, f"{self._scope.name}/") if self._scope else []

    name = property(lambda self: self._scope.name if self._scope else self._name)

    def open(self):
        """Make the scope, unless it is there."""
        if self._scope is None:
            with self._graph.as_default(), \
                    variable_scope(self._unique, self._name) as self._scope:
                pass

    def __call__(self, *args, **kwargs):
        self.open()
        reuse, self._called = self._called, True
        with self._graph.as_default(), variable_scope(self._scope, reuse=reuse or None):
            return self._func(*args, **{**self._kwargs, **kwargs})


def make_template(name_, func_, create_scope_now_=False, unique_name_=None, custom_getter_=None,
                  **kwargs):
    """A function that shares the variables it gets by `get_variable` among its calls.

    Parameters
    ----------
    name_ : str
        Of the variable scope, made unique.
    kwargs : optional
        Given to `func_` at each call.
    """
    template = Template(name_, func_, unique_name_, **kwargs)
    if create_scope_now_:
        template.open()
    return template


__all__ = ["make_template"]
