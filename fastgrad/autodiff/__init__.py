"""Gradients, built as graphs."""
