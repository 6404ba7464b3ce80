"""How the site is built: Sphinx, with pages in Markdown (MyST) and NumPy docstrings (numpydoc).

Why Sphinx and not MkDocs: half of the site is the reference, which must be read off the running
package, since operations are wrappers that a declaration makes: their signatures, dtypes and
gradients exist at run time only. Sphinx's autodoc imports; mkdocstrings reads sources. Sphinx also
fails on a reference that leads nowhere (-W), and knows numpydoc's sections. MyST gives what MkDocs
is liked for: pages are Markdown that a code host shows as it stands, and whose blocks the tests run
with the same reader as README's.

    pip install ".[docs]" && cd docs && python -m sphinx -W . _build

Nothing is fetched while it builds. The reference and the pictures are made first, by the two
programs `make_reference.py` and `make_pictures.py` beside this file.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import make_pictures  # noqa: E402
import make_reference  # noqa: E402

import fastgrad  # noqa: E402

project = "fastgrad"
copyright = "the fastgrad authors, MIT licence"  # noqa: A001
version = release = fastgrad.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["_build", "README.md"]
myst_heading_anchors = 3
default_role = "code"
autosummary_generate = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
python_display_short_literal_types = True
maximum_signature_line_length = 240
add_module_names = True

html_theme = "furo"
html_title = f"fastgrad {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
highlight_language = "python"
pygments_style, pygments_dark_style = "friendly", "monokai"


def setup(app):
    """Make what the pages include, before they are read."""
    make_reference.write(HERE / "reference")
    make_pictures.write(HERE / "pictures")
    source = (HERE / "make_reference.py").read_text(encoding="utf-8")
    app.add_config_value("reference_source", source, "env")     # a change of it renews all pages
    app.connect("autodoc-process-docstring", make_reference.add_declaration, priority=600)
