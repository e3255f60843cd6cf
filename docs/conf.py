"""Settings of Sphinx for the documentation."""

from importlib.metadata import metadata

_METADATA = metadata("keyrings.codeartifact")
_URLS = dict(url.split(", ", 1) for url in _METADATA.get_all("Project-URL", []))

project = _METADATA["Name"]
release = version = _METADATA["Version"]
copyright = f"the authors of {project}"  # noqa: A001 - Sphinx reads this name
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "sphinx_design"]
exclude_patterns = ["_build", "requirements.txt"]
html_favicon = "icon.svg"
html_theme = "furo"
html_title = project
html_baseurl = _URLS["Documentation"]
html_static_path = ["_static"]
html_css_files = ["style.css"]
html_copy_source = False
html_theme_options = {
    "source_repository": _URLS["Source"],
    "source_branch": "main",
    "source_directory": "docs/",
    "footer_icons": [],
}
# A link to a heading of any page is checked.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
# Prompts are not copied, and neither is what a command prints.
copybutton_prompt_text = "$ "
copybutton_exclude = ".linenos, .go"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
# Types of other packages, and of this one's internals.
nitpick_ignore_regex = [("py:.*", r"(boto3|datetime|keyrings\.codeartifact\.models|Repository|ClassVar).*")]
