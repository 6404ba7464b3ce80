"""What a graph is: nodes, names, shapes, dtypes, and the declarations of operations."""
