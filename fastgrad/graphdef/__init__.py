"""Graphs as TensorFlow's files hold them: nodes become operations, and operations nodes."""
