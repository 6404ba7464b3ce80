"""File formats as bytes; nothing here knows graphs."""
